"""The most memory that this process has taken."""

from __future__ import annotations

import resource
import sys

import torch

MEBIBYTE = 2**20


def peak_mebibytes(device: torch.device) -> float:
    """Peak memory so far, in MiB.

    Args:
        device: of a GPU, what PyTorch has reserved of its memory counts; else the process's resident memory.

    Returns:
        The peak since the process began.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / MEBIBYTE
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEBIBYTE
