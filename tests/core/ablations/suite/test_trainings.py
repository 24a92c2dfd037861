"""Trainings from scratch, short ones, and the random search that is made of them."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autogan_core.ablations.suite import scratch_search
from autogan_core.ablations.suite.outcome import Outcome
from autogan_core.ablations.suite.scratch_search import FoundFromScratch, ScratchSearch
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.short_training import short_training, train_short
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.trainings import Found, Given, TrainedFromScratch
from autogan_core.ablations.suite.variants import MLAS
from autogan_core.baselines import BASELINES
from autogan_core.config import Config
from autogan_core.errors import ConfigError, NonFiniteLossError
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.inputs import Inputs
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import NAMED, Architecture
from autogan_core.storage import DirectoryStore
from autogan_core.training.validation import TrainingResult
from tests.core.ablations.tiny_suite import (
    THREE_CELLS,
    TWO_CELLS,
    digest,
    inverted_digits_preset,
    tiny_plan,
    tiny_search,
    tiny_suite,
)
from tests.core.tiny import CPU


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Trainings of the paper's depth, and the inverted digits to transfer to."""
    folder = tmp_path_factory.mktemp("trainings")
    return tiny_suite(folder, *THREE_CELLS, target=inverted_digits_preset(folder))


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Search:
    """A finished search of two cells."""
    search = tiny_search(tmp_path_factory.mktemp("searched"))
    search.run()
    return search


def test_scores_are_those_of_retraining(suite: Suite, tmp_path: Path) -> None:
    """The same architecture and configuration through a run's retraining comes to the same scores, to the last bit."""
    training = TrainedFromScratch(suite, Given("paper-top1"), 0)
    assert not training.done()
    training.run()
    assert training.done()
    run = Run(DirectoryStore(tmp_path), training.config, World.single(CPU), Monitor(), lambda: suite.inputs())
    run.retrain([NAMED["paper-top1"]])
    scores = run.final_scores(NAMED["paper-top1"])
    assert training.outcome() == Outcome.of(0, str(NAMED["paper-top1"]), scores)
    assert training.outcome().protocol == "64 images, 2 splits, Inception features"


def test_a_finished_training_is_not_repeated(suite: Suite) -> None:
    """Another look, by another object, finds it done, and running it again changes no file."""
    TrainedFromScratch(suite, Given("paper-top1"), 0).run()
    before = {path: content for path, (_, content) in digest(suite.folder / "trainings").items()}
    again = TrainedFromScratch(suite, Given("paper-top1"), 0)
    assert again.done()
    again.run()
    assert {path: content for path, (_, content) in digest(suite.folder / "trainings").items()} == before


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_train_and_score(suite: Suite, name: str) -> None:
    """Each hand-crafted GAN comes to finite scores under its own name."""
    training = TrainedFromScratch(suite, Given(name), 0)
    training.run()
    outcome = training.outcome()
    assert outcome.trained == name
    assert outcome.failure is None
    assert outcome.inception_score >= 1
    assert 0 < outcome.fid < float("inf")


def test_on_target_trains_on_the_targets_images(suite: Suite) -> None:
    """Dark digits on white, 48 of them, in a folder of their own: same seed and network, other scores."""
    own, target = (TrainedFromScratch(suite, Given("sn-gan"), 0, on_target=on) for on in (False, True))
    images = {on: suite.inputs(on).dataset.images.float().mean() / 255 for on in (False, True)}
    assert len(suite.inputs(True).dataset.images) == 48
    assert images[False] < 0.45 and images[True] > 0.55
    for training in (own, target):
        training.run()
    assert own.outcome().trained == target.outcome().trained
    assert own.outcome().fid != target.outcome().fid
    assert own.name != target.name
    assert target.config.data.name == "npz"


