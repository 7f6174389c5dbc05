"""examples/sales-pipeline in Python: the same stacks, so that both synthesize the same state machines."""

import sys
from pathlib import Path

from aws_cdk import App, Aws, Environment, RemovalPolicy, Stack, TimeZone
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshiftserverless as redshift
from aws_cdk import aws_s3 as s3
from headrace import (
    Alert,
    FargateTask,
    GlueCrawlerTask,
    Pipeline,
    RedshiftQueryTask,
    Retry,
    Schedule,
    SparkSqlTask,
    Sql,
    Warehouse,
)

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "sales-pipeline"
LAKE = f"sales-lake-{Aws.ACCOUNT_ID}"


def bucket(stack: Stack, id: str, logs: s3.IBucket | None = None, name: str | None = None) -> s3.Bucket:
    return s3.Bucket(
        stack,
        id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        removal_policy=RemovalPolicy.DESTROY,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=None if logs is None else f"{id}/",
        bucket_name=name,
    )


def database(stack: Stack, name: str) -> None:
    glue.CfnDatabase(
        stack,
        f"Database-{name}",
        catalog_id=stack.account,
        database_input=glue.CfnDatabase.DatabaseInputProperty(name=name),
    )


def platform(stack: Stack) -> tuple[s3.Bucket, Warehouse]:
    lake = bucket(stack, "Lake", bucket(stack, "AccessLogs"), LAKE)
    reader = iam.Role(stack, "WarehouseReader", assumed_by=iam.ServicePrincipal("redshift.amazonaws.com"))
    lake.grant_read(reader, "flights/*")
    vpc = ec2.Vpc(
        stack,
        "Network",
        max_azs=3,
        nat_gateways=0,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Warehouse", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        ],
        flow_logs={"All": ec2.FlowLogOptions()},
    )
    namespace = redshift.CfnNamespace(
        stack,
        "Namespace",
        namespace_name="sales",
        db_name="sales",
        default_iam_role_arn=reader.role_arn,
        iam_roles=[reader.role_arn],
    )
    workgroup = redshift.CfnWorkgroup(
        stack,
        "Workgroup",
        workgroup_name="sales",
        namespace_name=namespace.namespace_name,
        base_capacity=8,
        publicly_accessible=False,
        enhanced_vpc_routing=True,
        subnet_ids=[subnet.subnet_id for subnet in vpc.isolated_subnets],
        security_group_ids=[vpc.vpc_default_security_group],
    )
    workgroup.node.add_dependency(namespace)
    warehouse = Warehouse.serverless(
        workgroup_name=workgroup.workgroup_name,
        workgroup_arn=workgroup.attr_workgroup_workgroup_arn,
        database="sales",
    )
    for name in ("sales_raw", "sales"):
        database(stack, name)
    return lake, warehouse


def main(outdir: str) -> None:
    app = App(outdir=outdir)
    stack = Stack(app, "SalesStack", env=Environment(region="eu-west-1"))
    american = Stack(app, "SalesCatalogUs", env=Environment(region="us-west-2"))
    database(american, "sales_us")
    lake, warehouse = platform(stack)

    sales = Pipeline(
        stack,
        "Sales",
        triggers=[Schedule.cron(week_day="MON", hour="2", minute="30", time_zone=TimeZone.EUROPE_PARIS)],
        alerts=[Alert.email("data-oncall@example.com")],
    )
    raw = f"s3://{LAKE}/raw/"
    flights = f"s3://{LAKE}/flights/week={sales.run.date}/"

    ingest = FargateTask(
        sales,
        "Ingest",
        image=ecs.ContainerImage.from_asset(str(EXAMPLE / "connector")),
        command=["extract", "--date", sales.run.date, "--output", raw],
        cpu=512,
        memory_limit_mib=1024,
        retry=Retry.times(2),
    )
    lake.grant_put(ingest, "raw/*")
    crawl_raw = GlueCrawlerTask(sales, "CrawlRaw", database="sales_raw", path=raw)
    to_parquet = SparkSqlTask(
        sales,
        "ToParquet",
        sql=Sql.from_file(str(EXAMPLE / "sql" / "to_parquet.sql")),
        database="sales_raw",
        sources=[raw],
        parameters={"week": sales.run.date},
        target=flights,
        retry=Retry.times(2),
    )
    crawl_eu = GlueCrawlerTask(sales, "CrawlEu", database="sales", path=f"s3://{LAKE}/flights/")
    crawl_us = GlueCrawlerTask(
        sales, "CrawlUs", database="sales_us", path=f"s3://{LAKE}/flights/", region="us-west-2"
    )
    load = RedshiftQueryTask(
        sales,
        "Load",
        warehouse=warehouse,
        sql=Sql.from_file(str(EXAMPLE / "sql" / "load.sql")),
        parameters={"week": sales.run.date, "source": flights},
        result_rows=1,
    )
    ingest.next(crawl_raw).next(to_parquet).next(crawl_eu, crawl_us)
    load.after(crawl_us)
    app.synth()


if __name__ == "__main__":
    main(sys.argv[1])
