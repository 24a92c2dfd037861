"""``proxy``: which score on shared weights tells how good an architecture is after training from scratch?

The paper asks the same of one score (section 4.3.1 and Figure 7), for architectures that its search had derived; here
they are drawn uniformly, so that a ruler has to know the bad ones too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from autogan_core.ablations.figures.figures import Bar, BarPanel
from autogan_core.ablations.figures.scatter import ScatterGroup, ScatterPanel
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.pages.statistics import Estimate
from autogan_core.ablations.rulers.policy_gain import (
    Gain,
    gain_panel,
    gain_sentence,
    gain_table,
    gains_json,
    policy_gains,
)
from autogan_core.ablations.rulers.ruler_figure import ruler_figure
from autogan_core.ablations.rulers.ruler_scores import RulerScores
from autogan_core.ablations.rulers.ruler_study import Judged, Truth, judge, judge_short_trainings
from autogan_core.ablations.rulers.ruler_tables import choice_table, course_table, ruler_table, seed_table
from autogan_core.ablations.rulers.rulers import default_ruler, rulers
from autogan_core.ablations.rulers.scratch_curves import ScratchTraining, uniform_architectures
from autogan_core.ablations.rulers.shared_weights import shared_weights
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import MLAS

NAME = "proxy"
_TITLE = "Scores on shared weights as a proxy"
_PAPER = (
    "Architectures that the search derived were trained from scratch for 30 epochs. Their Inception scores "
    "correlate with those on the shared weights (Spearman 0.779), which are lower (section 4.3.1, Figure 7)."
)
_DRAWN = 12
"""Rulers in the figure, beside the default one and the best short training."""


def computations(suite: Suite) -> list[Computation]:
    """The trainings from scratch, and the rulers' scores on each search's weights. Raises like `default_ruler`."""
    default_ruler(suite.plan)  # a reward that cannot be compared is refused before hours of training
    return [*_trainings(suite), *(scores for of_weights in _scores(suite).values() for scores in of_weights)]


def finding(suite: Suite) -> Finding:
    """How each ruler agrees with training from scratch, and what the policy has learned by its own ruler."""
    plan = suite.plan
    curves = [curve for training in _trainings(suite) if (curve := training.curve()) is not None]
    truth = Truth(curves, plan.config(plan.seeds[0]).scores.num_images)
    gains = policy_gains([Search(suite, MLAS, seed) for seed in plan.seeds])
    if not curves:
        return Finding(
            NAME, _TITLE, _PAPER, "Every training from scratch diverged.", "", "", suite.command_for(NAME),
            (gain_table(gains, plan, suite.accuracy),), data={"gains": gains_json(gains)},
        )  # fmt: skip
    readings = {weights: [scores.readings() for scores in found] for weights, found in _scores(suite).items()}
    own = next(iter(readings))
    judged = judge(rulers(plan), readings, truth, (own, default_ruler(plan)))
    short = judge_short_trainings(truth)
    default = next(found for found in judged if found.default)
    return Finding(
        name=NAME,
        title=_TITLE,
        paper=_PAPER,
        here=f"{_here(judged, short, default, truth)} {gain_sentence(gains)}",
        figure=_figure(judged, short, default, truth, plan.seeds, gains),
        caption=f"Left: the {_DRAWN} rulers that agree best, the search's own (default) and the best short training; "
        "95 % intervals: bootstrap over the architectures (BCa); small dots: single searches. Right: each point is an "
        "architecture on one search's weights. Below: by how much the policy's draws score better than uniform ones "
        f"on the same weights, {plan.seed_words}; 95 % intervals over the seeds (Student's t).",
        command=suite.command_for(NAME),
        tables=(
            ruler_table(judged, short, truth),
            choice_table(judged),
            seed_table(default, judged[0], plan.seeds, truth),
            course_table(truth),
            gain_table(gains, plan, suite.accuracy),
        ),
        data={
            "spearman": default.fid.to_json(),
            "default": {
                "ruler": default.words,
                "pooled": truth.pooled(default.columns, truth.fid).to_json(),
                "values": {str(seed): column for seed, column in zip(plan.seeds, default.columns, strict=True)},
            },
            "rulers": [found.to_json() for found in judged],
            "short_trainings": [found.to_json() for found in short],
            "from_scratch": {str(curve.architecture): curve.to_json() for curve in curves},
            "slope": truth.slope.to_json(),
            "gains": gains_json(gains),
        },
    )


def _trainings(suite: Suite) -> list[ScratchTraining]:
    return [ScratchTraining(suite, architecture) for architecture in uniform_architectures(suite.plan)]


def _scores(suite: Suite) -> dict[str, list[RulerScores]]:
    """How shared weights were trained -> the rulers' scores on each seed's search; the search's own way first."""
    return {
        words: [RulerScores(Search(suite, variant, seed)) for seed in suite.plan.seeds]
        for words, variant in shared_weights(suite.plan).items()
    }


