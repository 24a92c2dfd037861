"""What a person reads before the first step."""

from __future__ import annotations

import io

import pytest

from autogan_core.cli.consoles import console
from autogan_core.first_run.announcement import announcement, tell_decisions, tell_findings
from autogan_core.report.results.decided import Decided, Decision, Taken

DECIDED = Decided(
    findings=("300 images in my-images",),
    decisions=(
        Decision("data.path", "my-images", "given", given=True),
        Decision("model.bottom_width", 4, "32x32 pixels: every image has at least 64"),
        Decision("search.top_k", 3, "of these, the architectures that the next stage extends"),
    ),
    announced=Taken(600.0, 900.0),
    hours=0.2,
)


@pytest.mark.parametrize("everything", [False, True])
def test_a_pipe_gets_a_line_for_each_decision(everything: bool) -> None:
    """The headlines and what was given, or all; how many are hidden is said."""
    file = io.StringIO()
    tell_findings(out := console(file=file), DECIDED.findings)
    tell_decisions(out, DECIDED, everything=everything)
    text = file.getvalue()
    assert "  300 images in my-images\n" in text and "  data.path=my-images: given\n" in text
    assert "  model.bottom_width=4: 32x32 pixels: every image has at least 64\n" in text
    assert ("search.top_k=3" in text) == everything and ("and 1 more settings" in text) != everything


def test_too_little_time_is_said() -> None:
    """What is announced is compared with what was allowed."""
    assert announcement(DECIDED, "CPU, 2 threads") == "expected: 10 min and 900 MiB on CPU, 2 threads"
    tight = Decided(DECIDED.findings, DECIDED.decisions, DECIDED.announced, hours=0.1)
    assert announcement(tight, "CPU").endswith("on CPU, more than the 6 min that were allowed")
