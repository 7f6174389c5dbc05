"""The same pipeline in Python and in TypeScript, synthesized by both: the results are compared byte for byte. Run by run.sh."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
APP = Path(__file__).resolve().parent / "app"
MACHINE = "AWS::StepFunctions::StateMachine"


def synthesize(command: list[str], outdir: Path) -> dict[str, dict]:
    """Runs an app; returns its templates by file name."""
    env = {**os.environ, "CDK_VALIDATION": "false"}
    done = subprocess.run([*command, str(outdir)], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return {file.name: json.loads(file.read_text()) for file in sorted(outdir.glob("*.template.json"))}


def machines(templates: dict[str, dict]) -> dict[str, str]:
    """Definitions as they stand in the templates, as one text each, by template and logical id."""
    return {
        f"{file}/{logical_id}": json.dumps(resource["Properties"])
        for file, template in templates.items()
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == MACHINE
    }


class SameInBothLanguages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        folder = TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.python_out = Path(folder.name) / "python"
        cls.typescript_out = Path(folder.name) / "typescript"
        cls.python = synthesize([sys.executable, str(APP / "pipeline.py")], cls.python_out)
        cls.typescript = synthesize(["npx", "tsx", str(APP / "pipeline.ts")], cls.typescript_out)

    def test_state_machines(self) -> None:
        self.assertEqual(machines(self.python), machines(self.typescript))
        self.assertGreater(len(machines(self.python)), 0)
        self.assertIn("SendTask", (self.python_out / "headrace" / "Shop-Sales.json").read_text())

    def test_manifests(self) -> None:
        name = Path("headrace") / "Shop-Sales.json"
        self.assertEqual((self.python_out / name).read_text(), (self.typescript_out / name).read_text())

    def test_all_other_resources(self) -> None:
        self.assertEqual(list(self.python), list(self.typescript))
        for file, template in self.python.items():
            with self.subTest(file):
                for resources in (template["Resources"], self.typescript[file]["Resources"]):
                    resources.pop("CDKMetadata", None)  # counts constructs and names the language
                self.assertEqual(template["Resources"], self.typescript[file]["Resources"])


class SalesExample(unittest.TestCase):
    """The example that the README runs, written in Python: the same machines, byte for byte, and the same manifest."""

    maxDiff = None

    def test_state_machines(self) -> None:
        with TemporaryDirectory() as folder:
            here, there = Path(folder) / "python", Path(folder) / "typescript"
            python = synthesize([sys.executable, str(APP / "sales.py")], here)
            os.environ["CDK_OUTDIR"] = str(there)
            try:
                typescript = synthesize(["npx", "tsx", "examples/sales-pipeline/app.ts"], there)
            finally:
                del os.environ["CDK_OUTDIR"]
            self.assertEqual(machines(python), machines(typescript))
            self.assertGreater(len(machines(python)), 1)
            name = Path("headrace") / "SalesStack-Sales.json"
            self.assertEqual((here / name).read_text(), (there / name).read_text())


class Mistakes(unittest.TestCase):
    """What an author in Python sees who has made one."""

    def fails_with(self, lines: str) -> str:
        code = (
            "from aws_cdk import App, Stack, Duration\n"
            "from headrace import *\n"
            "app = App(outdir=sys.argv[1])\n"
            "sales = Pipeline(Stack(app, 'Shop'), 'Sales')\n"
        )
        with TemporaryDirectory() as outdir:
            done = subprocess.run(
                [sys.executable, "-c", f"import sys\n{code}{lines}\napp.synth()\n", outdir],
                cwd=ROOT,
                env={**os.environ, "CDK_VALIDATION": "false"},
                capture_output=True,
                text=True,
            )
        self.assertNotEqual(done.returncode, 0, "expected an error")
        return done.stderr

    def test_a_cycle_is_told_with_its_path(self) -> None:
        text = self.fails_with(
            "a = LambdaTask(sales, 'A', code='test/python/app/notify.py')\n"
            "b = LambdaTask(sales, 'B', code='test/python/app/notify.py')\n"
            "a.next(b)\nb.next(a)\n"
        )
        self.assertRegex(text, "A => B => A|B => A => B")
        self.assertIn("Shop/Sales", text)

    def test_an_unknown_prop(self) -> None:
        text = self.fails_with("LambdaTask(sales, 'A', cod='x.py')\n")
        self.assertRegex(text, "unexpected keyword argument 'cod'")

    def test_a_wrong_type(self) -> None:
        text = self.fails_with("LambdaTask(sales, 'A', code=3)\n")
        self.assertRegex(text, r"argument code must be one of \(str, NoneType\); got int")


if __name__ == "__main__":
    unittest.main(verbosity=2)
