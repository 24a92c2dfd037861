"""An operation from another package, installed beside this one, is searched like our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autogan_core.operations import CELL_ENDS
from tests.components.db_manager import DBManager
from tests.components.katib_search.disturbed_search import check_disturbed
from tests.fake_gcs import FakeGCS

ROOT = Path(__file__).parents[3]
SPACE = (
    "search.space.norm=[bn, gn, ln]",
    "search.space.up=[nearest, pixel-shuffle]",
    "search.space.kernel=[3x3, 5x5, separable, modulated]",
    "search.space.end=[attention, gate]",
)
INSIDE = "AUTOGAN_TEST_FOREIGN_OPERATION"
"""Set where the operation is installed."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of processes in which the operation is installed."""
    site = tmp_path / "site"
    described = site / "foreign-1.0.dist-info"
    described.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("foreign_operation.py"), site / "foreign_operation.py")
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[autogan.operations]\ngate = foreign_operation\n")
    return {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}", INSIDE: "yes", "OMP_NUM_THREADS": "1"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_is_searched_from_an_experiment(environment: dict[str, str]) -> None:
    """The suggestion service, trials that are killed, and the driver on one machine search a space of it and of what
    the paper does not have: the same rewards to the last bit."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{__file__}::test_within"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.skipif(INSIDE not in os.environ, reason="runs in a process in which the operation is installed")
def test_within(gcs: FakeGCS, manager: DBManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """See `test_it_is_searched_from_an_experiment`."""
    assert "gate" in CELL_ENDS
    records = check_disturbed(gcs, manager, tmp_path, monkeypatch, SPACE)
    tried = {
        cell.end for record in records for architecture in record.assignment.training for cell in architecture.cells
    }
    assert tried == {"attention", "gate"}


@pytest.mark.slow
def test_it_is_searched_from_the_command_line(environment: dict[str, str], tmp_path: Path) -> None:
    """A search names it in what it has found; a report draws it; without its package the run says what is missing."""
    settings = [
        *SPACE[:-1],
        "search.space.end=[gate]",
        "data.max_images=64",
        "search.iterations=3",
        "search.shared_epochs=1",
        "search.controller_steps=2",
        "search.num_candidates=2",
        "search.top_k=1",
        "search.training_draws=4",
        "search.generator_channels=8",
        "search.discriminator_channels=8",
        "search.reward.num_images=100",
        "search.reward.recalibration_images=64",
        "retrain.num_architectures=1",
        "retrain.generator_iterations=2",
        "retrain.generator_channels=8",
        "retrain.discriminator_channels=8",
        "retrain.validation_images=100",
        "scores.num_images=100",
    ]
    made = autogan(environment, "run", "--preset", "digits", "--run-dir", str(tmp_path / "run"), *sets(settings))
    assert made.returncode == 0, made.stderr
    assert "gated channels" in (tmp_path / "run" / "report.html").read_text()
    without = {**environment, "PYTHONPATH": str(ROOT)}
    refused = autogan(without, "sample", "--run-dir", str(tmp_path / "run"))
    assert refused.returncode == 1
    assert "search.space.end is ['gate']; set it to a list, each one of none, attention (others need" in refused.stderr


def sets(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def autogan(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from autogan_kubeflow.pipelines.cli.main import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
