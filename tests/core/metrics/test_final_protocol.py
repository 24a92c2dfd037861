"""The protocol of final scores."""

from __future__ import annotations

import pytest

from autogan_core.config import ScoresConfig
from autogan_core.metrics.final_protocol import FinalProtocol


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (ScoresConfig(), "50,000 images, 10 splits, Inception features"),
        (ScoresConfig(num_images=5000, precision="float32"), "5,000 images, 10 splits, Inception features"),
        (ScoresConfig(num_images=5000, precision="float16"), "5,000 images, 10 splits, Inception features, in float16"),
        (
            ScoresConfig(features="classifier", precision="float32"),
            "50,000 images, 10 splits, classifier features, recipe 2",
        ),
    ],
)
def test_a_protocol_in_words(scores: ScoresConfig, words: str) -> None:
    """Whatever may tell two protocols apart is said, and a classifier's accuracy if it is known."""
    assert FinalProtocol.of(scores, 2).words() == words
    assert "(75.4 % of test images right)" in FinalProtocol.of(scores, 2).words(0.754)


def test_auto_is_float32_and_was_the_devices_choice() -> None:
    """Final scores are float32 unless less is asked for; scores by versions that left it to the device are told apart,
    where the settings had left it open and the features are Inception's."""
    auto, named = ScoresConfig(), ScoresConfig(precision="float32")
    assert FinalProtocol.of(auto, None) == FinalProtocol.of(named, None) == FinalProtocol.of_earlier(named, None)
    earlier = FinalProtocol.of_earlier(auto, None)
    assert earlier != FinalProtocol.of(auto, None)
    assert earlier.words() == "50,000 images, 10 splits, Inception features, in float32, or float16 on a GPU"
    classifier = ScoresConfig(features="classifier")
    assert FinalProtocol.of_earlier(classifier, 1) == FinalProtocol.of(classifier, 1)


def test_what_makes_two_protocols() -> None:
    """A classifier's precision and Inception's recipe are nothing; another recipe makes another protocol, if alike."""
    classifier = FinalProtocol.of(ScoresConfig(features="classifier"), 2)
    assert classifier == FinalProtocol.of(ScoresConfig(features="classifier", precision="float16"), 2)
    older = FinalProtocol.of(ScoresConfig(features="classifier"), 1)
    assert older != classifier and older.alike(classifier)
    assert FinalProtocol.of(ScoresConfig(), 1) == FinalProtocol.of(ScoresConfig(), 2)
    assert not FinalProtocol.of(ScoresConfig(splits=5), 2).alike(FinalProtocol.of(ScoresConfig(), 2))
