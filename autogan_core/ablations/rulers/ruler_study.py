"""How every ruler agrees with training from scratch, how noisy it is, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

import numpy as np

from autogan_core.ablations.pages.statistics import Estimate, mean, mean_rank_correlation, rank_correlation
from autogan_core.ablations.rulers.ruler_scores import REPEATS, Reading
from autogan_core.ablations.rulers.rulers import SCORE_WORDS, STATISTICS_WORDS, Ruler
from autogan_core.ablations.rulers.scratch_curves import Curve
from autogan_core.search_space import Architecture

FROM_SCRATCH = "none, trained from scratch"
"""In place of shared weights: a short training of each architecture by itself, as successive halving begins."""

Column = Sequence[float | None]
"""A ruler's value for each architecture, higher for what it takes for better; None where there is none."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A ruler, and how it agrees with the scores after training from scratch."""

    weights: str
    """How the shared weights were trained, or `FROM_SCRATCH`."""
    score: str
    statistics: str
    """A dash where there is no choice."""
    images: int
    steps: int
    """Steps of adaptation, or generator steps of the short training."""
    columns: tuple[Column, ...]
    """A column for each seed; one column for a short training."""
    fid: Estimate
    """Mean over the seeds of Spearman's correlation with the FID from scratch, turned so that 1 is agreement."""
    inception_score: Estimate
    """The agreement with the Inception score after training from scratch."""
    noise: float | None
    """Standard deviation over repeated scorings of one architecture, as a share of that over architectures; None where
    nothing was repeated, or all architectures score alike."""
    seconds: float
    """Seconds for one architecture, the median."""
    default: bool = False
    """Whether it is what the search itself does."""

    @property
    def words(self) -> str:
        """One line that names it."""
        if self.weights == FROM_SCRATCH:
            return f"{self.score} after {self.steps:,} steps from scratch"
        steps = f", {self.steps} steps" if self.steps else ""
        marked = " (default)" if self.default else ""
        return f"{self.score}, {self.images:,} images, {self.statistics}{steps}; {self.weights}{marked}"

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the columns."""
        return {
            "weights": self.weights,
            "score": self.score,
            "statistics": self.statistics,
            "images": self.images,
            "steps": self.steps,
            "default": self.default,
            "spearman_fid": self.fid.to_json(),
            "spearman_inception_score": self.inception_score.to_json(),
            "noise": self.noise,
            "seconds": self.seconds,
        }


class Truth:
    """The scores after training from scratch, higher for better, of the architectures whose training did not fail."""

    def __init__(self, curves: Sequence[Curve], images: int) -> None:
        """``images``: that each of these scores was computed on."""
        self.curves, self.images = curves, images
        self.fid = [-curve.last.fid for curve in curves]
        self.inception_score = [curve.last.inception_score for curve in curves]

    @property
    def architectures(self) -> list[Architecture]:
        """The architectures, in the order of every column."""
        return [curve.architecture for curve in self.curves]

    @property
    def slope(self) -> Estimate:
        """Mean change of ln FID over the last doubling of the trainings' length: see `Curve.slope`."""
        return mean([curve.slope for curve in self.curves if not math.isnan(curve.slope)])

    def agreement(self, columns: Sequence[Column], truth: Sequence[float]) -> Estimate:
        """Mean over the columns of Spearman's correlation with a truth, over what has a value in all columns."""
        kept = [i for i in range(len(truth)) if all(column[i] is not None for column in columns)]
        known = [[value for i in kept if (value := column[i]) is not None] for column in columns]
        return mean_rank_correlation(known, [truth[i] for i in kept])

    def pooled(self, columns: Sequence[Column], truth: Sequence[float]) -> Estimate:
        """Spearman's correlation of the mean over the columns with a truth."""
        known = [(values, value) for *values, value in zip(*columns, truth, strict=True) if None not in values]
        return rank_correlation([fmean(values) for values, _ in known], [value for _, value in known])


def judge(
    rulers: Sequence[Ruler],
    readings: Mapping[str, Sequence[Mapping[Architecture, Sequence[Reading]]]],
    truth: Truth,
    default: tuple[str, Ruler],
) -> list[Judged]:
    """Judges every ruler on every kind of shared weights.

    Args:
        rulers: to judge.
        readings: how shared weights were trained -> for each seed all readings of each architecture.
        truth: what to hold them against.
        default: weights and ruler that are the search's own.

    Returns:
        A judgement for each pair, best agreement with FID first.
    """
    found = [
        _judged(weights, ruler, of_seeds, truth, (weights, ruler) == default)
        for weights, of_seeds in readings.items()
        for ruler in rulers
    ]
    return ranked(found)


def judge_short_trainings(truth: Truth) -> list[Judged]:
    """FID and the Inception score after parts of the trainings from scratch, as rulers for their ends."""
    found = []
    for divisor in truth.curves[0].early if truth.curves else ():
        points = [curve.early[divisor] for curve in truth.curves]
        seconds = median(c.seconds * p.iteration / c.last.iteration for c, p in zip(truth.curves, points, strict=True))
        for score, column in (
            ("FID", [-point.fid for point in points]),
            ("IS", [point.inception_score for point in points]),
        ):
            found.append(
                Judged(
                    weights=FROM_SCRATCH,
                    score=score,
                    statistics="–",
                    images=truth.images,
                    steps=points[0].iteration,
                    columns=(column,),
                    fid=truth.agreement([column], truth.fid),
                    inception_score=truth.agreement([column], truth.inception_score),
                    noise=None,
                    seconds=seconds,
                )
            )
    return ranked(found)


def ranked(found: Sequence[Judged]) -> list[Judged]:
    """Best agreement with FID first; those without a correlation last."""
    return sorted(found, key=lambda j: -math.inf if math.isnan(j.fid.value) else j.fid.value, reverse=True)


def _judged(
    weights: str,
    ruler: Ruler,
    of_seeds: Sequence[Mapping[Architecture, Sequence[Reading]]],
    truth: Truth,
    default: bool,
) -> Judged:
    read = [{a: [r for r in readings[a] if r.of(ruler)] for a in truth.architectures} for readings in of_seeds]
    repeats = [[[_value(ruler, r) for r in of_seed[a]] for a in truth.architectures] for of_seed in read]
    columns = tuple([values[0] for values in of_seed] for of_seed in repeats)
    return Judged(
        weights=weights,
        score=SCORE_WORDS[ruler.score],
        statistics=STATISTICS_WORDS[ruler.statistics],
        images=ruler.images,
        steps=ruler.steps,
        columns=columns,
        fid=truth.agreement(columns, truth.fid),
        inception_score=truth.agreement(columns, truth.inception_score),
        noise=_noise(repeats),
        seconds=median(r.seconds for of_seed in read for readings in of_seed.values() for r in readings),
        default=default,
    )


def _value(ruler: Ruler, reading: Reading) -> float | None:
    return None if reading.scores is None else ruler.value(reading.scores)


def _noise(repeats: Sequence[Sequence[Sequence[float | None]]]) -> float | None:
    """See `Judged.noise`; ``repeats``: for each seed, for each architecture its values."""
    within, between = list[float](), list[float]()
    for of_seed in repeats:
        known = [[value for value in values if value is not None] for values in of_seed]
        complete = [values for values in known if len(values) == REPEATS]
        if len(complete) > 1:
            within.append(float(np.var(complete, axis=1, ddof=1).mean()))
            between.append(float(np.var(complete, axis=0, ddof=1).mean()))
    return math.sqrt(fmean(within) / fmean(between)) if between and fmean(between) > 0 else None
