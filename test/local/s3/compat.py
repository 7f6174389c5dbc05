"""boto3, s3fs and DuckDB against the local S3 endpoint. Usage: compat.py URL FOLDER (the folder that the endpoint serves).

Prints one line per check and exits 1 when one fails. Needs boto3; the checks of s3fs and DuckDB are left out, and said to be, without them.
"""

import glob
import io
import os
import sys
import traceback
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

URL, FOLDER = sys.argv[1:3]
BUCKET = "python"
KEY, SECRET = "headrace", "headrace-local-secret"
checks = []


def check(function):
    checks.append(function)
    return function


def client(**config):
    return boto3.client(
        "s3",
        endpoint_url=URL,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(retries={"max_attempts": 1}, **config),
    )


def code_of(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


s3 = client()


@check
def objects_are_plain_files():
    s3.put_object(Bucket=BUCKET, Key="raw/a.csv", Body=b"x,y\n", Metadata={"by": "me"}, ContentType="text/csv")
    with open(os.path.join(FOLDER, BUCKET, "raw/a.csv"), "rb") as file:
        assert file.read() == b"x,y\n"
    got = s3.get_object(Bucket=BUCKET, Key="raw/a.csv")
    assert got["Body"].read() == b"x,y\n" and got["Metadata"] == {"by": "me"} and got["ContentType"] == "text/csv"


@check
def foreign_files_are_objects():
    os.makedirs(os.path.join(FOLDER, BUCKET, "foreign"), exist_ok=True)
    with open(os.path.join(FOLDER, BUCKET, "foreign/b.txt"), "w") as file:
        file.write("hello")
    assert s3.head_object(Bucket=BUCKET, Key="foreign/b.txt")["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET, Prefix="foreign/")["Contents"]] == ["foreign/b.txt"]


@check
def multipart_up_and_down():
    body = os.urandom(20 << 20)
    transfer = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_fileobj(io.BytesIO(body), BUCKET, "big.bin", Config=transfer)
    out = io.BytesIO()
    s3.download_fileobj(BUCKET, "big.bin", out, Config=transfer)
    assert out.getvalue() == body
    assert s3.head_object(Bucket=BUCKET, Key="big.bin")["ETag"].endswith('-4"')


@check
def multipart_of_equal_requests():
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="m")["UploadId"]
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == [upload]
    s3.upload_part(Bucket=BUCKET, Key="m", UploadId=upload, PartNumber=1, Body=b"1")
    assert s3.list_parts(Bucket=BUCKET, Key="m", UploadId=upload)["Parts"][0]["Size"] == 1
    s3.abort_multipart_upload(Bucket=BUCKET, Key="m", UploadId=upload)
    assert code_of(s3.list_parts, Bucket=BUCKET, Key="m", UploadId=upload) == "NoSuchUpload"


@check
def checksums_of_every_kind():
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        s3.put_object(Bucket=BUCKET, Key="sum", Body=b"hello", ChecksumAlgorithm=algorithm)
        assert s3.head_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")["Checksum" + algorithm]
    # The check values of 123456789, computed by the endpoint.
    for algorithm, value in (("CRC32C", "4waSgw=="), ("CRC64NVME", "rosUhgp5mIg=")):
        s3.put_object(Bucket=BUCKET, Key="sum", Body=b"123456789", **{"Checksum" + algorithm: value})
        assert code_of(s3.put_object, Bucket=BUCKET, Key="sum", Body=b"12345678", **{"Checksum" + algorithm: value}) == "BadDigest"


@check
def errors_have_their_codes():
    assert code_of(s3.get_object, Bucket=BUCKET, Key="none") == "NoSuchKey"
    assert code_of(s3.head_object, Bucket=BUCKET, Key="none") == "404"
    assert code_of(s3.list_objects_v2, Bucket="no-such-bucket") == "NoSuchBucket"
    assert code_of(s3.delete_bucket, Bucket=BUCKET) == "BucketNotEmpty"
    assert code_of(s3.create_bucket, Bucket="Bad_Name") == "InvalidBucketName"
    assert code_of(s3.put_object, Bucket=BUCKET, Key="raw/a.csv", Body=b"", IfNoneMatch="*") == "PreconditionFailed"
    assert code_of(s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}) == "NotImplemented"
    assert code_of(s3.get_bucket_lifecycle_configuration, Bucket=BUCKET) == "NoSuchLifecycleConfiguration"


@check
def presigned_urls_of_both_versions():
    for version in ("s3v4", "s3"):
        url = client(signature_version=version).generate_presigned_url(
            "get_object", {"Bucket": BUCKET, "Key": "raw/a.csv"}, ExpiresIn=60
        )
        assert urllib.request.urlopen(url).read() == b"x,y\n", version
        try:
            urllib.request.urlopen(url.replace("a.csv", "b.csv"))
            raise AssertionError("a changed URL was accepted")
        except urllib.error.HTTPError as error:
            assert error.code == 403, error.code


