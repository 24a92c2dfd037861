"""How rulers are judged, on numbers made by hand."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from autogan_core.ablations.pages.statistics import mean_rank_correlation
from autogan_core.ablations.rulers.ruler_scores import Reading
from autogan_core.ablations.rulers.ruler_study import (
    FROM_SCRATCH,
    Judged,
    Truth,
    judge,
    judge_short_trainings,
)
from autogan_core.ablations.rulers.ruler_tables import choice_table, course_table, ruler_table, seed_table
from autogan_core.ablations.rulers.rulers import Ruler
from autogan_core.ablations.rulers.scratch_curves import Curve, Point
from autogan_core.metrics.scores import Scores
from autogan_core.search_space import Architecture, SearchSpace

ARCHITECTURES = list(SearchSpace.full(1).enumerate())[:12]
FID = Ruler("log-fid", "running", 100, 0)
IS = Ruler("inception-score", "running", 100, 0)


def truth() -> Truth:
    """Architecture i ends at FID 10 + i and IS 5 - i / 10; half-way two neighbours stand the other way round."""
    curves = []
    for i, architecture in enumerate(ARCHITECTURES):
        half = i + 1 if i == 0 else i - 1 if i == 1 else i
        points = (Point(100, 3.0, 20.0 + half), Point(200, 5.0 - i / 10, 10.0 + i))
        curves.append(Curve(architecture, points, 0.1, 8.0))
    return Truth(curves, 500)


def readings(fids: list[float], noise: float = 0.0, steps: int = 0) -> dict[Architecture, list[Reading]]:
    """One search's: FIDs on shared weights; the second repeat's are larger by a factor. All have the same IS."""
    return {
        architecture: [
            Reading(repeat, "running", steps, 100, Scores(2.0, 0.1, fid * (1 + repeat * noise), 100, 2, "", fid), 0.25)
            for repeat in (0, 1)
        ]
        for architecture, fid in zip(ARCHITECTURES, fids, strict=True)
    }


RISING = [30.0 + i for i in range(12)]


def test_agreement_is_turned_so_that_1_is_agreement() -> None:
    """Low FIDs where those from scratch are low: 1, with FID and with IS alike; the other way round: -1."""
    for fids, sign in ((RISING, 1), (RISING[::-1], -1)):
        [judged] = judge([FID], {"policy": [readings(fids)]}, truth(), ("policy", FID))
        assert judged.fid.value == pytest.approx(sign)
        assert judged.inception_score.value == pytest.approx(sign)
        assert judged.default


def test_value_is_the_mean_over_searches() -> None:
    """One search agrees, one does the opposite: 0 on average; their mean scores agree with neither."""
    [judged] = judge([FID], {"policy": [readings(RISING), readings(RISING[::-1])]}, truth(), ("other", FID))
    assert judged.fid.value == pytest.approx(0, abs=1e-12)
    assert not judged.default
    assert len(judged.columns) == 2
    assert truth().agreement([judged.columns[1]], truth().fid).value == pytest.approx(-1)


def test_pooled_ranks_the_means_of_the_scores() -> None:
    """A search whose scores spread ten times as far decides."""
    wide, narrow = [10 * value for value in RISING], [value + 30 for value in RISING[::-1]]
    columns = [[-value for value in column] for column in (wide, narrow)]
    assert truth().pooled(columns, truth().fid).value == pytest.approx(1)
    assert truth().agreement(columns, truth().fid).value == pytest.approx(0, abs=1e-12)


def test_best_agreement_comes_first_and_none_last() -> None:
    """Equal Inception scores rank nothing: no correlation, no noise, and the last place."""
    found = judge([IS, FID], {"policy": [readings(RISING)]}, truth(), ("policy", IS))
    assert [judged.score for judged in found] == ["FID", "IS"]
    assert math.isnan(found[1].fid.value)
    assert found[1].noise is None
    json.dumps([judged.to_json() for judged in found], allow_nan=False)


def test_an_architecture_without_a_score_is_left_out() -> None:
    """Of its ruler alone, in all searches at once."""
    spoilt = readings(RISING)
    spoilt[ARCHITECTURES[0]] = [dataclasses.replace(r, scores=None) for r in spoilt[ARCHITECTURES[0]]]
    [judged] = judge([FID], {"policy": [spoilt, readings(RISING)]}, truth(), ("policy", FID))
    assert judged.fid.count == 11
    assert judged.columns[0][0] is None
    assert judged.fid.value == pytest.approx(1)
    assert truth().pooled(judged.columns, truth().fid).count == 11


def test_noise_is_a_share_of_the_spread() -> None:
    """ln FID moves by ln 1.1 from one repeat to the other: a standard deviation of that by the root of 2, within."""
    [judged] = judge([FID], {"policy": [readings(RISING, noise=0.1)]}, truth(), ("policy", FID))
    between = float(np.std(np.log(RISING), ddof=1))
    assert judged.noise == pytest.approx(math.log(1.1) / math.sqrt(2) / between, rel=1e-9)
    assert judged.seconds == 0.25


def test_every_ruler_reads_its_own_way() -> None:
    """Steps, statistics and images tell readings apart."""
    mixed = {
        a: [*as_is, *adapted]
        for (a, as_is), adapted in zip(readings(RISING).items(), readings(RISING[::-1], steps=10).values(), strict=True)
    }
    adapted = Ruler("log-fid", "running", 100, 10)
    found = judge([FID, adapted], {"policy": [mixed]}, truth(), ("policy", adapted))
    assert [(j.steps, round(j.fid.value)) for j in found] == [(0, 1), (10, -1)]
    assert [j.default for j in found] == [False, True]


def test_interval_is_over_architectures() -> None:
    """The study's interval is that of the statistics' bootstrap."""
    rng = np.random.default_rng(0)
    columns = [(-np.array(RISING) + rng.normal(size=12) * 3).tolist() for _ in range(2)]
    assert truth().agreement(columns, truth().fid) == mean_rank_correlation(columns, truth().fid)


def test_short_trainings_are_rulers_of_their_ends() -> None:
    """FID at half the length: one swap of neighbours in 12; IS there tells nothing. They take half the time."""
    fid, score = judge_short_trainings(truth())
    assert fid.fid.value == pytest.approx(1 - 6 * 2 / (12 * 143))
    assert (fid.score, fid.steps, fid.weights, fid.images, fid.seconds) == ("FID", 100, FROM_SCRATCH, 500, 4.0)
    assert (fid.noise, fid.words) == (None, "FID after 100 steps from scratch")
    assert math.isnan(score.fid.value)
    assert judge_short_trainings(Truth([], 500)) == []


class TestTables:
    """What the tables say."""

    @pytest.fixture
    def judged(self) -> list[Judged]:
        """IS and FID on two kinds of weights; the default is FID where it disagrees."""
        weights = {"policy": [readings(RISING[::-1], noise=0.1)], "uniform": [readings(RISING)]}
        return judge([FID, IS], weights, truth(), ("policy", FID))

    def test_rulers_are_sorted_and_the_default_marked(self, judged: list[Judged]) -> None:
        """Shared and short trainings in one order; the protocol and the price beside each."""
        rows = ruler_table(judged, judge_short_trainings(truth()), truth()).rows
        names = [row[:2] for row in rows]
        assert names[:3] == [("uniform", "FID"), (FROM_SCRATCH, "FID"), ("policy (default)", "FID")]
        assert rows[0][5] == "1.00 [1.00, 1.00]"
        [default] = [found for found in judged if found.default]
        assert default.noise is not None
        assert rows[2][7:] == (f"{100 * default.noise:.0f} %", "250")
        assert len(rows) == 6

    def test_the_default_is_shown_however_bad_it_is(self) -> None:
        """Behind the best twenty it still has its row."""
        weights = {str(i): [readings(RISING)] for i in range(25)}
        found = judge([FID], weights | {"own": [readings(RISING[::-1])]}, truth(), ("own", FID))
        rows = ruler_table(found, [], truth()).rows
        assert len(rows) == 21
        assert rows[-1][0] == "own (default)"

    def test_choices_are_means_over_all_that_make_them(self, judged: list[Judged]) -> None:
        """Those without a correlation do not count; every option has a row."""
        rows = {row[:2]: row[2] for row in choice_table(judged).rows}
        assert rows[("shared weights", "uniform")] == "1.00"
        assert rows[("shared weights", "policy")] == "-1.00"
        assert rows[("score", "FID")] == "0.00"
        assert rows[("score", "IS")] == "–"
        assert set(rows) >= {("statistics", "running"), ("images", "100"), ("adaptation", "0 steps")}

    def test_seeds_and_their_mean(self, judged: list[Judged]) -> None:
        """A row for the search and one for the mean over all, default first."""
        rows = seed_table(judged[1], judged[0], (7,), truth()).rows
        assert [row[0] for row in rows] == ["7", "mean of the scores"]
        assert (rows[0][1], rows[0][3]) == ("-1.00 [-1.00, -1.00]", "1.00 [1.00, 1.00]")

    def test_course_of_the_trainings(self) -> None:
        """Lowest, middle and highest FID at each scoring, and the slope between them."""
        found = course_table(truth())
        assert [row[:4] for row in found.rows] == [
            ("100", "20.0", "25.5", "31.0"),
            ("200", "10.0", "15.5", "21.0"),
        ]
        assert found.rows[1][5] == "1.00 [1.00, 1.00]"
        assert truth().slope.text() in found.caption
        assert truth().slope.value < 0
