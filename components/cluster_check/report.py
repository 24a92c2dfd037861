"""The findings as a table for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from autogan_kubeflow.components.cluster_check.base.finding import Verdict
from autogan_kubeflow.components.cluster_check.catalogue import Topic, count

_STYLES = {
    Verdict.ok: "green",
    Verdict.note: "dim",
    Verdict.warning: "yellow",
    Verdict.missing: "bold red",
    Verdict.unknown: "magenta",
}


def table(topics: Sequence[Topic]) -> Table:
    """One row for each finding, with the number under which `remedies` has its commands."""
    made = Table(box=None, pad_edge=False)
    for title in ("", "what", "is", "seen", "mend"):
        made.add_column(title, overflow="fold")
    number = 0
    for topic in topics:
        title = topic.title
        for finding in topic.findings:
            number += bool(finding.remedy)
            is_ = f"[{_STYLES[finding.verdict]}]{finding.verdict}[/]"
            mend = str(number) if finding.remedy else ""
            made.add_row(title, escape(finding.subject), is_, escape(finding.seen), mend)
            title = ""
    return made


def remedies(topics: Sequence[Topic]) -> Iterator[str]:
    """The commands, each on a line of its own that can be copied."""
    number = 0
    for topic in topics:
        for finding in topic.findings:
            if finding.remedy:
                number += 1
                yield f"{number}. {finding.subject}" + (" (--fix does it)" if finding.repair else "")
                yield from (f"   {line}" for line in finding.remedy)


def summary(topics: Sequence[Topic]) -> str:
    """Summarises all findings in one line."""
    parts = {verdict: count(topics, verdict) for verdict in Verdict}
    words = [
        f"{parts[Verdict.ok]} as they should be",
        f"{parts[Verdict.missing]} to be mended",
        f"{parts[Verdict.warning]} to look at",
    ]
    if parts[Verdict.unknown]:
        words.append(f"{parts[Verdict.unknown]} that you may not look at")
    return ", ".join(words)


def plain(topics: Sequence[Topic]) -> list[dict[str, Any]]:
    """The findings as plain values."""
    return [
        {
            "topic": topic.title,
            "what": finding.subject,
            "is": str(finding.verdict),
            "seen": finding.seen,
            "mend": list(finding.remedy),
            "fix": finding.repair is not None,
        }
        for topic in topics
        for finding in topic.findings
    ]
