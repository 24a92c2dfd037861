"""Measured searches: measuring changes nothing, and no stop loses or doubles anything."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autogan_core.ablations.suite.searches import Retraining, Search, SlotMeasures, steps_per_epoch, training_cost
from autogan_core.ablations.suite.variants import MLAS, NO_RESET, RANDOM_SHARED, SLAS
from autogan_core.errors import NonFiniteLossError
from autogan_core.history import Assignment, Record
from autogan_core.runs.local_search import HistoryFile
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.final_scores import SCORES_FORMAT
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor, Task
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.storage import DirectoryStore, read_document, write_document
from autogan_core.training.cost import Cost
from tests.core.ablations.tiny_suite import digest, tiny_search
from tests.core.tiny import CPU

RESETTING = ("search.dynamic_reset.window=2", "search.dynamic_reset.threshold=1e9", "search.shared_epochs=4")
"""Any two losses count as collapsed, so that every iteration ends early."""


class KilledError(Exception):
    """Stands for the end of a process."""


@dataclass
class KillingMonitor(Monitor):
    """Ends the process when a task whose description holds ``where`` has advanced, ``after`` times before."""

    where: str
    after: int = 0
    seen: list[str] = field(default_factory=list)

    @contextmanager
    def task(self, description: str, total: int, done: int = 0) -> Iterator[Task]:
        yield _KillingTask(self, description)


@dataclass
class _KillingTask:
    monitor: KillingMonitor
    description: str

    def advance(self, steps: int = 1, values: Mapping[str, float] | None = None) -> None:
        if steps and self.monitor.where in self.description:
            self.monitor.seen.append(self.description)
            if len(self.monitor.seen) > self.monitor.after:
                raise KilledError


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Search:
    """A measured search that nobody stopped."""
    search = tiny_search(tmp_path_factory.mktemp("searches"))
    search.run()
    return search


def unmeasured(search: Search, folder: Path) -> Run:
    """A run of the same configuration, in a folder of its own."""
    return Run(DirectoryStore(folder), search.config, World.single(CPU), Monitor(), lambda: search.suite.inputs())


def untimed(search: Search) -> list[SlotMeasures]:
    return [replace(measures, seconds=0.0) for measures in search.measures()]


def history(search: Search) -> bytes:
    return (search.suite.folder / search.name / "history.jsonl").read_bytes()


def test_measuring_changes_no_bit_of_the_search(finished: Search, tmp_path: Path) -> None:
    """The history file of a probed search is that of the same search without any measuring."""
    run = unmeasured(finished, tmp_path / "plain")
    assert [beam.architecture for beam in run.search()] == finished.beams()
    assert (tmp_path / "plain" / "history.jsonl").read_bytes() == history(finished)


def test_probes_score_what_the_rewards_scored(finished: Search) -> None:
    """The Inception score of a slot's probed candidates is the mean reward of these, of equal latents and weights."""
    for measures, record in zip(finished.measures(), finished.open().history, strict=True):
        rewards = [reward for reward in record.rewards[:2] if reward is not None]
        assert measures.inception_score == pytest.approx(sum(rewards) / len(rewards), rel=1e-12)
        assert measures.fid is not None and math.isfinite(measures.fid)


def test_measures_tell_each_slot(finished: Search) -> None:
    """Slot, stage, phase and reward are the history's; steps are epochs x steps per epoch, none in a derivation."""
    measures = finished.measures()
    assert [(m.slot, m.stage, m.phase) for m in measures] == [
        (0, 0, "search"),
        (1, 0, "derive"),
        (2, 1, "search"),
        (3, 1, "derive"),
    ]
    assert [m.steps for m in measures] == [4, 0, 4, 0]  # 64 images in batches of 16, one epoch
    assert not any(m.reset for m in measures)
    for m, record in zip(measures, finished.open().history, strict=True):
        rewards = [reward for _, reward in record.scored]
        assert m.reward == pytest.approx(sum(rewards) / len(rewards), rel=1e-12)
    assert all(m.seconds > 0 for m in measures)
    assert finished.seconds() == pytest.approx(sum(m.seconds for m in measures), rel=1e-12)


