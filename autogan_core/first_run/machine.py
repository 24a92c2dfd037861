"""The device that a run will work on, and what it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from autogan_core.runtime.devices import describe_device, device_memory

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Machine:
    """What matters of a device to somebody who plans a run for it."""

    words: str
    """The hardware, such as ``CPU, 2 threads``."""
    gpu: bool
    """Whether it is a GPU."""
    mebibytes: float
    """Its memory: of the GPU, else of the computer."""
    inception: bool
    """Whether InceptionV3's weights are at hand without a download."""


def machine_of(device: torch.device, inception_weights: Path | None) -> Machine:
    """Describes a device.

    Args:
        device: where the run will work.
        inception_weights: where InceptionV3's weights are said to lie; None: in torch's own folder of downloads.

    Returns:
        What is known of it.
    """
    return Machine(
        words=describe_device(device),
        gpu=device.type == "cuda",
        mebibytes=device_memory(device) / MEBIBYTE,
        inception=_inception_at_hand(inception_weights),
    )


def _inception_at_hand(weights: Path | None) -> bool:
    if weights is not None:
        return weights.is_file()
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3  # imports all of torchvision

    return (Path(torch.hub.get_dir()) / "checkpoints" / Path(URL_INCEPTION_V3).name).is_file()
