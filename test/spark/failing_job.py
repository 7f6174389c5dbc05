"""A job whose own function fails inside a Spark worker."""
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.enableHiveSupport().getOrCreate()


@F.udf("int")
def checked(value):
    if value == 3:
        raise ValueError("no orders of customer 3")
    return value


try:
    spark.read.csv("s3://gone/x/").count()
except Exception as error:
    print("reading a missing bucket:", str(error).split("\n")[0])
spark.range(5).select(checked("id")).collect()
