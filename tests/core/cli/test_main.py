"""The command line, as a person meets it."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from PIL import Image

from autogan_core.cli.main import main
from tests.core.tiny import OVERRIDES


@dataclass(frozen=True)
class Outcome:
    """What a command printed and how it ended."""

    returncode: int | str | None
    stdout: str
    stderr: str


def autogan(*arguments: str) -> Outcome:
    """Runs the command line in this process; importing torch for each command would take seconds."""
    stdout, stderr = io.StringIO(), io.StringIO()
    former = signal.getsignal(signal.SIGTERM)
    with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as stop:
        main(arguments)
    signal.signal(signal.SIGTERM, former)
    return Outcome(stop.value.code, stdout.getvalue(), stderr.getvalue())


def settings(run_dir: Path, *more: str) -> list[str]:
    overrides = [part for override in (*OVERRIDES, *more) for part in ("--set", override)]
    return ["--preset", "digits", "--run-dir", str(run_dir), "--device", "cpu", *overrides]


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for this module, so that the classifier is trained once, and wide lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("COLUMNS", "200")
        yield


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ``autogan run`` has come to its end."""
    base = tmp_path_factory.mktemp("cli")
    folder = base / "run"
    done = autogan("run", *settings(folder))
    assert done.returncode == 0, done.stderr
    (base / "stdout").write_text(done.stdout)
    return folder


def test_run_ends_with_a_table_and_the_report(finished: Path) -> None:
    """The last lines are scores under protocol names and the report's path; logs and summary are there."""
    stdout = (finished.parent / "stdout").read_text()
    assert stdout.rstrip().endswith(f"report: {finished / 'report.html'}")
    assert "scores: 64 images, 2 splits, classifier features" in stdout
    assert "real images: 64 images, 2 splits, classifier features" in stdout
    assert "stage 1, slot 0: training the shared GAN: 8/8" in stdout
    kinds = [json.loads(line)["kind"] for line in (finished / "metrics.jsonl").read_text().splitlines()]
    assert kinds.count("search") == 6
    assert sum(kind.startswith("retrain/") for kind in kinds) == 6
    assert list((finished / "tensorboard").rglob("events.out.tfevents.*"))
    assert "<html" in (finished / "report.html").read_text()
    assert len(json.loads((finished / "summary.json").read_text())["generators"]) == 2


def test_running_again_changes_nothing(finished: Path) -> None:
    """A finished run only writes its report anew."""
    before = {p: p.stat().st_mtime_ns for p in finished.rglob("*.safetensors")}
    history = (finished / "history.jsonl").read_bytes()
    assert autogan("run", *settings(finished)).returncode == 0
    assert {p: p.stat().st_mtime_ns for p in finished.rglob("*.safetensors")} == before
    assert (finished / "history.jsonl").read_bytes() == history


def test_search_retrain_evaluate_and_sample_use_the_run(finished: Path, tmp_path: Path) -> None:
    """Each command alone shows what the run found, and samples go to a grid or to single files."""
    own = ["--run-dir", str(finished)]  # the run's settings need not be repeated
    searched = autogan("search", *own)
    assert re.search(r"^ *1 +\d{4}-\d{5}-\d{5} ", searched.stdout, re.MULTILINE)
    assert "best FID" in autogan("retrain", *own).stdout
    assert autogan("evaluate", *own).stdout.count("is_64_2split_classifier") == 4
    drawn = autogan("sample", *own, "--count", "10", "--out", str(tmp_path / "grid.png"))
    assert "10 images of" in drawn.stdout, drawn.stderr
    with Image.open(tmp_path / "grid.png") as grid:
        assert grid.size == (67, 50)  # 4 x 3 cells of 16 pixels, 1 between
    assert autogan("sample", *own, "--count", "3", "--out", str(tmp_path / "many")).returncode == 0
    assert [p.name for p in sorted((tmp_path / "many").iterdir())] == ["00000.png", "00001.png", "00002.png"]


