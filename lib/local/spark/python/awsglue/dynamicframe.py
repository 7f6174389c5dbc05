"""DynamicFrame over a DataFrame. Every column holds one type here: where Glue would find a choice of types, Spark has chosen
the wider one (text, for a number beside a text).

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-dynamic-frame.html
"""
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import IntegralType, NullType

from awsglue.paths import cast_to, column_of, drop_path, names_of, quoted, rebuild, split_path
from awsglue.relational import relationalized, unnested
from awsglue.utils import NotLocalError

# A dict inside a record is a struct, as in Glue, not a map.
_NESTED = "spark.sql.pyspark.inferNestedDictAsStruct.enabled"
_ONE_TYPE = (
    "note: resolveChoice {} leaves the columns as they are on the laptop: Spark gave every column one type when it read them"
)


class DynamicRecord(dict):
    """What the functions of filter and map get: a dict whose missing fields raise KeyError with the names that exist."""

    def __missing__(self, name):
        raise KeyError(f"{name} (the record has {', '.join(self)})")


def _record(value):
    if isinstance(value, Row):
        return DynamicRecord({name: _record(inner) for name, inner in value.asDict().items()})
    if isinstance(value, list):
        return [_record(each) for each in value]
    return value


class DynamicFrame:
    def __init__(self, frame, glue_ctx, name=""):
        if not isinstance(frame, DataFrame):
            raise TypeError(f"expected a DataFrame, got {type(frame).__name__}: use DynamicFrame.fromDF")
        self._frame = frame
        self.glue_ctx = glue_ctx
        self.name = name

    @classmethod
    def fromDF(cls, dataframe, glue_ctx, name):
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options=None):
        for option in options or []:
            raise NotLocalError(f"toDF with the option {option}")
        return self._frame

    def _like(self, frame, name=None):
        return DynamicFrame(frame, self.glue_ctx, name or self.name)

    # Looking at it.

    def count(self):
        return self._frame.count()

    def show(self, num_rows=20):
        for line in self._frame.toJSON().take(num_rows):
            print(line)

    def printSchema(self):
        self._frame.printSchema()

    def schema(self):
        return self._frame.schema

    def errorsCount(self):
        """Plain Spark keeps no error records: a bad record stops the job."""
        return 0

    def stageErrorsCount(self):
        return 0

    def assertErrorThreshold(self):
        """Holds: there are no error records."""

    def repartition(self, num_partitions, *args, **kwargs):
        return self._like(self._frame.repartition(num_partitions))

    def coalesce(self, num_partitions, *args, **kwargs):
        return self._like(self._frame.coalesce(num_partitions))

    # Columns.

    def apply_mapping(self, mappings, case_sensitive=False, transformation_ctx="", **kwargs):
        """(source, source type, target, target type) or (source, target); dots lead into structs, sources that are missing are left out."""
        chosen = []
        for mapping in mappings:
            source, target = mapping[0], mapping[-2] if len(mapping) == 4 else mapping[-1]
            found = column_of(self._frame.schema, source)
            if found is None:
                continue
            column = F.col(quoted(found)) if len(mapping) != 4 else cast_to(F.col(quoted(found)), mapping[3])
            chosen.append((split_path(target), column))
        return self._like(self._frame.select(*rebuild(chosen)))

    def select_fields(self, paths, transformation_ctx="", **kwargs):
        chosen = []
        for path in names_of(paths):
            found = column_of(self._frame.schema, path)
            if found is not None:
                chosen.append((found, F.col(quoted(found))))
        return self._like(self._frame.select(*rebuild(chosen)))

    def drop_fields(self, paths, transformation_ctx="", **kwargs):
        frame = self._frame
        for path in names_of(paths):
            found = column_of(frame.schema, path)
            if found is not None:
                frame = drop_path(frame, found)
        return self._like(frame)

    def rename_field(self, oldName, newName, transformation_ctx="", **kwargs):
        found = column_of(self._frame.schema, oldName)
        if found is None:
            return self
        target = split_path(newName)
        if len(found) == 1 and len(target) == 1:
            return self._like(self._frame.withColumnRenamed(found[0], target[0]))
        value = self._frame.withColumn("`__headrace`", F.col(quoted(found)))
        rest = drop_path(value, found)
        keep = [([name], F.col(quoted([name]))) for name in rest.columns if name != "__headrace"]
        if len(target) > 1 and target[0] in rest.columns:
            raise NotLocalError(f"rename_field into the existing struct {target[0]}", "use apply_mapping")
        return self._like(rest.select(*rebuild([*keep, (target, F.col("__headrace"))])))

    def resolveChoice(
        self, specs=None, choice="", database=None, table_name=None, transformation_ctx="", catalog_id=None, **kwargs
    ):
        if specs and choice:
            raise ValueError("resolveChoice takes specs or choice, not both")
        if choice == "match_catalog":
            return self._match_catalog(database, table_name)
        if choice:
            if not choice.startswith(("cast", "project", "make_cols", "make_struct")):
                raise ValueError(f"the choice {choice} is unknown: expected cast:T, project:T, make_cols, make_struct, match_catalog")
            print(_ONE_TYPE.format(f"with choice {choice}"), flush=True)
            return self
        frame = self._frame
        for path, action in specs or []:
            word, _, kind = action.partition(":")
            found = column_of(frame.schema, path.replace("[]", ""))
            if word in ("make_cols", "make_struct"):
                print(_ONE_TYPE.format(f"of {path} with {action}"), flush=True)
            elif word not in ("cast", "project"):
                raise ValueError(f"the action {action} is unknown: expected cast:T, project:T, make_cols or make_struct")
            elif "[]" in path or (found is not None and len(found) > 1):
                raise NotLocalError(f"resolveChoice of the nested {path}", "use apply_mapping for it")
            elif found is not None:
                frame = frame.withColumn(found[0], cast_to(F.col(quoted(found)), kind))
        return self._like(frame)

    def _match_catalog(self, database, table_name):
        frame = self._frame
        for field in self.glue_ctx.sparkSession.table(f"`{database}`.`{table_name}`").schema:
            found = column_of(frame.schema, f"`{field.name}`")
            if found is not None:
                frame = frame.withColumn(found[0], F.col(quoted(found)).cast(field.dataType))
        return self._like(frame)

    def drop_null_fields(self):
        empty = [field.name for field in self._frame.schema if isinstance(field.dataType, NullType)]
        counted = self._frame.select(*[F.count(F.col(quoted([name]))).alias(name) for name in self._frame.columns])
        filled = counted.first().asDict() if self._frame.columns else {}
        empty += [name for name, count in filled.items() if count == 0 and name not in empty]
        return self._like(self._frame.drop(*empty))

    def unnest(self, transformation_ctx="", **kwargs):
        return self._like(unnested(self._frame))

    def relationalize(self, root_table_name, staging_path, options=None, transformation_ctx="", **kwargs):
        frames = relationalized(self._frame, root_table_name)
        return DynamicFrameCollection({name: self._like(frame, name) for name, frame in frames.items()}, self.glue_ctx)

    # Rows.

    def filter(self, f, transformation_ctx="", **kwargs):
        rows = self._frame.rdd.filter(lambda row: bool(f(_record(row))))
        return self._like(self.glue_ctx.sparkSession.createDataFrame(rows, self._frame.schema))

    def map(self, f, transformation_ctx="", preservesPartitioning=False, **kwargs):
        rows = self._frame.rdd.map(lambda row: dict(f(_record(row)))).cache()
        if rows.isEmpty():
            return self._like(self._frame.limit(0))
        spark = self.glue_ctx.sparkSession
        before = spark.conf.get(_NESTED)
        spark.conf.set(_NESTED, "true")
        try:
            made = spark.createDataFrame(rows, samplingRatio=1.0)
        finally:
            spark.conf.set(_NESTED, before)
        # Every whole number comes back from Python as a bigint: columns that were smaller stay so.
        for field in self._frame.schema:
            if field.name in made.columns and isinstance(field.dataType, IntegralType):
                if isinstance(made.schema[field.name].dataType, IntegralType):
                    made = made.withColumn(field.name, F.col(quoted([field.name])).cast(field.dataType))
        return self._like(made)

    def join(self, paths1, paths2, frame2, transformation_ctx="", **kwargs):
        left, right = self._frame, frame2.toDF()
        condition = None
        for one, two in zip(names_of(paths1), names_of(paths2)):
            equal = left[quoted(column_of(left.schema, one))] == right[quoted(column_of(right.schema, two))]
            condition = equal if condition is None else condition & equal
        joined = left.join(right, condition)
        # Of two columns with one name the right one gets a dot before it.
        names = left.columns + ["." + name if name in left.columns else name for name in right.columns]
        return self._like(joined.toDF(*names))

    def union(self, other_frame, transformation_ctx="", **kwargs):
        return self._like(self._frame.unionByName(other_frame.toDF(), allowMissingColumns=True))

    def split_rows(self, *args, **kwargs):
        raise NotLocalError("DynamicFrame.split_rows", "filter twice instead")

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotLocalError(f"DynamicFrame.{name}", "convert with toDF() and use Spark's own function")


