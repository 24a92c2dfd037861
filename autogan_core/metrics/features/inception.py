"""torch-fidelity's InceptionV3, arranged to run fast; its weights: where they come from and what they may be."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch_fidelity.feature_extractor_inceptionv3 import (
    URL_INCEPTION_V3,
    BasicConv2d,
    FeatureExtractorInceptionV3,
)
from torch_fidelity.interpolate_compat_tensorflow import (
    interpolate_bilinear_2d_like_tensorflow1x,
)

from autogan_core.errors import WeightsUnavailableError

Precision = Literal["float32", "float16"]
"""What the convolutions compute in."""

_SIZE: int = FeatureExtractorInceptionV3.INPUT_IMAGE_SIZE
_REMEDY = (
    "give the file weights-inception-2015-12-05-6726825d.pth by --set scores.inception_weights=PATH, or, if the "
    "images have labels, do without it by --set scores.features=classifier"
)


def choose_precision(setting: Literal["auto", "float32", "float16"], device: torch.device) -> Precision:
    """What rewards and validations are computed in on ``device``, by ``scores.precision``."""
    if setting == "auto":
        return "float16" if device.type == "cuda" else "float32"
    return setting


class InceptionNetwork(nn.Module):
    """torch-fidelity's network, with batch norm folded into the convolutions and these in ``channels_last``.

    Only the convolutions and what lies between them run in the reduced precision. The images' resizing, the pooled
    features and the final matrix product are float32 in any case, since a score reads them directly.

    Args:
        network: in evaluation mode, with its weights; taken apart.
        precision: of the convolutions.
    """

    def __init__(self, network: FeatureExtractorInceptionV3, precision: Precision) -> None:
        super().__init__()
        for block in network.modules():
            if isinstance(block, BasicConv2d):
                block.conv, block.bn = fuse_conv_bn_eval(block.conv, block.bn), nn.Identity()
        *blocks, self.pool, self.last = network.children()  # in the order in which its forward calls them
        self.dtype = torch.float16 if precision == "float16" else torch.float32
        self.blocks = nn.Sequential(*blocks).to(self.dtype).to(memory_format=torch.channels_last)
        self.requires_grad_(False)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Pooled features and logits without their bias.

        Args:
            images: uint8 (N, C, H, W), C = 1 or 3; grey ones are repeated to three channels.

        Returns:
            Features (N, 2048) and logits (N, 1008), float32.
        """
        x: Tensor = interpolate_bilinear_2d_like_tensorflow1x(images.float(), size=(_SIZE, _SIZE), align_corners=False)
        x = ((x - 128) / 128).to(self.dtype).expand(-1, 3, -1, -1)  # grey ones only now: a third of the resizing
        maps: Tensor = self.blocks(x.contiguous(memory_format=torch.channels_last))
        features: Tensor = self.pool(maps.float()).flatten(1)
        return features, features @ self.last.weight.T


@dataclass(frozen=True)
class InceptionExtractor:
    """InceptionV3 as a `FeatureExtractor`: the 2,048 pooled features and the 1,008 logits without their bias."""

    network: InceptionNetwork
    weights: Mapping[str, Tensor]
    """torch-fidelity's state dict, from which the network was made; on the CPU."""
    device: torch.device
    precision: Precision
    fingerprint: str
    """SHA-256 over the weights."""
    name: str = field(default="inception", init=False)
    accuracy: None = field(default=None, init=False)

    @property
    def suffix(self) -> str:
        """See `FeatureExtractor.suffix`."""
        return "" if self.precision == "float32" else f"_{self.precision}"

    @torch.no_grad()
    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, 2048) and logits (N, 1008); grey images are repeated to three channels."""
        features, logits = self.network(images.to(self.device))
        return features, logits


def load_inception(path: Path | None, device: torch.device, precision: Precision) -> InceptionExtractor:
    """Loads InceptionV3 from ``path``, or from torch-fidelity's download, which torch's hub folder keeps.

    The file is read as weights only. torch-fidelity itself would unpickle it whatever it holds, so it gets a copy that
    was written here.

    Returns:
        The extractor on ``device``.

    Raises:
        WeightsUnavailableError: there is no such file, no network, or no InceptionV3 in the file.
    """
    state = _download() if path is None else _read(path)
    try:
        return build_inception(state, _fingerprint(state), device, precision)
    except RuntimeError as error:
        raise WeightsUnavailableError(
            f"{path or URL_INCEPTION_V3} holds another network's weights; {_REMEDY}"
        ) from error


def build_inception(
    weights: Mapping[str, Tensor], fingerprint: str, device: torch.device, precision: Precision
) -> InceptionExtractor:
    """Builds the extractor from ``weights``, torch-fidelity's state dict on the CPU.

    Returns:
        The extractor on ``device``.

    Raises:
        RuntimeError: they are another network's.
    """
    safe_copy = io.BytesIO()
    torch.save(dict(weights), safe_copy)
    safe_copy.seek(0)
    with torch.random.fork_rng(devices=()):  # its constructor draws weights only to overwrite them
        original = FeatureExtractorInceptionV3(
            "inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=safe_copy
        )
    network = InceptionNetwork(original, precision).to(device)
    return InceptionExtractor(network, weights, device, precision, fingerprint)


def untrained_inception(device: torch.device, precision: Precision) -> InceptionNetwork:
    """The network with random weights, which takes the time of the trained one and needs no file."""
    file = io.BytesIO()
    torch.save({}, file)
    file.seek(0)
    with torch.random.fork_rng(devices=()):
        original = _Untrained("inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=file)
    return InceptionNetwork(original, precision).to(device)


class _Untrained(FeatureExtractorInceptionV3):  # type: ignore[misc]
    def load_state_dict(self, *_: object) -> None:
        """Keeps the weights that there are."""


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
