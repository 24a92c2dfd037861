"""A whole run in a folder: phases, resuming, refusals, and what it leaves behind."""

from __future__ import annotations

import functools
import json
import logging
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from autogan_core.config import ADDED, Config
from autogan_core.errors import ConfigError, DataError, StateError
from autogan_core.metrics.features.classifier_accuracy import ACCURACY
from autogan_core.report.html import write_report
from autogan_core.runs import opening
from autogan_core.runs.folder.run_config import CONFIG_FORMAT
from autogan_core.runs.run import Run
from autogan_core.runs.run_results import collect_results
from autogan_core.runs.scoring.final_scores import CHECKPOINTS
from autogan_core.runtime.devices import choose_device
from autogan_core.search_space import NAMED, Architecture
from autogan_core.storage import DirectoryStore, read_document, write_document
from tests.core.tiny import CPU, final_score_names, tiny_config


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cache for all tests of this module, so that the classifier is trained once."""
    monkeypatch.setenv("AUTOGAN_CACHE", str(tmp_path_factory.getbasetemp() / "autogan-cache"))


def open_run(folder: Path, config: Config | None = None) -> Run:
    return opening.open_run(folder, config or tiny_config(), device="cpu")


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
        assert set(generator.last.scores) == final_score_names(64, 2, "_classifier") | {ACCURACY}
        assert [point.iteration for point in generator.curve] == [2, 4, 6]
        assert generator.samples.shape == (64, 1, 16, 16)
        assert generator.samples.dtype == torch.uint8
    assert len(results.history) == 6
    assert results.entropy.keys() == {0, 1, 2, 3, 4, 5}
    assert results.seconds.keys() == {"search", "retrain", "evaluate"}
    assert results.dataset_size == 64
    assert results.real_samples is not None and results.real_samples.shape == (64, 1, 16, 16)
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
        with run._times.measured("retrain"):
            time.sleep(0.02)

    threads = [threading.Thread(target=phase) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.16 <= run.seconds["retrain"] < 8


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


HALVED = ("retrain.pool=4", "retrain.incumbents=[sn-gan]", "retrain.num_architectures=1")


def test_a_run_with_a_pool_from_search_to_report(tmp_path: Path) -> None:
    """Search, halving and report follow one another; only the finalist is scored, the ladder shows all four, and one
    that fell out joins the scores when somebody asks for it."""
    config = tiny_config(*HALVED)
    run = open_run(tmp_path, config)
    run.search()
    [winner] = run.halve()
    results = collect_results(open_run(tmp_path, config), "autogan run")
    assert [g.architecture for g in results.generators] == [winner] == run.found()
    assert results.best_generator is results.generators[0]
    assert results.ladder is not None and results.ladder.iterations == (2, 3, 6)
    assert [entry.finalist for entry in results.ladder.entries] == [True, False, False, False]
    assert [len(entry.fids) for entry in results.ladder.entries] == [3, 2, 1, 1]
    assert results.ladder.spent["generator_steps"] == 2 * 2 + 3 + 6
    assert results.ladder.without["generator_steps"] == 6
    page = write_report(results, tmp_path).read_text()
    assert "sn-gan (incumbent)" in page
    other = results.ladder.entries[1].architecture
    run.evaluate([other])
    again = collect_results(open_run(tmp_path, config), "autogan run")
    assert [(g.rank, g.architecture) for g in again.generators] == [(1, winner), (2, other)]


def test_an_unfinished_halving_can_be_reported(tmp_path: Path) -> None:
    """Nothing is scored yet, and all are under way."""
    config = tiny_config(*HALVED)
    run = open_run(tmp_path, config)
    run.search()
    run.train_to(run.pool()[0].architecture, run.rungs()[0])
    results = collect_results(run, "autogan report")
    assert results.generators == () and results.best_generator is None
    assert results.ladder is not None
    assert {entry.outcome for entry in results.ladder.entries} == {"under way"}
    write_report(results, tmp_path)


def test_retraining_goes_on_from_the_searchs_weights(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With retrain.start=shared the first step is made on them, which changes the training; killed and run again it
    ends alike. Without a search it is a training from scratch, with one that is under way an error, and so is a search
    whose weights are gone."""
    config = tiny_config("retrain.start=shared", "retrain.num_architectures=1")
    run = open_run(tmp_path / "shared", config)
    run.search()
    [found] = run.found()
    [warm] = run.retrain([found])
    parts = open_run(tmp_path / "parts", config)
    parts.search()
    for until in (2, 4, None):
        last = open_run(tmp_path / "parts", config)._derived(found).train(until)
    assert last.validations == warm.validations
    elsewhere = open_run(tmp_path / "elsewhere", config)
    with caplog.at_level(logging.INFO):
        [cold] = elsewhere.retrain([found])
    assert f"{found} is trained from scratch: there is no search in" in caplog.text
    assert [v.iteration for v in cold.validations] == [v.iteration for v in warm.validations]
    assert cold.validations[0].fid != warm.validations[0].fid
    lost = open_run(tmp_path / "lost", config)
    lost.keep_history(run.history)
    with pytest.raises(StateError, match="holds no weights of the search"):
        lost.retrain([found])
    early = open_run(tmp_path / "early", config)
    early.keep_history(run.history[:-1])
    with pytest.raises(ConfigError, match="not finished, and retrain.start=shared goes on with the weights"):
        early.retrain([found])


