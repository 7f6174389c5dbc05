"""Glue's formats and format options in Spark's words. An option whose meaning Spark lacks is refused by name.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format.html
"""
from pyspark.sql.types import ArrayType, StructType

from awsglue.utils import NotLocalError

_READ = {
    "csv": {"separator": "sep", "quoteChar": "quote", "escaper": "escape", "multiLine": "multiLine"},
    "json": {"multiLine": "multiLine", "multiline": "multiLine"},
    "parquet": {},
    "orc": {},
}
_WRITE = {
    "csv": {"separator": "sep", "quoteChar": "quote", "escaper": "escape", "compression": "compression"},
    "json": {"compression": "compression"},
    "parquet": {"compression": "compression"},
    "orc": {"compression": "compression"},
}
# They change speed or the inside of a file, never its rows.
_NO_EFFECT = {"optimizePerformance", "useGlueParquetWriter", "blockSize", "pageSize", "useCustomWriter", "maxRowsPerFile"}


def _name(format, known):
    name = {"glueparquet": "parquet"}.get(format, format)
    if name not in known:
        raise NotLocalError(f"the format {format!r}", f"expected {', '.join(sorted(known))}")
    return name


def _options(given, words, where):
    known = {}
    for name, value in given.items():
        if name in words:
            known[words[name]] = value
        elif name not in _NO_EFFECT:
            raise NotLocalError(f"the format option {name} of {where}")
    return known


def read_frame(spark, paths, format, format_options, recurse):
    name = _name(format, _READ)
    given = dict(format_options)
    reader = spark.read.format(name)
    if name == "csv":
        header = str(given.pop("withHeader", False)).lower() == "true"
        if given.get("quoteChar") == -1:
            given["quoteChar"] = ""
        reader = reader.option("header", header).option("escape", '"')
    if recurse and _plain_folders(spark, paths):
        reader = reader.option("recursiveFileLookup", "true")
    frame = reader.options(**_options(given, _READ[name], f"reading {name}")).load(paths)
    if name == "csv" and not header:
        frame = frame.toDF(*[column.replace("_c", "col", 1) for column in frame.columns])
    return frame


def _plain_folders(spark, paths):
    """Whether files lie in folders that are no `key=value` partitions: Spark looks into those only when told."""
    jvm, conf = spark._jvm, spark._jsc.hadoopConfiguration()
    for text in paths:
        root = jvm.org.apache.hadoop.fs.Path(text)
        files = root.getFileSystem(conf)
        if not files.exists(root):
            continue
        found = files.listFiles(root, True)
        base = root.toUri().getPath().rstrip("/")
        while found.hasNext():
            folders = found.next().getPath().getParent().toUri().getPath()[len(base) :].strip("/").split("/")
            if any(part and "=" not in part and part[0] not in "._" for part in folders):
                return True
    return False


def write_frame(frame, path, format, format_options, partition_keys, mode="append"):
    """Glue's sinks add files beside those that are there."""
    name = _name(format, _WRITE)
    given = dict(format_options)
    writer = frame.write.format(name).mode(mode)
    if name == "csv":
        header = str(given.pop("writeHeader", True)).lower() == "true"
        if given.get("quoteChar") == -1:
            given["quoteChar"] = ""
        writer = writer.option("header", header).option("escape", '"')
        nested = [field.name for field in frame.schema if isinstance(field.dataType, (StructType, ArrayType))]
        if nested:
            raise ValueError(f"CSV cannot hold the nested columns {', '.join(nested)}: relationalize or drop them first")
    writer = writer.options(**_options(given, _WRITE[name], f"writing {name}"))
    if partition_keys:
        writer = writer.partitionBy(*partition_keys)
    writer.save(path)
