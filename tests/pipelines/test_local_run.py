"""Pipelines through kfp's local runner: the same results as on one machine, and nothing left behind."""

from __future__ import annotations

import builtins
import io
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from autogan_core.errors import AutoGANError, ConfigError
from autogan_core.report import CheckpointScores
from autogan_core.report.score_history import ScoreHistory
from autogan_core.runs.folder.run_config import stored_config
from autogan_core.runs.local_search import HistoryFile
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.inputs import make_inputs, pinned
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import NAMED
from autogan_core.storage import DirectoryStore
from autogan_kubeflow.components.pipeline_run.record import PipelineRun
from autogan_kubeflow.pipelines.catalogue import compiled
from autogan_kubeflow.pipelines.cli.main import main as cli
from autogan_kubeflow.pipelines.local_run import LocalRun, run_locally
from autogan_kubeflow.pipelines.progress import StepDisplay
from tests.core.tiny import CPU, OVERRIDES, tiny_config, tiny_dataset

SEARCH = {
    "settings_preset": "digits",
    "settings_overrides": "\n".join(OVERRIDES),
    "search_backend": "local",
    "run_name": "digits",
}

pytestmark = [pytest.mark.timeout(400)]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> None:
    """The steps are processes of their own."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Classifiers, trained once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _cached(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGAN_CACHE", str(cache))


def run(pipeline: str, arguments: Mapping[str, Any], store: Path, file: Path | None = None) -> tuple[LocalRun, str]:
    """A pipeline run, and what a person sees of it."""
    shown = io.StringIO()
    done = run_locally(pipeline, arguments, store, StepDisplay(Console(file=shown), verbose=False), file=file)
    return done, shown.getvalue()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Run:
    """The same search by the driver of one machine, with its architectures trained and scored."""
    config, _ = pinned(tiny_config(), cache)
    store = DirectoryStore(tmp_path_factory.mktemp("driver") / "digits")
    driven = Run(store, config, World.single(CPU), Monitor(), lambda: make_inputs(config, CPU, cache))
    driven.search()
    driven.retrain(driven.found())
    driven.evaluate(driven.found())
    return driven


@pytest.mark.slow
@pytest.mark.parametrize("file", [None, compiled("mlas-search")], ids=["definition", "compiled"])
def test_a_search_ends_as_on_one_machine(tmp_path: Path, driver: Run, file: Path | None) -> None:
    """The definition and the compiled YAML, loaded back, end with the driver's own history, scores and report; steps
    are shown and kfp's chatter is not, and the process is as it was."""
    before = dict(os.environ), builtins.print, logging.getLogger().handlers[:]
    done, shown = run("mlas-search", SEARCH, tmp_path, file)
    assert (dict(os.environ), builtins.print, logging.getLogger().handlers[:]) == before
    assert done.trend is None
    assert done.report == tmp_path / "digits" / "report.html"
    assert "step search" in shown and "searching: 6/6" in shown and "KFP" not in shown and "executor" not in shown
    assert "Task" in (done.outputs / "log.txt").read_text()
    assert (PipelineRun(DirectoryStore(tmp_path), done.pipeline_run).summary() or "").startswith(
        "# mlas-search succeeded"
    )
    folder = DirectoryStore(tmp_path / "digits")
    assert stored_config(folder) == driver.config
    assert HistoryFile(folder).read() == driver.history
    summary = json.loads((tmp_path / "digits" / "summary.json").read_text())
    found = {g["architecture"]: (g["best"], g["last"]) for g in summary["generators"]}
    assert found == {
        str(architecture): (told(scores.best), told(scores.last)) for architecture, scores in driver.evaluated().items()
    }


def told(checkpoint: CheckpointScores) -> dict[str, Any]:
    """What a summary says of a checkpoint without classes."""
    assert checkpoint.copies is not None
    copies = {**checkpoint.copies.to_json(), "words": checkpoint.copies.words}
    del copies["strip"]
    tree = {"iteration": checkpoint.iteration, "scores": checkpoint.scores, "copies": copies}
    return json.loads(json.dumps(tree))  # type: ignore[no-any-return]


