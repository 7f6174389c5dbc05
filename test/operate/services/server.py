"""The server of test/deploy (moto) as a place where tasks can be held, failed and stopped: Step Functions' own integrations with
EMR, EMR Serverless and Athena, which moto's interpreter lacks, and three calls that its services lack. What a thing does is in the
name of where it runs: `hold` goes on until it is stopped, `fails` fails, everything else succeeds at once. Like Step Functions at
its worst, stopping an execution stops nothing else: what the command does about it can be seen.

    MOTO_PORT=5566 python server.py -H 127.0.0.1 -p 5566
"""

import datetime
import json
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy"))

import moto_server  # noqa: E402, F401  (what it mends stays mended)
from moto.athena.models import Execution
from moto.batch.models import Job
from moto.batch_simple.models import BatchSimpleBackend
from moto.core.config import default_user_config
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ecs.models import Task as ContainerTask
from moto.emr.models import ElasticMapReduceBackend, Step
from moto.emr.responses import ElasticMapReduceResponse
from moto.emrserverless.models import EMRServerlessBackend, JobRun
from moto.glue.models import FakeCrawl, FakeCrawler, FakeJobRun
from moto.glue.responses import GlueResponse
from moto.logs.exceptions import ResourceNotFoundException as LogNotFound
from moto.logs.models import LogGroup, logs_backends
from moto.moto_api import state_manager
from moto.redshiftdata.models import RedshiftDataAPIServiceBackend, Statement
from moto.server import main as serve
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_lambda
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_ecs import StateTaskServiceEcs
from moto.stepfunctions.responses import StepFunctionResponse
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for


def state_of(name, going, failed, done):
    return going if "hold" in (name or "").lower() else failed if "fails" in (name or "") else done


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


# moto moves what has states when it is looked at; here everything stays what its name makes it.
for model in ("glue::job_run", "glue::crawl", "ecs::task", "batch::job", "athena::execution"):
    state_manager.set_transition(model, {"progression": "manual", "times": 10**9})


def after(cls, method, then):
    """Lets `then(self, result, arguments)` follow a method."""
    before = getattr(cls, method)

    def both(self, *arguments, **named):
        result = before(self, *arguments, **named)
        then(self, result, arguments, named)
        return result

    setattr(cls, method, both)


# --- Glue


def run_made(run, _, __, ___):
    run.status = state_of(run.job_name, "RUNNING", "FAILED", "SUCCEEDED")


def crawl_made(crawl, _, __, ___):
    crawl.status = state_of(crawl.log_stream, "RUNNING", "FAILED", "COMPLETED")
    crawl.end_time = None if crawl.status == "RUNNING" else now()


after(FakeJobRun, "__init__", run_made)
after(FakeCrawl, "__init__", crawl_made)
run_as_dict = FakeJobRun.as_dict


def run_with_log(self):
    shown = run_as_dict(self) | {"LogGroupName": "/aws-glue/jobs"}
    if self.status == "FAILED":
        shown["ErrorMessage"] = "SystemExit: 1"
    return shown


FakeJobRun.as_dict = run_with_log
crawler_as_dict = FakeCrawler.as_dict


def crawler_with_outcome(self):
    """A crawler says in other words than its crawls how the last one ended."""
    shown = crawler_as_dict(self)
    if "LastCrawl" in shown:
        status = shown["LastCrawl"]["Status"]
        shown["LastCrawl"]["Status"] = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED"}.get(status, status)
    return shown


FakeCrawler.as_dict = crawler_with_outcome
quality_runs = {}


def batch_stop_job_run(self):
    name, stopped, errors = self._get_param("JobName"), [], []
    for run_id in self._get_param("JobRunIds"):
        run = self.glue_backend.get_job_run(name, run_id)
        if run.status in ("STARTING", "RUNNING"):
            run.status = "STOPPED"
            stopped.append({"JobName": name, "JobRunId": run_id})
        else:
            detail = {"ErrorCode": "IllegalJobRunStateException", "ErrorMessage": f"the run is {run.status}"}
            errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
    return ActionResult({"SuccessfulSubmissions": stopped, "Errors": errors})


