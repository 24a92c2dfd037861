"""Draws of the policy beside uniform ones: what is scored, when, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autogan_core.ablations.pages.statistics import Estimate, difference, mean
from autogan_core.ablations.rulers.policy_gain import (
    gain_panel,
    gain_sentence,
    gain_table,
    gains_json,
    policy_gains,
)
from autogan_core.ablations.suite.policy_draws import Draws
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.variants import RANDOM_SHARED
from autogan_core.metrics.complexity import generator_macs
from autogan_core.metrics.reward import reward
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.storage import DirectoryStore, read_document
from tests.core.ablations.suite.test_searches import KilledError, KillingMonitor
from tests.core.ablations.tiny_suite import digest, tiny_plan, tiny_search


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Search:
    """A compared search."""
    search = tiny_search(tmp_path_factory.mktemp("draws"))
    search.run()
    return search


def stored(search: Search, slot: int) -> dict[str, list[tuple[str, float]]]:
    content: dict[str, list[tuple[str, float]]] = read_document(search.store, f"draws/{slot:05d}.json")
    return content


def test_both_kinds_are_drawn_before_each_derivation(finished: Search) -> None:
    """Three of each in slots 1 and 3, of the stage's depth; those of the second stage extend its beams."""
    assert sorted(path.name for path in (finished.suite.folder / finished.name / "draws").iterdir()) == [
        "00001.json",
        "00003.json",
    ]
    run = finished.open()
    beams = {beam.architecture.cells for beam in run.mlas.beams(run.history[:2])}
    for slot, depth in ((1, 1), (3, 2)):
        for kind in ("policy", "uniform"):
            drawn = [Architecture.parse(text) for text, _ in stored(finished, slot)[kind]]
            assert [a.depth for a in drawn] == [depth] * 3
            assert depth == 1 or {a.cells[:1] for a in drawn} <= beams
            assert drawn == list(run.mlas.sample(run.history[:slot], slot, 3, uniform=kind == "uniform"))


def test_scores_are_rewards_on_the_weights_before_the_derivation(finished: Search, tmp_path: Path) -> None:
    """A shared GAN that has run the slots before it gives the same rewards."""
    config = finished.config
    gan = SharedGAN(finished.suite.workspace(config, DirectoryStore(tmp_path)))
    for record in finished.open().history[:3]:
        gan.run(record.assignment)
    found = stored(finished, 3)
    pairs = [*found["policy"], *found["uniform"]]
    architectures = list(dict.fromkeys(Architecture.parse(text) for text, _ in pairs))
    scores = dict(zip(architectures, gan.score(architectures, "draws", 3), strict=True))
    for text, value in pairs:
        architecture = Architecture.parse(text)
        macs = generator_macs(architecture, config.model, config.search.generator_channels)
        assert value == pytest.approx(reward(scores[architecture], config.search.reward, macs), rel=1e-9)


def test_other_searches_are_not_compared(tmp_path: Path) -> None:
    """Only the search that the experiment reads spends time on it."""
    search = tiny_search(tmp_path, variant=RANDOM_SHARED)
    search.run()
    assert not (search.suite.folder / search.name / "draws").exists()


def test_draws_are_scored_once(finished: Search, tmp_path: Path) -> None:
    """A search that was killed right after it goes on to the same draws, and does not score them again."""
    with pytest.raises(KilledError):
        tiny_search(tmp_path, monitor=KillingMonitor("slot 1: scoring candidates")).run()
    search = tiny_search(tmp_path)
    folder = search.suite.folder / search.name / "draws"
    before = digest(folder)
    assert len(before) == 1
    search.run()
    assert {path: content for path, content in digest(folder).items() if path in before} == before
    assert search.draws() == finished.draws()


class FoundDraws:
    """In place of a search."""

    def __init__(self, seed: int, *draws: Draws) -> None:
        self.seed, self._draws = seed, list(draws)

    def draws(self) -> list[Draws]:
        return self._draws


def gains_of(*searches: FoundDraws):  # type: ignore[no-untyped-def]
    return policy_gains(searches)  # type: ignore[arg-type]


SEEDS = (
    FoundDraws(0, Draws((3.0, 3.2, 3.1), (2.0, 2.2, None))),
    FoundDraws(1, Draws((2.6, 2.8, 2.7), (2.0, 2.2, 1.8))),
    FoundDraws(2, Draws((2.9, 2.7, 2.8), (2.1, 2.2, 2.0))),
)


def test_differences_are_of_means_and_the_interval_over_seeds() -> None:
    """Each seed's by Welch over its draws, without those that got no reward; all by Student over the seeds."""
    [gain] = gains_of(*SEEDS)
    assert gain.by_seed[0] == difference((3.0, 3.2, 3.1), (2.0, 2.2))
    assert gain.over_seeds == mean([estimate.value for estimate in gain.by_seed.values()])
    assert gain.over_seeds.excludes(0)
    assert "stage 1 +0.80" in gain_sentence([gain]) and "(better)" in gain_sentence([gain])
    json.dumps(gains_json([gain]), allow_nan=False)


def test_one_seed_has_its_own_interval() -> None:
    """Over its draws, since there are no others."""
    [gain] = gains_of(SEEDS[1])
    assert gain.over_seeds == gain.by_seed[1]
    assert len(gain_table([gain], tiny_plan(), None).rows) == 1


def test_a_seed_without_rewards_is_left_out() -> None:
    """And where no seed has any, nothing is drawn or said."""
    [gain] = gains_of(SEEDS[0], FoundDraws(1, Draws((None, None), (1.0, 2.0))))
    assert list(gain.by_seed) == [0]
    [nothing] = gains_of(FoundDraws(1, Draws((None,), (1.0,))))
    assert gain_panel([nothing]) is None
    assert gain_table([nothing], tiny_plan(), None).rows == ()
    assert "cannot be compared" in gain_sentence([nothing])
    json.dumps(gains_json([nothing]), allow_nan=False)


def test_the_table_has_a_row_for_each_seed_and_one_for_all() -> None:
    """Means of both kinds, their difference, and what its interval allows to say."""
    gains = gains_of(*SEEDS)
    rows = gain_table(gains, tiny_plan(), 0.756).rows
    assert [row[:2] for row in rows] == [("1", "0"), ("1", "1"), ("1", "2"), ("1", "all")]
    assert rows[0][2:4] == ("3.10", "2.10")
    assert rows[3][4].endswith("(better)")
    panel = gain_panel(gains)
    assert panel is not None
    [bar] = panel.bars
    assert (bar.name, len(bar.values), panel.reference) == ("stage 1", 3, 0)
    assert isinstance(bar.estimate, Estimate)
