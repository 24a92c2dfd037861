"""What a test came to, on the terminal and in files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from acceptance.comparison import Comparison
from acceptance.disruptions import Disruption
from acceptance.errors import AcceptanceError
from acceptance.progress import Phase, Progress
from acceptance.report import PipelineRun, Report, duration

BEAM = "1011-10011-10103 (2.5)"


def report(*phases: Phase, comparison: Comparison | None = None) -> Report:
    """One that has everything."""
    return Report(
        datetime(2026, 11, 26, 7, 0, tzinfo=UTC),
        {"Kubernetes": "v1.34.4"},
        list(phases),
        [Disruption("trial stopped (SIGTERM)", "t-master-0", 3, 40.0, 9.0, "going on at step 12 of 57")],
        comparison,
        [
            PipelineRun(
                "mlas-search", "id", "SUCCEEDED", 200.0, (("Search", "SUCCEEDED", 61.0), ("Report", "SKIPPED", None))
            )
        ],
    )


EQUAL = Comparison(9, 36, (BEAM,), ())


def test_it_passes_only_with_a_comparison_and_nothing_failed() -> None:
    """What is skipped does not count; a test that never came to compare has shown nothing."""
    done, skipped = Phase("a", "passed", 60), Phase("b", "skipped", 5)
    assert report(done, skipped, comparison=EQUAL).verdict == "this cluster passes, in 1 min 05 s"
    assert report(done).verdict == "this cluster does not pass: the test did not end"
    failed = report(done, Phase("taken away", "failed"), comparison=EQUAL)
    assert failed.verdict == "this cluster does not pass: taken away"
    assert not failed.stopped and report(Phase("a", "stopped")).stopped


def test_markdown_has_every_table_whole(tmp_path: Path) -> None:
    """A row stays a row, whatever stands in it."""
    text = report(Phase("a", "passed", 92, "one | two\nthree"), comparison=EQUAL).markdown()
    assert "| a | passed | 1 min 32 s | one \\| two three |" in text
    assert "| trial stopped (SIGTERM) | 4 | 40 s | 9 s | going on at step 12 of 57 |" in text
    assert "| mlas-search | Report | SKIPPED | - |" in text
    assert f"1. `{BEAM}`" in text
    assert "Differences" not in text
    different = report(comparison=Comparison(9, 36, (BEAM,), ("trial 3 gave ...",)))
    assert "## Differences\n\n- trial 3 gave ..." in different.markdown()
    assert report(comparison=EQUAL).write(tmp_path).read_text().startswith("# Acceptance test of 2026-11-26 07:00 UTC")
    stored = json.loads((tmp_path / "report.json").read_text())
    assert stored["passed"] and stored["comparison"]["beams"] == [BEAM]


def test_the_terminal_shows_the_same() -> None:
    """With long names broken, not cut."""
    said = StringIO()
    report(Phase("a", "failed", 1, "x" * 100), comparison=EQUAL).show(Console(file=said, width=80))
    assert said.getvalue().count("x") == 100
    assert "this cluster does not pass: a" in said.getvalue()


def test_phases_are_timed_and_their_failures_kept(said: StringIO) -> None:
    """A failure is printed, kept and passed on; a stop is no failure."""
    now = [0.0]
    progress = Progress(Console(file=said, width=200), lambda: now[0])
    with progress.phase("first") as phase:
        now[0], phase.note = 65.0, "well"
    with pytest.raises(AcceptanceError), progress.phase("second"):
        raise AcceptanceError("no room")
    with pytest.raises(KeyboardInterrupt), progress.phase("third"):
        raise KeyboardInterrupt
    assert [(p.name, p.outcome, p.seconds, p.note) for p in progress.phases] == [
        ("first", "passed", 65.0, "well"),
        ("second", "failed", 0.0, "no room"),
        ("third", "stopped", 0.0, "KeyboardInterrupt"),
    ]
    assert "[01:05] passed: well\n" in said.getvalue() and "[01:05] FAILED: no room\n" in said.getvalue()


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (152, "2 min 32 s")])
def test_durations(seconds: float, words: str) -> None:
    """Rounded to seconds."""
    assert duration(seconds) == words
