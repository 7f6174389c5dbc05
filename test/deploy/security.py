"""checkov over templates. Every finding that is not acted on stands here with its reason; a reason that nothing needs any more is told too."""

import json
import subprocess
from pathlib import Path

CHECKOV = Path(__file__).resolve().parents[2] / ".cache" / "python" / "checkov" / "bin" / "checkov"

JUSTIFIED = {
    ("CKV_AWS_18", "AWS::S3::Bucket"): "the place that access logs go to, and buckets of small values that one pipeline alone reads and writes",
    ("CKV_AWS_21", "AWS::S3::Bucket"): "small values of runs that expire after 30 days, and data that the next run makes again",
    ("CKV_AWS_26", "AWS::SNS::Topic"): "alarms and rules of other services may publish to it, which AWS's managed key would refuse; encryptionKey of the Platform sets a key",
    ("CKV_AWS_27", "AWS::SQS::Queue"): "it is encrypted, by SQS's own key (SqsManagedSseEnabled), which the check does not know",
    ("CKV_AWS_115", "AWS::Lambda::Function"): "a limit would take concurrency away from the account's other functions; runs are limited by pools and maxActiveRuns",
    ("CKV_AWS_116", "AWS::Lambda::Function"): "called by a state machine that waits for the answer; functions that events call have a dead-letter queue",
    ("CKV_AWS_117", "AWS::Lambda::Function"): "they speak to AWS's APIs alone; in a network they would need a NAT gateway, which costs while nothing runs",
    ("CKV_AWS_119", "AWS::DynamoDB::Table"): "ids of tasks and tokens that live as long as a run, encrypted by AWS's managed key",
    ("CKV_AWS_158", "AWS::Logs::LogGroup"): "CloudWatch encrypts with its own key; an Aspect sets another where rules ask for it (docs/encryption.md)",
    ("CKV_AWS_173", "AWS::Lambda::Function"): "names of a table, a queue and topics, no secrets; encrypted by Lambda's own key",
    ("CKV_AWS_195", "AWS::Glue::Crawler"): "securityConfiguration of the task sets one; without it the services' own keys encrypt",
    ("CKV_AWS_195", "AWS::Glue::Job"): "securityConfiguration of the task sets one; without it the services' own keys encrypt",
}


def findings(templates):
    """Of many templates at once: pairs of what was found without a reason, and reasons without a finding."""
    command = [str(CHECKOV), "--framework", "cloudformation", "--compact", "--quiet", "--skip-download", "-o", "json"]
    done = subprocess.run([*command, "-f", *map(str, templates)], capture_output=True, text=True, timeout=300)
    report = json.loads(done.stdout)
    reports = report if isinstance(report, list) else [report]
    if not reports or any("results" not in one for one in reports):
        raise RuntimeError(f"checkov looked at nothing:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    failed = [check for one in reports for check in one["results"]["failed_checks"]]
    keys = {(check["check_id"], check["resource"].split(".")[0]) for check in failed}
    unexplained = [
        f"{check['check_id']} {check['resource']}: {check['check_name']}"
        for check in failed
        if (check["check_id"], check["resource"].split(".")[0]) not in JUSTIFIED
    ]
    errors = sum(one["summary"]["parsing_errors"] for one in reports)
    return unexplained + ([f"{errors} templates could not be read"] if errors else []), [key for key in JUSTIFIED if key not in keys]