def _here(judged: Sequence[Judged], short: Sequence[Judged], default: Judged, truth: Truth) -> str:
    searches = len(default.columns)
    words = (
        f"{_agreement(default.fid)} for the search's own ruler ({default.words}): over {default.fid.count} "
        f"architectures drawn uniformly, Spearman's correlation with FID from scratch is {default.fid.text()} and with "
        f"the Inception score {default.inception_score.text()}, mean over {searches} "
        f"search{'es' if searches > 1 else ''}. The best of {len(judged)} rulers is {judged[0].words}: "
        f"{judged[0].fid.text()} and {judged[0].inception_score.text()}."
    )
    if short:
        words += f" The best short training, {short[0].words}, has {short[0].fid.text()}."
    if truth.slope.count:
        words += f" Over the last doubling of the trainings' length ln FID changes by {truth.slope.text()} on average."
    return words


def _agreement(correlation: Estimate) -> str:
    if not correlation.excludes(0):
        return "No agreement of the ranks is shown"
    return "The ranks agree" if correlation.value > 0 else "The ranks disagree"


def _figure(
    judged: Sequence[Judged],
    short: Sequence[Judged],
    default: Judged,
    truth: Truth,
    seeds: Sequence[int],
    gains: Sequence[Gain],
) -> str:
    rulers = _ruler_panel(judged, short, default, truth)
    if not rulers.bars:  # too few architectures to rank any
        return ""
    return ruler_figure(
        rulers,
        _scatter_panel(default, truth, seeds),
        gain_panel(gains),
        "Rank correlations of rulers with FID after training from scratch, the default ruler's points, and rewards of "
        "the policy's draws minus those of uniform ones",
    )


def _ruler_panel(judged: Sequence[Judged], short: Sequence[Judged], default: Judged, truth: Truth) -> BarPanel:
    shown = [*short[:1], *judged[:_DRAWN], *([] if default in judged[:_DRAWN] else [default])]
    bars = [
        Bar(
            found.words,
            tuple(v for c in found.columns if not math.isnan(v := truth.agreement([c], truth.fid).value)),
            found.fid,
        )
        for found in shown
        if not math.isnan(found.fid.value)
    ]
    return BarPanel("Agreement of rulers", "Spearman's correlation with FID from scratch", tuple(bars), reference=0)


def _scatter_panel(default: Judged, truth: Truth, seeds: Sequence[int]) -> ScatterPanel | None:
    groups = []
    for seed, column in zip(seeds, default.columns, strict=True):
        pairs = zip(column, truth.curves, strict=True)
        points = [(value, -math.log(max(curve.last.fid, 1e-6))) for value, curve in pairs if value is not None]
        if points:
            groups.append(ScatterGroup(f"seed {seed}", tuple(points)))
    if not groups:
        return None
    note = f"Spearman {default.fid.text()}"
    return ScatterPanel("The default ruler", default.words, "−ln FID from scratch", tuple(groups), note)