def test_trainings_on_two_archives_are_two_pieces_of_work(tmp_path: Path) -> None:
    """Data and target of the same loader: neither name nor folder are shared, so that no scores get mixed up."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    own, target = inverted_digits_preset(tmp_path / "a"), inverted_digits_preset(tmp_path / "b")
    plan = tiny_plan(target=target)
    both = Suite(replace(plan, preset=str(own)), tmp_path, CPU, Monitor(), no_inputs, "")
    names = {TrainedFromScratch(both, Given("sn-gan"), 0, on_target=on).name for on in (False, True)}
    assert len(names) == 2


def no_inputs(config: Config) -> Inputs:
    raise AssertionError("names need no images")


@pytest.mark.parametrize("cells", [2, 4])
def test_a_named_architecture_of_another_depth_is_refused(tmp_path: Path, cells: int) -> None:
    """The sentence names the setting and both depths."""
    config = tiny_plan(f"model.num_cells={cells}", "search.iterations=4").config(0)
    with pytest.raises(ConfigError, match=rf"paper-top1 has 3 cells, but model\.num_cells is {cells}; leave"):
        Given("paper-top1").design(config)


def test_found_is_the_best_by_reward(searched: Search) -> None:
    """What is transferred is the first beam of the search on the same seed, which has to be done before."""
    found = Found(searched)
    assert [computation.name for computation in found.needs] == [searched.name]
    assert found.design(searched.config).architecture == searched.beams()[0]


def test_a_training_waits_for_its_search(tmp_path: Path) -> None:
    """While the search is not finished, what it finds is not known, and the training is not done."""
    search = tiny_search(tmp_path)
    assert not TrainedFromScratch(search.suite, Found(search), 0).done()


def test_a_diverged_training_is_done_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its seed would diverge again: the reason is kept as the outcome."""

    def diverge(self: object) -> None:
        raise NonFiniteLossError("the loss is NaN")

    monkeypatch.setattr("autogan_core.ablations.suite.trainings.DerivedGAN.train", diverge)
    training = TrainedFromScratch(tiny_suite(tmp_path, *THREE_CELLS), Given("dcgan"), 0)
    training.run()
    assert training.done()
    assert training.outcome().failure == "the loss is NaN"


class TestShortTraining:
    """Trainings that are scored once."""

    def test_is_scored_once_by_the_rewards_protocol(self, searched: Search) -> None:
        """One validation, after the last step, with the reward's images and splits; nothing else is changed."""
        plan = tiny_plan(*TWO_CELLS, "search.reward.num_images=48", "search.reward.splits=3")
        config = short_training(plan, 0, 5)
        base = plan.config(0).flat()
        assert {key: value for key, value in config.flat().items() if value != base[key]} == {
            "retrain.generator_iterations": 5,
            "retrain.validate_every": 5,
            "retrain.validation_images": 48,
            "scores.splits": 3,
        }
        suite = searched.suite
        architecture = suite.plan.config(0).search_space().sample(random.Random(0))
        training = train_short(suite, short_training(suite.plan, 0, 3), architecture, "short")
        assert training is not None
        assert [validation.iteration for validation in training.validations] == [3]
        assert training.architecture == architecture
        assert any(name.startswith("is_32_2split") for name in training.last.named)

    def test_resumes(self, searched: Search) -> None:
        """A second call returns the stored training: the same scores, and the same seconds."""
        suite = searched.suite
        architecture = searched.beams()[0]
        config = short_training(suite.plan, 0, 2)
        assert train_short(suite, config, architecture, "twice") == train_short(suite, config, architecture, "twice")


class FakeTrainings:
    """In place of `train_short`: equal seconds for each, and scores by the architecture's draw."""

    def __init__(self, seconds: float, scores: list[float | None]) -> None:
        self.seconds, self.scores = seconds, scores
        self.trained: list[tuple[Architecture, str]] = []

    def __call__(self, suite: Suite, config: Any, architecture: Architecture, name: str) -> Any:
        self.trained.append((architecture, name))
        score = self.scores[(len(self.trained) - 1) % len(self.scores)]
        if score is None:
            return None
        last = SimpleNamespace(inception_score=score)
        return SimpleNamespace(architecture=architecture, seconds=self.seconds, last=last)