@pytest.mark.slow
def test_a_halving_ends_as_on_one_machine(tmp_path: Path, cache: Path) -> None:
    """Three rungs, each training a process of its own, end with the finalist of the driver and its scores."""
    overrides = (*OVERRIDES, "retrain.incumbents=[sn-gan]", "retrain.generator_iterations=4")
    arguments = {**SEARCH, "settings_overrides": ";".join(overrides), "train_pool": 3, "train_top_k": 1}
    done, shown = run("mlas-search", arguments, tmp_path / "store", compiled("mlas-search"))
    assert f"step Train {NAMED['sn-gan']} to 1 steps (rung 1 of 3)" in shown
    summary = json.loads((tmp_path / "store" / "digits" / "summary.json").read_text())

    config, _ = pinned(tiny_config(*overrides[-2:], "retrain.pool=3", "retrain.num_architectures=1"), cache)
    driven = Run(
        DirectoryStore(tmp_path / "driver"),
        config,
        World.single(CPU),
        Monitor(),
        lambda: make_inputs(config, CPU, cache),
    )
    driven.search()
    [winner] = driven.halve()
    assert [g["architecture"] for g in summary["generators"]] == [str(winner)]
    assert summary["generators"][0]["best"] == told(driven.final_scores(winner).best)
    store = DirectoryStore(tmp_path / "store")
    steps = [record.step for record in PipelineRun(store, done.pipeline_run).steps()]
    assert sum(step.startswith("train-") for step in steps) == 3 + 2
    assert [step for step in steps if step.startswith(("choose", "retrain"))] == [
        "choose-survivors-rung-2",
        "choose-finalists",
        f"retrain-{winner}",
    ]


@pytest.mark.slow
def test_two_transfer_evaluations(tmp_path: Path, driver: Run) -> None:
    """A search's architectures are evaluated on other images, twice; the second time nothing is computed, and the
    history has two lines."""
    images = tmp_path / "others.npz"
    np.savez(images, images=255 - tiny_dataset().images.numpy()[:, 0], labels=tiny_dataset().require_labels().numpy())
    arguments = {
        "architectures": "sn-gan",
        "architectures_search_run": driver.location,
        "train_top_k": 1,
        "settings_preset": "digits",
        "settings_overrides": ";".join(OVERRIDES),
        "data_set": str(images),
        "score_history": "others",
    }
    store = tmp_path / "store"
    first, shown = run("transfer-evaluation", arguments, store)
    assert "training 1111-11110-11110: 6/6" in shown
    second, shown = run("transfer-evaluation", arguments, store)
    assert "scoring" not in shown
    lines = ScoreHistory(DirectoryStore(store), "scores/others").read()
    assert [line.pipeline_run for line in lines] == [first.pipeline_run, second.pipeline_run]
    assert lines[0].evaluations == lines[1].evaluations
    assert [e.architecture for e in lines[0].evaluations] == [NAMED["sn-gan"], driver.found()[0]]
    assert second.report is None
    assert second.trend == store / "scores" / "others.html"
    assert "reused" in second.trend.read_text()


def test_a_step_that_fails_is_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence with the step's name and its reason, the summary is written all the same, and exit status 1."""
    given = ["--param", "data_set=no/such/folder", "--store", str(tmp_path)]
    with pytest.raises(SystemExit) as caught:
        _main(["pipeline", "run-local", "mlas-search", *given])
    assert caught.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("autogan: the step prepare-data failed: ")
    assert "no/such/folder" in error
    assert len(error.splitlines()) == 1
    [text] = [path.read_text() for path in (tmp_path / "jobs").glob("*/summary.md")]
    assert "nothing was made" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mlas-search", "--param", "train_top_k=0"], "train_top_k is 0"),
        (["mlas-search", "--param", "data_set=imagenet"], "data_set is 'imagenet'"),
        (
            ["mlas-search", "--param", "run_store_uri=elsewhere"],
            "given by --store FOLDER, not by --param",
        ),
        (["transfer-evaluation", "--param", "architectures=1011-1"], "cell 2 ('1') ends before"),
        (["search"], "there is no pipeline 'search'"),
    ],
)
def test_mistakes_make_nothing(
    tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong parameter is one sentence, before any folder is made."""
    store = tmp_path / "store"
    with pytest.raises(SystemExit) as caught:
        _main(["pipeline", "run-local", *arguments, "--store", str(store)])
    assert caught.value.code == 1
    assert message in capsys.readouterr().err
    assert not store.exists()


def test_a_folder_that_kfp_would_rewrite_is_refused(tmp_path: Path) -> None:
    """kfp's local runner replaces a word in arguments; a store with it in its path would be lost."""
    with pytest.raises(ConfigError, match="has 'python3' in its path, which kfp's local runner would replace"):
        run("mlas-search", SEARCH, tmp_path / "python3.11")


def test_a_failure_without_a_reason_is_kfps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If no step could say why it failed, the message is the runner's, and its traces are undone."""
    before = builtins.print, logging.getLogger().handlers[:]
    monkeypatch.setenv("PATH", "")
    with pytest.raises((AutoGANError, OSError)):
        run("mlas-search", SEARCH, tmp_path / "store")
    assert (builtins.print, logging.getLogger().handlers[:]) == before


def _main(arguments: list[str]) -> None:
    import sys

    former = sys.argv
    sys.argv = ["autogan", *arguments]
    try:
        cli()
    finally:
        sys.argv = former
