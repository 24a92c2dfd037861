"""The protocol of final scores: what must be equal for two of them to be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autogan_core.config import ScoresConfig
from autogan_core.metrics.features.classifier_accuracy import features_words
from autogan_core.metrics.protocols import FEATURES


@dataclass(frozen=True, slots=True)
class FinalProtocol:
    """How trained generators are scored. Scores of two protocols never share a table."""

    num_images: int
    """Images generated."""
    splits: int
    """Parts over which the Inception score is averaged."""
    features: str
    """``inception`` or ``classifier``."""
    precision: str | None
    """``float32`` or ``float16``; ``auto`` of scores by versions that left it to the device, which they did not store:
    float16 on a GPU, else float32. None with a classifier, to which it does not apply."""
    recipe: int | None
    """The recipe by which the classifier was trained (`recipes.RECIPES`); None with Inception features."""

    @classmethod
    def of(cls, scores: ScoresConfig, recipe: int | None) -> FinalProtocol:
        """The protocol that settings ask for.

        Args:
            scores: the settings.
            recipe: the classifier's; disregarded with Inception features.

        Returns:
            The protocol.
        """
        if scores.features == "classifier":
            return cls(scores.num_images, scores.splits, scores.features, None, recipe)
        precision = "float32" if scores.precision == "auto" else scores.precision
        return cls(scores.num_images, scores.splits, scores.features, precision, None)

    @classmethod
    def of_earlier(cls, scores: ScoresConfig, recipe: int | None) -> FinalProtocol:
        """The protocol that the same settings meant to versions that left ``auto`` to the device: see `of`."""
        protocol = cls.of(scores, recipe)
        return protocol if protocol.precision is None else replace(protocol, precision=scores.precision)

    def alike(self, other: FinalProtocol) -> bool:
        """Whether both come from the same settings, if by classifiers of different recipes."""
        return replace(self, recipe=None) == replace(other, recipe=None)

    def words(self, accuracy: float | None = None) -> str:
        """The protocol as a heading says it.

        Args:
            accuracy: the classifier's, if it is known.

        Returns:
            Text such as ``5,000 images, 10 splits, classifier features, recipe 2``.
        """
        parts = [
            f"{self.num_images:,} images",
            f"{self.splits} splits",
            features_words(FEATURES[self.features], accuracy),
        ]
        if self.precision == "float16":
            parts.append("in float16")
        elif self.precision == "auto":
            parts.append("in float32, or float16 on a GPU")
        if self.recipe is not None:
            parts.append(f"recipe {self.recipe}")
        return ", ".join(parts)
