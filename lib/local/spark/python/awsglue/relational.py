"""Nested data as tables: unnest makes columns of structs, relationalize also makes tables of arrays.

As Glue names them: the root table keeps a number in place of an array, and the table `root_array` has that number as `id`,
the place in the array as `index`, and the element as `array.val` or, for a struct, `array.val.field`.
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-transforms-Relationalize.html
"""
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, MapType, StructType

from awsglue.paths import quoted
from awsglue.utils import NotLocalError


def unnested(frame):
    """Structs become columns `outer.inner`; arrays stay."""
    columns = []

    def walk(schema, path):
        for field in schema:
            here = [*path, field.name]
            if isinstance(field.dataType, StructType):
                walk(field.dataType, here)
            else:
                columns.append(F.col(quoted(here)).alias(".".join(here)))

    walk(frame.schema, [])
    return frame.select(*columns)


def relationalized(frame, root):
    tables = {}
    _split(frame, root, tables)
    return tables


def _split(frame, name, tables):
    flat = unnested(frame)
    for field in flat.schema:
        if isinstance(field.dataType, MapType):
            raise NotLocalError(f"relationalize of the map {field.name}")
    arrays = [field.name for field in flat.schema if isinstance(field.dataType, ArrayType)]
    tables[name] = flat
    if not arrays:
        return
    # The ids must be the same in both tables, whatever is computed again.
    numbered = flat.withColumn("__id", F.monotonically_increasing_id() + 1).cache()
    numbered.count()
    columns = []
    for column in flat.columns:
        source = F.col(quoted([column]))
        columns.append(F.when(source.isNotNull(), F.col("__id")).alias(column) if column in arrays else source)
    tables[name] = numbered.select(*columns)
    for array in arrays:
        rows = numbered.select(F.col("__id").alias("id"), F.posexplode(F.col(quoted([array])))).select(
            F.col("id"), F.col("pos").alias("index"), F.col("col").alias(f"{array}.val")
        )
        _split(rows, f"{name}_{array}", tables)
