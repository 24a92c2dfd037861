"""The display of a run on the terminal, and its log files."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from autogan_core.runtime.monitor import Monitor, Task

PLAIN_LINE_EVERY_S = 15.0
"""Seconds between two plain progress lines of one task."""


class RunMonitor(Monitor):
    """Progress bars on a terminal, plain lines elsewhere; measurements to ``metrics.jsonl`` and TensorBoard.

    Without a folder measurements are not kept.
    """

    def __init__(self, console: Console, folder: Path | None) -> None:
        self._console, self._folder = console, folder
        self._progress: Progress | None = None
        self._writers: dict[str, object] = {}

    @contextmanager
    def task(self, description: str, total: int, done: int = 0) -> Iterator[Task]:
        """See `Monitor.task`. Tasks nest or overlap; each has its own bar while it lasts."""
        if not self._console.is_terminal:
            yield _PlainTask(self._console, description, total, done)
            return
        if self._progress is None:
            columns = (
                BarColumn(20),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[values]}", markup=False),
            )
            self._progress = Progress(TextColumn("{task.description}", markup=False), *columns, console=self._console)
            self._progress.start()
        bar = self._progress.add_task(description, total=total, completed=done, values="")
        try:
            yield _Bar(self._progress, bar)
        finally:
            self._progress.remove_task(bar)
            if not self._progress.tasks:
                self._progress.stop()
                self._progress = None

    def log(self, kind: str, step: int, values: dict[str, float]) -> None:
        """See `Monitor.log`."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"time": round(time.time(), 3), "kind": kind, "step": step, **values})
        with (self._folder / "metrics.jsonl").open("a") as file:
            file.write(line + "\n")
        from torch.utils.tensorboard import SummaryWriter  # slow to import, and not needed by most commands

        writer = self._writers.get(kind)
        if not isinstance(writer, SummaryWriter):
            writer = self._writers[kind] = SummaryWriter(str(self._folder / "tensorboard" / kind))
        for name, value in values.items():
            writer.add_scalar(name, value, step)
        writer.flush()


class _Bar:
    def __init__(self, progress: Progress, bar: TaskID) -> None:
        self._progress, self._bar = progress, bar
        self._values: dict[str, float] = {}

    def advance(self, steps: int = 1, values: Mapping[str, float] | None = None) -> None:
        self._values |= values or {}
        self._progress.update(self._bar, advance=steps, values=_words(self._values))


class _PlainTask:
    def __init__(self, console: Console, description: str, total: int, done: int) -> None:
        self._console, self._description, self._total = console, description, total
        self._begun_at = self._done = done
        self._values: dict[str, float] = {}
        self._started = self._shown = time.monotonic()
        if done:
            self._show(self._started)

    def advance(self, steps: int = 1, values: Mapping[str, float] | None = None) -> None:
        self._done += steps
        self._values |= values or {}
        now = time.monotonic()
        if self._done >= self._total or now - self._shown >= PLAIN_LINE_EVERY_S:
            self._show(now)

    def _show(self, now: float) -> None:
        self._shown = now
        left = (now - self._started) / max(self._done - self._begun_at, 1) * (self._total - self._done)
        remaining = f", {left:.0f} s left" if left else ""
        text = f"{self._description}: {self._done}/{self._total}{remaining}  {_words(self._values)}"
        self._console.print(text.rstrip(), highlight=False, markup=False, soft_wrap=True)


def _words(values: dict[str, float]) -> str:
    return " ".join(f"{name}={value:.4g}" for name, value in values.items())


def log_to(console: Console, verbose: bool) -> None:
    """Sends the program's own log to ``console``; warnings only, unless ``verbose``."""
    handler = RichHandler(console=console, show_path=False, show_level=True, log_time_format="%H:%M:%S")
    root = logging.getLogger("autogan_core")
    root.handlers = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    root.propagate = False


_PAPERS = len("1011-10011-10103")
"""Letters of an architecture that take one line at least; one with a discriminator is folded on narrow terminals."""


def print_summary(console: Console, report: Path) -> None:
    """Prints the scores that a report's ``summary.json``, beside it, tells, and where the report lies."""
    from autogan_core.metrics.protocols import ALL_NAMES, bias_note, find_score, joint_protocol, kinds_in

    def cells(scores: dict[str, float]) -> list[str]:
        found = [find_score(scores, kind) for kind in kinds]
        # Half of a terminal's 80 columns would go to KID's deviation and FID's interval; the report has them.
        return ["" if s is None else s.text if s.kind == "is" else s.short_text for s in found]

    summary = json.loads((report.parent / "summary.json").read_text())
    several = summary["by_protocol"] if len(summary["by_protocol"]) > 1 else [summary]
    for scored in several:
        kinds = kinds_in(g[label]["scores"] for g in scored["generators"] for label in ("best", "last"))
        table = Table(
            Column(overflow="fold", min_width=_PAPERS),
            Column("checkpoint", no_wrap=True),
            *(ALL_NAMES[kind] for kind in kinds),
            box=None,
        )
        for generator in scored["generators"]:
            for label in ("best", "last"):
                at = f"{label}, {generator[label]['iteration']:,}"
                table.add_row(generator["architecture"], at, *cells(generator[label]["scores"]))
        if scored["real_scores"]:
            table.add_row("real images", "", *cells(scored["real_scores"]))
        console.print(table)
        for generator in scored["generators"][:1]:
            words = scored.get("protocol") or joint_protocol(generator["best"]["scores"])
            console.print(f"scores: {words}")
        if scored["real_scores"]:
            console.print(f"real images: {joint_protocol(scored['real_scores'])}")
        best = (generator["best"]["scores"] for generator in scored["generators"])
        if note := bias_note(best, shown=False):
            console.print(note)
    for generator in summary["generators"]:
        console.print(f"{generator['architecture']} is {generator['words']}")
        if classes := generator["best"].get("classes"):
            console.print(f"{generator['architecture']} drew {classes['words']}")
        if check := generator["best"].get("copies"):
            console.print(f"{generator['architecture']} drew {check['words']}")
        if generator["origin"]:
            console.print(f"{generator['architecture']} was {generator['origin']}")
        if generator["collapsed"]:
            console.print(f"warning: {generator['architecture']} collapsed in training; use its best checkpoint")
    console.print(f"report: {report}")
