"""The classifier as a feature extractor of torch-fidelity, so that its scores can be compared with ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY, register_feature_extractor

from autogan_core.metrics.features.classifier_network import load_network

TORCH_FIDELITY_NAME = "autogan-classifier"


class TorchFidelityClassifier(FeatureExtractorBase):  # type: ignore[misc]
    """The network as torch-fidelity calls it: layers ``features`` (for FID) and ``logits`` (for IS)."""

    def __init__(
        self,
        name: str,
        features_list: list[str],
        feature_extractor_weights_path: str | None = None,
        **_: Any,
    ) -> None:
        super().__init__(name, features_list)
        if feature_extractor_weights_path is None:
            raise ValueError(f"'{name}' needs feature_extractor_weights_path, a weights file of this package's cache")
        self.network = load_network(Path(feature_extractor_weights_path))

    @staticmethod
    def get_provided_features_list() -> tuple[str, ...]:
        """The two layers."""
        return "features", "logits"

    @staticmethod
    def get_default_feature_layer_for_metric(metric: str) -> str:
        """Logits for the Inception score, features for the others."""
        return "logits" if metric == "isc" else "features"

    @staticmethod
    def can_be_compiled() -> bool:
        """No: it is small enough as it is."""
        return False

    def forward(self, input: Tensor) -> tuple[Tensor, ...]:
        """The requested layers of uint8 images (N, C, H, W), in the requested order."""
        features, logits = self.network(input)
        layers = {"features": features, "logits": logits}
        return tuple(layers[name] for name in self.features_list)


if TORCH_FIDELITY_NAME not in FEATURE_EXTRACTORS_REGISTRY:  # a second registration raises
    register_feature_extractor(TORCH_FIDELITY_NAME, TorchFidelityClassifier)
