"""What turns images into features: InceptionV3 as torch-fidelity has it, or the data set's own classifier."""

from __future__ import annotations

import hashlib
import io
import logging
import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch_fidelity.feature_extractor_inceptionv3 import (
    URL_INCEPTION_V3,
    FeatureExtractorInceptionV3,
)

from autogan_core.config import ScoresConfig
from autogan_core.data import ImageDataset
from autogan_core.errors import WeightsUnavailableError
from autogan_core.metrics.classifier import ClassifierExtractor, load_classifier
from autogan_core.metrics.classifier_network import build_network

logger = logging.getLogger(__name__)

_REMEDY = (
    "give the file weights-inception-2015-12-05-6726825d.pth by --set scores.inception_weights=PATH, or do without it "
    "by --set scores.features=classifier"
)


class FeatureExtractor(Protocol):
    """Turns images into the features that FID compares and the logits that the Inception score reads."""

    @property
    def name(self) -> str:
        """``inception`` or ``classifier``."""

    @property
    def suffix(self) -> str:
        """Ends every score's name, so that a classifier's score is never taken for Inception's: "" or "_classifier"."""

    @property
    def fingerprint(self) -> str:
        """Identity of the weights, for caches of what they gave."""

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits, without gradients.

        Args:
            images: uint8, shape (N, C, H, W), any size, on any device.

        Returns:
            Features (N, F) and logits (N, K), float32, on the extractor's device.
        """


@dataclass(frozen=True)
class InceptionExtractor:
    """torch-fidelity's InceptionV3: the 2,048 pooled features and the 1,008 logits without their bias."""

    network: nn.Module
    device: torch.device
    fingerprint: str
    """SHA-256 over the weights."""
    name: str = field(default="inception", init=False)
    suffix: str = field(default="", init=False)

    @torch.no_grad()
    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, 2048) and logits (N, 1008); grey images are repeated to three channels."""
        images = images.to(self.device)
        features, logits = self.network(images.expand(-1, 3, -1, -1))
        return features, logits


def load_extractor(
    scores: ScoresConfig, dataset: ImageDataset, device: torch.device, cache_dir: Path
) -> FeatureExtractor:
    """The extractor that ``scores.features`` names, on ``device``; a classifier is trained unless it is in the cache.

    Raises:
        WeightsUnavailableError: InceptionV3's weights are missing, damaged, or cannot be downloaded.
        DataError: a classifier is wanted, and the data set has no labels or too few.
    """
    start = time.monotonic()
    if scores.features == "classifier":
        logger.info("loading the classifier of %s", dataset.name)
        classifier = load_classifier(dataset, device, cache_dir)
        seconds = time.monotonic() - start
        logger.info("classifier ready after %.1f s, accuracy %.4f", seconds, classifier.accuracy)
        return classifier
    logger.info("loading InceptionV3 from %s", scores.inception_weights or "torch-fidelity's download")
    inception = load_inception(scores.inception_weights, device)
    logger.info("InceptionV3 ready after %.1f s", time.monotonic() - start)
    return inception


def load_inception(path: Path | None, device: torch.device) -> InceptionExtractor:
    """InceptionV3 with the weights at ``path``, or with torch-fidelity's download (kept in torch's hub folder).

    The file is read as weights only. torch-fidelity itself would unpickle it whatever it holds, so it is handed a copy
    that was written here.

    Raises:
        WeightsUnavailableError: there is no such file, no network, or no InceptionV3 in the file.
    """
    state = _download() if path is None else _read(path)
    try:
        return _build_inception(state, _fingerprint(state), device)
    except RuntimeError as error:
        raise WeightsUnavailableError(
            f"{path or URL_INCEPTION_V3} holds another network's weights; {_REMEDY}"
        ) from error


def dump_extractor(extractor: FeatureExtractor) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """JSON values and tensors from which `restore_extractor` makes the extractor again.

    Raises:
        TypeError: it is neither InceptionV3 nor a classifier.
    """
    if not isinstance(extractor, InceptionExtractor | ClassifierExtractor):
        raise TypeError(f"a {type(extractor).__name__} cannot be stored")
    card: dict[str, Any] = {"name": extractor.name, "fingerprint": extractor.fingerprint}
    if isinstance(extractor, ClassifierExtractor):
        card |= {"shapes": extractor.network.shapes, "accuracy": extractor.accuracy}
    return card, dict(extractor.network.state_dict())


def restore_extractor(card: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> FeatureExtractor:
    """The inverse of `dump_extractor`, on ``device``; needs neither network nor files."""
    if card["name"] == "inception":
        return _build_inception(tensors, card["fingerprint"], device)
    network = build_network(card["shapes"], tensors).to(device)
    return ClassifierExtractor(network, device, card["fingerprint"], card["accuracy"], weights=None)


def _build_inception(state: Mapping[str, Tensor], fingerprint: str, device: torch.device) -> InceptionExtractor:
    """Raises RuntimeError when the weights are another network's."""
    safe_copy = io.BytesIO()
    torch.save(dict(state), safe_copy)
    safe_copy.seek(0)
    with torch.random.fork_rng(devices=()):  # its constructor draws weights only to overwrite them
        network = FeatureExtractorInceptionV3(
            "inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=safe_copy
        )
    return InceptionExtractor(network.to(device), device, fingerprint)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise WeightsUnavailableError(f"there are no InceptionV3 weights at {path}; {_REMEDY}")
    try:
        return _checked(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, EOFError, RuntimeError, ValueError, LookupError, TypeError, pickle.UnpicklingError) as error:
        raise WeightsUnavailableError(f"{path} is not a plain file of weights; {_REMEDY}") from error


def _download() -> dict[str, Tensor]:
    try:
        state = torch.hub.load_state_dict_from_url(
            URL_INCEPTION_V3, map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
        return _checked(state)
    except (OSError, EOFError, HTTPException, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise WeightsUnavailableError(f"InceptionV3's weights cannot be downloaded ({reason}); {_REMEDY}") from error


def _checked(state: Any) -> dict[str, Tensor]:
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError("not a state dict")
    return dict(state)


def _fingerprint(state: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode())
        digest.update(state[name].contiguous().numpy().tobytes())
    return digest.hexdigest()
