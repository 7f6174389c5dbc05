"""Uploads and downloads a file in parts, as boto3 does by itself. Usage: transfer.py URL FILE. Prints seconds of both, the best of three."""

import filecmp
import sys
import time

import boto3

url, file = sys.argv[1:3]
s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="headrace", aws_secret_access_key="headrace-local-secret")
s3.create_bucket(Bucket="bench")
up, down = [], []
for _ in range(3):
    start = time.perf_counter()
    s3.upload_file(file, "bench", "big")
    up.append(time.perf_counter() - start)
    start = time.perf_counter()
    s3.download_file("bench", "big", file + ".back")
    down.append(time.perf_counter() - start)
    assert filecmp.cmp(file, file + ".back", shallow=False)
print(min(up), min(down))
