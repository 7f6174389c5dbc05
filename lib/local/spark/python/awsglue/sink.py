"""getSink and writing into catalog tables: files in S3, then the table and its partitions in the Data Catalog.

https://docs.aws.amazon.com/glue/latest/dg/update-from-job.html
"""
import headrace_catalog
from awsglue.formats import write_frame
from awsglue.utils import NotLocalError


class CatalogSink:
    def __init__(self, context, connection_type, format, options):
        if connection_type != "s3":
            raise NotLocalError(f"getSink with the connection type {connection_type}", "expected s3")
        self._context = context
        self._format = format
        self._format_options = {}
        self._options = dict(options)
        self._catalog = None

    def setFormat(self, format, **options):
        self._format, self._format_options = format, options

    def setAccumulableSize(self, size):
        """Concerns memory only."""

    def setCatalogInfo(self, catalogDatabase, catalogTableName, catalogId=""):
        self._catalog = (catalogDatabase, catalogTableName)

    def writeFrame(self, dynamic_frame, info=""):
        options = dict(self._options)
        path = options.pop("path")
        keys = list(options.pop("partitionKeys", None) or [])
        update = str(options.pop("enableUpdateCatalog", False)).lower() == "true"
        behaviour = options.pop("updateBehavior", "UPDATE_IN_DATABASE")
        settings = dict(self._format_options)
        if "compression" in options:
            settings["compression"] = options.pop("compression")
        if options:
            raise NotLocalError(f"{', '.join(sorted(options))} of getSink")
        frame = dynamic_frame.toDF()
        write_frame(frame, path, self._format, settings, keys)
        if update and self._catalog is not None:
            _record(self._context.spark_session, frame, self._catalog, path, self._format, keys, behaviour, settings)
        return dynamic_frame

    def write(self, dynamic_frame, info=""):
        return self.writeFrame(dynamic_frame, info)

    def write_into(self, dynamic_frame, database, table, options):
        """Adds files to a table of the catalog, in its own format and place."""
        spark = self._context.spark_session
        known = headrace_catalog.client().table(database, table)
        if known is None:
            raise ValueError(f"the catalog has no table {database}.{table}")
        keys = [key["Name"] for key in known.get("PartitionKeys", [])]
        asked = list(options.pop("partitionKeys", None) or [])
        if asked and asked != keys:
            raise ValueError(f"partitionKeys {asked} are not those of the table {database}.{table}: {keys}")
        update = str(options.pop("enableUpdateCatalog", False)).lower() == "true"
        behaviour = options.pop("updateBehavior", "UPDATE_IN_DATABASE")
        if options:
            raise NotLocalError(f"{', '.join(sorted(options))} of write_dynamic_frame.from_catalog")
        shape = headrace_catalog.shape_of(known)
        settings = {}
        if shape.provider == "csv":
            settings = {"separator": shape.options["sep"], "writeHeader": shape.options["header"] == "true"}
        frame = dynamic_frame.toDF()
        path = known["StorageDescriptor"]["Location"]
        write_frame(frame, path, shape.provider, settings, keys)
        if update:
            _record(spark, frame, (database, table), path, shape.provider, keys, behaviour, settings)


def _record(spark, frame, place, path, format, keys, behaviour, settings):
    database, table = place
    files = {"glueparquet": "parquet"}.get(format, format)
    headrace_catalog.record_written(
        spark,
        database,
        table,
        frame,
        path if path.endswith("/") else path + "/",
        files,
        keys,
        behaviour,
        {"separator": settings.get("separator", ","), "header": str(settings.get("writeHeader", True)).lower() == "true"},
    )
