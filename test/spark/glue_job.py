"""A Glue job as people write them: awsglue, the catalog, boto3. It runs on Glue as it stands."""
import sys

import boto3
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

import prices

args = getResolvedOptions(sys.argv, ["JOB_NAME", "day"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# A table that somebody else makes while the job runs.
glue = boto3.client("glue")
storage = {
    "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "price", "Type": "double"}, {"Name": "note", "Type": "string"}],
    "Location": "s3://lake/raw/orders/",
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    },
}
glue.create_table(
    DatabaseName="raw",
    TableInput={
        "Name": "orders",
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": storage,
        "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
    },
)
glue.batch_create_partition(
    DatabaseName="raw",
    TableName="orders",
    PartitionInputList=[
        {"Values": [day], "StorageDescriptor": {**storage, "Location": f"s3://lake/raw/orders/day={day}/"}}
        for day in ("2024-01-01", "2024-01-02")
    ],
)

orders = glueContext.create_dynamic_frame.from_catalog(
    database="raw", table_name="orders", push_down_predicate=f"day='{args['day']}'", transformation_ctx="orders"
)
assert orders.count() == 2, orders.count()
mapped = ApplyMapping.apply(
    frame=orders,
    mappings=[("id", "long", "id", "int"), ("price", "double", "money.gross", "double"), ("day", "string", "day", "string")],
)
assert mapped.schema().simpleString() == "struct<id:int,money:struct<gross:double>,day:string>", mapped.schema()
taxed = Map.apply(frame=mapped, f=lambda record: {**record, "net": prices.net(record["money"]["gross"])})
kept = Filter.apply(frame=taxed, f=lambda record: record["net"] > 1.5)
flat = kept.unnest().rename_field("`money.gross`", "gross")
sink = glueContext.getSink(
    connection_type="s3",
    path="s3://lake/out/orders/",
    enableUpdateCatalog=True,
    updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["day"],
)
sink.setFormat("glueparquet")
sink.setCatalogInfo(catalogDatabase="raw", catalogTableName="taxed")
sink.writeFrame(flat)

# What the sink registered is there for SQL at once, and what SQL makes is registered.
spark.sql("CREATE TABLE raw.totals LOCATION 's3://lake/out/totals/' AS SELECT day, sum(gross) AS gross FROM raw.taxed GROUP BY day")
frame = spark.createDataFrame([(1, "x", "2024-02-01"), (2, "y", "2024-02-02")], "id int, name string, day string")
frame.write.mode("append").option("path", "s3a://lake/out/saved/").partitionBy("day").saveAsTable("raw.saved")

# The keys of JSON files match whatever their case, as the SerDe reads them.
glue.create_table(
    DatabaseName="raw",
    TableInput={
        "Name": "camel",
        "StorageDescriptor": {
            "Columns": [{"Name": "orderid", "Type": "bigint"}],
            "Location": "s3://lake/raw/camel/",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        },
    },
)
assert spark.sql("SELECT orderid FROM raw.camel").collect()[0][0] == 7

# Nested JSON, as files and without a catalog.
nested = glueContext.create_dynamic_frame.from_options(
    connection_type="s3", connection_options={"paths": ["s3://lake/raw/nested/"], "recurse": True}, format="json"
)
tables = nested.relationalize("root", "s3://lake/tmp/")
assert sorted(tables.keys()) == ["root", "root_items"], tables.keys()
root = tables.select("root").toDF()
assert sorted(root.columns) == ["customer.name", "id", "items"], root.columns
items = tables.select("root_items").toDF()
assert sorted(items.columns) == ["id", "index", "items.val.count", "items.val.sku"], items.columns
joined = root.join(items.withColumnRenamed("id", "ref"), root["items"] == F.col("ref"))
assert sorted(tuple(row) for row in joined.select(root["id"], "index", F.col("`items.val.sku`")).collect()) == [
    (1, 0, "a"),
    (1, 1, "b"),
    (2, 0, "c"),
]
resolved = nested.resolveChoice(specs=[("id", "cast:string")]).drop_fields(["customer", "items"])
assert resolved.toDF().dtypes == [("id", "string")], resolved.toDF().dtypes
glueContext.write_dynamic_frame.from_options(
    frame=DynamicFrame.fromDF(resolved.toDF().orderBy("id"), glueContext, "resolved").coalesce(1),
    connection_type="s3",
    connection_options={"path": "s3://lake/out/csv/"},
    format="csv",
    format_options={"separator": "|"},
)
for what, refused in {
    "GlueContext.purge_table": lambda: glueContext.purge_table("raw", "orders"),
    "FindMatches": lambda: FindMatches.apply(frame=nested),
    "the connection type mysql": lambda: glueContext.create_dynamic_frame.from_options("mysql", {}),
    "the format 'avro'": lambda: glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/"]}, "avro"),
}.items():
    try:
        refused()
    except NotImplementedError as error:
        assert what in str(error) and "laptop" in str(error), error
    else:
        raise AssertionError(what)
job.commit()
