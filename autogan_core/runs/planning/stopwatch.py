"""Timing a piece of work on a device."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch


def seconds(work: Callable[[], object], device: torch.device, *, warm_up: int = 1, times: int = 1) -> float:
    """Times a call.

    Args:
        work: what to do.
        device: what it works on; waited for before and after.
        warm_up: calls before, in which libraries choose kernels and a GPU's work is captured.
        times: calls that are timed, of which the middle one counts: others may be at work on the machine.

    Returns:
        Seconds of wall time.
    """
    for _ in range(warm_up):
        work()
    return statistics.median(_once(work, device) for _ in range(times))


def _once(work: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    started = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