def test_steps_follow_from_images_and_batch(tmp_path: Path) -> None:
    """A last batch that is not full counts: 64 images in batches of 24 are three steps."""
    search = tiny_search(tmp_path, "training.discriminator_batch=24")
    assert steps_per_epoch(search.suite, search.config) == 3


def test_a_reset_shows_in_the_steps(tmp_path: Path) -> None:
    """A reset ends an iteration's training before its 16 steps, and the measures say so; without it all are made."""
    search, without = (tiny_search(tmp_path, *RESETTING, variant=variant) for variant in (MLAS, NO_RESET))
    search.run()
    without.run()
    trained = [m for m in search.measures() if m.phase == "search"]
    assert [m.reset for m in trained] == [True, True]
    assert all(0 < m.steps < 16 for m in trained)
    assert [m.steps for m in without.measures() if m.phase == "search"] == [16, 16]


@pytest.mark.parametrize(
    ("where", "after"),
    [("training the shared GAN", 0), ("scoring candidates", 1), ("searching", 0), ("searching", 2)],
)
def test_a_killed_search_goes_on_to_the_same_history(finished: Search, tmp_path: Path, where: str, after: int) -> None:
    """Stopped in training, in scoring, or between two slots: the history and all measures of a search in one go."""
    with pytest.raises(KilledError):
        tiny_search(tmp_path, monitor=KillingMonitor(where, after)).run()
    search = tiny_search(tmp_path)
    assert not search.done()
    search.run()
    assert search.done()
    assert history(search) == history(finished)
    assert untimed(search) == untimed(finished)


