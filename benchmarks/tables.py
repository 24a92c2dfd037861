"""The benchmark's figures as tables for the terminal."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.table import Table

from benchmarks.ceilings import Ceilings
from benchmarks.measurements import Versus
from benchmarks.results import SizeFigures, share
from benchmarks.timing import Timing


def ceilings_table(ceilings: Ceilings, device: str) -> Table:
    """What the device can do at best."""
    table = Table("ceiling", "measured", title=device, box=SIMPLE)
    for precision, rate in ceilings.flops.items():
        table.add_row(f"matrix product, {precision}", f"{rate / 1e12:.3g} TFLOP/s")
    table.add_row("copy, read + written", f"{ceilings.bytes_per_second / 1e9:.3g} GB/s")
    return table


def parts_table(figures: SizeFigures, matrix_rate: float) -> Table:
    """Every part in both variants: the median, and half the interquartile range as a share of it."""
    parts = [
        row
        for stage in figures.stages
        for row in (
            (stage.stage, "discriminator step", stage.discriminator),
            (stage.stage, "generator step", stage.generator),
            (stage.stage, f"{figures.config.search.reward.num_images:,}-image reward", stage.reward),
        )
    ]
    prepares = any(part.first_use for _, _, part in parts)
    columns = ["stage", "part", "product", "plain loop", "ratio", "of peak", *(["first use"] if prepares else [])]
    table = Table(
        *columns, title=f"{figures.name}, {figures.precision}", caption="* timed in part", box=SIMPLE, pad_edge=False
    )
    for stage_number, name, part in [*parts, ("", "retraining iteration", figures.retraining)]:
        cells = _cells(part, matrix_rate)
        table.add_row(str(stage_number), name, *(cells if prepares else cells[:-1]))
    return table


def totals_table(figures: SizeFigures) -> Table:
    """Whole iterations and runs."""
    product, plain = figures.totals("product"), figures.totals("plain")
    table = Table(
        "whole", "product", "measured", "plain loop", "ratio", title=f"{figures.name}, extrapolated", box=SIMPLE
    )
    pairs = zip(product.iterations, plain.iterations, figures.measured_iterations, strict=True)
    for stage, (mine, theirs) in enumerate(zip(product.steps, plain.steps, strict=True), start=1):
        table.add_row(f"step of both networks, stage {stage}", *_row(mine, theirs, None))
    for stage, (mine, theirs, measured) in enumerate(pairs, start=1):
        table.add_row(f"search iteration, stage {stage}", *_row(mine, theirs, measured))
    table.add_row("search", *_row(product.search, plain.search, None))
    iterations = figures.config.retrain.generator_iterations
    table.add_row(f"retraining, {iterations:,} iterations", *_row(product.retraining, plain.retraining, None))
    return table


def duration(seconds: float) -> str:
    """A time span with three digits, such as ``4.52 ms`` or ``1.25 h``."""
    for limit, unit, length in ((1e-3, "µs", 1e-6), (1.0, "ms", 1e-3), (100.0, "s", 1.0), (6000.0, "min", 60.0)):
        if abs(seconds) < limit:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds / 3600:,.3g} h" if seconds < 3.6e6 else f"{seconds / 3600:,.0f} h"


def _cells(part: Versus, matrix_rate: float) -> tuple[str, ...]:
    return (
        _timing(part.product),
        _timing(part.plain),
        f"{part.ratio:.2f}",
        f"{share(part, matrix_rate):.0%}",
        duration(part.first_use) if part.first_use else "",
    )


def _timing(timing: Timing) -> str:
    mark = "*" if timing.scaled > 1 else ""
    spread = f"± {timing.spread / 2 / timing.median:.0%}" if timing.samples > 1 else "once"
    return f"{duration(timing.median)} {spread}{mark}"


def _row(product: float, plain: float, measured: float | None) -> tuple[str, ...]:
    return duration(product), "" if measured is None else duration(measured), duration(plain), f"{plain / product:.2f}"