class DynamicFrameCollection:
    def __init__(self, dynamic_frames, glue_ctx):
        self._frames = dict(dynamic_frames)
        self.glue_ctx = glue_ctx

    def keys(self):
        return list(self._frames)

    def values(self):
        return list(self._frames.values())

    def items(self):
        return list(self._frames.items())

    def select(self, key, transformation_ctx=""):
        if key not in self._frames:
            raise KeyError(f"{key} (the collection has {', '.join(self._frames)})")
        return self._frames[key]

    def __getitem__(self, key):
        return self.select(key)

    def __len__(self):
        return len(self._frames)

    def map(self, callable, transformation_ctx=""):
        return DynamicFrameCollection(
            {key: callable(frame, transformation_ctx) for key, frame in self._frames.items()}, self.glue_ctx
        )


class DynamicFrameReader:
    def __init__(self, glue_context):
        self.from_rdd = glue_context.create_dynamic_frame_from_rdd
        self.from_catalog = glue_context.create_dynamic_frame_from_catalog
        self.from_options = glue_context.create_dynamic_frame_from_options


class DynamicFrameWriter:
    def __init__(self, glue_context):
        self.from_options = glue_context.write_dynamic_frame_from_options
        self.from_catalog = glue_context.write_dynamic_frame_from_catalog
        self.from_jdbc_conf = glue_context.write_dynamic_frame_from_jdbc_conf


__all__ = ["DynamicFrame", "DynamicFrameCollection", "DynamicFrameReader", "DynamicFrameWriter", "DynamicRecord"]