def test_a_kill_between_measuring_and_appending_loses_nothing(
    finished: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slot is measured and committed, but not in the history yet: it gets the same record and measures again."""

    append, killing = HistoryFile.append, [True]

    def kill_once(self: HistoryFile, record: Record) -> None:
        if record.assignment.slot == 2 and killing.pop():
            raise KilledError
        append(self, record)

    monkeypatch.setattr(HistoryFile, "append", kill_once)
    search = tiny_search(tmp_path)
    with pytest.raises(KilledError):
        search.run()
    assert len(search.open().history) == 2
    assert (search.suite.folder / search.name / "measures" / "00002.json").exists()
    killing.append(False)
    search.run()
    assert history(search) == history(finished)
    assert untimed(search) == untimed(finished)


def test_time_adds_up_over_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slot's seconds are those of the attempt that was stopped and of the one that ended it, without its probes."""
    clock = iter(range(0, 1000, 10))
    ticking = SimpleNamespace(monotonic=lambda: float(next(clock)))
    monkeypatch.setattr("autogan_core.ablations.suite.searches.time", ticking)
    search = tiny_search(tmp_path, monitor=KillingMonitor("scoring candidates"))
    with pytest.raises(KilledError):
        search.run()
    again = tiny_search(tmp_path)
    again.run()
    assert [m.seconds for m in again.measures()] == [20, 10, 10, 10]


def test_scoring_for_a_probe_commits_nothing(finished: Search, tmp_path: Path) -> None:
    """`SharedGAN.score` changes no file, and the next slot's record is the one without it."""
    assignments = [record.assignment for record in finished.open().history]
    records = []
    for name, probing in (("plain", False), ("probed", True)):
        shared_gan = _shared_gan(finished, tmp_path / name)
        first = shared_gan.run(assignments[0])
        if probing:
            before = digest(tmp_path / name)
            scored = shared_gan.score([*assignments[2].candidates, *assignments[0].candidates], "probe")
            assert len(scored) == len(assignments[2].candidates) + len(assignments[0].candidates)
            assert digest(tmp_path / name) == before
        records.append([first, shared_gan.run(assignments[1]), shared_gan.run(assignments[2])])
    assert records[0] == records[1] == finished.open().history[:3]


def _shared_gan(search: Search, folder: Path) -> SharedGAN:
    return SharedGAN(search.suite.workspace(search.config, DirectoryStore(folder)))


def test_an_unprobed_search_has_no_probe_scores(tmp_path: Path) -> None:
    """Only the searches of Figure 8 spend time on both scores; the others have rewards all the same."""
    search = tiny_search(tmp_path, variant=RANDOM_SHARED)
    search.run()
    assert [(m.inception_score, m.fid) for m in search.measures()] == [(None, None)] * 4
    assert all(m.reward is not None for m in search.measures())


def test_a_slot_that_failed_is_measured_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A diverged iteration has its time, but neither reward nor scores, and the search goes on."""
    run, calls = SharedGAN.run, []

    def diverge_once(self: SharedGAN, assignment: Assignment) -> Record:
        calls.append(assignment.slot)
        if len(calls) == 1:
            raise NonFiniteLossError("the loss is NaN")
        return run(self, assignment)

    monkeypatch.setattr(SharedGAN, "run", diverge_once)
    search = tiny_search(tmp_path)
    search.run()
    first, second = search.measures()[:2]
    assert (first.reward, first.inception_score, first.steps) == (None, None, 0)
    assert first.seconds > 0
    assert second.reward is not None
    assert search.done()


def test_cost_is_what_was_done(finished: Search) -> None:
    """The dry run's numbers are those of the search: steps, and images of candidates, probes and compared draws."""
    records, cost = finished.open().history, finished.cost()
    assert cost.discriminator_steps == sum(m.steps for m in finished.measures()) == 8
    assert cost.generator_steps == 4  # every second one
    candidates = sum(len(record.assignment.candidates) for record in records)
    assert cost.scored_images == (candidates + 4 * 2 + 2 * 2 * 3) * 32  # two probes a slot, three draws of each kind


def test_single_level_search_costs_one_derivation_less(tmp_path: Path) -> None:
    """SLAS has one stage: as many iterations, and a single derivation."""
    levels = {variant: tiny_search(tmp_path, variant=variant).cost() for variant in (RANDOM_SHARED, SLAS)}
    assert levels[RANDOM_SHARED].scored_images - levels[SLAS].scored_images == 2 * 32


def test_training_cost_counts_validations_and_final_scores(tmp_path: Path) -> None:
    """5 generator steps, a validation every 2 of them: three of 32 images, and two final ones of 64."""
    config = tiny_search(tmp_path, "retrain.generator_iterations=5", "retrain.validate_every=2").config
    assert training_cost(config, 2) == Cost(10, 5, 3 * 32 + 2 * 64)


class TestRetraining:
    """What a search found, retrained."""

    def test_outcome_is_the_highest_inception_score_of_the_found(self, finished: Search) -> None:
        """Of two found ones the better counts; one that was trained there by hand does not, however good."""
        retraining = Retraining(finished)
        assert not retraining.done()
        retraining.run()
        assert retraining.done()
        run = finished.open()
        found = run.found()
        assert len(found) == 2
        _raise_scores(finished, found[1], 50.0)
        assert (retraining.outcome().trained, retraining.outcome().inception_score) == (str(found[1]), 50.0)
        other = next(a for a in run.space.enumerate() if a not in found)
        run.retrain([other])
        run.evaluate([other])
        _raise_scores(finished, other, 99.0)
        assert retraining.outcome().trained == str(found[1])
        assert retraining.outcome().seed == 0

    def test_is_not_done_before_its_search(self, tmp_path: Path) -> None:
        """Without a finished search there is nothing that could have been retrained."""
        assert not Retraining(tiny_search(tmp_path)).done()

    def test_a_diverged_training_is_an_outcome(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """When all that was found diverges, the work is done, not tried again, and says why."""
        search = tiny_search(tmp_path, "retrain.num_architectures=1")
        search.run()
        calls = []

        def diverge(self: Run, architectures: list[Architecture]) -> None:
            calls.append(architectures)
            raise NonFiniteLossError("the loss is NaN")

        monkeypatch.setattr(Run, "retrain", diverge)
        Retraining(search).run()
        assert Retraining(search).done()
        assert "the loss is NaN" in str(Retraining(search).outcome().failure)
        assert len(calls) == 1


def _raise_scores(search: Search, architecture: Architecture, inception_score: float) -> None:
    """Gives a trained architecture another final Inception score."""
    store, name = DirectoryStore(search.suite.folder / search.name), f"retrain/{architecture}/scores.json"
    document: dict[str, Any] = read_document(store, name, SCORES_FORMAT)
    scores = document["evaluations"][0]["best"]["scores"]
    [key] = [key for key in scores if key.startswith("is_") and "std" not in key]
    scores[key] = inception_score
    write_document(store, name, document, SCORES_FORMAT)
