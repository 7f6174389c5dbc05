"""The local Data Catalog inside a Spark session.

Spark's own in-memory catalog is filled with the tables of the Data Catalog when a session begins and whenever they changed,
and what a script creates, alters or drops is written back through the Glue API. Always: a table that Spark cannot read here is
left out, and the error of a statement that names it says why.
"""
import json
import os
import urllib.error
import urllib.request

_BATCH = 100


class CatalogError(Exception):
    pass


class GlueClient:
    """A few actions of the Glue API over HTTP, so that no AWS SDK is needed."""

    def __init__(self, url, region):
        self._url, self._region = url, region

    def call(self, action, **fields):
        request = urllib.request.Request(
            self._url,
            data=json.dumps(fields).encode(),
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"AWSGlue.{action}",
                "Authorization": f"AWS4-HMAC-SHA256 Credential=headrace/20000101/{self._region}/glue/aws4_request, SignedHeaders=host, Signature=0",
            },
        )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            body = json.loads(error.read() or b"{}")
            raise CatalogError(f"{body.get('__type', error.code)}: {body.get('message', '')}") from None

    def _all(self, action, key, **fields):
        token = None
        while True:
            answer = self.call(action, **fields, **({"NextToken": token} if token else {}))
            yield from answer.get(key, [])
            token = answer.get("NextToken")
            if not token:
                return

    def databases(self):
        return list(self._all("GetDatabases", "DatabaseList"))

    def tables(self, database):
        return list(self._all("GetTables", "TableList", DatabaseName=database))

    def table(self, database, name):
        try:
            return self.call("GetTable", DatabaseName=database, Name=name)["Table"]
        except CatalogError as error:
            if "EntityNotFound" in str(error):
                return None
            raise

    def partitions(self, database, table):
        return list(self._all("GetPartitions", "Partitions", DatabaseName=database, TableName=table))


