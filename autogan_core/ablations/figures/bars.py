"""Final scores of several contenders, as panels of a figure."""

from __future__ import annotations

from autogan_core.ablations.figures.figures import Bar, BarPanel
from autogan_core.ablations.suite.outcome import Arms, estimates, succeeded
from autogan_core.metrics.protocols import LONG_NAMES


def score_panels(arms: Arms, real_inception_score: float | None = None) -> list[BarPanel]:
    """Builds a panel for each score.

    Args:
        arms: the contenders.
        real_inception_score: of real images, as a reference line.

    Returns:
        Panels with a bar for each arm that has a score.
    """
    return [
        BarPanel(
            f"{name} ({'higher' if kind == 'is' else 'lower'} is better)",
            name,
            tuple(
                Bar(arm, tuple(outcome.score(kind) for outcome in succeeded(outcomes)), estimates(outcomes)[kind])
                for arm, outcomes in arms.items()
                if succeeded(outcomes)
            ),
            real_inception_score if kind == "is" else None,
        )
        for kind, name in LONG_NAMES.items()
    ]
