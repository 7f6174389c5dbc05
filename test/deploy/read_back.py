"""Whether what a template asks for is really there: an emulator leaves out what it does not know, and says that all is well. In:
a stack's template and its physical ids. Out: each resource read through its own service's API, by type."""

import json

# What moto does not make from a template, though it says CREATE_COMPLETE. cfn-lint checks their properties instead.
NOT_MADE = {
    "AWS::CloudWatch::Alarm": "listed without an id that it can be asked for",
    "AWS::EC2::FlowLog": "made without an id that it can be asked for",
    "AWS::Glue::Crawler": "not made from templates",
    "AWS::Glue::Database": "not made from templates",
    "AWS::Glue::Job": "not made from templates",
    "AWS::Lambda::Permission": "part of the function's policy",
    "AWS::RedshiftServerless::Namespace": "service not emulated",
    "AWS::RedshiftServerless::Workgroup": "service not emulated",
    "AWS::S3::BucketPolicy": "not made from templates",
    "AWS::SNS::Subscription": "not made from templates",
    "AWS::SNS::TopicPolicy": "not made from templates",
    "AWS::SQS::QueuePolicy": "not made from templates",
    "AWS::Scheduler::Schedule": "not made from templates",
    "AWS::CDK::Metadata": "not a resource",
}


def ec2(method, key):
    return lambda client, id: getattr(client("ec2"), method)(**{key: [id]})


READERS = {
    "AWS::CloudWatch::Dashboard": lambda client, id: client("cloudwatch").get_dashboard(DashboardName=id),
    "AWS::DynamoDB::Table": lambda client, id: client("dynamodb").describe_table(TableName=id),
    "AWS::EC2::InternetGateway": ec2("describe_internet_gateways", "InternetGatewayIds"),
    "AWS::EC2::RouteTable": ec2("describe_route_tables", "RouteTableIds"),
    "AWS::EC2::SecurityGroup": ec2("describe_security_groups", "GroupIds"),
    "AWS::EC2::Subnet": ec2("describe_subnets", "SubnetIds"),
    "AWS::EC2::VPC": ec2("describe_vpcs", "VpcIds"),
    "AWS::EC2::VPCEndpoint": ec2("describe_vpc_endpoints", "VpcEndpointIds"),
    "AWS::ECS::Cluster": lambda client, id: client("ecs").describe_clusters(clusters=[id])["clusters"][0],
    "AWS::ECS::TaskDefinition": lambda client, id: client("ecs").describe_task_definition(taskDefinition=id),
    "AWS::Events::Rule": lambda client, id: client("events").describe_rule(Name=id.split("/")[-1]),
    "AWS::IAM::Role": lambda client, id: client("iam").get_role(RoleName=id),
    "AWS::Lambda::Function": lambda client, id: client("lambda").get_function(FunctionName=id),
    "AWS::Logs::LogGroup": lambda client, id: next(
        group
        for group in client("logs").describe_log_groups(logGroupNamePrefix=id)["logGroups"]
        if group["logGroupName"] == id
    ),
    "AWS::S3::Bucket": lambda client, id: client("s3").head_bucket(Bucket=id),
    "AWS::SNS::Topic": lambda client, id: client("sns").get_topic_attributes(TopicArn=id),
    "AWS::SQS::Queue": lambda client, id: client("sqs").get_queue_attributes(QueueUrl=id, AttributeNames=["All"]),
    "AWS::StepFunctions::StateMachine": lambda client, id: json.loads(
        client("stepfunctions").describe_state_machine(stateMachineArn=id)["definition"]
    )["States"],
}

# Parts of another resource, without an address of their own.
PARTS = {
    "AWS::EC2::Route",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
}


def physical_ids(client, stack):
    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        summary["LogicalResourceId"]: summary.get("PhysicalResourceId")
        for page in pages
        for summary in page["StackResourceSummaries"]
    }


def missing(client, stack, template):
    """Resources that were asked for and are not there: one line each."""
    ids = physical_ids(client, stack)
    lines = []
    for name, resource in template["Resources"].items():
        kind = resource["Type"]
        if kind in NOT_MADE:
            continue
        if kind not in PARTS and kind not in READERS:
            lines.append(f"{name}: nobody reads a {kind} back: add a reader, or say why there is none")
        elif not ids.get(name):
            lines.append(f"{name}: {kind} has not been made")
        elif kind in READERS:
            try:
                if not READERS[kind](client, ids[name]):
                    lines.append(f"{name}: {kind} {ids[name]} is empty")
            except Exception as error:
                lines.append(f"{name}: {kind} {ids[name]} cannot be read: {error}")
    return lines
