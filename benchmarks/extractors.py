"""Feature extractors of random weights: they cost what trained ones cost, and need no download."""

from __future__ import annotations

import io
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from autogan_core.config import Config
from autogan_core.metrics.features.classifier import ClassifierExtractor
from autogan_core.metrics.features.classifier_network import new_network
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.features.inception import build_inception, choose_precision

PlainExtractor = Callable[[Tensor], tuple[Tensor, Tensor]]
"""uint8 images (N, C, S, S) -> features and logits, float32."""
NUM_CLASSES = 10
"""Classes of the classifier."""


class _Untrained(FeatureExtractorInceptionV3):  # type: ignore[misc]
    """InceptionV3 that keeps its first weights."""

    def load_state_dict(self, state_dict: object, strict: bool = True, assign: bool = False) -> None:
        """Takes nothing."""


def extractors(config: Config, device: torch.device) -> tuple[FeatureExtractor, PlainExtractor]:
    """What ``config.scores.features`` names, as the product runs it and as it is written, with equal weights."""
    if config.scores.features == "classifier":
        network = new_network(config.model.image_channels, config.model.image_size, NUM_CLASSES).to(device).eval()
        extractor = ClassifierExtractor(network, device, "untrained", 0.0, weights=None)
        return extractor, network
    inception = untrained_inception()
    precision = choose_precision(config.scores.precision, device)
    product = build_inception(inception.state_dict(), "untrained", device, precision)
    inception.to(device)
    return product, lambda images: inception(images.expand(-1, 3, -1, -1))


def untrained_inception() -> FeatureExtractorInceptionV3:
    """Builds torch-fidelity's InceptionV3 with random weights that keep the scale of the maps.

    With PyTorch's first weights they would shrink to denormal numbers, at which CPUs are slow.

    Returns:
        The network in evaluation mode.
    """
    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    with torch.random.fork_rng(devices=()), torch.no_grad():
        torch.manual_seed(0)
        network = _Untrained("inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=nothing)
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
            elif isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0
        images = torch.randint(256, (4, 3, 32, 32), dtype=torch.uint8)
        network.train()(images)
    return network.eval()
