"""What came of arms at equal cost, as a page shows it: the figure, the samples, the tables and the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autogan_core.ablations import contenders
from autogan_core.ablations.equal_cost.arm_record import ArmRecord
from autogan_core.ablations.equal_cost.arm_run import ArmRun
from autogan_core.ablations.equal_cost.payoff_figure import ArmLine, SeedLine, payoff_figure
from autogan_core.ablations.equal_cost.payoff_tables import (
    Comparison,
    arms_table,
    at_equal_length,
    choices_table,
    comparison_table,
    equal_length_table,
)
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.suite.suite import Suite
from autogan_core.metrics.features.classifier_accuracy import features_words


def arms_finding(
    suite: Suite,
    arms: Mapping[str, Sequence[ArmRun]],
    compared: Mapping[str, Comparison],
    *,
    name: str,
    title: str,
    paper: str,
    here: str,
    caption: str,
    more: Mapping[str, Any] | None = None,
) -> Finding:
    """Puts together what arms came to, the first against each other.

    Args:
        suite: that they belong to.
        arms: all of them done, one for each seed, by their names in words; the first are ours.
        compared: ours against each other arm.
        name: of the ablation; as are all that follow, of `Finding`.
        title: its heading.
        paper: what the paper says.
        here: what came of it.
        caption: of the figure.
        more: further numbers to keep.

    Returns:
        The finding, with final scores at equal cost and the best generator on the way.
    """
    config, ours = suite.plan.config(suite.plan.seeds[0]), next(iter(arms))
    records = {arm: [each.record() for each in of_arm] for arm, of_arm in arms.items()}
    lines, alone = _lines(records), at_equal_length(records)
    validation = f"{config.retrain.validation_images:,} images, " + features_words(
        config.scores.features, suite.accuracy
    )
    words = f"FID of the best generator so far ({validation})"
    return Finding(
        name=name,
        title=title,
        paper=paper,
        here=here,
        figure=payoff_figure(lines, words, "How the FID of each arm's best generator falls with its total cost")
        if lines
        else "",
        caption=caption,
        command=suite.command_for(name),
        samples=contenders.samples(arms, suite.inputs().dataset, suite.plan.seeds[0]),
        tables=(
            comparison_table(compared, ours),
            equal_length_table(alone, ours, validation),
            arms_table(arms),
            choices_table(arms),
        ),
        data={
            "comparisons": {arm: _comparison_json(comparison) for arm, comparison in compared.items()},
            "equal_length": {arm: {"steps": c.steps, "fid_ratio": c.ratio.to_json()} for arm, c in alone.items()},
            "arms": {
                arm: [{"outcome": each.outcome().to_json(), **each.record().to_json()} for each in of_arm]
                for arm, of_arm in arms.items()
            },
            **(more or {}),
        },
    )


def _lines(records: Mapping[str, Sequence[ArmRecord]]) -> list[ArmLine]:
    lines = [ArmLine(name, tuple(_seed_line(r) for r in of_arm if r.points)) for name, of_arm in records.items()]
    return [line for line in lines if line.seeds]


def _seed_line(record: ArmRecord) -> SeedLine:
    points: list[tuple[float, float]] = []
    for point in record.points:
        if not points or point.fid < points[-1][1]:
            points.append((point.spent.macs, point.fid))
    return SeedLine(tuple(points), record.total.macs, record.searched.macs)


def _comparison_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "fid_ratio": comparison.ratio.to_json(),
        "fid_difference": comparison.fid.to_json(),
        "inception_score_difference": comparison.inception_score.to_json(),
        "seeds_for_fid": comparison.seeds_for_fid,
        "seeds_for_inception_score": comparison.seeds_for_inception_score,
    }
