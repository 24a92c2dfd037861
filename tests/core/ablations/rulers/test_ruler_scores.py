"""Readings on a search's final weights."""

from __future__ import annotations

import dataclasses
import itertools
import math
from pathlib import Path

import pytest
import torch

from autogan_core.ablations.rulers.final_weights import FinalWeights
from autogan_core.ablations.rulers.recording_extractor import RecordingExtractor
from autogan_core.ablations.rulers.ruler_scores import Reading, RulerScores
from autogan_core.ablations.rulers.rulers import Ruler
from autogan_core.ablations.rulers.scratch_curves import uniform_architectures
from autogan_core.ablations.suite.searches import Search
from autogan_core.errors import StateError
from autogan_core.metrics.scores import Scores
from autogan_core.shared_gan.candidate_scoring import CandidateScoring
from tests.core.ablations.suite.test_searches import KilledError, KillingMonitor
from tests.core.ablations.tiny_suite import digest, tiny_search


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> RulerScores:
    """All readings of a search."""
    search = tiny_search(tmp_path_factory.mktemp("rulers"))
    search.run()
    scores = RulerScores(search)
    assert not scores.done()
    scores.run()
    assert scores.done()
    return scores


def test_every_way_of_scoring_is_read_twice(scored: RulerScores) -> None:
    """Each architecture: two repeats, two kinds of statistics, with and without a step, 16 and 32 images."""
    wanted = set(itertools.product((0, 1), ("recalibrated", "running"), (0, 1), (16, 32)))
    readings = scored.readings()
    assert list(readings) == uniform_architectures(scored.search.suite.plan)
    for of_one in readings.values():
        assert len(of_one) == 16
        assert {(r.repeat, r.statistics, r.steps, r.images) for r in of_one} == wanted
        assert all(r.scores is not None and r.scores.num_images == r.images and r.seconds > 0 for r in of_one)


def test_each_way_makes_other_images(scored: RulerScores) -> None:
    """No two readings have the same FID: latents, statistics, weights or the number of images differ."""
    for of_one in scored.readings().values():
        fids = [reading.scores.fid for reading in of_one if reading.scores is not None]
        assert len(set(fids)) == len(of_one)


def test_the_searchs_own_way_is_its_scoring(scored: RulerScores) -> None:
    """Re-estimated statistics, no adaptation: what the shared GAN's own scoring says for equal latents."""
    search = scored.search
    architecture = uniform_architectures(search.suite.plan)[0]
    weights = FinalWeights(search, search.suite.inputs().extractor)
    scores = weights.score(architecture, "proxy", 1, protocol=search.config.search.reward)
    own = Ruler("inception-score", "recalibrated", 32, 0)
    [reading] = [r for r in scored.readings()[architecture] if r.of(own) and r.repeat == 1]
    assert reading.scores is not None
    assert reading.scores.inception_score == pytest.approx(scores.inception_score, rel=1e-6)


def test_readings_do_not_depend_on_their_order(scored: RulerScores) -> None:
    """Scoring one architecture by any protocol leaves nothing behind for the next one."""
    search = scored.search
    first, second = uniform_architectures(search.suite.plan)[:2]
    reward = search.config.search.reward
    running = reward.model_copy(update={"statistics": "running"})
    adapted = reward.model_copy(update={"adaptation_steps": 2})
    weights = FinalWeights(search, search.suite.inputs().extractor)
    wanted = weights.score(first, "x", protocol=running)
    weights.score(second, "x", protocol=reward)
    weights.score(second, "x", protocol=adapted)
    assert weights.score(first, "x", protocol=running) == wanted


def test_running_statistics_are_those_of_training(scored: RulerScores) -> None:
    """They are no candidate's own, and depend neither on who asks nor on the last candidate that was scored."""
    search = scored.search
    states = [FinalWeights(search, RecordingExtractor(search.suite.inputs().extractor))._statistics for _ in range(2)]
    assert all(torch.equal(states[0][name], tensor) for name, tensor in states[1].items())
    moved = [name for name, tensor in states[0].items() if name.endswith("running_mean") and bool(tensor.any())]
    assert any(name.startswith("to_rgb") for name in moved)


