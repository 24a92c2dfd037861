"""Trained generators of a run whose images are gone."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from autogan_core.config import Config
from autogan_core.errors import DataError, StateError
from autogan_core.report.html import write_report
from autogan_core.runs import opening
from autogan_core.runs.run import Run
from autogan_core.runs.run_results import collect_results
from autogan_core.search_space import NAMED
from autogan_core.storage import DirectoryStore

TOP1, OTHER = NAMED["paper-top1"], NAMED["paper-top2"]


def open_run(folder: Path, config: Config | None = None) -> Run:
    return opening.open_run(folder, config, device="cpu")


def test_a_generator_outlives_its_images(tmp_path: Path, user_config: Config) -> None:
    """With the images gone it is the same one and draws the same, best and last; only more training misses them."""
    folder = tmp_path / "run"
    run = open_run(folder, user_config)
    run.retrain([TOP1])
    derived = run._derived(TOP1)
    (tmp_path / "images.npz").unlink()
    for checkpoint in ("best", "last"):
        generator, its = open_run(folder).generator(TOP1, checkpoint), derived.generator(checkpoint)
        assert not generator.training
        weights, its_weights = generator.state_dict(), its.state_dict()
        assert weights.keys() == its_weights.keys()
        assert all(torch.equal(tensor, its_weights[name]) for name, tensor in weights.items())
        drawn = open_run(folder).sample(TOP1, checkpoint, 40, seed=3)
        assert torch.equal(drawn, derived.sample(checkpoint, 40, seed=3))
    assert open_run(folder).training(TOP1) == derived.result()
    with pytest.raises(StateError, match="has not been trained in this run folder; run 'autogan retrain' first"):
        open_run(folder).generator(OTHER, "best")
    with pytest.raises(DataError, match=r"images\.npz"):
        open_run(folder).retrain([OTHER])


def test_a_finished_run_is_reported_without_its_images(
    tmp_path: Path, user_config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    """The report has all scores, the real images' among them, and samples of the generators, and says what is missing;
    a score that is missing cannot be made up."""
    folder = tmp_path / "run"
    open_run(folder, user_config).retrain([TOP1])
    open_run(folder).evaluate([TOP1])
    whole = collect_results(open_run(folder), "autogan report")
    (tmp_path / "images.npz").unlink()
    with caplog.at_level(logging.WARNING):
        found = collect_results(open_run(folder), "autogan report")
    assert [r.getMessage() for r in caplog.records][0].startswith("the report shows what is stored, and no training")
    assert len(caplog.records) == 1
    assert (found.real_samples, found.dataset_size) == (None, None)
    assert (found.real_scores, found.classifier_accuracy) == (whole.real_scores, whole.classifier_accuracy)
    assert whole.real_scores
    [generator], [its] = found.generators, whole.generators
    assert (generator.best, generator.last, generator.curve) == (its.best, its.last, its.curve)
    assert torch.equal(generator.samples, its.samples)
    page = write_report(found, folder).read_text()
    assert "training images that are not at hand" in page and "real images" in page
    (folder / f"retrain/{TOP1}/scores.json").unlink()
    with pytest.raises(DataError, match=r"images\.npz"):
        collect_results(open_run(folder), "autogan report")


def test_another_runs_checkpoint_is_refused(tmp_path: Path, user_config: Config) -> None:
    """A training that was copied here from a run of other settings does not pass for this run's."""
    open_run(tmp_path / "run", user_config).retrain([TOP1])
    other = open_run(tmp_path / "other", user_config.model_copy(update={"seed": 7}))
    (tmp_path / "run/retrain").rename(tmp_path / "other/retrain")
    assert DirectoryStore(tmp_path / "other").exists(f"retrain/{TOP1}/state.json")
    with pytest.raises(StateError, match="belongs to another configuration"):
        other.sample(TOP1, "best", 1, seed=0)
