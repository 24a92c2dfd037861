"""A whole run in a folder: phases, resuming, refusals, and what it leaves behind."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from autogan_core.cache_folder import cache_folder
from autogan_core.config import Config
from autogan_core.devices import choose_device
from autogan_core.errors import ConfigError
from autogan_core.final_scores import CHECKPOINTS
from autogan_core.monitor import Monitor
from autogan_core.prepared import make_inputs
from autogan_core.report.html import write_report
from autogan_core.run import Run
from autogan_core.run_results import collect_results
from autogan_core.search_space import NAMED, Architecture
from autogan_core.storage import DirectoryStore
from tests.core.tiny import CPU, tiny_config


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cache for all tests of this module, so that the classifier is trained once."""
    monkeypatch.setenv("AUTOGAN_CACHE", str(tmp_path_factory.getbasetemp() / "autogan-cache"))


def open_run(folder: Path, config: Config | None = None) -> Run:
    config = config or tiny_config()
    return Run(DirectoryStore(folder), config, CPU, Monitor(), lambda: make_inputs(config, CPU, cache_folder()))


def test_a_run_from_search_to_results(tmp_path: Path) -> None:
    """All phases follow one another, each again in a new process, and the results hold what they came to."""
    beams = open_run(tmp_path).search()
    assert len(beams) == 2
    found = open_run(tmp_path).found()
    assert found == [beam.architecture for beam in beams]
    trainings = open_run(tmp_path).retrain(found)
    assert [t.last.iteration for t in trainings] == [6, 6]
    scores = open_run(tmp_path).evaluate(found)
    results = collect_results(open_run(tmp_path), "autogan run")
    assert [g.architecture for g in results.generators] == found
    assert [g.rank for g in results.generators] == [1, 2]
    for generator, training, beam in zip(results.generators, trainings, beams, strict=True):
        assert generator.search_reward == beam.reward
        assert generator.best == scores[generator.architecture].best
        assert generator.best.iteration == training.best.iteration
        assert generator.last.iteration == 6
        assert set(generator.last.scores) == {
            "is_64_2split_classifier",
            "is_64_2split_std_classifier",
            "fid_64_classifier",
            "accuracy_classifier",
        }
        assert [point.iteration for point in generator.curve] == [2, 4, 6]
        assert generator.samples.shape == (64, 1, 16, 16)
        assert generator.samples.dtype == torch.uint8
    assert len(results.history) == 6
    assert results.entropy.keys() == {0, 1, 2, 3, 4, 5}
    assert results.seconds.keys() == {"search", "retrain", "evaluate"}
    assert results.dataset_size == 64
    assert results.real_samples.shape == (64, 1, 16, 16)
    assert results.classifier_accuracy is not None and 0 < results.classifier_accuracy <= 1


def test_samples_depend_on_their_seed_alone(tmp_path: Path) -> None:
    """The same seed draws the same images in any number, another seed others, best and last alike."""
    architecture = NAMED["paper-top1"]
    run = open_run(tmp_path)
    run.retrain([architecture])
    for checkpoint in CHECKPOINTS:
        images = run.sample(architecture, checkpoint, 40, seed=1)
        assert torch.equal(images, open_run(tmp_path).sample(architecture, checkpoint, 40, seed=1))
        assert not torch.equal(images, run.sample(architecture, checkpoint, 40, seed=2))


def test_a_changed_configuration_is_refused_with_its_differences(tmp_path: Path) -> None:
    """The folder keeps its configuration; other settings are listed, old value and new."""
    open_run(tmp_path)
    with pytest.raises(ConfigError) as caught:
        open_run(tmp_path, tiny_config("search.top_k=3", "retrain.ema_decay=0.5"))
    lines = str(caught.value).splitlines()
    assert "holds a run with other settings" in lines[0]
    assert [line.strip() for line in lines[1:]] == ["retrain.ema_decay: 0.99 -> 0.5", "search.top_k: 2 -> 3"]
    assert json.loads((tmp_path / "config.json").read_text())["content"]["search"]["top_k"] == 2
    open_run(tmp_path, tiny_config("data.path=elsewhere"))


def test_phases_ask_for_what_they_need(tmp_path: Path) -> None:
    """Before a search nothing is found, and an architecture of another depth cannot be trained."""
    run = open_run(tmp_path)
    with pytest.raises(ConfigError, match="is not finished; run 'autogan search' first"):
        run.found()
    with pytest.raises(ConfigError, match="has 1 cells, but model.num_cells is 3"):
        run.retrain([Architecture.parse("1011")])
    assert run.trained() == []


def test_results_of_a_search_alone(tmp_path: Path) -> None:
    """A report can be asked for before anything is retrained, even before the search is finished."""
    empty = collect_results(open_run(tmp_path), "autogan report")
    assert (empty.history, empty.beams, empty.generators) == ((), (), ())
    open_run(tmp_path).search()
    searched = collect_results(open_run(tmp_path), "autogan report")
    assert len(searched.beams) == 2
    assert searched.generators == ()


def test_an_evaluation_is_made_once(tmp_path: Path) -> None:
    """Evaluating again gives the stored scores with the time at which they were computed."""
    architecture = NAMED["paper-top1"]
    open_run(tmp_path).retrain([architecture])
    first = open_run(tmp_path).evaluate([architecture])
    stored = (tmp_path / f"retrain/{architecture}/scores.json").stat().st_mtime_ns
    assert open_run(tmp_path).evaluate([architecture]) == first
    assert (tmp_path / f"retrain/{architecture}/scores.json").stat().st_mtime_ns == stored
    assert abs((datetime.now(UTC) - first[architecture].evaluated).total_seconds()) < 120


def test_a_search_done_elsewhere_is_taken_over(tmp_path: Path) -> None:
    """A run that is given another's history has found what that one found, without searching."""
    searched = open_run(tmp_path / "searched")
    searched.search()
    other = open_run(tmp_path / "other")
    assert not other.searched
    other.keep_history(searched.history)
    assert other.searched
    assert other.beams() == searched.beams() == other.search()


def test_times_add_up_over_processes(tmp_path: Path) -> None:
    """Phases of parallel processes lose nothing of each other's times."""
    run = open_run(tmp_path)

    def phase() -> None:
        with run._timed("retrain"):
            time.sleep(0.02)

    threads = [threading.Thread(target=phase) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.16 <= run._seconds()[0]["retrain"] < 8


def test_devices() -> None:
    """Auto takes what there is; an unknown or absent device is an error that names the choices."""
    assert choose_device("cpu") == CPU
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(ConfigError, match="there is no device 'gpu'; use auto, cpu or cuda"):
        choose_device("gpu")
    with pytest.raises(ConfigError, match="'meta' is not available here"):
        choose_device("meta")


@pytest.mark.parametrize(
    "variant",
    [
        ["search.levels=single"],
        ["search.policy=random"],
        ["search.space.up=[nearest]", "search.space.skip=[without]"],
    ],
)
def test_search_variants_run_to_the_report(tmp_path: Path, variant: list[str]) -> None:
    """Single-level search, the random policy and a narrowed space search, retrain and report like the paper's."""
    run = open_run(tmp_path, tiny_config(*variant, "retrain.num_architectures=1"))
    found = run.search()[0].architecture
    assert found in run.space
    run.retrain([found])
    assert str(found) in write_report(collect_results(run, "autogan run"), tmp_path).read_text()
