"""The Glue job behind SparkSqlTask: one SELECT over the catalog, written to S3.

Arguments, all with the prefix headrace_ so that they meet none of Glue's own:
  --headrace_sql         s3://bucket/key of the file with the statement, or
  --headrace_sql_text    the statement itself
  --headrace_database    catalog database for table names without one
  --headrace_target      s3://bucket/prefix/ to write to
  --headrace_format      parquet, orc, json, csv
  --headrace_mode        overwrite, append, error
  --headrace_partition_by  columns, comma separated (optional)
  --headrace_param_NAME  value of :NAME in the statement (any number)
  --headrace_output      s3://bucket/key for the values handed back (optional): rows
"""
import json
import sys
from urllib.parse import urlparse

import boto3
from pyspark.sql import Observation, SparkSession
from pyspark.sql import functions as F

PREFIX = "--headrace_"
PARAM = "param_"


def arguments(words):
    """--headrace_name value pairs; everything else is Glue's and Spark's."""
    found = {}
    for name, value in zip(words, words[1:]):
        if name.startswith(PREFIX):
            found[name[len(PREFIX):]] = value
    return found


def place(url):
    parts = urlparse(url)
    return {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}


def statement(given):
    if "sql_text" in given:
        return given["sql_text"]
    body = boto3.client("s3").get_object(**place(given["sql"]))["Body"].read()
    return body.decode("utf-8")


def main(words):
    given = arguments(words)
    params = {name[len(PARAM):]: value for name, value in given.items() if name.startswith(PARAM)}
    spark = (
        SparkSession.builder.enableHiveSupport()
        # Only the partitions that the result has are replaced; the others stay.
        .config("spark.sql.sources.partitionOverwriteMode", "dynamic")
        .getOrCreate()
    )
    spark.catalog.setCurrentDatabase(given["database"])
    text = statement(given).strip().rstrip(";")
    observed = Observation("headrace")
    frame = spark.sql(text, args=params).observe(observed, F.count(F.lit(1)).alias("rows"))
    writer = frame.write.format(given["format"]).mode(given["mode"])
    columns = [name for name in given.get("partition_by", "").split(",") if name]
    if columns:
        writer = writer.partitionBy(*columns)
    writer.save(given["target"])
    rows = observed.get["rows"]
    print(json.dumps({"target": given["target"], "rows": rows}))
    if "output" in given:
        boto3.client("s3").put_object(
            Body=json.dumps({"rows": rows}).encode("utf-8"), ContentType="application/json", **place(given["output"])
        )


if __name__ == "__main__":
    main(sys.argv[1:])