def client():
    return GlueClient(os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_REGION"])


class Shape:
    """How Spark reads a table's files."""

    def __init__(self, provider, options):
        self.provider, self.options = provider, options


class LeftOut(Exception):
    """Why Spark cannot read a table here."""


def shape_of(table):
    if table.get("TableType") == "VIRTUAL_VIEW":
        raise LeftOut("it is a view")
    storage = table.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    inside = serde.get("Parameters") or {}
    parameters = {**(storage.get("Parameters") or {}), **(table.get("Parameters") or {})}
    kind = (parameters.get("classification", "") + " " + (serde.get("SerializationLibrary") or "")).lower()
    if not storage.get("Location", "").startswith(("s3://", "s3a://", "s3n://")):
        raise LeftOut(f"its place {storage.get('Location', '')!r} is not in S3")
    if "parquet" in kind:
        return Shape("parquet", {})
    if "orc" in kind.replace("org.", ""):
        return Shape("orc", {})
    if "json" in kind:
        return Shape("json", {})
    if "csv" in kind or "lazysimpleserde" in kind:
        lines = int(parameters.get("skip.header.line.count", 0))
        if lines > 1:
            raise LeftOut(f"its files begin with {lines} lines to be skipped: Spark skips one at most")
        separator = inside.get("field.delim") or inside.get("separatorChar") or parameters.get("delimiter") or ","
        quote = inside.get("quoteChar", "")
        return Shape("csv", {"header": str(lines == 1).lower(), "sep": separator, "quote": quote, "escape": '"'})
    raise LeftOut("its format is none of CSV, JSON, Parquet and ORC")


def _text(value):
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _name(value):
    return "`" + str(value).replace("`", "``") + "`"


class SessionCatalog:
    """Keeps a session's catalog and the Data Catalog the same."""

    def __init__(self, spark, glue, stamp_file):
        self._spark, self._glue, self._stamp_file = spark, glue, stamp_file
        self._external = spark._jsparkSession.sharedState().externalCatalog()
        self._none = spark._jvm.scala.Option.apply(None)
        self._stamp = None
        self._known = {}  # (database, table) -> what the Data Catalog says of it
        self._state = {}  # (database, table) -> what Spark says of it
        self._databases = {}
        self.left_out = {}
        self.sql = None

    def pull(self):
        """Takes over what changed in the Data Catalog."""
        stamp = _stamp_of(self._stamp_file)
        if self._stamp is not None and stamp == self._stamp:
            return
        self._stamp = stamp
        self.left_out = {}
        found = set()
        for database in self._glue.databases():
            name = database["Name"]
            if name not in self._databases:
                place = database.get("LocationUri")
                where = f" LOCATION {_text(place)}" if place else ""
                self.sql(f"CREATE DATABASE IF NOT EXISTS {_name(name)}{where}")
                self._databases[name] = place
            for table in self._glue.tables(name):
                key = (name, table["Name"])
                try:
                    shape = shape_of(table)
                except LeftOut as reason:
                    self.left_out[key] = str(reason)
                    continue
                found.add(key)
                partitions = self._glue.partitions(*key) if table.get("PartitionKeys") else []
                says = json.dumps([table, partitions], sort_keys=True)
                if self._known.get(key) != says:
                    self._take(key, table, shape, partitions)
                    self._known[key] = says
                    self._state[key] = self._state_of(key)
        for key in [key for key in self._known if key not in found]:
            self.sql(f"DROP TABLE IF EXISTS {_name(key[0])}.{_name(key[1])}")
            del self._known[key], self._state[key]

    def _take(self, key, table, shape, partitions):
        full = f"{_name(key[0])}.{_name(key[1])}"
        storage = table["StorageDescriptor"]
        keys = table.get("PartitionKeys") or []
        fields = storage.get("Columns", [])
        if shape.provider == "json":
            fields = self._spelled(fields, storage["Location"])
        columns = ", ".join(f"{_name(each['Name'])} {each.get('Type') or 'string'}" for each in [*fields, *keys])
        options = ", ".join(f"{_text(name)} {_text(value)}" for name, value in shape.options.items())
        try:
            self.sql(f"DROP TABLE IF EXISTS {full}")
            self.sql(
                f"CREATE TABLE {full} ({columns}) USING {shape.provider}"
                + (f" OPTIONS ({options})" if options else "")
                + (f" PARTITIONED BY ({', '.join(_name(each['Name']) for each in keys)})" if keys else "")
                + f" LOCATION {_text(storage['Location'])}"
            )
            for at in range(0, len(partitions), _BATCH):
                specs = " ".join(_partition(keys, each) for each in partitions[at : at + _BATCH])
                self.sql(f"ALTER TABLE {full} ADD IF NOT EXISTS {specs}")
        except Exception as error:
            self.left_out[key] = str(error).split("\n")[0]

    def _spelled(self, fields, place):
        """The JSON SerDe reads keys whatever their case, Spark as they are written: so the columns are named as the keys are."""
        try:
            found = {each.name.lower(): each for each in self._spark.read.json(place).schema}
        except Exception:  # No files yet: nothing to be spelled.
            return fields
        for each in fields:
            known = found.get(each["Name"].lower())
            if known is not None and "struct<" in (each.get("Type") or "") and known.dataType.simpleString() != known.dataType.simpleString().lower():
                raise LeftOut("its nested JSON keys are not in lower case")
        return [{**each, "Name": found[each["Name"].lower()].name if each["Name"].lower() in found else each["Name"]} for each in fields]

    def push(self):
        """Writes what the script changed into the Data Catalog."""
        seen = set()
        changed = False
        for database in _list(self._external.listDatabases()):
            if database not in self._databases:
                place = str(self._external.getDatabase(database).locationUri().toString())
                located = {"LocationUri": place} if place.startswith("s3") else {}
                if database != "default":
                    self._glue.call("CreateDatabase", DatabaseInput={"Name": database, **located})
                    changed = True
                self._databases[database] = place
            for name in _list(self._external.listTables(database)):
                key = (database, name)
                seen.add(key)
                state = self._state_of(key)
                if self._state.get(key) != state:
                    self._give(key)
                    self._state[key] = state
                    changed = True
        for key in [key for key in self._state if key not in seen]:
            if self._glue.table(*key) is not None:
                self._glue.call("DeleteTable", DatabaseName=key[0], Name=key[1])
                changed = True
            del self._state[key]
            self._known.pop(key, None)
        if changed:
            self._stamp = None

    def _state_of(self, key):
        try:
            table = self._external.getTable(*key)
        except Exception:
            return None
        names = ()
        if table.partitionColumnNames().nonEmpty():
            names = tuple(_list(self._external.listPartitionNames(*key, self._none)))
        return (table.schema().json(), table.storage().toString(), str(table.provider()), names)

    def _give(self, key):
        database, name = key
        table = self._external.getTable(database, name)
        if table.tableType().name() == "VIEW":
            raise CatalogError(f"the view {database}.{name} cannot be kept in the local Data Catalog: use a temporary view")
        provider = table.provider().get().lower() if table.provider().isDefined() else ""
        place = str(table.storage().locationUri().get().toString())
        if not place.startswith("s3"):
            raise CatalogError(
                f"the table {database}.{name} has no place in S3: give the database a location, or write with a path to s3://bucket/prefix/"
            )
        keys = set(_list(table.partitionColumnNames()))
        fields = [(each.name(), each.dataType().catalogString()) for each in table.schema().fields()]
        options = _map(table.storage().properties())
        put_table(
            self._glue,
            database,
            name,
            provider,
            [(column, kind) for column, kind in fields if column not in keys],
            [(column, kind) for column, kind in fields if column in keys],
            place if place.endswith("/") else place + "/",
            {"separator": options.get("sep", ","), "header": options.get("header", "false") == "true"},
        )
        if keys:
            order = _list(table.partitionColumnNames())
            wanted = []
            for each in _list(self._external.listPartitions(database, name, self._none)):
                spec = _map(each.spec())
                wanted.append(([spec[column] for column in order], str(each.storage().locationUri().get().toString())))
            put_partitions(self._glue, database, name, wanted)


def put_table(glue, database, name, provider, columns, keys, place, csv):
    """Creates or updates a table as a job on Glue does."""
    if provider not in _FORMATS:
        raise CatalogError(f"the table {database}.{name} has the format {provider}: expected csv, json, parquet or orc")
    classification, reading, writing, serde = _FORMATS[provider]
    parameters = {"classification": classification}
    inside = {"serialization.format": "1"}
    if provider == "csv":
        inside = {"field.delim": csv["separator"]}
        parameters["delimiter"] = csv["separator"]
        if csv["header"]:
            parameters["skip.header.line.count"] = "1"
    table = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [{"Name": column, "Type": kind} for column, kind in keys],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
            "Location": place,
            "InputFormat": reading,
            "OutputFormat": writing,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": inside},
        },
    }
    known = glue.table(database, name)
    if known is None:
        glue.call("CreateTable", DatabaseName=database, TableInput=table)
        return
    table["Parameters"] = {**(known.get("Parameters") or {}), **parameters}
    glue.call("UpdateTable", DatabaseName=database, TableInput=table)


