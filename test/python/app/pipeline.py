"""The same pipeline as pipeline.ts, statement by statement: what both synthesize has to be the same text."""

import sys

from aws_cdk import App, Duration, Environment, Stack, TimeZone
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from headrace import (
    Alert,
    Condition,
    CustomTask,
    FargateTask,
    FileFormat,
    GlueCrawlerTask,
    GlueJobTask,
    GlueScript,
    GlueWorker,
    LambdaTask,
    OnTaskFailure,
    Param,
    Pipeline,
    RedshiftQueryTask,
    Retry,
    Schedule,
    SparkSqlTask,
    Sql,
    Task,
    TaskSpec,
    TriggerRule,
    Warehouse,
)


class SendTask(Task):
    """A kind of task of the author's own."""

    def __init__(
        self, scope: Construct, id: str, *, queue: sqs.IQueue, text: str, trigger_rule: TriggerRule | None = None
    ) -> None:
        super().__init__(scope, id, trigger_rule=trigger_rule)
        self.queue = queue
        self.text = text

    def to_spec(self) -> TaskSpec:
        return TaskSpec(
            kind="SendTask",
            resource="arn:aws:states:::sqs:sendMessage",
            arguments={"QueueUrl": self.queue.queue_url, "MessageBody": {"text": self.text}},
            outputs="{'id': $states.result.MessageId}",
            permissions=[iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.queue.queue_arn])],
            service_retry=[Retry.times(3, interval=Duration.seconds(2), on=["Sqs.SdkClientException"])],
        )


def main(outdir: str) -> None:
    app = App(outdir=outdir)
    stack = Stack(app, "Shop", env=Environment(region="eu-west-1"))
    queue = sqs.Queue(stack, "Queue", enforce_ssl=True)

    sales = Pipeline(
        stack,
        "Sales",
        triggers=[Schedule.cron(hour="2", minute="30", time_zone=TimeZone.EUROPE_PARIS)],
        alerts=[Alert.email("data@example.com")],
        params={
            "day": Param.string(default="today", description="the day to load"),
            "limit": Param.number(default=5),
        },
        on_task_failure=OnTaskFailure.CONTINUE,
        timeout=Duration.hours(6),
        retry=Retry.times(1, interval=Duration.seconds(10), jitter=False),
    )

    extract = FargateTask(
        sales,
        "Extract",
        image=ecs.ContainerImage.from_registry("public.ecr.aws/docker/library/alpine:3.20"),
        command=["extract", "--date", sales.run.date, f"--run={sales.run.id}"],
        environment={"STAGE": "test", "QUEUE": queue.queue_name},
        cpu=512,
        memory_limit_mib=1024,
    )
    crawl = GlueCrawlerTask(sales, "Crawl", database="raw", path="s3://lake/orders/", region="us-west-2")
    enrich = GlueJobTask(
        sales,
        "Enrich",
        script=GlueScript.py_spark("test/python/app/enrich.py"),
        arguments={"day": sales.run.param("day"), "from": sales.run.interval_start},
        worker=GlueWorker.G_2X,
        workers=4,
        retry=Retry.times(2, max_delay=Duration.minutes(5), on=["States.Timeout"]),
    )
    report = SparkSqlTask(
        sales,
        "Report",
        sql=Sql.from_string("select * from raw.orders"),
        database="raw",
        target="s3://lake/report/",
        format=FileFormat.CSV,
    )
    load = RedshiftQueryTask(
        sales,
        "Load",
        warehouse=Warehouse.serverless(workgroup_name="shop", database="dev"),
        sql=Sql.from_file("test/python/app/load.sql"),
        parameters={"day": sales.run.date, "rows": enrich.output("rows")},
        result_rows=1,
    )
    notify = LambdaTask(
        sales,
        "Notify",
        code="test/python/app/notify.py",
        payload={
            "text": f'loaded {load.output("days")} days "{sales.run.logical_date}"',
            "tags": ["a", "b"],
            "deep": {"n": 1},
        },
        run_if=Condition.is_greater_than(load.output("days"), 0),
        timeout=Duration.minutes(3),
    )
    send = SendTask(
        sales,
        "Send",
        queue=queue,
        text=f"run {sales.run.id} of {stack.stack_name}",
        trigger_rule=TriggerRule.ALL_DONE,
    )
    copy = CustomTask(
        sales,
        "Copy",
        resource="arn:aws:states:::aws-sdk:s3:copyObject",
        arguments={"Bucket": "lake", "CopySource": "lake/a", "Key": f'copies/{send.output("id")}'},
        permissions=[
            iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject"], resources=["arn:aws:s3:::lake/*"])
        ],
    )

    extract.next(crawl).next(enrich, report)
    load.after(report)
    send.after(notify, crawl)
    copy.after(send)

    app.synth()


if __name__ == "__main__":
    main(sys.argv[1])
