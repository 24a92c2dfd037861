"""Tables of ``proxy``: rulers by their agreement, what each of their choices is worth, and the trainings' courses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean, median

from autogan_core.ablations.pages.finding import Table
from autogan_core.ablations.pages.statistics import rank_correlation
from autogan_core.ablations.rulers.ruler_study import FROM_SCRATCH, Judged, Truth, ranked

_SHOWN = 20
_CHOICES: dict[str, Callable[[Judged], str]] = {
    "shared weights": lambda judged: judged.weights,
    "score": lambda judged: judged.score,
    "statistics": lambda judged: judged.statistics,
    "images": lambda judged: f"{judged.images:,}",
    "adaptation": lambda judged: f"{judged.steps} steps",
}


def ruler_table(judged: Sequence[Judged], short: Sequence[Judged], truth: Truth) -> Table:
    """Compares the best rulers, the default ruler and short trainings.

    Args:
        judged: all rulers on shared weights, best first.
        short: short trainings.
        truth: what they are held against.

    Returns:
        A row for each, best agreement with FID first.
    """
    shown = ranked([*judged[:_SHOWN], *(other for other in judged[_SHOWN:] if other.default), *short])
    rows = tuple(
        (
            found.weights + (" (default)" if found.default else ""),
            found.score,
            found.statistics,
            f"{found.images:,}",
            f"{found.steps:,}",
            found.fid.text(),
            found.inception_score.text(),
            "–" if found.noise is None else f"{100 * found.noise:.0f} %",
            f"{1000 * found.seconds:,.0f}",
        )
        for found in shown
    )
    headers = (
        "Shared weights",
        "Score",
        "Batch-norm statistics",
        "Images",
        "Steps",
        "Spearman with FID",
        "Spearman with IS",
        "Noise",
        "Milliseconds",
    )
    caption = (
        f"The best {min(_SHOWN, len(judged))} of {len(judged)} rulers on shared weights, the search's own (default) "
        "and short trainings. Spearman's correlation with FID and Inception score after training from scratch, turned "
        f"so that 1 is agreement: mean over the searches, {len(truth.curves)} architectures; in brackets its 95 % "
        "interval, a bootstrap over the architectures (BCa), not corrected for the best being the best of many. Steps: "
        f"of adaptation on a copy; where the weights are {FROM_SCRATCH}, generator steps. Noise: standard deviation "
        "over scorings of one architecture with other latent vectors, as a share of that over architectures. "
        "Milliseconds: for one architecture, median, without computing the score itself."
    )
    return Table(headers, rows, caption)


def choice_table(judged: Sequence[Judged]) -> Table:
    """What each option of each choice is worth: means over all rulers on shared weights that make it."""
    rows = []
    for choice, option_of in _CHOICES.items():
        for option in dict.fromkeys(sorted(map(option_of, judged), key=_by_number)):
            of_option = [found for found in judged if option_of(found) == option]
            noise = _mean([found.noise for found in of_option if found.noise is not None])
            rows.append(
                (
                    choice,
                    option,
                    _text(_mean([found.fid.value for found in of_option])),
                    _text(_mean([found.inception_score.value for found in of_option])),
                    "–" if math.isnan(noise) else f"{100 * noise:.0f} %",
                    f"{1000 * fmean(found.seconds for found in of_option):,.0f}",
                )
            )
    headers = ("Choice", "Option", "Spearman with FID", "Spearman with IS", "Noise", "Milliseconds")
    return Table(headers, tuple(rows), f"Means over all of the {len(judged)} rulers that make this choice.")


def seed_table(default: Judged, best: Judged, seeds: Sequence[int], truth: Truth) -> Table:
    """The default ruler and the best one, search by search, and by their means over the searches."""
    rows = [
        (
            str(seed),
            *(
                rank.text()
                for judged in (default, best)
                for rank in (truth.agreement([judged.columns[place]], of) for of in (truth.fid, truth.inception_score))
            ),
        )
        for place, seed in enumerate(seeds)
    ]
    pooled = (
        truth.pooled(judged.columns, of).text()
        for judged in (default, best)
        for of in (truth.fid, truth.inception_score)
    )
    headers = ("Seed", "Default, with FID", "Default, with IS", "Best, with FID", "Best, with IS")
    caption = (
        f"Default: {default.words}. Best: {best.words}. Spearman's correlation on each search's weights with its 95 % "
        "interval (BCa); last, that of the ruler's mean over all searches' weights."
    )
    return Table(headers, (*rows, ("mean of the scores", *pooled)), caption)


def course_table(truth: Truth) -> Table:
    """The trainings from scratch, scoring by scoring."""
    lengths = list(zip(*(curve.points for curve in truth.curves), strict=True))
    rows = tuple(
        (
            f"{points[0].iteration:,}",
            f"{min(point.fid for point in points):.1f}",
            f"{median(point.fid for point in points):.1f}",
            f"{max(point.fid for point in points):.1f}",
            f"{median(point.inception_score for point in points):.2f}",
            rank_correlation([-point.fid for point in points], truth.fid).text(),
        )
        for points in lengths
    )
    headers = ("Generator steps", "FID, lowest", "FID, median", "FID, highest", "IS, median", "Spearman with the end")
    caption = (
        f"The trainings from scratch, {truth.images:,} images each time. Over the last doubling of their length ln FID "
        f"changes by {truth.slope.text()} on average. Spearman: of FID with that at the end, with its 95 % interval "
        "(BCa)."
    )
    return Table(headers, rows, caption)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return fmean(known) if known else math.nan


def _text(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _by_number(option: str) -> float:
    """Numbers by size; other options stay in their order."""
    digits = option.split()[0].replace(",", "")
    return float(digits) if digits.isdigit() else 0.0
