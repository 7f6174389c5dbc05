"""GlueContext: reading and writing DynamicFrames on plain Spark.

s3:// paths lead to the local buckets and catalog tables come from the local Data Catalog (see headrace_catalog). What is
not S3 or the catalog is refused by name.
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-glue-context.html
"""
from pyspark.sql import SparkSession, SQLContext

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection, DynamicFrameReader, DynamicFrameWriter
from awsglue.formats import read_frame, write_frame
from awsglue.sink import CatalogSink
from awsglue.utils import NotLocalError

# Options that change how Glue fetches files, never which rows come out.
_NO_EFFECT_ON_ROWS = {
    "groupFiles", "groupSize", "useS3ListImplementation", "jobBookmarkKeys", "jobBookmarkKeysSortOrder", "attachFilename",
    "boundedFiles", "boundedSize", "maxBand", "maxFilesInBand", "isFailFast", "mergeSchema", "enablePartitionFiltering",
}  # fmt: skip


class GlueContext(SQLContext):
    Spark_SQL_Formats = {"parquet", "orc"}

    def __init__(self, sparkContext, **options):
        session = SparkSession.builder.getOrCreate()
        super().__init__(sparkContext, sparkSession=session)
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.create_data_frame = _DataFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.write_data_frame = _DataFrameWriter(self)

    @property
    def spark_session(self):
        return self.sparkSession

    def get_logger(self):
        return _Logger()

    def getSource(self, connection_type, transformation_ctx="", **options):
        return _Source(self, connection_type, options)

    def getSink(self, connection_type, format=None, transformation_ctx="", **options):
        return CatalogSink(self, connection_type, format, options)

    # Reading.

    def create_dynamic_frame_from_rdd(self, data, name, schema=None, sample_ratio=None, transformation_ctx=""):
        frame = self.sparkSession.createDataFrame(data, schema, sample_ratio)
        return DynamicFrame.fromDF(frame, self, name)

    def create_dynamic_frame_from_catalog(
        self,
        database=None,
        table_name=None,
        redshift_tmp_dir="",
        transformation_ctx="",
        push_down_predicate="",
        additional_options=None,
        catalog_id=None,
        name_space=None,
        **kwargs,
    ):
        frame = self.create_data_frame_from_catalog(
            database or name_space,
            table_name,
            push_down_predicate=push_down_predicate,
            additional_options=additional_options,
        )
        return DynamicFrame.fromDF(frame, self, table_name)

    def create_data_frame_from_catalog(
        self, database, table_name, transformation_ctx="", push_down_predicate="", additional_options=None, **kwargs
    ):
        frame = self.sparkSession.table(f"`{database}`.`{table_name}`")
        given = dict(additional_options or {})
        for predicate in (push_down_predicate, given.pop("catalogPartitionPredicate", "")):
            if predicate:
                frame = frame.filter(predicate)
        _refuse_unknown(given, "additional_options of from_catalog")
        return frame

    def create_dynamic_frame_from_options(
        self,
        connection_type,
        connection_options=None,
        format=None,
        format_options=None,
        transformation_ctx="",
        push_down_predicate="",
        **kwargs,
    ):
        frame = self.create_data_frame_from_options(
            connection_type, connection_options, format, format_options, push_down_predicate=push_down_predicate
        )
        return DynamicFrame.fromDF(frame, self, "frame")

    def create_data_frame_from_options(
        self,
        connection_type,
        connection_options=None,
        format=None,
        format_options=None,
        transformation_ctx="",
        push_down_predicate="",
        **kwargs,
    ):
        if connection_type != "s3":
            raise NotLocalError(f"the connection type {connection_type}", "expected s3, or a table of the catalog")
        options = dict(connection_options or {})
        paths = options.pop("paths", None) or [options.pop("path")]
        recurse = options.pop("recurse", False)
        if options.pop("exclusions", None):
            raise NotLocalError("the connection option exclusions")
        _refuse_unknown(options, "connection_options")
        frame = read_frame(self.sparkSession, list(paths), format, format_options or {}, str(recurse).lower() == "true")
        return frame.filter(push_down_predicate) if push_down_predicate else frame

    # Writing.

    def write_dynamic_frame_from_options(
        self, frame, connection_type, connection_options=None, format=None, format_options=None, transformation_ctx=""
    ):
        if isinstance(frame, DynamicFrameCollection):
            for each in frame.values():
                self.write_dynamic_frame_from_options(each, connection_type, connection_options, format, format_options)
            return frame
        if connection_type != "s3":
            raise NotLocalError(f"the connection type {connection_type}", "expected s3")
        options = dict(connection_options or {})
        path = options.pop("path")
        keys = options.pop("partitionKeys", None) or []
        settings = dict(format_options or {})
        if "compression" in options:
            settings["compression"] = options.pop("compression")
        _refuse_unknown(options, "connection_options")
        write_frame(frame.toDF(), path, format, settings, keys)
        return frame

    def write_dynamic_frame_from_catalog(
        self,
        frame,
        database=None,
        table_name=None,
        redshift_tmp_dir="",
        transformation_ctx="",
        additional_options=None,
        catalog_id=None,
        name_space=None,
        **kwargs,
    ):
        options = dict(additional_options or {})
        sink = CatalogSink(self, "s3", None, {})
        sink.write_into(frame, database or name_space, table_name, options)
        return frame

    def write_dynamic_frame_from_jdbc_conf(self, *args, **kwargs):
        raise NotLocalError("write_dynamic_frame.from_jdbc_conf")

    def write_data_frame_from_options(
        self, frame, connection_type, connection_options=None, format=None, format_options=None, **kwargs
    ):
        dynamic = DynamicFrame.fromDF(frame, self, "frame")
        self.write_dynamic_frame_from_options(dynamic, connection_type, connection_options, format, format_options)

    def write_data_frame_from_catalog(self, frame, database, table_name, additional_options=None, **kwargs):
        dynamic = DynamicFrame.fromDF(frame, self, "frame")
        self.write_dynamic_frame_from_catalog(dynamic, database, table_name, additional_options=additional_options)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotLocalError(f"GlueContext.{name}")


def _refuse_unknown(options, where):
    unknown = sorted(set(options) - _NO_EFFECT_ON_ROWS)
    if unknown:
        raise NotLocalError(f"{', '.join(unknown)} in the {where}")


class _Logger:
    """glueContext.get_logger(): lines in the task's log."""

    def _say(self, level, text):
        print(f"{level}: {text}", flush=True)

    def info(self, text):
        self._say("INFO", text)

    def warn(self, text):
        self._say("WARN", text)

    def error(self, text):
        self._say("ERROR", text)

    def debug(self, text):
        """Glue does not show these either unless asked."""


class _Source:
    def __init__(self, context, connection_type, options):
        self._context, self._type, self._options = context, connection_type, options
        self._format = (None, {})

    def setFormat(self, format, **options):
        self._format = (format, options)

    def getFrame(self):
        format, options = self._format
        return self._context.create_dynamic_frame_from_options(self._type, self._options, format, options)


class _DataFrameReader:
    def __init__(self, context):
        self.from_catalog = context.create_data_frame_from_catalog
        self.from_options = context.create_data_frame_from_options


class _DataFrameWriter:
    def __init__(self, context):
        self.from_catalog = context.write_data_frame_from_catalog
        self.from_options = context.write_data_frame_from_options
