"""The Glue and Athena APIs as boto3 sees them. Usage: glue_clients.py (the endpoint comes from the environment)"""
import time

import boto3
from botocore.exceptions import ClientError

glue = boto3.client("glue")


def refused(code, call):
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response["Error"]["Message"]
    raise AssertionError(f"{code} was expected")


def table(name, location, columns, keys=()):
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "csv"},
        "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in keys],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
            "Location": location,
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "Parameters": {"field.delim": ","},
            },
        },
    }


# Databases.
glue.create_database(DatabaseInput={"Name": "Sales", "Description": "d", "LocationUri": "s3://lake/sales/"})
refused("AlreadyExistsException", lambda: glue.create_database(DatabaseInput={"Name": "sales"}))
glue.update_database(Name="sales", DatabaseInput={"Name": "sales", "Description": "e"})
database = glue.get_database(Name="sales")["Database"]
assert database["Name"] == "sales" and database["Description"] == "e" and database["CreateTime"].year > 2000, database
assert [each["Name"] for each in glue.get_databases()["DatabaseList"]] == ["raw", "sales"]
refused("EntityNotFoundException", lambda: glue.get_database(Name="none"))

# Tables.
keys = [("year", "int"), ("day", "string")]
glue.create_table(DatabaseName="sales", TableInput=table("Orders", "s3://lake/orders/", [("id", "bigint")], keys))
refused("AlreadyExistsException", lambda: glue.create_table(DatabaseName="sales", TableInput=table("orders", "s3://x/", [])))
for i in range(5):
    glue.create_table(DatabaseName="sales", TableInput=table(f"t{i}", f"s3://lake/t{i}/", [("a", "int")]))