def test_scoring_leaves_the_search_alone(scored: RulerScores) -> None:
    """Not a file of the search's folder changes, and scoring again gives the same numbers."""
    before = digest(scored.search.suite.folder / "searches")
    architecture, readings = next(iter(scored.readings().items()))
    (scored.search.suite.folder / scored.name / f"{architecture}.json").unlink()
    assert not scored.done()
    scored.run()
    assert digest(scored.search.suite.folder / "searches") == before
    untimed = [dataclasses.replace(r, seconds=0.0) for r in scored.readings()[architecture]]
    assert untimed == [dataclasses.replace(r, seconds=0.0) for r in readings]


def test_a_killed_process_loses_one_architecture_at_most(tmp_path: Path) -> None:
    """What was stored stays as it is; the rest is scored by the next process."""
    search = tiny_search(tmp_path)
    search.run()
    with pytest.raises(KilledError):
        RulerScores(tiny_search(tmp_path, monitor=KillingMonitor("scoring on shared weights", 1))).run()
    folder = search.suite.folder / RulerScores(search).name
    stored = digest(folder)
    assert len(stored) == 2
    scores = RulerScores(search)
    assert not scores.done()
    scores.run()
    assert scores.done()
    assert {path: content for path, content in digest(folder).items() if path in stored} == stored


def test_an_architecture_that_cannot_be_scored_has_no_scores(
    scored: RulerScores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where adapting failed there is no number, and JSON holds no NaN."""
    whole = CandidateScoring.scores

    def fail(self, gan, architectures, *names, protocol, with_fid, with_kid):  # type: ignore[no-untyped-def]
        for scores in whole(self, gan, architectures, *names, protocol=protocol, with_fid=with_fid, with_kid=with_kid):
            spoilt = dataclasses.replace(scores, inception_score=math.nan)
            yield spoilt if protocol.adaptation_steps else scores

    monkeypatch.setattr(CandidateScoring, "scores", fail)
    architecture = next(iter(scored.readings()))
    (scored.search.suite.folder / scored.name / f"{architecture}.json").unlink()
    scored.run()
    assert {r.steps: r.scores is None for r in scored.readings()[architecture]} == {0: False, 1: True}


def test_cost_counts_every_set_of_images_once(scored: RulerScores) -> None:
    """Three architectures, two repeats, two kinds of statistics; 32 images each with and without a step."""
    cost = scored.cost()
    assert (cost.discriminator_steps, cost.generator_steps, cost.scored_images) == (12, 12, 12 * 2 * 32)


def test_repeats_are_for_the_first_architectures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are scored once, which is what the cost says."""
    monkeypatch.setattr("autogan_core.ablations.rulers.ruler_scores.REPEATED", 1)
    search = tiny_search(tmp_path)
    search.run()
    scores = RulerScores(search)
    scores.run()
    assert [len(readings) for readings in scores.readings().values()] == [16, 8, 8]
    assert scores.cost().scored_images == 8 * 2 * 32


def test_weights_that_are_missing_are_named(tmp_path: Path) -> None:
    """A search that was never run has none."""
    search = tiny_search(tmp_path)
    with pytest.raises(StateError, match="shared"):
        FinalWeights(search, search.suite.inputs().extractor)


def test_a_reading_survives_json() -> None:
    """With and without scores."""
    scores = Scores(1.5, 0.1, 20.0, 16, 2, "", 0.3)
    for reading in (Reading(0, "running", 1, 16, scores, 0.5), Reading(1, "recalibrated", 0, 32, None, 0.5)):
        assert Reading.from_json(reading.to_json()) == reading


def test_needs_the_search(scored: RulerScores) -> None:
    """And is named after its variant and seed."""
    assert list(scored.needs) == [scored.search]
    assert isinstance(scored.search, Search)
    assert scored.name == "proxy/mlas/seed-0"