@check
def pages_and_prefixes():
    for name in ("a", "b/1", "b/2", "c"):
        s3.put_object(Bucket=BUCKET, Key="page/" + name, Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, Prefix="page/", Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    seen = [[o["Key"] for o in p.get("Contents", [])] + [c["Prefix"] for c in p.get("CommonPrefixes", [])] for p in pages]
    assert seen == [["page/a"], ["page/b/"], ["page/c"]], seen


@check
def virtual_hosts():
    # Signed as a client signs that puts the bucket into the host; sent where that name leads to.
    url = client(s3={"addressing_style": "virtual"}).meta.endpoint_url.replace("127.0.0.1", "localhost")
    hosted = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(s3={"addressing_style": "virtual"}),
    ).generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "raw/a.csv"})
    host = hosted.split("/")[2]
    assert host.startswith(BUCKET + ".localhost"), host
    request = urllib.request.Request(hosted.replace(host, URL.split("/")[2], 1), headers={"Host": host})
    assert urllib.request.urlopen(request).read() == b"x,y\n"


def file_system():
    import s3fs

    return s3fs.S3FileSystem(key=KEY, secret=SECRET, client_kwargs={"endpoint_url": URL, "region_name": "us-east-1"})


def s3fs_reads_and_writes():
    fs = file_system()
    with fs.open(BUCKET + "/fs/out.txt", "wb") as file:
        file.write(b"a" * (6 << 20))
        file.write(b"b" * (6 << 20))
    assert fs.info(BUCKET + "/fs/out.txt")["size"] == 12 << 20
    with fs.open(BUCKET + "/fs/out.txt", "rb") as file:
        file.seek((6 << 20) - 1)
        assert file.read(2) == b"ab"
    assert sorted(fs.ls(BUCKET + "/fs")) == [BUCKET + "/fs/out.txt"]
    assert fs.find(BUCKET + "/page") == [BUCKET + "/page/a", BUCKET + "/page/b/1", BUCKET + "/page/b/2", BUCKET + "/page/c"]
    fs.copy(BUCKET + "/fs/out.txt", BUCKET + "/fs/copy.txt")
    fs.rm(BUCKET + "/fs", recursive=True)
    assert not fs.exists(BUCKET + "/fs/out.txt")


def duckdb_reads_and_writes():
    import duckdb
    import duckdb_extension_httpfs

    folder = os.path.join(os.path.dirname(duckdb_extension_httpfs.__file__), "extensions")
    (extension,) = glob.glob(os.path.join(folder, "*", "httpfs.duckdb_extension"))
    duck = duckdb.connect()
    duck.execute("LOAD '%s'" % extension)
    duck.execute(
        "CREATE SECRET (TYPE s3, KEY_ID '%s', SECRET '%s', REGION 'us-east-1', ENDPOINT '%s', URL_STYLE 'path', USE_SSL false)"
        % (KEY, SECRET, URL.split("/")[2])
    )
    base = "s3://%s/duck" % BUCKET
    # More than one part of a multipart upload, hive folders, and a key with characters that need encoding.
    duck.execute("COPY (SELECT range AS i, hash(range) AS h, range %% 3 AS day FROM range(3000000)) TO '%s/t' (FORMAT parquet, PARTITION_BY (day))" % base)
    duck.execute("COPY (SELECT range AS i FROM range(1000)) TO '%s/a b/ü+%%25.csv' (HEADER)" % base)
    rows = duck.execute("SELECT day, count(*) FROM read_parquet('%s/t/*/*.parquet', hive_partitioning = true) GROUP BY 1 ORDER BY 1" % base)
    assert rows.fetchall() == [(0, 1000000), (1, 1000000), (2, 1000000)]
    assert duck.execute("SELECT sum(i)::BIGINT FROM '%s/a b/*.csv'" % base).fetchall() == [(499500,)]
    assert duck.execute("SELECT sum(i)::BIGINT FROM '%s/t/day=1/*.parquet'" % base).fetchall() == [(1499999500000,)]


def main():
    s3.create_bucket(Bucket=BUCKET)
    try:
        import duckdb_extension_httpfs  # noqa: F401

        checks.append(duckdb_reads_and_writes)
    except ImportError:
        print("left out: DuckDB's httpfs is not installed")
    try:
        import s3fs  # noqa: F401

        checks.append(s3fs_reads_and_writes)
    except ImportError:
        print("left out: s3fs is not installed")
    failed = 0
    for function in checks:
        try:
            function()
            print("ok", function.__name__)
        except Exception:
            failed += 1
            print("FAILED", function.__name__)
            traceback.print_exc(file=sys.stdout)
    sys.exit(1 if failed else 0)


main()