pages = glue.get_paginator("get_tables").paginate(DatabaseName="sales", PaginationConfig={"PageSize": 2})
assert [each["Name"] for page in pages for each in page["TableList"]] == ["orders", "t0", "t1", "t2", "t3", "t4"]
assert len(glue.get_tables(DatabaseName="sales", Expression="t[12]|orders")["TableList"]) == 1
assert [each["Name"] for each in glue.get_tables(DatabaseName="sales", Expression="t*")["TableList"]] == [f"t{i}" for i in range(5)]
glue.update_table(DatabaseName="sales", TableInput=table("orders", "s3://lake/orders/", [("id", "bigint"), ("n", "int")], keys))
found = glue.get_table(DatabaseName="sales", Name="orders")["Table"]
assert [each["Name"] for each in found["StorageDescriptor"]["Columns"]] == ["id", "n"] and found["VersionId"] == "1", found
assert glue.batch_delete_table(DatabaseName="sales", TablesToDelete=["t3", "gone"])["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
glue.delete_table(DatabaseName="sales", Name="t4")
refused("EntityNotFoundException", lambda: glue.get_table(DatabaseName="sales", Name="t4"))

# Partitions.
def partition(year, day):
    return {"Values": [year, day], "StorageDescriptor": {"Location": f"s3://lake/orders/year={year}/day={day}/"}}


glue.create_partition(DatabaseName="sales", TableName="orders", PartitionInput=partition("2023", "a"))
refused(
    "AlreadyExistsException",
    lambda: glue.create_partition(DatabaseName="sales", TableName="orders", PartitionInput=partition("2023", "a")),
)
many = [partition(str(2020 + i % 10), f"d{i}") for i in range(99)] + [{"Values": ["1"]}]
errors = glue.batch_create_partition(DatabaseName="sales", TableName="orders", PartitionInputList=many)["Errors"]
assert [each["ErrorDetail"]["ErrorCode"] for each in errors] == ["InvalidInputException"], errors
pages = glue.get_paginator("get_partitions").paginate(DatabaseName="sales", TableName="orders", PaginationConfig={"PageSize": 40})
assert sum(len(page["Partitions"]) for page in pages) == 100


def days(expression):
    answer = glue.get_partitions(DatabaseName="sales", TableName="orders", Expression=expression)
    return sorted("/".join(each["Values"]) for each in answer["Partitions"])


assert days("year = 2023 AND day IN ('a', 'd3')") == ["2023/a", "2023/d3"]
assert days("year > 2028 and day like 'd1%' and not day = 'd19'") == []
assert days("year between 2028 and 2029 and (day = 'd8' or day >= 'd99')") == ["2028/d8"]
assert "none of the partition keys" in refused("InvalidInputException", lambda: days("month = 1"))
batch = glue.batch_get_partition(
    DatabaseName="sales", TableName="orders", PartitionsToGet=[{"Values": ["2023", "a"]}, {"Values": ["0", "0"]}]
)
assert len(batch["Partitions"]) == 1
glue.update_partition(
    DatabaseName="sales", TableName="orders", PartitionValueList=["2023", "a"], PartitionInput=partition("2023", "b")
)
assert glue.get_partition(DatabaseName="sales", TableName="orders", PartitionValues=["2023", "b"])["Partition"]["Values"] == ["2023", "b"]
glue.delete_partition(DatabaseName="sales", TableName="orders", PartitionValues=["2023", "b"])
refused("EntityNotFoundException", lambda: glue.get_partition(DatabaseName="sales", TableName="orders", PartitionValues=["2023", "b"]))
assert glue.batch_delete_partition(DatabaseName="sales", TableName="orders", PartitionsToDelete=[{"Values": ["2020", "d0"]}])["Errors"] == []

# A crawler, on what the S3 client puts there.
boto3.client("s3").put_object(Bucket="lake", Key="raw/a.csv", Body=b"id,price\n1,1.5\n2,2.5\n")
assert glue.list_crawlers()["CrawlerNames"] == ["crawl"]
assert glue.get_crawler(Name="crawl")["Crawler"]["State"] == "READY"
glue.start_crawler(Name="crawl")
for _ in range(500):
    crawler = glue.get_crawler(Name="crawl")["Crawler"]
    if crawler["State"] == "READY":
        break
    time.sleep(0.02)
assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler
assert crawler["LastCrawl"]["StartTime"].year > 2000
assert glue.list_crawls(CrawlerName="crawl")["Crawls"][0]["State"] == "COMPLETED"
refused("EntityNotFoundException", lambda: glue.start_crawler(Name="none"))

# A job.
run = glue.start_job_run(JobName="shell", Arguments={"--word": "hello"})["JobRunId"]
for _ in range(500):
    told = glue.get_job_run(JobName="shell", RunId=run)["JobRun"]
    if told["JobRunState"] not in ("STARTING", "RUNNING"):
        break
    time.sleep(0.05)
assert told["JobRunState"] == "FAILED", told
assert told["ErrorMessage"].startswith("ValueError: hello of shell (line 5 of "), told["ErrorMessage"]
assert [each["Id"] for each in glue.get_job_runs(JobName="shell")["JobRuns"]] == [run]

# Athena over what the crawler found.
athena = boto3.client("athena")


def query(sql):
    started = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": "raw"},
        ResultConfiguration={"OutputLocation": "s3://lake/results/"},
    )
    for _ in range(500):
        told = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        if told["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return told
        time.sleep(0.02)
    raise AssertionError("the query never ended")


done = query("SELECT sum(price) AS total FROM raw")
assert done["Status"]["State"] == "SUCCEEDED", done
rows = athena.get_query_results(QueryExecutionId=done["QueryExecutionId"])["ResultSet"]["Rows"]
assert [[each["VarCharValue"] for each in row["Data"]] for row in rows] == [["total"], ["4.0"]], rows
bucket, key = done["ResultConfiguration"]["OutputLocation"][5:].split("/", 1)
assert boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b'"total"\n"4.0"\n'
assert query("SELECT x FROM raw")["Status"]["StateChangeReason"].startswith("COLUMN_NOT_FOUND: line 1:8: Column 'x'")
assert "mismatched input" in refused("InvalidRequestException", lambda: query("SELEC"))
glue.delete_database(Name="sales")
print("ok")
