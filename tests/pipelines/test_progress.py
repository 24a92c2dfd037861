"""What a person sees of steps that run as processes."""

from __future__ import annotations

import io
import json
import threading

from rich.console import Console

from autogan_kubeflow.components.step_runtime.events import MARK
from autogan_kubeflow.pipelines.progress import StepDisplay, StepOutput


def event(**content: object) -> str:
    """A line as a step prints it, indented as kfp does."""
    return "    " + MARK + json.dumps(content) + "\n"


def outputs(verbose: bool = False, terminal: bool = False) -> tuple[StepOutput, StepDisplay, io.StringIO, io.StringIO]:
    """An output with its display, its log, and what is shown."""
    log, shown = io.StringIO(), io.StringIO()
    display = StepDisplay(Console(file=shown, force_terminal=terminal, width=120), verbose)
    return StepOutput(log, display), display, log, shown


def test_events_are_shown_and_chatter_goes_to_the_log() -> None:
    """Steps, finished tasks and warnings are shown, information only if asked for, and the log has it all."""
    output, _, log, shown = outputs()
    for text in (
        "12:00 INFO - Executing task\n",
        event(kind="step", name="search"),
        event(kind="log", level="INFO", text="loading"),
        event(kind="log", level="WARNING", text="slot 3 failed"),
        event(kind="begin", task="1", description="searching", total=3, done=1),
        event(kind="advance", task="1", steps=2, values={"reward": 1.5}),
        event(kind="end", task="1"),
    ):
        output.write(text)
    assert shown.getvalue().splitlines() == [
        "step search",
        "warning: slot 3 failed",
        "searching: 1/3",
        "searching: 3/3  reward=1.5",
    ]
    assert [line for line in log.getvalue().splitlines() if line] == [
        "12:00 INFO - Executing task",
        "STEP: search",
        "INFO: loading",
        "WARNING: slot 3 failed",
    ]
    output, _, _, shown = outputs(verbose=True)
    output.write(event(kind="log", level="INFO", text="loading"))
    assert shown.getvalue() == "info: loading\n"


def test_threads_do_not_tear_each_others_lines() -> None:
    """kfp prints a line in pieces, from several threads at once; every event arrives whole."""
    output, _, _, shown = outputs()

    def speak(name: str) -> None:
        for i in range(50):
            for piece in ("    ", MARK, json.dumps({"kind": "log", "level": "ERROR", "text": f"{name}{i}"}), "\n"):
                output.write(piece)

    threads = [threading.Thread(target=speak, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(shown.getvalue().splitlines()) == sorted(f"error: {name}{i}" for name in "abcd" for i in range(50))


def test_bars_of_parallel_steps_come_and_go_in_any_order() -> None:
    """Two tasks overlap on a terminal; one that was killed leaves no bar behind."""
    output, display, _, shown = outputs(terminal=True)
    output.write(event(kind="begin", task="1", description="training one", total=4))
    output.write(event(kind="begin", task="2", description="training two", total=4))
    output.write(event(kind="end", task="1"))
    output.write(event(kind="advance", task="2", steps=3, values={}))
    assert display._monitor._progress is not None
    display.close()
    assert display._monitor._progress is None
    output.write(event(kind="advance", task="2", steps=1, values={}))
    output.write(event(kind="end", task="2"))
    assert "training two" in shown.getvalue()
