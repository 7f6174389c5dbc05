"""moto's server with what its Step Functions interpreter lacks to run a pipeline: a JSONata engine, and the service's own
spelling of the fields of SDK integrations. Everything else is moto as it is. MOTO_PORT must be the port given by -p: the
interpreter calls the server itself.

    MOTO_PORT=5566 python moto_server.py -H 127.0.0.1 -p 5566
"""

import hashlib
import json
import sys
import uuid

import boto3
import jsonata
import moto.stepfunctions.parser.asl.jsonata.jsonata as jsonata_hook
from moto.cloudformation import parsing, responses as cloudformation
from moto.core.config import default_user_config
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.events.models import Rule as EventRule
from moto.redshiftdata import models as redshift_data
from moto.server import main as serve
from moto.stepfunctions import models as machines
from moto.stepfunctions.parser import models as executions
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service as task,
    state_task_service_batch,
    state_task_service_callback as callback,
    state_task_service_glue,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition


def json_value(value):
    """The value as JSON has it; what JSON has no word for (dates) as text."""
    as_text = lambda other: None if "NullValue" in type(other).__name__ else getattr(other, "isoformat", lambda: str(other))()
    return json.loads(json.dumps(value, default=as_text))


def evaluate(expression):
    try:
        compiled = jsonata.Jsonata(expression)
        # Step Functions' own, beside JSONata's.
        compiled.register_lambda("hash", lambda text, name: hashlib.new(name.replace("-", "").lower(), text.encode()).hexdigest())
        return json_value(compiled.evaluate(None))
    except Exception as error:
        raise jsonata_hook.JSONataException("UNKNOWN", str(error)) from error


jsonata_hook._eval_jsonata = evaluate
jsonata_hook._ILLEGAL_VARIABLE_REFERENCES = set()  # moto refuses a lone $, which AWS allows

# Step Functions writes PascalCase, boto3 the service's own spelling; moto leaves the translation to nobody.
clients = {}


def shape_of(state, action, which, service):
    service = state._get_boto_service_name(service)
    if service not in clients:
        clients[service] = boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="a")
    meta = clients[service].meta
    operation = meta.method_to_api_mapping.get(state._get_boto_service_action(action))
    return getattr(meta.service_model.operation_model(operation), which) if operation else None


def to_boto(shape, value):
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        known = {names[key.lower()]: item for key, item in value.items() if key.lower() in names}
        return {name: to_boto(shape.members[name], item) for name, item in known.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [to_boto(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: to_boto(shape.value, item) for key, item in value.items()}
    if shape.type_name in ("string", "blob") and not isinstance(value, (str, bytes)):
        value = json.dumps(value, separators=(",", ":"))
    return value.encode() if shape.type_name == "blob" and isinstance(value, str) else value


def from_boto(shape, value):
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            key[:1].upper() + key[1:]: from_boto(shape.members[key], item) if key in shape.members else item
            for key, item in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [from_boto(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: from_boto(shape.value, item) for key, item in value.items()}
    return json_value(value)


def replace(target, value):
    target.clear()
    target.update(value)


def normalise_parameters(self, parameters, boto_service_name=None, service_action_name=None):
    shape = shape_of(self, service_action_name, "input_shape", boto_service_name)
    if shape:
        replace(parameters, to_boto(shape, dict(parameters)))


def normalise_response(self, response, boto_service_name=None, service_action_name=None):
    shape = shape_of(self, service_action_name, "output_shape", boto_service_name)
    if shape and isinstance(response, dict):
        replace(response, from_boto(shape, dict(response)))


task.StateTaskService._normalise_parameters = normalise_parameters
task.StateTaskService._normalise_response = normalise_response
task.StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES.update(
    {"redshiftdata": "redshift-data", "eventbridge": "events", "cloudwatchlogs": "logs"}
)

# moto refuses its own name for what went wrong inside a state, and so hides it.
custom_error_name.ILLEGAL_CUSTOM_ERROR_PREFIX = "no such prefix"

# After a .sync task of these, moto interrupts a callback endpoint that it has not made.
for service, name in ((state_task_service_glue, "Glue"), (state_task_service_batch, "Batch")):
    service._SUPPORTED_INTEGRATION_PATTERNS.add(ResourceCondition.WaitForTaskToken)

integration_pattern = callback.StateTaskServiceCallback._eval_integration_pattern


def integration_pattern_without_dates(self, env, **rest):
    integration_pattern(self, env=env, **rest)
    env.stack[-1] = json_value(env.stack[-1])  # the history cannot hold dates


callback.StateTaskServiceCallback._eval_integration_pattern = integration_pattern_without_dates

# moto recognises the address of a template only under this name of the same machine.
stack_from_url = cloudformation.get_stack_from_s3_url
cloudformation.get_stack_from_s3_url = lambda template_url, **rest: stack_from_url(
    template_url.replace("127.0.0.1", "localhost"), **rest
)

# moto leaves out resources of types that it does not know, and then refuses whoever refers to their attributes.
clean_json = parsing.clean_json


def clean_json_with_names(resource_json, resources_map):
    if isinstance(resource_json, dict) and isinstance(resource_json.get("Fn::GetAtt"), list):
        name, attribute = resource_json["Fn::GetAtt"]
        if name in resources_map._resource_json_map and resources_map.get(name) is None:
            return f"arn:aws:unmade:::{name}/{attribute}" if attribute.endswith("Arn") else f"{name}.{attribute}"
    return clean_json(resource_json, resources_map)


parsing.clean_json = clean_json_with_names

# moto deletes a stack's network without its route tables, and then refuses to.
delete_vpc = VPCBackend.delete_vpc


def delete_vpc_and_routes(self, vpc_id):
    for table in self.describe_route_tables(filters={"vpc-id": vpc_id}):
        if not table.main_association_id:
            del self.route_tables[table.id]
    return delete_vpc(self, vpc_id)


VPCBackend.delete_vpc = delete_vpc_and_routes

# Machines of templates go to the backend that only stores them, calls to the one that also runs them.
machines.stepfunctions_backends = executions.stepfunctions_parser_backends

# Without a name moto gives all executions one ARN.
start = executions.StepFunctionsParserBackend.start_execution
executions.StepFunctionsParserBackend.start_execution = lambda self, machine, name, text, *a, **k: start(
    self, machine, name or str(uuid.uuid4()), text, *a, **k
)

# In moto a statement runs for ever; here it is done when it is first asked for.
describe = redshift_data.RedshiftDataAPIServiceBackend.describe_statement


def describe_finished(self, statement_id):
    statement = describe(self, statement_id)
    if statement.status == "STARTED":
        statement.status = "FINISHED"
    return statement


redshift_data.RedshiftDataAPIServiceBackend.describe_statement = describe_finished

# On Fargate the task has a size and its containers need none.
requirements = EC2ContainerServiceBackend._calculate_task_resource_requirements


def requirements_with_sizes(*arguments):
    for container in arguments[-1].container_definitions:
        for field in ("cpu", "memory", "memoryReservation"):
            if container.get(field, 0) is None:
                container[field] = 0
        if "memory" not in container and "memoryReservation" not in container:
            container["memory"] = 0
    return requirements(*arguments[-1:])


EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(
    lambda *arguments, **named: requirements_with_sizes(*arguments, *named.values())
)

# moto's rules call no functions, and refuse events for which one has such a target; queues and others it serves.
send_to_targets = EventRule.send_to_targets


def send_to_what_is_served(self, *arguments, **named):
    all_targets = self.targets
    self.targets = [target for target in all_targets if ":lambda:" not in target["Arn"]]
    try:
        return send_to_targets(self, *arguments, **named)
    finally:
        self.targets = all_targets


EventRule.send_to_targets = send_to_what_is_served

if __name__ == "__main__":
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["batch"] = {"use_docker": False}
    serve(sys.argv[1:])
