"""Rulers on shared weights beside training from scratch, from the searches to the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autogan_core.ablations import proxy
from autogan_core.ablations.pages.statistics import Estimate
from autogan_core.ablations.rulers.rulers import default_ruler, rulers
from autogan_core.ablations.rulers.scratch_curves import ScratchTraining, uniform_architectures
from autogan_core.ablations.suite.computations import in_order
from autogan_core.ablations.suite.suite import Suite
from tests.core.ablations.figures.test_figures import Drawing
from tests.core.ablations.tiny_suite import TWO_CELLS, tiny_suite

ONE_ARCHITECTURE = (
    "search.space.conv=[pre]",
    "search.space.norm=[bn]",
    "search.space.up=[nearest]",
    "search.space.shortcut=[with]",
    "search.space.skip=[with]",
)


def done(suite: Suite) -> Suite:
    for computation in in_order(proxy.computations(suite)):
        assert not computation.done()
        computation.run()
        assert computation.done()
    return suite


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The experiment, done to its end on two seeds."""
    return done(tiny_suite(tmp_path_factory.mktemp("proxy"), *TWO_CELLS, seeds=(0, 1)))


def test_works_are_trainings_searches_and_their_scores(suite: Suite) -> None:
    """Each architecture is trained once; each way to train shared weights has a search on each seed."""
    names = [computation.name for computation in in_order(proxy.computations(suite))]
    architectures = uniform_architectures(suite.plan)
    assert names[:3] == [f"proxy/scratch/{architecture}" for architecture in architectures]
    assert names[3:] == [
        f"{folder}/{variant}/seed-{seed}"
        for variant in ("mlas", "uniform")
        for seed in (0, 1)
        for folder in ("searches", "proxy")
    ]


def test_finding_holds_every_ruler_and_all_truths(suite: Suite) -> None:
    """Two kinds of weights for every ruler, the default among them, early trainings, and each architecture's points."""
    data = proxy.finding(suite).data
    json.dumps(data, allow_nan=False)
    assert len(data["rulers"]) == 2 * len(rulers(suite.plan))
    [default] = [ruler for ruler in data["rulers"] if ruler["default"]]
    own = default_ruler(suite.plan)
    assert (default["weights"], default["score"], default["images"]) == ("draws of the policy", "IS", own.images)
    assert data["spearman"] == default["spearman_fid"]
    assert list(data["from_scratch"]) == [str(architecture) for architecture in uniform_architectures(suite.plan)]
    assert {short["steps"] for short in data["short_trainings"]} == {1, 2}
    assert set(data["gains"]) == {"1", "2"}
    assert {seed: len(column) for seed, column in data["default"]["values"].items()} == {"0": 3, "1": 3}


def test_three_architectures_carry_no_claim(suite: Suite) -> None:
    """No interval, no agreement; the paragraph names the default, the best and the policy's gain in each stage."""
    finding = proxy.finding(suite)
    assert finding.here.startswith("No agreement of the ranks is shown for the search's own ruler (IS, 32 images")
    for words in ("over 3 architectures drawn uniformly", "mean over 2 searches", "stage 1", "stage 2", "ln FID"):
        assert words in finding.here
    assert "nan" not in finding.here
    assert len(finding.tables) == 5
    drawing = Drawing(finding.figure)
    assert {"Agreement of rulers", "The default ruler", "stage 1", "stage 2", "seed 0", "seed 1"} < set(drawing.texts)


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
    found = Estimate(value, low, high, 60)
    monkeypatch.setattr("autogan_core.ablations.rulers.ruler_study.mean_rank_correlation", lambda columns, y: found)
    assert proxy.finding(suite).here.startswith(words)


def test_a_space_of_one_architecture(tmp_path: Path) -> None:
    """There is nothing to rank; the finding says so without a NaN."""
    finding = proxy.finding(done(tiny_suite(tmp_path, *TWO_CELLS, *ONE_ARCHITECTURE)))
    json.dumps(finding.data, allow_nan=False)
    assert len(finding.data["from_scratch"]) == 1
    assert "No agreement of the ranks is shown" in finding.here
    assert "nan" not in finding.here + finding.figure


def test_a_training_that_diverged_is_left_out(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others still make a finding; without any, the draws of the policy remain."""
    gone, curve = uniform_architectures(suite.plan)[0], ScratchTraining.curve
    monkeypatch.setattr(ScratchTraining, "curve", lambda self: None if self.architecture == gone else curve(self))
    finding = proxy.finding(suite)
    assert len(finding.data["from_scratch"]) == 2
    json.dumps(finding.data, allow_nan=False)
    monkeypatch.setattr(ScratchTraining, "curve", lambda self: None)
    finding = proxy.finding(suite)
    assert finding.here.startswith("Every training from scratch diverged.")
    assert set(finding.data["gains"]) == {"1", "2"}
