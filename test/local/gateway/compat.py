"""boto3 against a gateway whose answers the calling test gives. Usage: compat.py URL"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(name):
    return boto3.client(
        name,
        endpoint_url=sys.argv[1],
        region_name="eu-west-1",
        aws_access_key_id="dummy",
        aws_secret_access_key="dummy",
        config=Config(retries={"max_attempts": 1}),
    )


answer = client("lambda").invoke(FunctionName="f", Payload=json.dumps({"a": 1}))
assert answer["StatusCode"] == 200 and answer["FunctionError"] == "Unhandled"
assert json.loads(answer["Payload"].read()) == {"a": 1}

assert client("dynamodb").get_item(TableName="t", Key={"id": {"S": "x"}})["Item"] == {"id": {"S": "x"}}

try:
    client("secretsmanager").get_secret_value(SecretId="s")
    raise AssertionError("no error")
except ClientError as error:
    assert error.response["Error"] == {"Code": "ResourceNotFoundException", "Message": "no such secret"}, error.response

assert client("sts").get_caller_identity()["Account"] == "000000000000"
assert client("sns").get_topic_attributes(TopicArn="arn")["Attributes"] == {"Owner": "me"}
assert client("sqs").send_message(QueueUrl="http://localhost/0/q", MessageBody="hello")["MessageId"] == "m"
client("events").put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])
client("logs").create_log_group(logGroupName="g")
client("athena").start_query_execution(QueryString="select 1")
client("ecs").run_task(taskDefinition="t")

# What no stand-in takes is refused in the shape of that service, and named. (EC2's and S3's errors have shapes of their own.)
for service, action, said in (
    ("batch", "list_jobs", "batch: POST /v1/listjobs"),
    ("route53", "list_hosted_zones", "route53: GET /2013-04-01/hostedzone"),
    ("emr-serverless", "list_applications", "emr-serverless: GET /applications"),
    ("s3", "list_buckets", "AWS_ENDPOINT_URL_S3"),
):
    try:
        getattr(client(service), action)()
        raise AssertionError("no error")
    except ClientError as error:
        assert error.response["Error"]["Code"].startswith("NotImplemented"), error.response
        assert said in error.response["Error"]["Message"], error.response
