"""What a classifier's accuracy is called, and when its scores are not to be trusted."""

from __future__ import annotations

import pytest

from autogan_core.metrics.features.classifier_accuracy import distrust, features_words


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [
        (None, "classifier features"),
        (0.71, "classifier features (71 % of test images right)"),
        (0.7537, "classifier features (75.4 % of test images right)"),
        (1.0, "classifier features (100 % of test images right)"),
    ],
)
def test_features_in_words(accuracy: float | None, words: str) -> None:
    """Three digits; nothing where the accuracy is not known."""
    assert features_words("classifier", accuracy) == words


def test_only_a_poor_classifier_is_distrusted() -> None:
    """Below 60 % there is a warning with the accuracy and the remedy; at 60 %, and without a classifier, none."""
    warning = distrust(0.5999)
    assert warning is not None
    assert "scores.features=inception" in warning
    assert distrust(0.6) is distrust(None) is None
