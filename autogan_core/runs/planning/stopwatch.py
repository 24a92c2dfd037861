"""Timing a piece of work on a device."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def seconds(work: Callable[[], object], device: torch.device, *, warm_up: int = 1) -> float:
    """Times one call.

    Args:
        work: what to do.
        device: what it works on; waited for before and after.
        warm_up: calls before, in which libraries choose kernels and a GPU's work is captured.

    Returns:
        Seconds of wall time.
    """
    for _ in range(warm_up):
        work()
    _wait(device)
    started = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
