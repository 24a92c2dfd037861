"""Timing of work that is compared with other work, on machines that are not quiet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

Work = Callable[[int], object]
"""Does the n-th piece of a work, n >= 0."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The duration of one piece of work, in seconds."""

    median: float
    low: float
    """First quartile."""
    high: float
    """Third quartile."""
    samples: int
    """Timings behind them."""
    scaled: float = 1.0
    """Above 1: so many times less work was timed, and all figures were multiplied by it."""

    @classmethod
    def of(cls, seconds: Iterable[float], scaled: float = 1.0) -> Timing:
        """Quartiles of at least one timing, multiplied by ``scaled``."""
        samples = np.array(list(seconds)) * scaled
        low, median, high = np.percentile(samples, [25, 50, 75]).tolist()
        return cls(median, low, high, len(samples), scaled)

    @property
    def spread(self) -> float:
        """The interquartile range."""
        return self.high - self.low

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Effort:
    """The limits of a timing."""

    repeats: int
    """Timings wanted."""
    seconds: float
    """Time that all repeats of one comparison may take together; at least one is made."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Timings of variants of one work, by name."""

    steady: dict[str, Timing]
    """Timings once everything is prepared."""
    first_use: dict[str, float]
    """What preparing took on top, for each piece that was new, in seconds; 0 on CPUs, may be noise around it."""


def compare(
    variants: Mapping[str, Work],
    device: torch.device,
    effort: Effort,
    *,
    pieces: int = 1,
    block: int = 1,
    scaled: float = 1.0,
) -> Comparison:
    """Times all variants in turn (A B A B ...), so that disturbances of the machine affect all alike.

    On a GPU every piece is done three times before the timing (the product runs a piece as it is, then captures it,
    then replays it). On a CPU one piece is done once, and where that alone takes longer than the effort is worth it is
    the only timing.

    Args:
        variants: name -> work; all receive the same numbers.
        device: waited for before every look at the clock.
        effort: when to stop.
        pieces: after so many numbers a work repeats itself.
        block: numbers timed together on a GPU, where waiting for each piece would hide how far the host runs ahead.
        scaled: the whole work over the part of it that is timed.

    Returns:
        Steady times and the extra time of the first use for each variant, in seconds.
    """
    cuda = device.type == "cuda"
    visits = [
        {name: _time(work, range(pieces if cuda else 1), device) for name, work in variants.items()}
        for _ in range(3 if cuda else 1)
    ]
    if not cuda and sum(visits[0].values()) > effort.seconds:
        samples = {name: [seconds] for name, seconds in visits[0].items()}
    else:
        samples = _samples(variants, device, effort, block if cuda else 1)
    steady = {name: Timing.of(seconds, scaled) for name, seconds in samples.items()}
    return Comparison(steady, _first_use(visits, steady, pieces, scaled) if cuda else dict.fromkeys(variants, 0.0))


def _first_use(
    visits: list[dict[str, float]], steady: Mapping[str, Timing], pieces: int, scaled: float
) -> dict[str, float]:
    return {
        name: sum(visit[name] for visit in visits) / pieces * scaled - len(visits) * timing.median
        for name, timing in steady.items()
    }


def _samples(variants: Mapping[str, Work], device: torch.device, effort: Effort, block: int) -> dict[str, list[float]]:
    """Seconds for each piece of work, by variant."""
    samples: dict[str, list[float]] = {name: [] for name in variants}
    end = time.perf_counter() + effort.seconds
    for repeat in range(effort.repeats):
        numbers = range(repeat * block, (repeat + 1) * block)
        for name, work in variants.items():
            samples[name].append(_time(work, numbers, device) / block)
        if time.perf_counter() > end:
            break
    return samples


def synchronise(device: torch.device) -> None:
    """Waits until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _time(work: Work, numbers: Iterable[int], device: torch.device) -> float:
    synchronise(device)
    start = time.perf_counter()
    for number in numbers:
        work(number)
    synchronise(device)
    return time.perf_counter() - start
