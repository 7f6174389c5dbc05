"""The sales pipeline in a Python test: `headrace test` runs it and answers JSON. `pytest examples/testing` after `npx cdk synth`."""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

COMMAND = shlex.split(os.environ.get("HEADRACE", "npx headrace"))
ASSEMBLY = os.environ.get("ASSEMBLY", "cdk.out")
LAKE = "s3://sales-lake-000000000000"


def run_pipeline(fakes, files=None, **options):
    """Runs the pipeline with fakes in the place of tasks. Options are those of `headrace test`: date="...", query=["..."]."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["--fakes", str(Path(folder, "fakes.json"))]
        Path(folder, "fakes.json").write_text(json.dumps(fakes))
        for number, (uri, text) in enumerate((files or {}).items()):
            path = Path(folder, str(number))
            path.write_text(text)
            words += ["--file", f"{uri}={path}"]
        for name, value in options.items():
            for each in value if isinstance(value, list) else [value]:
                words += [f"--{name}", each]
        done = subprocess.run([*COMMAND, "test", ASSEMBLY, *words], capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)


def test_flights_are_joined_with_their_airports_and_loaded():
    query = "SELECT origin_city, count(*) AS flights FROM flights GROUP BY origin_city"
    run = run_pipeline(
        {"Ingest": {"output": {}}},
        files={
            f"{LAKE}/raw/airports/airports.csv": "iata,city,state,latitude\nABQ,Albuquerque,NM,35.04\n",
            f"{LAKE}/raw/flights/week=2001-01-08/a.csv": "flown_at,origin,destination,distance,delay\n"
            "2001-01-02 10:00:00,ABQ,ABQ,1,5\n",
        },
        date="2001-01-08",
        query=[query],
    )
    assert run["outcomes"]["Load"] == "succeeded", run["tasks"]
    assert run["queries"][query] == [{"origin_city": "Albuquerque", "flights": 1}]


def test_nothing_is_loaded_when_the_join_fails():
    run = run_pipeline({"*": {"output": {}}, "ToParquet": {"fail": {"error": "Glue.OutOfMemory"}}})
    assert run["outcomes"]["ToParquet"] == "failed"
    assert run["outcomes"]["Load"] == "upstream_failed"
    assert run["attempts"]["ToParquet"] == 3
