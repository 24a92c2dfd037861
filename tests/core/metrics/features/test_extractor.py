"""Which extractor is loaded, in which precision, and how it is stored."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import pytest
import torch
from torch import Tensor

from autogan_core.config import ScoresConfig
from autogan_core.data import ImageDataset
from autogan_core.errors import WeightsUnavailableError
from autogan_core.metrics.features import extractor as features
from autogan_core.metrics.features.classifier import ClassifierExtractor
from autogan_core.metrics.features.classifier_network import new_network
from autogan_core.metrics.features.extractor import dump_extractor, in_precision, load_extractor, restore_extractor
from autogan_core.metrics.features.inception import load_inception
from tests.core.metrics.conftest import CLASSIFIER, CPU, REMEDY


def test_missing_file_is_named(digits: ImageDataset, tmp_path: Path) -> None:
    """No such file: the error says which and how to do better."""
    scores = ScoresConfig(inception_weights=tmp_path / "none.pth")
    with pytest.raises(WeightsUnavailableError, match=rf"none\.pth.*{REMEDY}"):
        load_extractor(scores, digits, CPU, tmp_path)


@pytest.mark.parametrize(("setting", "precision"), [("auto", "float32"), ("float16", "float16")])
def test_inception_is_loaded_in_the_wanted_precision(
    inception_weights: Path, digits: ImageDataset, tmp_path: Path, setting: str, precision: str
) -> None:
    """scores.precision reaches the network; auto is float32 on the CPU."""
    scores = ScoresConfig.model_validate({"inception_weights": inception_weights, "precision": setting})
    assert load_extractor(scores, digits, CPU, tmp_path).precision == precision


def test_the_same_weights_in_another_precision(
    inception_weights: Path, classifier: ClassifierExtractor, colour: Tensor
) -> None:
    """Back in its first precision an extractor gives the first bits; what is float16 says so in its scores' names; one
    that has but one precision stays what it is."""
    first = load_inception(inception_weights, CPU, "float32")
    reduced = in_precision(first, "float16")
    assert (first.suffix, reduced.suffix, reduced.fingerprint) == ("", "_float16", first.fingerprint)
    assert not torch.equal(reduced(colour)[0], first(colour)[0])
    assert torch.equal(in_precision(reduced, "float32")(colour)[0], first(colour)[0])
    assert in_precision(first, "float32") is first
    assert in_precision(classifier, "float16") is classifier


def test_a_stored_extractor_keeps_weights_and_precision(inception_weights: Path, colour: Tensor) -> None:
    """What is stored are torch-fidelity's own weights; restored, they give the same bits in the same precision."""
    extractor = load_inception(inception_weights, CPU, "float16")
    card, tensors = dump_extractor(extractor)
    original = torch.load(inception_weights, weights_only=True)
    assert list(tensors) == list(original)
    assert all(torch.equal(tensors[name], original[name]) for name in original)
    restored = restore_extractor(card, tensors, CPU)
    assert (restored.precision, restored.fingerprint) == ("float16", extractor.fingerprint)
    torch.testing.assert_close(restored(colour[:1]), extractor(colour[:1]), rtol=0, atol=0)


def test_classifier_is_loaded_where_it_is_asked_for(
    digits: ImageDataset, classifier: ClassifierExtractor, cache_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """features=classifier gives the classifier, whose scores are marked; the log has a line at start and end."""
    with caplog.at_level(logging.INFO):
        extractor = load_extractor(CLASSIFIER, digits, CPU, cache_dir)
    assert (extractor.name, extractor.suffix, extractor.precision) == ("classifier", "_classifier", "float32")
    assert extractor.fingerprint == classifier.fingerprint
    assert [record.message.split()[0] for record in caplog.records] == ["loading", "classifier"]
    assert f"accuracy {classifier.accuracy:.4f}" in caplog.text


def test_a_stored_classifier_keeps_recipe_and_accuracy(digits: ImageDataset, classifier: ClassifierExtractor) -> None:
    """Restored, it gives the same bits; a card of an earlier version, without a recipe, restores that one's network."""
    card, tensors = dump_extractor(classifier)
    restored = restore_extractor(card, tensors, CPU)
    assert restored.accuracy == classifier.accuracy
    torch.testing.assert_close(restored(digits.images[:9]), classifier(digits.images[:9]), rtol=0, atol=0)
    old = new_network(1, 16, 10, recipe=1).eval()
    shapes = {"image_channels": 1, "image_size": 16, "num_classes": 10}
    earlier = restore_extractor({**card, "shapes": shapes}, old.state_dict(), CPU)
    torch.testing.assert_close(earlier(digits.images[:9]), old(digits.images[:9]), rtol=0, atol=0)


@pytest.mark.parametrize(("accuracy", "warnings"), [(0.599, 1), (0.6, 0)])
def test_a_poor_classifier_gets_one_warning(
    digits: ImageDataset,
    classifier: ClassifierExtractor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    accuracy: float,
    warnings: int,
) -> None:
    """Below the level, and only there, loading says what that means for the scores and what to do."""
    monkeypatch.setattr(features, "load_classifier", lambda *_: dataclasses.replace(classifier, accuracy=accuracy))
    with caplog.at_level(logging.WARNING):
        load_extractor(CLASSIFIER, digits, CPU, Path())
    assert len(caplog.records) == warnings
    assert all(
        "59.9 % of test images" in r.message and "scores.features=inception" in r.message for r in caplog.records
    )
