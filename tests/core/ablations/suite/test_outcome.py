"""Final scores over seeds: what is said follows from the interval alone."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogan_core.ablations.pages.statistics import Estimate, mean
from autogan_core.ablations.suite.outcome import (
    Outcome,
    arms_json,
    comparison_sentences,
    difference_words,
    differences,
    estimates,
    outcome_table,
    protocol_words,
)
from autogan_core.report import CheckpointScores
from autogan_core.runs.scoring.final_scores import FinalScores

PROTOCOL = "64 images, 2 splits, classifier features"
CLAIMS = ("(better)", "(worse)", "(no difference shown)", "(one seed cannot tell)")
Scores = st.floats(0.5, 500, allow_nan=False)


def outcomes(*scores: tuple[float, float], first_seed: int = 0) -> list[Outcome]:
    return [Outcome(seed, "1011", i, f, PROTOCOL) for seed, (i, f) in enumerate(scores, start=first_seed)]


def parts(sentence: str) -> tuple[str, str]:
    """The halves on the Inception score and on FID."""
    inception, fid = sentence.split(", FID ")
    return inception, fid


@given(st.lists(st.tuples(Scores, Scores, Scores, Scores), min_size=1, max_size=5))
def test_sentences_claim_exactly_what_the_interval_carries(rows: list[tuple[float, float, float, float]]) -> None:
    """'better' or 'worse' stand there if and only if the interval excludes 0; above 0 IS is better, FID worse."""
    ours, theirs = outcomes(*((a, b) for a, b, _, _ in rows)), outcomes(*((c, d) for _, _, c, d in rows))
    sentence = comparison_sentences({"ours": ours, "theirs": theirs}, "ours")
    found = (mean([a - c for a, _, c, _ in rows]), mean([b - d for _, b, _, d in rows]))
    for part, estimate, above, below in zip(
        parts(sentence), found, ("(better)", "(worse)"), ("(worse)", "(better)"), strict=True
    ):
        if len(rows) == 1:
            claim = "(one seed cannot tell)"
        elif estimate.low is not None and estimate.low > 0:
            claim = above
        elif estimate.high is not None and estimate.high < 0:
            claim = below
        else:
            claim = "(no difference shown)"
        assert [c for c in CLAIMS if c in part] == [claim]


def test_a_clear_difference_reads_so() -> None:
    """By hand: two seeds, IS higher by 1.0 and 1.2, FID lower by 10 in both."""
    arms = {"A": outcomes((3.0, 40.0), (3.4, 50.0)), "B": outcomes((2.0, 50.0), (2.2, 60.0))}
    half = 12.706204736 * 0.1  # t, times the standard error of 1.0 and 1.2
    assert comparison_sentences(arms, "A") == (
        f"A minus B: Inception score +1.10 [{1.1 - half:+.2f}, {1.1 + half:+.2f}] (no difference shown), "
        "FID -10.00 [-10.00, -10.00] (better)."
    )


def test_every_other_arm_is_compared() -> None:
    """One sentence for each, in their order; none with itself."""
    arms = {name: outcomes((1.0, 2.0), (1.5, 2.5)) for name in ("A", "B", "C")}
    text = comparison_sentences(arms, "B")
    assert text.index("B minus A: ") < text.index("B minus C: ")
    assert text.count(" minus ") == 2
    assert text.count("(no difference shown)") == 4


def test_differences_are_paired_by_seed() -> None:
    """Not by place: arms whose seeds are in another order pair up all the same."""
    ours, theirs = outcomes((5.0, 50.0), (1.0, 10.0)), outcomes((4.0, 49.0), (0.0, 9.0))
    found = differences(ours, theirs[::-1])
    assert found["is"] == Estimate(1.0, 1.0, 1.0, 2)
    assert found["fid"] == Estimate(1.0, 1.0, 1.0, 2)


def test_a_seed_that_failed_is_left_out_and_named() -> None:
    """Means and differences are over the other seeds; the sentence says which seed failed and why."""
    ours = [*outcomes((2.0, 20.0), (3.0, 30.0)), Outcome(2, "1011", failure="the loss is NaN")]
    theirs = outcomes((1.0, 10.0), (1.5, 15.0), (9.0, 90.0))
    found = differences(ours, theirs)
    assert found["is"].value == pytest.approx(1.25)
    assert found["is"].count == 2
    assert estimates(ours)["fid"].value == pytest.approx(25)
    text = comparison_sentences({"ours": ours, "theirs": theirs}, "ours")
    assert "ours failed on 1 of 3 seeds, first on seed 2: the loss is NaN." in text
    assert "nan" not in text.replace("NaN", "")


def test_nothing_is_claimed_of_an_arm_without_scores() -> None:
    """All seeds failed: a dash in the table, null in the data, and no claim in the sentence."""
    arms = {"ours": outcomes((2.0, 20.0), (3.0, 30.0)), "dead": [Outcome(s, "x", failure="NaN") for s in (0, 1)]}
    text = comparison_sentences(arms, "ours")
    assert text.startswith("ours minus dead: Inception score cannot be compared, FID cannot be compared.")
    assert outcome_table(arms).rows[1] == ("dead", "–", "–")
    data = json.loads(json.dumps(arms_json(arms), allow_nan=False))
    assert data["dead"]["is"]["value"] is None


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(0.31, 0.1, 0.52, 3), "+0.31 [+0.10, +0.52] (higher)"),
        (Estimate(-0.31, -0.52, -0.1, 3), "-0.31 [-0.52, -0.10] (lower)"),
        (Estimate(0.31, -0.1, 0.72, 3), "+0.31 [-0.10, +0.72] (no difference shown)"),
        (Estimate(0.31, None, None, 1), "+0.31 (one seed cannot tell)"),
        (Estimate(0.31, 0.0, 0.62, 3), "+0.31 [+0.00, +0.62] (no difference shown)"),
        (Estimate(math.nan, None, None, 0), "cannot be compared"),
    ],
)
def test_difference_words(estimate: Estimate, words: str) -> None:
    """A sign always, and a claim only where 0 lies outside."""
    assert difference_words(estimate, "higher", "lower") == words


def test_outcome_takes_the_best_checkpoint_and_its_protocol() -> None:
    """The best checkpoint's scores, not the last one's, by the final protocol."""
    names = ("is_64_2split_classifier", "fid_64_classifier")
    best = CheckpointScores(2, dict(zip(names, (3.0, 30.0), strict=True)))
    last = CheckpointScores(4, dict(zip(names, (9.0, 90.0), strict=True)))
    outcome = Outcome.of(5, "1011", FinalScores(best, last, datetime.now(UTC)))
    assert outcome == Outcome(5, "1011", 3.0, 30.0, PROTOCOL)
    assert (outcome.score("is"), outcome.score("fid")) == (3.0, 30.0)


def test_a_score_that_is_not_finite_is_a_failure() -> None:
    """An infinite FID makes an outcome without scores, which says what is missing."""
    scores = CheckpointScores(2, {"is_64_2split_classifier": 3.0, "fid_64_classifier": math.inf})
    outcome = Outcome.of(0, "1011", FinalScores(scores, scores, datetime.now(UTC)))
    assert outcome.failure is not None and "FID" in outcome.failure
    json.dumps(outcome.to_json(), allow_nan=False)


def test_the_protocol_says_seeds_and_intervals() -> None:
    """Images, splits, features; over how many seeds; and no interval where there is one seed."""
    assert protocol_words({"A": outcomes((1.0, 2.0), (1.0, 2.0))}) == (
        f"{PROTOCOL}; mean over 2 seeds, in brackets its 95 % interval (Student's t)"
    )
    assert protocol_words({"A": outcomes((1.0, 2.0), first_seed=7)}) == f"{PROTOCOL}; seed 7 only, so no interval"


def test_table_and_data_hold_the_same_numbers() -> None:
    """Means with intervals in a row for each arm, further columns behind; the data have the raw scores."""
    arms = {"A": outcomes((1.0, 20.0), (2.0, 30.0)), "B": outcomes((4.0, 5.0), (4.0, 5.0))}
    table = outcome_table(arms, {"Minutes": {"A": "1.0", "B": "2.0"}})
    assert table.headers == ("", "Inception score ↑", "FID ↓", "Minutes")
    expected = {name: [estimate.text() for estimate in estimates(found).values()] for name, found in arms.items()}
    assert table.rows == (("A", *expected["A"], "1.0"), ("B", *expected["B"], "2.0"))
    assert expected["B"] == ["4.00 [4.00, 4.00]", "5.00 [5.00, 5.00]"]
    data = arms_json(arms)["A"]
    assert [outcome["inception_score"] for outcome in data["outcomes"]] == [1.0, 2.0]
    assert data["fid"]["value"] == pytest.approx(25.0)