@pytest.mark.parametrize("start", ["scratch", "shared"])
def test_what_is_found_is_trained_with_more_cells(tmp_path: Path, start: str) -> None:
    """The search makes 8x8 images of two cells, the trainings 16x16 of three; an architecture may be named in either
    form, and has its state, scores and images under the longer one."""
    config = tiny_config("model.num_cells=2", "model.repeated_cells=1", f"retrain.start={start}")
    run = open_run(tmp_path, config)
    beams, [best, other] = run.search(), run.found()
    assert {record.assignment.depth for record in run.history} == {1, 2}
    assert [best, other] == [beam.architecture.repeated(1) for beam in beams]
    assert [training.architecture for training in run.retrain([beams[0].architecture, other])] == [best, other]
    assert run.trained() == sorted([best, other])
    assert list(run.evaluate([beams[0].architecture])) == [best]
    short, long = (run.sample(a, "best", 4, 0) for a in (beams[0].architecture, best))
    assert short.shape == (4, 1, 16, 16) and torch.equal(short, long)
    results = collect_results(open_run(tmp_path, config), "autogan run")
    assert [(g.architecture, g.search_reward) for g in results.generators] == [
        (beam.architecture.repeated(1), beam.reward) for beam in beams
    ]
    write_report(results, tmp_path)
    with pytest.raises(ConfigError, match="has 1 cells, but model.num_cells is 2, and with model.repeated_cells 3"):
        run.retrain([best.prefix(1)])


def test_a_run_that_cannot_work_is_not_made(tmp_path: Path) -> None:
    """Images that do not fit the settings leave the folder as it was, so that it takes the settings that mend it."""
    np.savez(tmp_path / "set.npz", images=np.zeros((70, 16, 16), np.uint8))
    config = tiny_config("data.name=npz", f"data.path={tmp_path / 'set.npz'}")
    with pytest.raises(DataError, match=r"has no labels, .*; set scores\.features=inception"):
        open_run(tmp_path / "run", config)
    assert not (tmp_path / "run").exists()
    assert open_run(tmp_path / "run").location == str(tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"config.json", ".store.lock"}


def test_a_run_from_before_a_setting_was_added_goes_on(tmp_path: Path) -> None:
    """A stored configuration without the newer settings opens, and what was trained under it is taken up."""
    run = open_run(tmp_path)
    [training] = run.retrain([NAMED["paper-top1"]])
    store = DirectoryStore(tmp_path)
    stored = read_document(store, "config.json", CONFIG_FORMAT)
    del stored["identity"], stored["classifier_recipe"]
    for key in ADDED:
        *sections, name = key.split(".")
        functools.reduce(lambda tree, section: tree[section], sections, stored).pop(name)
    write_document(store, "config.json", stored)
    assert open_run(tmp_path).retrain([NAMED["paper-top1"]]) == [training]
