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
}
"""How a reward is written."""
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
    accuracy: float | None = None
    """Accuracy of the classifier, in [0, 1]; None with Inception features, and in scores of versions that did not
    store it."""

    @property
    def text(self) -> str:
        """The number as a table shows it."""
        digits = 4 if self.kind == "kid" else 2
        spread = f" ± {self.std:.{digits}f}" if self.std is not None else ""
        return f"{self.value:.{digits}f}{spread}"

    @property
    def protocol(self) -> str:
        """Images, splits, features and a reduced precision in words."""
        splits = f", {self.splits} splits" if self.splits else ""
        precision = "" if self.precision == "float32" else f", in {self.precision}"
        return f"{self.num_images:,} images{splits}, {features_words(self.features, self.accuracy)}{precision}"


def find_score(scores: Mapping[str, float], kind: Kind) -> Score | None:
    """The first finite score of a kind, with its standard deviation; None when there is none."""
    spreads = {_key(name): value for name, value in scores.items() if "std" in name.split("_")}
    for name, value in scores.items():
        parts = name.split("_")
        if parts[0] != kind or "std" in parts or not math.isfinite(value):
            continue
        std = spreads.get(_key(name), math.nan)
        return Score(
            name=name,
            kind=kind,
            value=value,
            std=std if math.isfinite(std) else None,
            num_images=_count(parts[1]),
            splits=next((int(p.removesuffix("split")) for p in parts if p.endswith("split")), None),
            features=FEATURES["classifier" if "classifier" in parts else "inception"],
            precision="float16" if "float16" in parts else "float32",
            accuracy=scores.get(ACCURACY),
        )
    return None


def heading(kind: Kind) -> str:
    """A kind of score as the heading of a table's column, with an arrow to where it is better."""
    return f"{ALL_NAMES[kind]} {'↓' if kind in ('fid', 'kid') else '↑'}"


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
    return tuple(part for part in name.split("_") if part != "std")


def _count(text: str) -> int:
    return int(text.removesuffix("k")) * 1000 if text.endswith("k") else int(text)
