"""A command job by azure-ai-ml, from submit to download."""

import contextlib
import io
import pathlib
import sys
import time

from azure.ai.ml import Input, Output, command
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import AmlCompute, Environment
from azure.ai.ml.exceptions import JobException

from here import Case, eventually

# What the tutorials of Azure ML write: a base image of Microsoft's, and what to add.
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
CONDA = {"name": "e2e", "dependencies": ["python=3", {"pip": []}]}

MAIN = """
import argparse, pathlib, sys, time
p = argparse.ArgumentParser()
p.add_argument("--word"); p.add_argument("--data"); p.add_argument("--out"); p.add_argument("--steps", type=int, default=0)
a = p.parse_args()
print("the word is", a.word, flush=True)
if a.data:
    text = (pathlib.Path(a.data) / "a.csv").read_text()
    print("read", len(text), "bytes", flush=True)
for i in range(a.steps):
    print("step", i, flush=True); time.sleep(0.5)
if a.out:
    (pathlib.Path(a.out) / "result.txt").write_text(a.word.upper())
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs/model.txt").write_text("a model")
if a.word == "fail": sys.exit("it went wrong")
"""


class Tee(io.StringIO):
    """What is printed, and when."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def write(self, text):
        self.seen.append((time.monotonic(), text))
        return super().write(text)


class CommandJob(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dir = pathlib.Path.cwd()
        (cls.dir / "src").mkdir()
        (cls.dir / "src" / "main.py").write_text(MAIN)
        (cls.dir / "data").mkdir()
        (cls.dir / "data" / "a.csv").write_text("x,y\n1,2\n" * 100)
        cls.env = Environment(name="e2e", image=IMAGE, conda_file=CONDA)
        cls.ml.compute.begin_create_or_update(AmlCompute(name="cpu", size="Local", max_instances=1)).result()

    def job(self, word, args="", **more):
        given = {
            "command": f"python main.py --word {word} {args}",
            "code": str(self.dir / "src"),
            "environment": self.env,
            "compute": "cpu",
            "display_name": word,
            "experiment_name": "e2e",
        }
        return command(**{**given, **more})

    def streamed(self, name):
        out = Tee()
        with contextlib.redirect_stdout(out):
            try:
                self.ml.jobs.stream(name)
            finally:
                print(out.getvalue(), file=sys.stderr)
        return out

    def test_submit(self):
        job = self.job(
            "hello",
            "--data ${{inputs.data}} --out ${{outputs.out}} --steps 12",
            inputs={"data": Input(type="uri_folder", path=str(self.dir / "data"))},
            outputs={"out": Output(type="uri_folder")},
            tags={"k": "v"},
            services={},
        )
        made = self.ml.jobs.create_or_update(job)
        type(self).name = made.name  # of the job that most of what follows is about
        self.assertEqual((made.type, made.display_name, made.experiment_name, made.tags), ("command", "hello", "e2e", {"k": "v"}))
        self.assertIn(made.status, ("NotStarted", "Queued", "Starting", "Preparing", "Running"))
        self.assertTrue(made.studio_url)

    def test_stream(self):
        out = self.streamed(self.name)
        text = out.getvalue()
        self.assertIn("the word is hello", text)
        self.assertIn("read 800 bytes", text)
        self.assertIn("step 3", text)
        first = next(t for t, line in out.seen if "step 0" in line)
        last = next(t for t, line in out.seen if "step 11" in line)
        self.assertGreater(last - first, 0.5, "seconds between the first and the last line: they came all at once")

    def test_status(self):
        got = self.ml.jobs.get(self.name)
        self.assertEqual(got.status, "Completed")
        self.assertEqual(got.name, self.name)

    def test_download(self):
        self.ml.jobs.download(self.name, download_path=self.dir / "got", all=True)
        files = {p.relative_to(self.dir / "got").as_posix(): p for p in (self.dir / "got").rglob("*") if p.is_file()}
        self.assertEqual(files["artifacts/outputs/model.txt"].read_text(), "a model")
        self.assertIn("step 3", files["artifacts/user_logs/std_log.txt"].read_text())
        self.assertEqual(files["named-outputs/out/result.txt"].read_text(), "HELLO", sorted(files))

    def test_the_same_code_is_not_sent_again(self):
        again = self.ml.jobs.create_or_update(self.job("again"))
        first = self.ml.jobs.get(self.name)
        self.assertEqual(again.component.code if hasattr(again, "component") else again.code, getattr(first, "code", None) or first.component.code)
        eventually("the job has ended", lambda: self.ml.jobs.get(again.name).status == "Completed")

    def test_failure(self):
        made = self.ml.jobs.create_or_update(self.job("fail"))
        with self.assertRaises(JobException) as caught:
            self.streamed(made.name)
        self.assertIn("exit", str(caught.exception).lower())
        self.assertEqual(self.ml.jobs.get(made.name).status, "Failed")

    def test_cancel(self):
        made = self.ml.jobs.create_or_update(self.job("long", "--steps 2000"))
        eventually("the job runs", lambda: self.ml.jobs.get(made.name).status == "Running")
        self.ml.jobs.begin_cancel(made.name).result()
        eventually("the job is cancelled", lambda: self.ml.jobs.get(made.name).status == "Canceled")

    def test_list(self):
        listed = [j.display_name for j in self.ml.jobs.list()]
        self.assertEqual(listed, ["long", "fail", "again", "hello"])

    def test_archive_and_restore(self):
        def names(view):
            return [j.display_name for j in self.ml.jobs.list(list_view_type=view)]

        self.ml.jobs.archive(self.name)
        self.assertEqual(names(ListViewType.ARCHIVED_ONLY), ["hello"])
        self.assertEqual(names(ListViewType.ACTIVE_ONLY), ["long", "fail", "again"])
        self.ml.jobs.restore(self.name)
        self.assertEqual(names(ListViewType.ACTIVE_ONLY), ["long", "fail", "again", "hello"])

    def test_show_services(self):
        self.assertIsInstance(self.ml.jobs.show_services(self.name) or {}, dict)

    def test_an_image_that_is_not_a_base_image(self):
        """There is no container runtime: the refusal says so, and what would help."""
        env = Environment(name="other", image="example.azurecr.io/mine:1")
        made = self.ml.jobs.create_or_update(self.job("image", environment=env))
        with self.assertRaises(JobException) as caught:
            self.streamed(made.name)
        self.assertIn("image", str(caught.exception))
