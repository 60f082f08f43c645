"""Training for the page, in a real process: the same run as by the library, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inkling.app import training_request, training_routes
from inkling.app.model_store import ModelStore
from inkling.app.routes import build_app
from inkling.app.training import TrainingProcess
from inkling.data.dataset import Dataset, load_dataset
from inkling.data.readers.named import PUBLISHED
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.training.history import History
from inkling.training.result import TrainingResult
from inkling.training.run import train

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to kill with")
SETTINGS: dict[str, Any] = {"hidden": [9], "batch_size": 1, "epochs": 3, "dropout": 0.2, "seed": 4}
Event = dict[str, Any]


def write_pictures(folder: Path, dataset: Dataset, count: int = 120) -> None:
    """Writes drawings as a folder of pictures, dark on white, with a subfolder per class."""
    for number, (image, label) in enumerate(
        zip(dataset.train.images[:count], dataset.train.labels[:count], strict=True)
    ):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image).save(folder / str(label) / f"{number}.png")


class App:
    """The app on a real socket."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}/api/"

    def post(self, path: str, content: Any = None) -> tuple[int, Any]:
        """Sends JSON; returns the status and the answer."""
        body = b"" if content is None else json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def start(self, **settings: Any) -> Path:
        """Starts a training on the folder of pictures; returns the run directory."""
        given = {"data": "pictures", "settings": {**SETTINGS, **settings}}
        status, answer = self.post("training", given)
        assert (status, answer.keys()) == (202, {"run"}), answer
        return Path(answer["run"])

    def events(self) -> Iterator[Event]:
        """Yields the events of a new stream, until the last one."""
        with urllib.request.urlopen(self.address + "training/events", timeout=60) as stream:
            for line in stream:
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    yield event
                    if event["event"] in ("finished", "failed"):
                        return

    def until(self, kind: str) -> Event:
        """Returns the first event of a kind on a new stream."""
        return next(event for event in self.events() if event["event"] == kind)


@pytest.fixture
def app(
    tmp_path: Path,
    strokes: Dataset,
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[[Any], AbstractContextManager[int]],
) -> Iterator[App]:
    """The app in a folder of its own with pictures, which ends its training in the end."""
    write_pictures(tmp_path / "pictures", strokes)
    monkeypatch.chdir(tmp_path)
    models = ModelStore(runs / "bent")
    training = TrainingProcess(models.name_of)
    with serve(build_app(models, training=training)) as port:
        yield App(port)
        training.log.close()
    training.close()


def same(model: Model, history: History) -> Any:
    """What must be equal: every bit of the weights, and the history without its times."""
    records = [replace(record, seconds=0.0, images_per_second=0.0) for record in history]
    weights = {name: array.tobytes() for name, array in model.network.parameters.items()}
    return weights, records, model.manifest["settings"], model.manifest["results"]["test_loss"]


def written(run: Path) -> Any:
    """The same of a run directory."""
    model = load_model(run).require_single("test")
    return same(model, History.read(run / "history.csv"))


def alone(**settings: Any) -> Any:
    """The same of a run of the library."""
    result: TrainingResult = train(load_dataset("pictures"), **{**SETTINGS, **settings})
    return same(result.model, result.history)


def test_a_run_of_the_page_is_that_of_the_library(app: App) -> None:
    """Paused, stepped, watched by two, one of whom came late: the same run, bit for bit."""
    run = app.start()
    assert app.post("training/pause")[0] == 200
    early: list[Event] = []
    reader = threading.Thread(target=lambda: early.extend(app.events()))
    reader.start()
    app.until("paused")
    status, answer = app.post("training", {"data": "pictures"})
    assert (status, answer["error"][:46]) == (409, "training: expected none, got one that is runni")
    for command in ("step", "resume"):
        assert app.post(f"training/{command}") == (200, {"running": True})
    late = list(app.events())
    reader.join(20)
    for events in (early, late):
        kinds = [event["event"] for event in events]
        assert {"look", "paused", "resumed"} & {*kinds} >= {"look", "resumed"}
        others = [kind for kind in kinds if kind not in ("look", "paused", "resumed", "finding")]
        assert others == ["loading", "started", *["epoch"] * 3, "finished"]
    finished = late[-1]
    assert finished["run"] == str(run)
    assert written(run) == alone()
    assert finished["test_accuracy"] == load_model(run).manifest["results"]["test_accuracy"]
    assert app.post("training/stop")[0] == 409