def put_partitions(glue, database, name, wanted):
    """Makes the partitions of a table those that are given: (values, place)."""
    table = glue.table(database, name)
    known = {tuple(each["Values"]) for each in glue.partitions(database, name)}
    new = [
        {"Values": values, "StorageDescriptor": {**table["StorageDescriptor"], "Location": place}}
        for values, place in wanted
        if tuple(values) not in known
    ]
    for at in range(0, len(new), _BATCH):
        glue.call(
            "BatchCreatePartition", DatabaseName=database, TableName=name, PartitionInputList=new[at : at + _BATCH]
        )
    gone = known - {tuple(values) for values, _ in wanted}
    for at in range(0, len(gone), 25):
        values = [{"Values": list(each)} for each in sorted(gone)[at : at + 25]]
        glue.call("BatchDeletePartition", DatabaseName=database, TableName=name, PartitionsToDelete=values)


def record_written(spark, database, name, frame, place, provider, keys, behaviour, csv):
    """What a sink with enableUpdateCatalog does after writing: the table, and the partitions that the frame has."""
    glue = client()
    known = glue.table(database, name)
    kinds = [(field.name, field.dataType.simpleString()) for field in frame.schema]
    if known is None or behaviour == "UPDATE_IN_DATABASE":
        earlier = {} if known is None else {each["Name"]: each["Type"] for each in known["StorageDescriptor"]["Columns"]}
        merged = {**earlier, **{column.lower(): kind for column, kind in kinds if column not in keys}}
        key_columns = [(column, dict(kinds)[column]) for column in keys]
        put_table(glue, database, name, provider, list(merged.items()), key_columns, place, csv)
    elif behaviour != "LOG":
        raise CatalogError(f"the updateBehavior {behaviour} is unknown: expected UPDATE_IN_DATABASE or LOG")
    if keys:
        rows = frame.select(*[frame[column].cast("string") for column in keys]).distinct().collect()
        wanted = []
        for row in rows:
            values = ["__HIVE_DEFAULT_PARTITION__" if value is None else value for value in row]
            folders = "/".join(f"{column}={_escaped(value)}" for column, value in zip(keys, values))
            wanted.append((values, f"{place}{folders}/"))
        old = [(each["Values"], each["StorageDescriptor"]["Location"]) for each in glue.partitions(database, name)]
        put_partitions(glue, database, name, [*old, *wanted])


def _partition(keys, partition):
    values = ", ".join(f"{_name(key['Name'])}={_text(value)}" for key, value in zip(keys, partition["Values"]))
    return f"PARTITION ({values}) LOCATION {_text(partition['StorageDescriptor']['Location'])}"


def _escaped(value):
    """A value as Hive writes it in a folder's name."""
    return "".join(f"%{ord(each):02X}" if each in '"#%\'*/:=?\\{[]^\x7f' or each < " " else each for each in value)


def _list(sequence):
    return [sequence.apply(at) for at in range(sequence.size())]


def _map(scala_map):
    found = {}
    pairs = scala_map.iterator()
    while pairs.hasNext():
        pair = pairs.next()
        found[pair._1()] = pair._2()
    return found


def _stamp_of(file):
    try:
        found = os.stat(file)
        return (found.st_mtime_ns, found.st_size, found.st_ino)
    except FileNotFoundError:
        return ()


_TEXT_IN = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_FORMATS = {
    "csv": ("csv", _TEXT_IN, _TEXT_OUT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "json": ("json", _TEXT_IN, _TEXT_OUT, "org.openx.data.jsonserde.JsonSerDe"),
    "parquet": (
        "parquet",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (
        "orc",
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
}
