"""What a classifier's accuracy says about the scores on its features. Needs no torch: captions are made everywhere."""

from __future__ import annotations

ACCURACY = "accuracy_classifier"
"""The accuracy's name among the scores, so that it goes wherever they go."""
TRUSTED_ACCURACY = 0.6
"""Below it, classifier features get a warning.

``benchmarks.feature_trust`` on CIFAR-10 at 16x16: FID puts degraded images into their order whether 52 or 72 % of the
test images are classified right (Spearman with the strength at least 0.92, but for blurs too faint to see), while the
Inception score follows dropped classes by 0.80, 0.52 and 0.32 with 72, 63 and 52 % right.
"""


def features_words(features: str, accuracy: float | None = None) -> str:
    """Names the features that scores are computed on.

    Args:
        features: ``Inception`` or ``classifier``.
        accuracy: the classifier's share of right test images, in [0, 1]; None where it is not known, or with Inception.

    Returns:
        Text such as ``classifier features (75.4 % of test images right)``.
    """
    return f"{features} features" + ("" if accuracy is None else f" ({percent(accuracy)} of test images right)")


def distrust(accuracy: float | None) -> str | None:
    """Explains what a poor classifier means for its scores.

    Args:
        accuracy: share of right test images, in [0, 1]; None: no classifier, or not known.

    Returns:
        Two sentences, the second with the remedy; None for a classifier that is good enough.
    """
    if accuracy is None or accuracy >= TRUSTED_ACCURACY:
        return None
    return (
        f"The classifier that scores the images is right in {percent(accuracy)} of test images only (below "
        f"{percent(TRUSTED_ACCURACY)}): FID still orders generators, but the Inception score hardly notices what is "
        "missing or repeated, and neither sees details that the classifier has not learnt. Rank by FID, or set "
        "scores.features=inception."
    )


def percent(share: float) -> str:
    """A share in [0, 1] with three digits, such as ``75.4 %``."""
    return f"{100 * share:.3g} %"
