"""Feature extractors: torch-fidelity's InceptionV3, or the data set's own classifier."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from autogan_core.config import ScoresConfig
from autogan_core.data import ImageDataset
from autogan_core.metrics.features.classifier import ClassifierExtractor, load_classifier
from autogan_core.metrics.features.classifier_accuracy import distrust
from autogan_core.metrics.features.classifier_network import build_network
from autogan_core.metrics.features.recipes import RECIPE

if TYPE_CHECKING:
    from autogan_core.metrics.features.inception import Precision

# InceptionV3 is torch-fidelity's, whose package imports all of torchvision: it is imported where it is used.

logger = logging.getLogger(__name__)


class FeatureExtractor(Protocol):
    """Turns images into the features that FID compares and the logits that the Inception score reads."""

    @property
    def name(self) -> str:
        """``inception`` or ``classifier``."""

    @property
    def suffix(self) -> str:
        """Ends every score's name: "", "_float16" or "_classifier".

        So neither a classifier's score nor one in reduced precision is taken for what others publish.
        """

    @property
    def accuracy(self) -> float | None:
        """Share of test images that a classifier gets right; None with InceptionV3, which classifies none of them."""

    @property
    def fingerprint(self) -> str:
        """Identity of the weights, for caches of what they gave."""

    @property
    def precision(self) -> Precision:
        """What its convolutions compute in; scores of different precisions differ a little."""

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits, without gradients; on a GPU the work is queued and not waited for.

        Args:
            images: uint8, shape (N, C, H, W), any size, on any device.

        Returns:
            Features (N, F) and logits (N, K), float32, on the extractor's device.
        """


def load_extractor(
    scores: ScoresConfig, dataset: ImageDataset, device: torch.device, cache_dir: Path, recipe: int = RECIPE
) -> FeatureExtractor:
    """Loads the extractor that ``scores.features`` names; a classifier is trained unless it is in the cache.

    Args:
        scores: which features.
        dataset: images, and labels for a classifier.
        device: what to compute on.
        cache_dir: folder of classifiers of earlier runs on this machine.
        recipe: by which a classifier is trained, a number of `RECIPES`.

    Returns:
        The extractor on ``device``.

    Raises:
        WeightsUnavailableError: InceptionV3's weights are missing, damaged, or cannot be downloaded.
        DataError: a classifier is wanted, and the data set has no labels or too few.
    """
    start = time.monotonic()
    if scores.features == "classifier":
        logger.info("loading the classifier of %s", dataset.name)
        classifier = load_classifier(dataset, device, cache_dir, recipe)
        seconds = time.monotonic() - start
        logger.info("classifier ready after %.1f s, accuracy %.4f", seconds, classifier.accuracy)
        if (distrusted := distrust(classifier.accuracy)) is not None:
            logger.warning("%s", distrusted)
        return classifier
    from autogan_core.metrics.features.inception import choose_precision, load_inception

    precision = choose_precision(scores.precision, device)
    logger.info("loading InceptionV3 (%s) from %s", precision, scores.inception_weights or "torch-fidelity's download")
    inception = load_inception(scores.inception_weights, device, precision)
    logger.info("InceptionV3 ready after %.1f s", time.monotonic() - start)
    return inception


def classifier_recipe(extractor: FeatureExtractor) -> int | None:
    """The recipe by which a classifier was trained (`RECIPES`); None with InceptionV3."""
    return extractor.network.shapes["recipe"] if isinstance(extractor, ClassifierExtractor) else None


def dump_extractor(extractor: FeatureExtractor) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Converts an extractor to a form that can be stored.

    Returns:
        JSON values and tensors, from which `restore_extractor` builds the extractor again.

    Raises:
        TypeError: it is neither InceptionV3 nor a classifier.
    """
    card: dict[str, Any] = {"name": extractor.name, "fingerprint": extractor.fingerprint}
    if isinstance(extractor, ClassifierExtractor):
        card |= {"shapes": extractor.network.shapes, "accuracy": extractor.accuracy}
        return card, {name: tensor.contiguous() for name, tensor in extractor.network.state_dict().items()}
    from autogan_core.metrics.features.inception import InceptionExtractor

    if not isinstance(extractor, InceptionExtractor):
        raise TypeError(f"a {type(extractor).__name__} cannot be stored")
    return {**card, "precision": extractor.precision}, dict(extractor.weights)


def in_precision(extractor: FeatureExtractor, precision: str) -> FeatureExtractor:
    """The same weights in another precision; an extractor that has but one stays what it is.

    Args:
        extractor: has its weights at hand, so that neither network nor files are needed.
        precision: ``float32`` or ``float16``.

    Returns:
        An extractor on the same device.
    """
    from autogan_core.metrics.features.inception import InceptionExtractor, build_inception

    if not isinstance(extractor, InceptionExtractor) or extractor.precision == precision:
        return extractor
    wanted: Precision = "float16" if precision == "float16" else "float32"
    return build_inception(extractor.weights, extractor.fingerprint, extractor.device, wanted)


def restore_extractor(card: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> FeatureExtractor:
    """Builds an extractor from what `dump_extractor` returned; needs neither network nor files.

    The precision is the stored one on any device, so that features can be compared with those of the first extractor.

    Returns:
        The extractor on ``device``.
    """
    if card["name"] == "inception":
        from autogan_core.metrics.features.inception import build_inception

        return build_inception(tensors, card["fingerprint"], device, card["precision"])
    network = build_network(card["shapes"], tensors).to(device)
    return ClassifierExtractor(network, device, card["fingerprint"], card["accuracy"], weights=None)
