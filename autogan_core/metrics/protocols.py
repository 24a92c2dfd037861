"""Scores by their protocol: what a name such as ``is_5k_10split_classifier`` says, in words and numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from autogan_core.config import RewardConfig, RewardScore, ScoresConfig
from autogan_core.metrics.features.classifier_accuracy import ACCURACY, features_words

Kind = Literal["is", "fid", "kid", "precision", "recall"]

LONG_NAMES: dict[Kind, str] = {"is": "Inception score", "fid": "FID"}
"""How the kinds that everything is compared by are written out: the paper's."""
ALL_NAMES: dict[Kind, str] = {**LONG_NAMES, "kid": "KID", "precision": "Precision", "recall": "Recall"}
"""How every kind is written out."""
REWARD_NAMES: dict[RewardScore, str] = {
    "inception-score": "Inception score",
    "inverse-fid": "1 / FID",
    "log-fid": "−ln FID",
    "negative-kid": "−KID",
    "is-over-fid": "ln IS − ln FID",
    "f-score": "F-score of precision and recall",
}
"""How a reward is written."""
FEW_IMAGES = 5000
"""Up to so many images, on either side, FID is biased so much that its final scores get an interval."""
_ABOUT = frozenset({"std", "low", "high"})
"""Parts of the names of what is said about a score."""
FEATURES = {"inception": "Inception", "classifier": "classifier"}
"""How ``scores.features`` is written."""


@dataclass(frozen=True, slots=True)
class Score:
    """One score and how it was measured."""

    name: str
    """The protocol name."""
    kind: Kind
    """``is``, ``precision`` and ``recall``: higher is better. ``fid`` and ``kid``: lower is better."""
    value: float
    """Finite."""
    std: float | None
    """Standard deviation over the splits of an Inception score, or over the subsets of a KID."""
    num_images: int
    """Images scored."""
    splits: int | None
    """Parts over which an Inception score is averaged."""
    features: str
    """``Inception`` or ``classifier``."""
    precision: str = "float32"
    """What it was computed in; ``float32`` also where an earlier version did not say."""
    interval: tuple[float, float] | None = None
    """95 % interval of a FID on few images, without their bias: FID lies above it where that is large."""
    accuracy: float | None = None
    """Accuracy of the classifier, in [0, 1]; None with Inception features, and in scores of versions that did not
    store it."""

    @property
    def text(self) -> str:
        """The number as a table shows it."""
        digits = decimals(self.kind)
        spread = f" ± {self.std:.{digits}f}" if self.std is not None else ""
        within = f" [{self.interval[0]:.{digits}f}, {self.interval[1]:.{digits}f}]" if self.interval else ""
        return f"{self.short_text}{spread}{within}"

    @property
    def short_text(self) -> str:
        """The number without its deviation or interval."""
        return f"{self.value:.{decimals(self.kind)}f}"

    @property
    def protocol(self) -> str:
        """Images, splits, features and a reduced precision in words."""
        splits = f", {self.splits} splits" if self.splits else ""
        precision = "" if self.precision == "float32" else f", in {self.precision}"
        return f"{self.num_images:,} images{splits}, {features_words(self.features, self.accuracy)}{precision}"


def find_score(scores: Mapping[str, float], kind: Kind) -> Score | None:
    """The first finite score of a kind, with its standard deviation; None when there is none."""
    about = {(_key(name), word): value for name, value in scores.items() for word in _ABOUT & {*name.split("_")}}
    for name, value in scores.items():
        parts = name.split("_")
        if parts[0] != kind or _ABOUT & {*parts} or not math.isfinite(value):
            continue
        std, low, high = (about.get((_key(name), word), math.nan) for word in ("std", "low", "high"))
        return Score(
            name=name,
            kind=kind,
            value=value,
            std=std if math.isfinite(std) else None,
            num_images=_count(parts[1]),
            splits=next((int(p.removesuffix("split")) for p in parts if p.endswith("split")), None),
            features=FEATURES["classifier" if "classifier" in parts else "inception"],
            precision="float16" if "float16" in parts else "float32",
            interval=(low, high) if math.isfinite(low) and math.isfinite(high) else None,
            accuracy=scores.get(ACCURACY),
        )
    return None


def decimals(kind: Kind) -> int:
    """Digits behind the point with which a kind of score is shown."""
    return 4 if kind == "kid" else 2


def is_better_higher(kind: Kind) -> bool:
    """Whether more is better in a kind of score."""
    return kind not in ("fid", "kid")


def bias_note(scored: Iterable[Mapping[str, float]], *, shown: bool = True) -> str:
    """What belongs beside FIDs of few images; "" where there are none. ``shown``: their intervals are shown too."""
    tables = list(scored)
    found = [score for each in tables if (score := find_score(each, "fid"))]
    intervals = any(score.interval for score in found)
    if not intervals and all(score.num_images > FEW_IMAGES for score in found):
        return ""
    instead = ": read KID" if any(find_score(each, "kid") for each in tables) else ""
    brackets = " In brackets: FID without this bias, with 95 % confidence." if intervals and shown else ""
    return f"FID is biased upwards on so few images{instead}.{brackets}"


def heading(kind: Kind) -> str:
    """A kind of score as the heading of a table's column, with an arrow to where it is better."""
    return f"{ALL_NAMES[kind]} {'↑' if is_better_higher(kind) else '↓'}"


def kinds_in(scored: Iterable[Mapping[str, float]]) -> tuple[Kind, ...]:
    """The kinds of score that a table of these has columns for: the paper's, and others if anything has them."""
    found = list(scored)
    return tuple(kind for kind in ALL_NAMES if kind in LONG_NAMES or any(find_score(each, kind) for each in found))


def joint_protocol(scores: Mapping[str, float]) -> str:
    """How both the Inception score and the FID in ``scores`` were measured; once if they agree on the images."""
    found = [score for kind in LONG_NAMES if (score := find_score(scores, kind))]
    if len({score.num_images for score in found}) == 1:
        return found[0].protocol
    return "; ".join(f"{LONG_NAMES[score.kind]}: {score.protocol}" for score in found)


def reward_protocol(reward: RewardConfig, scores: ScoresConfig, accuracy: float | None = None) -> str:
    """How candidates are scored: images, splits and features in words, with the classifier's accuracy if known."""
    features = features_words(FEATURES[scores.features], accuracy)
    return f"{reward.num_images:,} images, {reward.splits} splits, {features}"


def reward_words(reward: RewardConfig, scores: ScoresConfig, accuracy: float | None = None) -> str:
    """What a candidate's reward is, with its protocol, which names the classifier's accuracy if it is known."""
    if reward.score in ("inception-score", "is-over-fid"):
        protocol = reward_protocol(reward, scores, accuracy)
    else:  # distances know no splits
        protocol = f"{reward.num_images:,} images, {features_words(FEATURES[scores.features], accuracy)}"
    words = f"{REWARD_NAMES[reward.score]} ({protocol})"
    if reward.statistics == "running":
        words += " with running batch-norm statistics"
    if reward.adaptation_steps:
        words += f" after {reward.adaptation_steps} steps of adaptation"
    if reward.penalty_per_gflop:
        words += f" less {reward.penalty_per_gflop:g} per 10⁹ multiply-accumulates"
    return words


def _key(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split("_") if part not in _ABOUT)


def _count(text: str) -> int:
    return int(text.removesuffix("k")) * 1000 if text.endswith("k") else int(text)
