"""The display of a pipeline on this machine: bars and messages of its steps, without the runner's own output."""

from __future__ import annotations

import io
import json
import threading
from contextlib import ExitStack
from typing import Any, TextIO

from rich.console import Console

from autogan_core.cli.terminal import RunMonitor
from autogan_core.runtime.monitor import Task
from autogan_kubeflow.components.step_runtime.events import MARK

_SHOWN = ("WARNING", "ERROR", "CRITICAL")


class StepDisplay:
    """Shows the events of all steps; several may run at once."""

    def __init__(self, console: Console, verbose: bool) -> None:
        self._console, self._verbose = console, verbose
        self._monitor = RunMonitor(console, folder=None)
        self._tasks: dict[str, tuple[Task, ExitStack]] = {}
        self._lock = threading.Lock()

    def show(self, event: dict[str, Any]) -> None:
        """Shows one event of `components.step_runtime.events`."""
        with self._lock:
            if event["kind"] == "step":
                self._print(f"step {event['name']}", style="bold")
            elif event["kind"] == "log" and (self._verbose or event["level"] in _SHOWN):
                self._print(f"{event['level'].lower()}: {event['text']}")
            elif event["kind"] == "begin":
                stack = ExitStack()
                begun = self._monitor.task(event["description"], event["total"], event.get("done", 0))
                task = stack.enter_context(begun)
                self._tasks[event["task"]] = task, stack
            elif event["kind"] == "advance" and event["task"] in self._tasks:
                self._tasks[event["task"]][0].advance(event["steps"], event["values"])
            elif event["kind"] == "end" and event["task"] in self._tasks:
                self._tasks.pop(event["task"])[1].close()

    def close(self) -> None:
        """Removes the bars of steps that were killed."""
        with self._lock:
            for _, stack in self._tasks.values():
                stack.close()
            self._tasks.clear()

    def _print(self, text: str, style: str | None = None) -> None:
        self._console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)


class StepOutput(io.TextIOBase):
    """Replaces standard output while kfp's local runner prints to it, from several threads.

    Everything goes into a log; events of our steps are shown.
    """

    def __init__(self, log: TextIO, display: StepDisplay) -> None:
        self._log, self._display = log, display
        self._thread = threading.local()
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        """Collects a thread's text, and handles it line by line."""
        *lines, rest = (getattr(self._thread, "rest", "") + text).split("\n")
        self._thread.rest = rest
        for line in lines:
            self._handle(line)
        return len(text)

    def _handle(self, line: str) -> None:
        printed, mark, event = line.partition(MARK)
        if not mark:
            with self._lock:
                self._log.write(printed + "\n")
            return
        content = json.loads(event)
        if content["kind"] in ("log", "step"):
            with self._lock:
                self._log.write(f"{content.get('level', 'STEP')}: {content.get('text', content.get('name'))}\n")
        self._display.show(content)
