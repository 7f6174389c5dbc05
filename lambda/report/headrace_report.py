"""Reports of a container to the task that waits for it. Copy this file into the image; it needs boto3 and nothing else.

    import headrace_report

    with headrace_report.beating():        # a sign of life every 30 seconds
        rows = work()
    headrace_report.succeed({"rows": rows})  # the task's outputs

    headrace_report.alive("file 3 of 10")    # or by hand, as often as the work goes on
    headrace_report.fail("Orders.Late", "no file for today")
    headrace_report.skip("nothing to do today")

A program that knows nothing of this is wrapped: python3 headrace_report.py run COMMAND... reports its end and beats meanwhile;
values go into the file that HEADRACE_VALUES names, as one JSON object. Outside of a task every call does nothing but print.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

# A container may start before its token has been laid down for it.
_PATIENCE_SECONDS = 60
_GONE = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")

_lock = threading.Lock()
_known = {}


class TaskGone(RuntimeError):
    """The task waits no more: it was stopped, or its time is over."""


def alive(text=None):
    """Tells that the work goes on; a text goes to the log."""
    if text is not None:
        print(text, flush=True)
    _answer("send_task_heartbeat")


def succeed(values=None):
    """Ends the report with the task's outputs, a dict of small values. The program then has to end with exit code 0."""
    if _answer("send_task_success", output=json.dumps({} if values is None else values)):
        _take_away()


def fail(error, cause=""):
    """Fails the task with an error name and a sentence of the program's own, and ends the program."""
    _answer("send_task_failure", error=error[:256], cause=cause[:32768])
    raise SystemExit(1)


def skip(cause=""):
    """Asks that the task counts as skipped, and ends the program."""
    fail("Headrace.Skip", cause)


@contextlib.contextmanager
def beating(seconds=30):
    """Beats in the background while the block runs, at least every `seconds`."""
    over = threading.Event()

    def beat():
        while not over.wait(seconds):
            try:
                alive()
            except TaskGone as gone:
                print(gone, file=sys.stderr, flush=True)
                return
            except Exception as error:  # The next beat may get through.
                print(f"no sign of life could be sent: {error}", file=sys.stderr, flush=True)

    alive()
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=1)


def _answer(call, **fields):
    place = os.environ.get("HEADRACE_TOKEN")
    if place is None:
        print(f"headrace_report: {call} {json.dumps(fields)} (no task waits)", flush=True)
        return False
    token = _token()
    try:
        getattr(_client("stepfunctions"), call)(taskToken=token, **fields)
    except Exception as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        if not code.startswith(_GONE):
            raise
        # The token of an attempt before may have been read: the one of this attempt lies there now.
        with _lock:
            _known.pop("token", None)
        fresh = _token(patient=False)
        if fresh in (None, token):
            raise TaskGone("the task waits no more: it was stopped, or its time is over") from error
        getattr(_client("stepfunctions"), call)(taskToken=fresh, **fields)
    return True


def _token(patient=True):
    with _lock:
        if "token" in _known:
            return _known["token"]
    bucket, key = _place()
    end = time.monotonic() + (_PATIENCE_SECONDS if patient else 0)
    while True:
        try:
            body = _client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
            token = body.strip().strip('"')
            with _lock:
                _known["token"] = token
            return token
        except _client("s3").exceptions.NoSuchKey:
            if not patient:
                return None
            if time.monotonic() > end:
                raise TaskGone(f"there is no token at s3://{bucket}/{key}") from None
            time.sleep(1)


def _take_away():
    bucket, key = _place()
    _client("s3").delete_object(Bucket=bucket, Key=key)


def _place():
    bucket, _, key = os.environ["HEADRACE_TOKEN"].removeprefix("s3://").partition("/")
    return bucket, key


def _client(name):
    with _lock:
        if name not in _known:
            import boto3

            _known[name] = boto3.client(name)
        return _known[name]


def _run(command):
    with tempfile.TemporaryDirectory() as folder:
        values = os.path.join(folder, "values.json")
        with beating():
            code = subprocess.run(command, env={**os.environ, "HEADRACE_VALUES": values}, check=False).returncode
        if code != 0:
            return code if code > 0 else 128 - code
        text = ""
        if os.path.exists(values):
            with open(values, encoding="utf-8") as file:
                text = file.read()
        succeed(json.loads(text) if text.strip() else {})
        return 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] != "run":
        sys.exit("usage: headrace_report.py run COMMAND...")
    sys.exit(_run(sys.argv[2:]))