def test_another_protocol_is_kept_beside_the_runs_own(finished: Path, tmp_path: Path) -> None:
    """``evaluate`` says its scores, ``report`` shows both in a table each, the one asked for last first; a search that
    is not finished refuses the setting."""
    folder = Path(shutil.copytree(finished, tmp_path / "run"))
    own, more = ["--run-dir", str(folder)], ["--set", "scores.num_images=96"]
    scored = autogan("evaluate", *own, *more)
    assert scored.stdout.count("is_96_2split_classifier") == 4, scored.stderr
    shown = autogan("report", *own).stdout
    assert shown.index("scores: 96 images, 2 splits") < shown.index("scores: 64 images, 2 splits")
    assert autogan("run", *settings(folder, "scores.num_images=96")).returncode == 0
    assert autogan("evaluate", *own).stdout.count("is_64_2split_classifier") == 4
    shown = autogan("report", *own).stdout
    assert shown.index("scores: 64 images, 2 splits") < shown.index("scores: 96 images, 2 splits")
    (folder / "history.jsonl").unlink()
    refused = autogan("search", *own, *more)
    assert refused.returncode == 1
    assert "is not finished, and goes on under the run's own settings alone" in refused.stderr
    assert "scores.num_images: 64 -> 96" in refused.stderr


def test_a_variant_comes_before_the_overrides(tmp_path: Path) -> None:
    """``--variant`` is the first override, and what --set says wins; one that does not exist is refused by name."""
    own = ["--variant", "released", "--set", "search.controller.passes=2", "--dry-run"]
    shown = autogan("run", *settings(tmp_path / "run"), *own)
    assert "objective: released" in shown.stdout and "passes: 2" in shown.stdout, shown.stderr
    refused = autogan("search", *settings(tmp_path / "run"), "--variant", "theirs")
    assert (refused.returncode, refused.stderr.strip()) == (
        1,
        "autogan: there is no variant 'theirs'; choose one of paper, released",
    )


