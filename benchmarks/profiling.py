"""Where the time goes: the profiler's operators, grouped by what they are for."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import torch
from rich.table import Table
from torch.autograd import DeviceType  # type: ignore[attr-defined]
from torch.profiler import ProfilerActivity, profile

from benchmarks.timing import Work, synchronise

Event = tuple[str, float, float]
"""Name, seconds, calls."""
TOP = 15
"""Operators listed one by one."""
GROUPS = (
    ("convolution", ("conv", "mkldnn", "xmma", "cudnn", "wgrad", "dgrad", "fprop")),
    ("normalisation", ("batch_norm", "bn_", "instance_norm")),
    ("resampling and pooling", ("upsample", "pool", "interpolate")),
    ("matrix product", ("mm", "addmv", "gemm", "linear", "aten::mv")),
    ("optimiser", ("adam", "foreach", "multi_tensor")),
    ("copies and layout", ("copy", "memcpy", "memset", "clone", "contiguous", "cat", "fill", "zero_", "transpose")),
    ("random numbers and indexing", ("rand", "normal_", "index", "gather")),
    ("elementwise", ("relu", "threshold", "add", "mul", "sub", "div", "tanh", "elementwise", "sum", "reduce", "mean")),
)
"""Group -> parts of its operators' names; the first group that fits counts."""


def profile_work(work: Work, device: torch.device, steps: int, trace: Path) -> list[Event]:
    """Profiles some pieces of work, after the same ones have been done once, or on a GPU three times, to warm up.

    Args:
        work: to profile.
        device: what it runs on.
        steps: pieces.
        trace: is written, for Chrome's or Perfetto's trace viewer.

    Returns:
        Operators, or on a GPU kernels: name, own seconds in all pieces, calls; longest first.
    """
    cuda = device.type == "cuda"
    for number in [*range(steps)] * (3 if cuda else 1):
        work(number)
    synchronise(device)
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if cuda else [])]
    with profile(activities=activities, acc_events=True) as profiler:  # PyTorch 2.11 warns without it
        for number in range(steps):
            work(number)
        synchronise(device)
    trace.parent.mkdir(parents=True, exist_ok=True)
    profiler.export_chrome_trace(str(trace))
    column = "self_device_time_total" if cuda else "self_cpu_time_total"
    wanted = DeviceType.CUDA if cuda else DeviceType.CPU  # else a kernel would count again for what launched it
    averages = [event for event in profiler.key_averages() if event.device_type == wanted]
    events = [(event.key, getattr(event, column) / 1e6, float(event.count)) for event in averages]
    return sorted((event for event in events if event[1] > 0), key=lambda event: -event[1])


def group_of(name: str) -> str:
    """The group that an operator or kernel belongs to."""
    lowered = name.lower()
    return next((group for group, parts in GROUPS if any(part in lowered for part in parts)), "other")


def profile_tables(events: list[Event], steps: int, title: str) -> tuple[Table, Table]:
    """Groups and the longest operators: milliseconds per piece, share of all, calls per piece."""
    total = sum(seconds for _, seconds, _ in events)
    by_group: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, seconds, calls in events:
        by_group[group_of(name)][0] += seconds
        by_group[group_of(name)][1] += calls
    groups = sorted(((name, seconds, calls) for name, (seconds, calls) in by_group.items()), key=lambda row: -row[1])
    tables = []
    for heading, rows in (("group", groups), ("operator", events[:TOP])):
        table = Table(heading, "ms", "share", "calls", title=f"{title}, by {heading}")
        for name, own, calls in rows:
            table.add_row(name[:70], f"{1e3 * own / steps:.3f}", f"{own / total:.1%}", f"{calls / steps:.0f}")
        tables.append(table)
    return tables[0], tables[1]
