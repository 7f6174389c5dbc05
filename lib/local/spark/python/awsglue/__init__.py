"""The part of `awsglue` that scripts of Glue jobs use, written anew for the laptop: plain Python over plain PySpark.

What the laptop cannot do raises awsglue.utils.NotLocalError and names the construct. Nothing here imports PySpark before a
script does, so a Python shell job runs without it.
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python.html
"""
