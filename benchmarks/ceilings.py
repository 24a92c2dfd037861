"""The device's measured ceilings: operations per second, and bytes per second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from benchmarks.timing import Effort, compare

EFFORT = Effort(repeats=9, seconds=1.0)


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The best rates seen."""

    flops: dict[str, float]
    """Operations per second of a large matrix product, by precision: ``float32``, ``bfloat16`` and, on GPUs, ``tf32``,
    to which PyTorch lets convolutions of float32 round by default. A multiplication and an addition count as two."""
    bytes_per_second: float
    """Read plus written by a large copy."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def measure_ceilings(device: torch.device, size: int | None = None) -> Ceilings:
    """Times a square matrix product in each precision, and a copy of a tensor as large as 16 such matrices.

    Args:
        device: to measure; its settings are left as they were.
        size: side of the matrices; None: 8192 on GPUs, 2048 on CPUs.

    Returns:
        Operations per second by precision, and bytes per second.
    """
    side = size or (8192 if device.type == "cuda" else 2048)
    rates = {
        "float32": _matrix_rate(device, torch.float32, side),
        "bfloat16": _matrix_rate(device, torch.bfloat16, side),
    }
    if device.type == "cuda":
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = True
        rates["tf32"] = _matrix_rate(device, torch.float32, side)
        torch.backends.cuda.matmul.allow_tf32 = before
    source = torch.ones(16 * side * side, device=device)
    target = torch.empty_like(source)
    seconds = _best_seconds(lambda: target.copy_(source), device)
    return Ceilings(rates, 2 * source.numel() * source.element_size() / seconds)


def _matrix_rate(device: torch.device, dtype: torch.dtype, side: int) -> float:
    left, right = torch.randn(2, side, side, device=device).to(dtype).unbind()
    out = torch.empty_like(left)
    return 2 * side**3 / _best_seconds(lambda: torch.mm(left, right, out=out), device)


def _best_seconds(work: Callable[[], object], device: torch.device) -> float:
    """The first quartile: a ceiling is what the machine reaches when nothing disturbs it, yet no lucky reading."""
    return compare({"work": lambda _: work()}, device, EFFORT, block=5).steady["work"].low