def start_quality_run(self):
    run_id = f"dqrun-{uuid.uuid4().hex}"
    [name] = self._get_param("RulesetNames")
    quality_runs[run_id] = {"RunId": run_id, "RulesetNames": [name], "Status": state_of(name, "RUNNING", "FAILED", "SUCCEEDED")}
    return ActionResult({"RunId": run_id})


def quality_run(self):
    run = quality_runs.get(self._get_param("RunId"))
    if run is None:
        raise JsonRESTError("EntityNotFoundException", f"no run {self._get_param('RunId')}")
    return run


def cancel_quality_run(self):
    run = quality_run(self)
    if run["Status"] != "RUNNING":
        raise JsonRESTError("InvalidInputException", f"the run is {run['Status']}")
    run["Status"] = "STOPPED"
    return ActionResult({})


GlueResponse.batch_stop_job_run = batch_stop_job_run
GlueResponse.start_data_quality_ruleset_evaluation_run = start_quality_run
GlueResponse.get_data_quality_ruleset_evaluation_run = lambda self: ActionResult(quality_run(self))
GlueResponse.cancel_data_quality_ruleset_evaluation_run = cancel_quality_run

# --- containers


def task_made(task, _, __, ___):
    task.stopped_reason = "Essential container in task exited"
    task.last_status = state_of(task.cluster_name, "RUNNING", "STOPPED", "STOPPED")
    for container in task.containers:
        container.exitCode = None if "hold" in task.cluster_name else 1 if "fails" in task.cluster_name else 0


after(ContainerTask, "__init__", task_made)
ecs_resolver = StateTaskServiceEcs._build_sync_resolver


def task_failed(state, env, cause):
    details = TaskFailedEventDetails(
        resource=state._get_sfn_resource(),
        resourceType=state._get_sfn_resource_type(),
        error="States.TaskFailed",
        cause=json.dumps(moto_server.json_value(cause), separators=(",", ":")),
    )
    name = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),
        )
    )


def ecs_resolver_with_exit_codes(self, env, **rest):
    resolve = ecs_resolver(self, env=env, **rest)

    def resolved():
        task = resolve()
        if task and any(container.get("ExitCode") for container in task["Containers"]):
            raise task_failed(self, env, task)
        return task

    return resolved


StateTaskServiceEcs._build_sync_resolver = ecs_resolver_with_exit_codes
finish_job = BatchSimpleBackend._mark_job_as_finished


def finish_or_hold(self, include_start_attempt, job):
    finish_job(self, include_start_attempt, job)
    state = state_of(job.job_queue.name, "RUNNING", "FAILED", "SUCCEEDED")
    job.status = state
    job.job_stopped = state != "RUNNING"
    job.exit_code = {"RUNNING": None, "FAILED": 1}.get(state, 0)


BatchSimpleBackend._mark_job_as_finished = finish_or_hold


def job_terminated(job, _, __, ___):
    if not job.job_stopped:
        job._mark_stopped(success=False)


after(Job, "terminate", job_terminated)

# --- EMR, EMR Serverless, Athena, Redshift

add_steps = ElasticMapReduceBackend.add_job_flow_steps


def add_steps_in_states(self, job_flow_id, steps):
    made = add_steps(self, job_flow_id, steps)
    for step in made:
        step.state = state_of(self.clusters[job_flow_id].name, "RUNNING", "FAILED", "COMPLETED")
    return made


ElasticMapReduceBackend.add_job_flow_steps = add_steps_in_states


def cancel_steps(self):
    """Before release 5.28 only steps that wait for their turn can be cancelled; the call succeeds all the same."""
    cluster_id = self._get_param("ClusterId")
    cluster = self.backend.clusters[cluster_id]
    old = tuple(int(part) for part in cluster.release_label.removeprefix("emr-").split(".")[:2]) < (5, 28)
    told = []
    for step_id in self._get_param("StepIds"):
        step = self.backend.describe_step(cluster_id, step_id)
        if step.state == "PENDING" or (step.state == "RUNNING" and not old):
            step.state = "CANCELLED"
            told.append({"StepId": step_id, "Status": "SUBMITTED"})
        else:
            told.append({"StepId": step_id, "Status": "FAILED", "Reason": f"a step that is {step.state} cannot be cancelled"})
    return ActionResult({"CancelStepsInfoList": told})