def test_a_changed_setting_is_refused(finished: Path) -> None:
    """The same folder with another setting ends in status 1 and the difference."""
    refused = autogan("run", *settings(finished, "search.top_k=3"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("autogan: ")
    assert "search.top_k: 2 -> 3" in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_cleanly_and_the_run_goes_on(tmp_path: Path, stop: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end with status 130 and how to continue; the same command then finishes the search."""
    command = ["search", *settings(tmp_path / "run", "search.iterations=40")]
    process = subprocess.Popen(
        [sys.executable, "-m", "autogan_core.cli", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts background jobs, such as a CI's, deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    history = tmp_path / "run" / "history.jsonl"
    deadline = time.monotonic() + 60
    while not history.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(stop)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert stderr.startswith("autogan: stopped; to continue, run the same command again: autogan search")
    assert "Traceback" not in stderr
    done = len(history.read_bytes().splitlines())
    assert 0 < done < 43


def test_dry_run_prints_settings_and_plan_and_writes_nothing(here: Path) -> None:
    """The plan tells the paper's experiment in numbers; the settings above it are valid YAML."""
    done = autogan("run", "--preset", "cifar10", "--run-dir", "paper", "--dry-run")
    assert done.returncode == 0, done.stderr
    text, plan = done.stdout.split("plan: ")
    assert yaml.safe_load(text)["search"]["iterations"] == 90
    assert plan.startswith("93 slots in 3 stages")
    assert "stage 3, 32x32 images, 720 architectures: 30 iterations, each of 15 epochs and 30 candidates" in plan
    assert "50,000 generator steps (250,000 discriminator steps)" in plan
    assert re.search(r"^training computes in (bfloat16|float32) on this machine's [CG]PU ", plan, re.MULTILINE)
    assert re.search(r"^memory: up to \d+\.\d GB .*\ntime: about ", plan, re.MULTILINE)
    assert list(here.iterdir()) == []


HALVED = ("retrain.pool=4", "retrain.incumbents=[sn-gan, '1011']", "retrain.num_architectures=1")


@pytest.mark.slow
def test_a_pool_is_halved_by_one_command(tmp_path: Path) -> None:
    """``run`` searches, halves, scores the finalist and reports; bars name the rung; an incumbent that does not fit is
    left out with a warning; the commands for parts of it agree, and an architecture can still be trained by name."""
    folder = tmp_path / "run"
    done = autogan("run", *settings(folder, *HALVED))
    assert done.returncode == 0, done.stderr
    assert "rung 1 of 3: training 1111-11110-11110: 2/2" in done.stdout
    assert "rung 3 of 3: training" in done.stdout
    assert "the incumbent 1011 is left out: 1 cells, not 3" in done.stdout
    summary = json.loads((folder / "summary.json").read_text())
    [winner] = [entry["architecture"] for entry in summary["halving"]["entrants"] if entry["outcome"] == "finalist"]
    assert summary["best_generator"] == winner
    assert [generator["architecture"] for generator in summary["generators"]] == [winner]
    own = ["--run-dir", str(folder)]
    rows = autogan("retrain", *own).stdout
    assert re.search(rf"^ *{winner} .* finalist", rows, re.MULTILINE)
    assert rows.count("fell out in rung 1 of 3") == 2 and rows.count("fell out in rung 2 of 3") == 1
    evaluated = autogan("evaluate", *own).stdout
    assert evaluated.count(f"{winner} best (") == evaluated.count(f"{winner} last (") == 1
    assert f"1 images of {winner}" in autogan("sample", *own, "--count", "1", "--out", str(tmp_path / "x.png")).stdout
    out = summary["halving"]["entrants"][-1]["architecture"]
    assert re.search(rf"^ *{out} .* 6 *$", autogan("retrain", out, *own).stdout, re.MULTILINE)
    evaluated = autogan("evaluate", out, *own).stdout
    assert evaluated.count(f"{out} best (") == evaluated.count(f"{out} last (") == 1
    assert autogan("report", *own).returncode == 0
    again = json.loads((folder / "summary.json").read_text())
    assert [generator["architecture"] for generator in again["generators"]] == [winner, out]
    assert again["best_generator"] == winner


def test_a_dry_run_tells_the_cost_of_halving(here: Path) -> None:
    """Beside what training as many to the end costs."""
    plan = autogan("run", *settings(here / "run", *HALVED), "--dry-run").stdout
    assert "successive halving of 4 architectures" in plan
    assert "cost: 26 discriminator and 13 generator steps" in plan
    assert "without halving, 1 architecture to the end: 12 discriminator and 6 generator steps" in plan


def test_describe_shows_diagram_parameters_and_flops(here: Path) -> None:
    """The paper's best has 4,405,251 parameters and 1.765 GFLOPs, and can be drawn."""
    done = autogan("describe", "paper-top1", "--svg", "top1.svg")
    assert "4,405,251 parameters, 1.765 GFLOPs" in done.stdout
    assert "pre none nearest shortcut | pre none bilinear shortcut skip:1 | pre none nearest skip:1,2" in done.stdout
    assert (here / "top1.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["run", "--preset", "cifar"], 1, "autogan: there is no preset 'cifar'; choose one of cifar10"),
        (["run", "--set", "serach.top_k=1"], 1, "did you mean 'search.top_k'"),
        (["describe", "1011-10113-10103"], 1, "position 5 (skips): '3' is not a number from 0 to 1"),
        (["sample", "--run-dir", "empty"], 1, "autogan: there is no run in 'empty'; 'autogan run' makes one"),
        (["sample", "--run-dir", "empty", "--checkpoint", "first"], 2, "'first' is not one of 'best', 'last'"),
        (["run", "--device", "tpu", "--run-dir", "empty"], 1, "use auto, cpu or cuda"),
        (["run", "--fast"], 2, "No such option"),
        (["search", "--preset", "digits", "--run-dir", "/sys/runs"], 1, "cannot use '/sys/runs': "),
        (["search", "--preset", "cifar10", "--run-dir", "empty"], 1, "data.path"),
    ],
)
def test_mistakes_end_in_one_message(here: Path, arguments: list[str], status: int, message: str) -> None:
    """No traceback: what is wrong, the value seen and what to do, on stderr, with a failing status."""
    done = autogan(*arguments)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(here.rglob("*.safetensors"))


def test_help_teaches() -> None:
    """The list of commands says how to start, and a command's help names the presets."""
    assert "autogan run --preset digits" in autogan("--help").stdout
    assert "cifar10, digits, fashion-mnist, folder-128, folder-64, stl10" in " ".join(
        autogan("run", "--help").stdout.split()
    )