class TestScratchSearch:
    """Random search without shared weights."""

    @pytest.fixture
    def search(self, searched: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScratchSearch:
        """In a folder of its own, beside a reference that took 10 seconds."""
        monkeypatch.setattr(Search, "seconds", lambda self: 10.0)
        return ScratchSearch(Search(tiny_suite(tmp_path, *TWO_CELLS), MLAS, 0))

    @pytest.mark.parametrize(("seconds", "count"), [(3.0, 4), (5.0, 2), (4.99, 3), (60.0, 1)])
    def test_stops_once_the_time_is_spent(
        self, search: ScratchSearch, monkeypatch: pytest.MonkeyPatch, seconds: float, count: int
    ) -> None:
        """The training that passes 10 seconds is the last one; none before, none after."""
        trainings = FakeTrainings(seconds, [1.0, 3.0, 2.0, 1.5])
        monkeypatch.setattr(scratch_search, "train_short", trainings)
        search.run()
        result = search.result()
        assert len(trainings.trained) == result.architectures == count
        assert result.seconds == pytest.approx(count * seconds)
        best = [1.0, 3.0, 2.0, 1.5][:count].index(result.inception_score)
        assert result.inception_score == max([1.0, 3.0, 2.0, 1.5][:count])
        assert result.best == trainings.trained[best][0]
        assert FoundFromScratch(search).design(search.config).architecture == result.best

    def test_draws_are_seeded(self, search: ScratchSearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Equal seeds try equal architectures in equal order, another seed others; all lie in the space."""
        tried = []
        for number, seed in enumerate((0, 0, 1)):
            trainings = FakeTrainings(2.0, [1.0])
            monkeypatch.setattr(scratch_search, "train_short", trainings)
            suite = tiny_suite(tmp_path / str(number), *TWO_CELLS)
            ScratchSearch(Search(suite, MLAS, seed)).run()
            tried.append([architecture for architecture, _ in trainings.trained])
        assert tried[0] == tried[1] != tried[2]
        assert all(architecture in search.config.search_space() for found in tried for architecture in found)
        assert len(set(map(str, tried[0]))) > 1

    def test_one_that_diverges_is_left_out(self, search: ScratchSearch, monkeypatch: pytest.MonkeyPatch) -> None:
        """It never wins, and the search goes on; if none can be trained, it says so."""
        ticks = itertools.count(0, 4.0)
        monkeypatch.setattr(scratch_search, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
        monkeypatch.setattr(scratch_search, "train_short", FakeTrainings(4.0, [None, 2.0, 1.0]))
        search.run()
        assert search.result().inception_score == 2.0
        monkeypatch.setattr(scratch_search, "train_short", FakeTrainings(4.0, [None]))
        with pytest.raises(NonFiniteLossError, match="none of 3 architectures"):
            search.run()

    def test_resumes_without_training_anything_twice(
        self, search: ScratchSearch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Stopped in its second training: real trainings, of which the first is not made again."""
        monkeypatch.setattr(Search, "seconds", lambda self: 1e-9)
        made: list[TrainingResult] = []

        def stop_after(suite: Suite, config: Any, architecture: Architecture, name: str) -> Any:
            training = train_short(suite, config, architecture, name)
            assert training is not None
            made.append(training)
            raise KeyboardInterrupt

        monkeypatch.setattr(scratch_search, "train_short", stop_after)
        with pytest.raises(KeyboardInterrupt):
            search.run()
        assert not search.done()
        before = digest(search.reference.suite.folder / search.name / "tried")
        monkeypatch.setattr(scratch_search, "train_short", train_short)
        search.run()
        assert digest(search.reference.suite.folder / search.name / "tried") == before
        assert search.done()
        assert search.result().seconds == pytest.approx(made[0].seconds)
        assert search.result().inception_score == made[0].last.inception_score

    def test_gets_a_share_of_a_retraining(self, search: ScratchSearch) -> None:
        """Half of the 2 steps in the tiny budget, at least one."""
        assert search.config.retrain.generator_iterations == 1
        assert search.config.retrain.validate_every == 1
        assert search.cost() == search.reference.cost()
