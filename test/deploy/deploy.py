"""Every example with the real CDK command against an emulator: bootstrap, deploy, a changed deploy, destroy; and pipelines run to their end
where they were deployed. There containers, jobs and statements are the emulator's (they succeed), rules call no functions: the text of an
alert is made elsewhere in the tests. What was made is read back through each service's API; what the emulator cannot make is checked by cfn-lint. Run by run.sh."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

import boto3
import read_back
import security

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
WORK = ROOT / ".cache" / "deploy"
ACCOUNT = "123456789012"
REGIONS = ["eu-west-1", "us-west-2"]

# cfn-lint's findings that are no fault: CDK writes a dependency that a reference already implies (W3005), and lets S3 write
# access logs by the bucket's own property where the app is older than the policy way (W3045); zones are looked up where account and region are known (W3010).
LINT_IGNORED = ["W3005", "W3010", "W3045"]

# Its model of states knows only literal numbers where Amazon States Language takes a JSONata expression that gives one.
LINT_MISTAKEN = re.compile(r"'\{% .* %\}' is not of type '(number|integer)'")


def edited(file, old, new):
    text = file.read_text()
    assert old in text, f"{file} has no {old}"
    file.write_text(text.replace(old, new, 1))


# What a team would change next: one more entry of a list, one more column.
CHANGES = {
    "fan-out": lambda folder: edited(folder / "sources.json", '"sources": [', '"sources": ["partners", '),
    "sales-pipeline": lambda folder: edited(folder / "stack.ts", "memoryLimitMiB: 1024", "memoryLimitMiB: 2048"),
}


class Emulator:
    """moto with an interpreter that can run our machines, on a free loopback port."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        self.log = (WORK / "server.log").open("w")
        command = [sys.executable, str(HERE / "moto_server.py"), "-H", "127.0.0.1", "-p", port]
        self.process = subprocess.Popen(
            command, env={**os.environ, "MOTO_PORT": port}, stdout=self.log, stderr=self.log
        )
        limit = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/moto-api/data.json").close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > limit:
                    self.stop()
                    raise RuntimeError(f"moto did not start:\n{(WORK / 'server.log').read_text()[-2000:]}")
                time.sleep(0.2)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def client(self, region):
        return lambda service: boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def environment(url):
    """Nothing of the caller's AWS settings is left: only the emulator can be reached."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return kept | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGIONS[0],
        "AWS_DEFAULT_REGION": REGIONS[0],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGIONS[0],
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DOCKER": str(HERE / "no-docker.sh"),
        "CDK_HOME": str(WORK / "home"),
        "CDK_VALIDATION": "false",
        "CI": "1",
        "NO_COLOR": "1",
    }


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(WORK, ignore_errors=True)
        (WORK / "home").mkdir(parents=True)
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.stop)
        cls.environment = environment(cls.emulator.url)

    def run_command(self, *command, **more):
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment | more, capture_output=True, text=True, timeout=300
        )
        self.assertEqual(done.returncode, 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def cdk(self, *words):
        return self.run_command("npx", "cdk", *words, "--no-notices", "--progress", "events")

    def synthesize(self, app, out):
        shutil.rmtree(out, ignore_errors=True)
        self.run_command("npx", "tsx", str(app / "app.ts"), CDK_OUTDIR=str(out))
        return {
            artifact: (json.loads((out / stack["properties"]["templateFile"]).read_text()), region(stack))
            for artifact, stack in json.loads((out / "manifest.json").read_text())["artifacts"].items()
            if stack["type"] == "aws:cloudformation:stack"
        }

    def check_deployed(self, stacks):
        for stack, (template, place) in stacks.items():
            self.assertEqual(read_back.missing(self.emulator.client(place), stack, template), [])

    def ids(self, stacks):
        return {
            stack: read_back.physical_ids(self.emulator.client(place), stack)
            for stack, (_, place) in stacks.items()
        }

    def check_example(self, name):
        app = ROOT / "examples" / name
        out = WORK / name / "cdk.out"
        stacks = self.synthesize(app, out)
        self.check_templates(out)
        self.cdk("bootstrap", *(f"aws://{ACCOUNT}/{place}" for place in REGIONS), "--app", str(out))
        # One stack after the other: moto loses resources of stacks that are made at the same time.
        self.cdk("deploy", "--all", "--require-approval", "never", "--app", str(out))
        self.check_deployed(stacks)
        before = self.ids(stacks)

        # The changed app stands beside the original, so that its own relative files are found.
        changed = WORK / name / "app"
        shutil.copytree(app, changed)
        CHANGES[name](changed)
        changed_out = WORK / name / "changed.out"
        changed_stacks = self.synthesize(changed, changed_out)
        self.assertNotEqual(changed_stacks, stacks, "the change changed nothing")
        # moto neither clears away the change set of an earlier deploy nor knows earlier values of parameters.
        around_moto = ("--exclusively", "--method", "direct", "--no-previous-parameters")
        touched = [stack for stack in stacks if changed_stacks[stack] != stacks[stack]]
        self.cdk("deploy", *touched, *around_moto, "--require-approval", "never", "--app", str(changed_out))
        self.check_deployed(changed_stacks)
        kept = {stack: {k: v for k, v in ids.items() if k in before[stack]} for stack, ids in self.ids(stacks).items()}
        for stack, ids in before.items():
            self.assertEqual(set(ids), set(kept[stack]), "a change renamed or removed a resource")

        self.cdk("destroy", "--all", "--force", "--app", str(changed_out))
        for stack, (_, place) in stacks.items():
            with self.assertRaisesRegex(Exception, "does not exist"):
                self.emulator.client(place)("cloudformation").describe_stacks(StackName=stack)

    def check_templates(self, out):
        templates = [str(file) for file in sorted(out.glob("*.template.json"))]
        lint = Path(sys.executable).with_name("cfn-lint")
        command = [str(lint), "--format", "json", "--ignore-checks", *LINT_IGNORED, "--regions", *REGIONS]
        done = subprocess.run([*command, "--template", *templates], capture_output=True, text=True, timeout=300)
        findings = json.loads(done.stdout or "[]")
        self.assertEqual([f"{one['Rule']['Id']} {one['Message']}" for one in findings if not LINT_MISTAKEN.match(one["Message"])], [])
        self.assertEqual(done.stderr, "")

    def test_security(self):
        folders = []
        for app in (ROOT / "examples" / "fan-out" / "app.ts", ROOT / "examples" / "sales-pipeline" / "app.ts", HERE / "platform-app.ts"):
            folders.append(WORK / "security" / f"{len(folders)}")
            self.run_command("npx", "tsx", str(app), CDK_OUTDIR=str(folders[-1]))
        self.check_templates(folders[-1])
        templates = [file for folder in folders for file in sorted(folder.glob("*.template.json"))]
        self.assertEqual(security.findings(templates), ([], []))

    def run_to_end(self, name):
        """The execution of a deployed pipeline, when it has ended, and its events."""
        states = self.emulator.client(REGIONS[0])("stepfunctions")
        [machine] = [
            one["stateMachineArn"]
            for page in states.get_paginator("list_state_machines").paginate()
            for one in page["stateMachines"]
            if one["name"].startswith(f"Runs-{name}")
        ]
        execution = states.start_execution(stateMachineArn=machine, name=f"{name}-1", input="{}")["executionArn"]
        limit = time.monotonic() + 120
        while True:
            told = states.describe_execution(executionArn=execution)
            if told["status"] != "RUNNING":
                events = states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
                return told, events
            self.assertLess(time.monotonic(), limit, f"{name} does not end")
            time.sleep(1)

    def test_runs(self):
        out = WORK / "runs" / "cdk.out"
        self.run_command("npx", "tsx", str(HERE / "run-app.ts"), CDK_OUTDIR=str(out))
        self.cdk("bootstrap", f"aws://{ACCOUNT}/{REGIONS[0]}", "--app", str(out))
        self.cdk("deploy", "Runs", "--require-approval", "never", "--app", str(out))
        client = self.emulator.client(REGIONS[0])
        command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"}
        client("glue").create_job(Name="nightly", Role=f"arn:aws:iam::{ACCOUNT}:role/etl", Command=command)

        told, events = self.run_to_end("Outer")
        self.assertEqual(told["status"], "SUCCEEDED", json.dumps(told.get("cause")) + json.dumps([one for one in events if "ailed" in one["type"]][:4], default=str))
        entered = {one["stateEnteredEventDetails"]["name"] for one in events if "stateEnteredEventDetails" in one}
        for task in ("Ingest", "Clean", "Load", "Report", "Child", "Last"):
            self.assertTrue(any(name == task or name.startswith(f"{task} ") for name in entered), f"{task} did not run")
        self.assertTrue(client("dynamodb").list_tables()["TableNames"], "there is no rendezvous")

        told, events = self.run_to_end("Failing")
        self.assertEqual(told["status"], "FAILED")
        self.assertIn("Missing", told["cause"])
        url = client("sqs").get_queue_url(QueueName="heard")["QueueUrl"]
        [message] = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        detail = json.loads(message["Body"])["detail"]
        self.assertEqual((detail["pipeline"], detail["task"]), ("Runs-Failing", "Missing"))
        self.cdk("destroy", "Runs", "--force", "--app", str(out))

    def test_fan_out(self):
        self.check_example("fan-out")

    def test_sales_pipeline(self):
        self.check_example("sales-pipeline")


def region(stack):
    return stack["environment"].rsplit("/", 1)[1]


if __name__ == "__main__":
    unittest.main(verbosity=2)