ElasticMapReduceResponse.cancel_steps = cancel_steps


start_job_run = EMRServerlessBackend.start_job_run


def start_job_in_state(self, *arguments, **named):
    made = start_job_run(self, *arguments, **named)
    run = made if isinstance(made, JobRun) else next(one for runs in self.job_runs.values() for one in runs if one.id in str(made))
    run.state = state_of(self.applications[run.application_id].name, "RUNNING", "FAILED", "SUCCESS")
    return made


EMRServerlessBackend.start_job_run = start_job_in_state


def query_made(query, _, __, ___):
    query.status = state_of(query.workgroup.name if query.workgroup else "", "RUNNING", "FAILED", "SUCCEEDED")


after(Execution, "__init__", query_made)


def statement_made(statement, _, __, ___):
    """Times are numbers where a client is strict."""
    statement.created_at = statement.updated_at = datetime.datetime.now().timestamp()


after(Statement, "__init__", statement_made)
describe_statement = RedshiftDataAPIServiceBackend.describe_statement


def describe_or_hold(self, statement_id):
    statement = self.statements.get(statement_id)
    going = statement is not None and statement.status == "STARTED"
    described = describe_statement(self, statement_id)
    if going:
        described.status = state_of(described.cluster_identifier, "STARTED", "FAILED", "FINISHED")
    return described


RedshiftDataAPIServiceBackend.describe_statement = describe_or_hold

# --- logs: a stream that is missing is no missing group

stream_events = LogGroup.get_log_events


def events_of_stream(self, log_stream_name, *arguments, **named):
    if log_stream_name not in self.streams:
        raise LogNotFound("The specified log stream does not exist.")
    return stream_events(self, log_stream_name, *arguments, **named)


LogGroup.get_log_events = events_of_stream

# --- Lambda: writes its log as AWS does, and tells its request

invoke_function = lambda_eval_utils.execute_lambda_function_integration


def invoke_with_log(env, parameters, region, state_credentials):
    name, request = parameters["FunctionName"].rsplit(":", 1)[-1], str(uuid.uuid4())
    backend = logs_backends[ACCOUNT][region]
    group, stream = f"/aws/lambda/{name}", "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef"
    if group in backend.groups and stream in backend.groups[group].streams:
        at = int(datetime.datetime.now().timestamp() * 1000)
        lines = [f"START RequestId: {request} Version: $LATEST", f"{name} works", f"END RequestId: {request}"]
        backend.put_log_events(group, stream, [{"timestamp": at + i, "message": f"{line}\n"} for i, line in enumerate(lines)])
    while "hold" in name and env.is_running():
        time.sleep(0.2)
    if "fails" in name:
        words = {"errorType": "ValueError", "errorMessage": "told to fail", "requestId": request}
        raise lambda_eval_utils.LambdaFunctionErrorException("Unhandled", json.dumps(words))
    invoke_function(env=env, parameters=parameters, region=region, state_credentials=state_credentials)
    env.stack[-1]["SdkResponseMetadata"] = {"RequestId": request}


for module in (lambda_eval_utils, state_task_service_lambda.lambda_eval_utils):
    module.execute_lambda_function_integration = invoke_with_log
ACCOUNT = "000000000000"

# --- Step Functions' own integrations that moto lacks: what is called, how it is asked, and when it has ended

