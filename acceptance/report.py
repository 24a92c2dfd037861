"""The test's results: a table on the terminal, and the same as Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console
from rich.table import Table

from acceptance.comparison import Comparison
from acceptance.disruptions import Disruption
from acceptance.progress import Phase

MARKDOWN, JSON = "report.md", "report.json"

ReportTable: TypeAlias = tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]
"""Title, head and rows."""


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """A run of Kubeflow Pipelines that succeeded."""

    pipeline: str
    run_id: str
    state: str
    seconds: float | None
    steps: tuple[tuple[str, str, float | None], ...]
    """Name, state and seconds of each."""


@dataclass(slots=True)
class Report:
    """Everything that a person wants to know afterwards."""

    started: datetime
    facts: dict[str, str]
    """Facts about the cluster and the images, by name."""
    phases: list[Phase] = field(default_factory=list)
    disruptions: list[Disruption] = field(default_factory=list)
    comparison: Comparison | None = None
    pipeline_runs: list[PipelineRun] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing failed, was stopped, or was never begun."""
        return self.comparison is not None and all(phase.outcome in ("passed", "skipped") for phase in self.phases)

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped the test."""
        return any(phase.outcome == "stopped" for phase in self.phases)

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        seconds = sum(phase.seconds for phase in self.phases)
        if self.passed:
            return f"this cluster passes, in {duration(seconds)}"
        names = [phase.name for phase in self.phases if phase.outcome in ("failed", "stopped")]
        return f"this cluster does not pass: {', '.join(names) or 'the test did not end'}"

    def tables(self) -> list[ReportTable]:
        """Title, head and rows of each table that has rows."""
        phases = [(p.name, p.outcome, duration(p.seconds), p.note) for p in self.phases]
        disruptions = [
            (d.what, f"{d.slot + 1}", duration(d.at_s), "-" if d.back_s is None else duration(d.back_s), d.note)
            for d in self.disruptions
        ]
        steps = [
            (run.pipeline, name, state, "-" if seconds is None else duration(seconds))
            for run in self.pipeline_runs
            for name, state, seconds in run.steps
        ]
        tables: list[ReportTable] = [
            ("The cluster", ("what", ""), list(self.facts.items())),
            ("What was killed", ("what", "in trial", "after", "back after", "and went on"), disruptions),
            ("Pipelines", ("pipeline", "step", "state", "time"), steps),
            ("The test", ("part", "", "time", ""), phases),
        ]
        return [table for table in tables if table[2]]

    def markdown(self) -> str:
        """The report in Markdown, for an issue or a wiki."""
        head = (
            f"# Acceptance test of {self.started:%Y-%m-%d %H:%M} UTC\n\n{self.verdict[0].upper()}{self.verdict[1:]}.\n"
        )
        parts = [f"## {title}\n\n{_markdown_table(names, rows)}" for title, names, rows in self.tables()]
        return "\n".join([head, *parts, *self._equality()])

    def _equality(self) -> list[str]:
        if self.comparison is None:
            return []
        beams = "\n".join(f"{rank}. `{beam}`" for rank, beam in enumerate(self.comparison.beams, start=1))
        differences = "".join(f"- {text}\n" for text in self.comparison.differences)
        return [
            f"## What the search found\n\n{beams}\n",
            *([f"## Differences\n\n{differences}"] if differences else []),
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"started": self.started.isoformat(), "passed": self.passed}

    def write(self, folder: Path) -> Path:
        """Writes both files; returns the Markdown's path."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON).write_text(json.dumps(self.to_json(), indent=1) + "\n")
        (folder / MARKDOWN).write_text(self.markdown())
        return folder / MARKDOWN

    def show(self, console: Console) -> None:
        """Prints the tables and the verdict."""
        for title, head, rows in self.tables():
            table = Table(title=title, title_justify="left", box=None)
            for name in head:
                table.add_column(name, overflow="fold")
            for row in rows:
                table.add_row(*row)
            console.print(table)
            console.print()
        console.print(self.verdict, style="bold green" if self.passed else "bold red", highlight=False, markup=False)


def duration(seconds: float) -> str:
    """Such as ``2 min 32 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = [[" ".join(str(cell).split()).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"
