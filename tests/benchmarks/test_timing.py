"""Timing: order, limits and arithmetic."""

from __future__ import annotations

import time

import pytest
import torch

from benchmarks.timing import Effort, Timing, compare

CPU = torch.device("cpu")


def test_quartiles_of_timings() -> None:
    """Median, quartiles and spread are those of the sample, scaled."""
    timing = Timing.of([4.0, 1.0, 3.0, 2.0, 5.0], scaled=10.0)
    assert (timing.low, timing.median, timing.high) == pytest.approx((20.0, 30.0, 40.0))
    assert timing.spread == pytest.approx(20.0)
    assert (timing.samples, timing.scaled) == (5, 10.0)


def test_variants_take_turns() -> None:
    """After one piece to warm up, A and B alternate and are given the same numbers."""
    calls: list[tuple[str, int]] = []
    variants = {name: lambda number, name=name: calls.append((name, number)) for name in "AB"}
    times = compare(variants, CPU, Effort(repeats=3, seconds=60))
    warm_up, timed = calls[:2], calls[2:]
    assert warm_up == [("A", 0), ("B", 0)]
    assert timed == [("A", 0), ("B", 0), ("A", 1), ("B", 1), ("A", 2), ("B", 2)]
    assert [timing.samples for timing in times.steady.values()] == [3, 3]
    assert times.first_use == {"A": 0.0, "B": 0.0}


@pytest.mark.parametrize(("seconds", "calls"), [(0.015, 1), (0.2, 2)])
def test_time_runs_out(seconds: float, calls: int) -> None:
    """Repeats end with the budget; a warm-up that takes longer than it is the only timing."""
    done: list[int] = []

    def work(number: int) -> None:
        done.append(number)
        time.sleep(0.02)

    times = compare({"work": work}, CPU, Effort(repeats=100, seconds=seconds), scaled=2.0)
    assert len(done) >= calls
    assert (len(done) == 1) is (calls == 1)
    assert len(done) < 20
    assert 0.04 <= times.steady["work"].median < 0.4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_first_use_on_a_gpu() -> None:
    """What the first three visits take on top of the steady state is told apart, for each piece."""
    seen: list[int] = []

    def work(number: int) -> None:
        time.sleep(0.001 if seen.count(number % 2) > 2 else 0.05)
        seen.append(number % 2)

    times = compare({"work": work}, torch.device("cuda"), Effort(4, 60), pieces=2, block=2)
    assert times.first_use["work"] == pytest.approx(3 * 0.049, rel=0.2)
    assert times.steady["work"].median == pytest.approx(0.001, rel=0.5)
