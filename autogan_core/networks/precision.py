"""Which precision networks compute in."""

from __future__ import annotations

import torch

from autogan_core.config import TrainingConfig


def training_dtype(training: TrainingConfig, device: torch.device) -> torch.dtype:
    """Resolves ``training.precision`` for ``device``: float32 or bfloat16."""
    if training.precision == "auto":
        return torch.bfloat16 if _multiplies_bfloat16(device) else torch.float32
    return torch.bfloat16 if training.precision == "bfloat16" else torch.float32


def precision_words(training: TrainingConfig, device: torch.device) -> str:
    """What networks are trained in on ``device``, and why, in a line for people."""
    name = str(training_dtype(training, device)).removeprefix("torch.")
    here = f" on this machine's {'GPU' if device.type == 'cuda' else 'CPU'}" if training.precision == "auto" else ""
    released = "" if name == "float32" else "; the released code trains in float32"
    return f"training computes in {name}{here} (training.precision={training.precision}{released})"


def reduced(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """A context in which convolutions and matrix products take in ``dtype``; with float32 it changes nothing."""
    enabled = dtype != torch.float32
    return torch.autocast(device.type, dtype=dtype if enabled else torch.bfloat16, enabled=enabled)


def _multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device has matrix units for it: GPUs since Ampere, and CPUs with AMX."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return bool(torch.cpu.get_capabilities().get("amx_bf16", False))