WAITED = {
    "batch:submitJob": (
        "batch",
        lambda client, given: client.submit_job(**lower(given)),
        lambda client, given, made: client.describe_jobs(jobs=[made["JobId"]])["jobs"][0],
        lambda seen: seen["status"],
        lambda given: {},
    ),
    "elasticmapreduce:createCluster": (
        "emr",
        lambda client, given: {"ClusterId": client.run_job_flow(**given)["JobFlowId"]},
        lambda client, given, made: client.describe_cluster(ClusterId=made["ClusterId"]),
        lambda seen: "SUCCEEDED",
        lambda given: {},
    ),
    "elasticmapreduce:terminateCluster": (
        "emr",
        lambda client, given: client.terminate_job_flows(JobFlowIds=[given["ClusterId"]]),
        lambda client, given, made: client.describe_cluster(ClusterId=given["ClusterId"]),
        lambda seen: "SUCCEEDED",
        lambda given: {"ClusterId": given["ClusterId"]},
    ),
    "elasticmapreduce:addStep": (
        "emr",
        lambda client, given: {
            "StepId": client.add_job_flow_steps(JobFlowId=given["ClusterId"], Steps=[given["Step"]])["StepIds"][0]
        },
        lambda client, given, made: client.describe_step(ClusterId=given["ClusterId"], StepId=made["StepId"]),
        lambda seen: seen["Step"]["Status"]["State"],
        lambda given: {"ClusterId": given["ClusterId"]},
    ),
    "emr-serverless:startJobRun": (
        "emr-serverless",
        lambda client, given: client.start_job_run(**lower(given)),
        lambda client, given, made: client.get_job_run(applicationId=given["ApplicationId"], jobRunId=made["JobRunId"]),
        lambda seen: seen["jobRun"]["state"],
        lambda given: {},
    ),
    "athena:startQueryExecution": (
        "athena",
        lambda client, given: client.start_query_execution(**given),
        lambda client, given, made: client.get_query_execution(QueryExecutionId=made["QueryExecutionId"]),
        lambda seen: seen["QueryExecution"]["Status"]["State"],
        lambda given: {},
    ),
}
SUCCEEDED = ("COMPLETED", "SUCCESS", "SUCCEEDED")
GOING = ("PENDING", "SUBMITTED", "SCHEDULED", "QUEUED", "STARTED", "RUNNING")


def initials(value, change):
    if isinstance(value, list):
        return [initials(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    return {change(key[:1]) + key[1:]: initials(one, change) for key, one in value.items()}


def lower(value):
    return initials(value, str.lower)


def upper(value):
    return initials(moto_server.json_value(value), str.upper)


class WaitedService(StateTaskServiceCallback):
    def __init__(self):
        super().__init__(supported_integration_patterns={ResourceCondition.Sync, ResourceCondition.WaitForTaskToken})

    def _get_supported_parameters(self):
        return set()

    def _kind(self):
        return WAITED[f"{self.resource.service_name}:{self.resource.api_action}"]

    def _client(self, runtime, credentials):
        return boto_client_for(service=self._kind()[0], region=runtime.region, state_credentials=credentials)

    def _eval_service_task(self, env, resource_runtime_part, normalised_parameters, state_credentials):
        made = self._kind()[1](self._client(resource_runtime_part, state_credentials), normalised_parameters)
        made.pop("ResponseMetadata", None)
        env.stack.append(upper(made))

    def _build_sync_resolver(self, env, resource_runtime_part, normalised_parameters, state_credentials):
        _, _, look, state, more = self._kind()
        made = env.stack.pop()
        client = self._client(resource_runtime_part, state_credentials)

        def resolved():
            seen = look(client, normalised_parameters, made)
            seen.pop("ResponseMetadata", None)
            if state(seen) in GOING:
                return None
            told = upper(seen) | upper(made) | more(normalised_parameters)
            if state(seen) not in SUCCEEDED:
                raise task_failed(self, env, told)
            return told

        return resolved

    def _normalise_parameters(self, *_, **__):
        pass

    def _normalise_response(self, *_, **__):
        pass


service_for = state_task_factory.state_task_service_for
state_task_factory.state_task_service_for = lambda service_name: (
    WaitedService() if any(call.startswith(f"{service_name}:") for call in WAITED) else service_for(service_name=service_name)
)

# --- history in pages and from its end, which moto leaves out


def history_page(self):
    told = self.stepfunction_backend.get_execution_history(self._get_param("executionArn"))
    events = list(told["events"])
    if self._get_param("reverseOrder"):
        events.reverse()
    start, most = int(self._get_param("nextToken") or 0), self._get_param("maxResults") or 100
    page = {"events": events[start : start + most]}
    return ActionResult(page | ({"nextToken": str(start + most)} if start + most < len(events) else {}))


StepFunctionResponse.get_execution_history = history_page

if __name__ == "__main__":
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["batch"] = {"use_docker": False}
    serve(sys.argv[1:])
