"""Scores on the shared weights beside those after training from scratch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autogan_core.experiments import proxy
from autogan_core.experiments.proxy import Pair, ScratchScore, SharedScores
from autogan_core.experiments.searches import Search
from autogan_core.experiments.statistics import Estimate, rank_correlation
from autogan_core.experiments.suite import Suite
from autogan_core.experiments.variants import MLAS
from autogan_core.experiments.work import in_order
from tests.core.experiments.tiny_suite import TWO_CELLS, digest, tiny_suite


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The experiment, done to its end on two seeds."""
    suite = tiny_suite(tmp_path_factory.mktemp("proxy"), *TWO_CELLS, seeds=(0, 1))
    for work in in_order(proxy.works(suite)):
        assert not work.done()
        work.run()
        assert work.done()
    return suite


def shared_scores(suite: Suite, seed: int = 0) -> SharedScores:
    return SharedScores(Search(suite, MLAS, seed))


def test_works_are_a_search_its_scores_and_the_trainings(suite: Suite) -> None:
    """For each seed: the paper's search, scores on its weights, and as many trainings as the budget says."""
    assert [work.name for work in in_order(proxy.works(suite))] == [
        name
        for seed in (0, 1)
        for name in (f"searches/mlas/seed-{seed}", *(f"proxy/seed-{seed}/{part}" for part in ("shared", 0, 1, 2)))
    ]


def test_architectures_are_the_last_derivations_then_the_policys(suite: Suite) -> None:
    """Full-depth, each once: first what the last derivation scored, then draws that the last iteration trained on."""
    history = Search(suite, MLAS, 0).open().history
    chosen = list(shared_scores(suite).scores())
    derived = list(dict.fromkeys(a for a, _ in history[-1].scored))
    assert len(chosen) == len(set(chosen)) == 3
    assert chosen[: len(derived)] == derived
    assert set(chosen[len(derived) :]) <= set(history[-2].assignment.training)
    assert {a.depth for a in chosen} == {2}


def test_scoring_leaves_the_search_alone(suite: Suite) -> None:
    """Scoring again gives the same numbers, and not a file of the search's folder changes."""
    shared = shared_scores(suite)
    before, scores = digest(suite.folder / "searches"), shared.scores()
    shared.run()
    assert digest(suite.folder / "searches") == before
    assert shared.scores() == scores


def test_trainings_last_for_the_budgets_epochs(suite: Suite) -> None:
    """One epoch of 64 images in batches of 16, two discriminator steps for a generator step: two of these."""
    score = ScratchScore(shared_scores(suite), 0)
    assert score.config.retrain.generator_iterations == 2
    assert score.config.retrain.validation_images == 32
    assert (score.cost().discriminator_steps, score.cost().generator_steps, score.cost().scored_images) == (4, 2, 32)


def test_pairs_join_both_scores_of_an_architecture(suite: Suite) -> None:
    """Each pair has the shared score of the very architecture that was trained."""
    shared = shared_scores(suite)
    for number, (architecture, score) in enumerate(shared.scores().items()):
        pair = ScratchScore(shared, number).pair()
        assert pair is not None
        assert (pair.seed, pair.architecture, pair.shared) == (0, str(architecture), score)
        stored = json.loads((suite.folder / "proxy" / f"seed-0/{number}/retrain/{architecture}/state.json").read_text())
        assert pair.scratch in _numbers(stored)


def _numbers(tree: object) -> list[float]:
    if isinstance(tree, dict | list):
        return [number for value in (tree.values() if isinstance(tree, dict) else tree) for number in _numbers(value)]
    return [tree] if isinstance(tree, float) else []


def test_finding_pools_the_pairs_of_all_seeds(suite: Suite) -> None:
    """Correlation of all pairs and of each seed's, the share of lower shared scores, and no claim from six pairs."""
    data = proxy.finding(suite).data
    pairs = [Pair(**pair) for pair in data["pairs"]]
    assert [pair.seed for pair in pairs] == [0, 0, 0, 1, 1, 1]
    pooled = rank_correlation([p.shared for p in pairs], [p.scratch for p in pairs])
    assert data["spearman"] == pooled.to_json()
    own = [p for p in pairs if p.seed == 1]
    assert (
        data["spearman_by_seed"]["1"] == rank_correlation([p.shared for p in own], [p.scratch for p in own]).to_json()
    )
    assert data["shared_is_lower"]["value"] == pytest.approx(sum(p.shared < p.scratch for p in pairs) / 6)
    assert "No agreement of the ranks is shown" in proxy.finding(suite).here


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.7, 0.4, 0.9, "The ranks agree"),
        (-0.7, -0.9, -0.4, "The ranks disagree"),
        (0.3, -0.1, 0.6, "No agreement of the ranks is shown"),
        (0.9, None, None, "No agreement of the ranks is shown"),
    ],
)
def test_claims_follow_from_the_interval(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, value: float, low: float | None, high: float | None, words: str
) -> None:
    """Agreement only where the interval lies above 0."""
    monkeypatch.setattr(proxy, "rank_correlation", lambda x, y: Estimate(value, low, high, len(x)))
    assert proxy.finding(suite).here.startswith(words)


def test_a_space_that_holds_too_few_architectures(tmp_path: Path) -> None:
    """One architecture in all: the surplus trainings are done at once, and nothing is said of ranks."""
    narrow = (f"search.space.{part}" for part in ("conv=[pre]", "norm=[bn]", "up=[nearest]", "shortcut=[with]"))
    suite = tiny_suite(tmp_path, *TWO_CELLS, *narrow, "search.space.skip=[with]")
    for work in in_order([*proxy.works(suite)]):
        work.run()
    finding = proxy.finding(suite)
    assert len(finding.data["pairs"]) == 1
    json.dumps(finding.data, allow_nan=False)
    assert "No agreement of the ranks is shown" in finding.here


def test_a_seed_whose_trainings_all_diverge_is_left_out(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other seed's pairs still make a finding, which says no NaN."""
    pair = ScratchScore.pair
    monkeypatch.setattr(ScratchScore, "pair", lambda self: None if self.shared.search.seed == 1 else pair(self))
    finding = proxy.finding(suite)
    assert len(finding.data["pairs"]) == 3
    assert "nan" not in finding.here
    json.dumps(finding.data, allow_nan=False)


def test_no_nan_is_written_where_ranks_are_equal(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """One pair a seed has no ranks: the paragraph leaves the mean over the seeds out."""
    pair = ScratchScore.pair
    monkeypatch.setattr(ScratchScore, "pair", lambda self: None if self.number else pair(self))
    assert "nan" not in proxy.finding(suite).here