def test_stop_finishes_the_run(app: App) -> None:
    """Its model is in the list of models, if it reads pictures."""
    app.start(epochs=200)
    app.until("epoch")
    app.post("training/stop")
    finished = app.until("finished")
    run = Path(finished["run"])
    assert json.loads((run / "manifest.json").read_text())["status"] == "finished"
    assert len(History.read(run / "history.csv")) < 200
    with urllib.request.urlopen(app.address + "models") as answer:
        assert finished["model"] in [entry["id"] for entry in json.load(answer)["models"]]


@POSIX
def test_a_killed_process(app: App) -> None:
    """The last event says how to resume; the resumed run is that of the library. Then the next one."""
    run = app.start(epochs=20)
    app.until("epoch")
    [child] = [one for one in children(os.getpid()) if b"inkling.app.trainer" in command_of(one)]
    os.kill(child, signal.SIGKILL)
    words = f"was killed (SIGKILL); to resume: inkling train --resume {run}."
    assert app.until("failed")["error"] == f"The training process {words}"
    train(run=run, resume=True)
    assert written(run) == alone(epochs=20)
    app.start(epochs=1)
    app.until("finished")


@pytest.mark.slow
def test_teaching(app: App, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of a model learns the corrections; the model stays as it was."""
    for name in ("INKLING_DATA", "XDG_CACHE_HOME"):  # without MNIST, which takes longer
        monkeypatch.setenv(name, "/nowhere")
    Path("pictures").rename("corrections")
    before = (runs / "bent" / "model.safetensors").read_bytes()
    assert app.post("teach", {"model": "bent"})[0] == 202
    events = list(app.events())
    assert [event["event"] for event in events[:2]] == ["loading", "started"]
    assert events[1]["kind"] == "teach"
    assert events[-1]["kept_apart"] > 0
    assert events[-1]["before"].keys() == events[-1]["after"].keys() == {"yours", "validation"}
    assert load_model(events[-1]["run"]).manifest["start"]["source"].endswith("model.safetensors")
    assert (runs / "bent" / "model.safetensors").read_bytes() == before


def test_errors_of_a_run(app: App) -> None:
    """A run that diverges, or cannot start, says why, and leaves no empty directory."""
    app.start(learning_rate=1e30)
    assert app.until("failed")["error"].startswith("training diverged")
    Path("pictures/7/0.png").write_bytes(b"no picture")
    run = app.start()
    assert "7/0.png" in app.until("failed")["error"]
    assert not run.exists()


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"data": "/etc"}, "data", "kmnist, pen, pictures, got '/etc'"),
        ({"data": "../pictures"}, "data", "got '../pictures'"),
        ({"data": 7}, "data", "of type str, got 7"),
        ({"settings": []}, "settings", "of type dict"),
        ({"settings": {"hidden": [2001]}}, "hidden", "in [1, 2000], got 2001"),
        ({"settings": {"hidden": [9] * 9}}, "hidden", "hidden layers in (−∞, 8], got 9"),
        ({"settings": {"hidden": "256"}}, "hidden", "sequence of layer sizes"),
        ({"settings": {"epochs": 501, "seed": 1}}, "epochs", "in [1, 500], got 501"),
        ({"settings": {"batch_size": 0}}, "batch_size", "in [1, ∞), got 0"),
        ({"settings": {"learning_rate": "high"}}, "learning_rate", "got 'high'"),
        ({"settings": {"activation": "rleu"}}, "activation", "did you mean 'relu'?"),
        ({"settings": {"self": 1}}, "self", "got 'self'"),
        ({"settings": {"output": "sigmoid", "loss": "cross_entropy"}}, None, "sigmoid outputs"),
        ({"else": 1}, None, "fields among: data, settings, got 'else'"),
    ],
)
def test_wrong_settings(
    client: Any,
    strokes: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    field: str | None,
    words: str,
) -> None:
    """The error names the field of the form; nothing is started or written."""
    write_pictures(tmp_path / "pictures", strokes, 20)
    monkeypatch.chdir(tmp_path)
    response = client.post("/api/training", json={"data": "pictures", **given})
    assert response.status_code == 400
    assert response.json()["field"] == field
    assert words in response.json()["error"]
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_wrong_requests(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another type, no JSON, too much of it, a drawing of another size, too many streams."""
    form = {"content-type": "text/plain"}
    kind = {"content-type": "application/json"}
    gray = {"content-type": "application/octet-stream"}
    for content, headers, status, words in (
        ("{}", form, 415, "application/json, got text/plain"),
        ("{", kind, 400, "JSON text"),
        ("[" * 20_000, kind, 400, "nested too deeply"),
        ("[1]", kind, 400, "a JSON object, got list"),
        (" " * 20_001, kind, 413, "at most 20,000 bytes"),
    ):
        response = client.post("/api/training", content=content, headers=headers)
        assert response.status_code == status
        assert words in response.json()["error"]
    response = client.post("/api/training/drawing", content=bytes(783), headers=gray)
    assert "784 bytes or none, got 783" in response.json()["error"]
    response = client.post("/api/teach", json={})
    assert response.status_code == 400
    assert "at least 10 pictures of two classes or more, got 0 of 0" in response.json()["error"]
    monkeypatch.setattr(training_routes, "MOST_STREAMS", 0)
    assert client.get("/api/training/events").status_code == 503


def test_what_can_be_chosen(
    client: Any, strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders of pictures are among the sources; every story is a request that is accepted."""
    for name in ("pictures", "divided/train", ".hidden"):
        write_pictures(tmp_path / name, strokes, 20)
    write_pictures(tmp_path / "one", strokes, 1)
    (tmp_path / "empty" / "0").mkdir(parents=True)
    write_pictures(tmp_path / "digits", strokes, 20)  # not the data set of that name
    for run in ("a", "b"):
        (tmp_path / "runs" / run).mkdir(parents=True)
        (tmp_path / "runs" / run / "report.png").write_bytes(b"no data")
    monkeypatch.chdir(tmp_path)
    found = client.get("/api/training").json()
    assert found["allowed"]
    assert not found["running"]
    assert found["sources"] == [*PUBLISHED, "pen", "./digits", "divided", "pictures"]
    assert found["corrections"] == {"folder": "corrections", "counts": {}}
    assert "relu" in found["options"]["activation"]
    for story in found["stories"]:
        training_request.check_settings(story["settings"])


def children(process: int) -> list[int]:
    """The processes that a process started, on Linux."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == process and fields[0] != "Z":
                found.append(int(path.parent.name))
    return found


def command_of(process: int) -> bytes:
    """The command line of a process, on Linux."""
    return Path(f"/proc/{process}/cmdline").read_bytes()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("signal_sent", ["SIGINT", "SIGKILL"])  # Windows has not both
def test_no_process_stays(strokes: Dataset, runs: Path, tmp_path: Path, signal_sent: str) -> None:
    """After Ctrl-C and after a kill of the app, the training ends; it can be resumed."""
    write_pictures(tmp_path / "pictures", strokes)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    command = [sys.executable, "-m", "inkling", "app", "--port", "0", "--no-browser", "--json"]
    process = subprocess.Popen(
        [*command, "--model", str(runs / "bent")],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    app = App(json.loads(process.stdout.readline())["port"])
    run = app.start(epochs=300)
    app.until("epoch")
    [child] = children(process.pid)
    process.send_signal(signal.Signals[signal_sent])
    _, printed = process.communicate(timeout=20)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()
    assert not list((tmp_path / run).glob("*.tmp"))
    assert (tmp_path / run / "checkpoint").exists()
    if signal_sent == "SIGINT":
        assert process.returncode == 130
        words = f"The training was interrupted; to resume: inkling train --resume {run}."
        assert printed.splitlines()[-1] == words
        assert not (tmp_path / run / ".inkling-lock").exists()
    assert "Traceback" not in printed
