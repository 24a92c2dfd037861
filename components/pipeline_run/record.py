"""One run of a pipeline, as the run store remembers it: what it works on, and how each of its steps went.

Every step notes its begin and its end, so that the summary at the pipeline's end can tell a step that failed, and why,
from one that was lost and from one that went well here and failed in what KFP does afterwards. And where Argo repeats a
step whatever the reason, the next pod finds that another try is of no use.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from autogan_core.errors import ConfigError
from autogan_core.storage import RunStore, read_document, write_document

PIPELINE_RUN_VARIABLE = "AUTOGAN_JOB"
"""Holds the pipeline run's id, in a pod and in the local runner's tasks alike."""


@dataclass(frozen=True, slots=True)
class PipelineRunCard:
    """What a pipeline run works on."""

    pipeline: str
    run: str
    """The run's reference, see `runs`."""
    started: str
    """ISO time, UTC."""
    experiment: str = ""
    """Name of the search's Experiment; "" where there is none."""
    katib_namespace: str = ""
    """The namespace of the Experiment."""
    owner: str = ""
    """What it says whose it is."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The result of a step of a pipeline run, or its progress."""

    step: str
    """The step's name, with the turn of the loop that it is in."""
    began: str
    """ISO time of the last attempt, UTC."""
    pod: str = ""
    """The step's pod; "" where there is none."""
    attempt: int = 1
    """Which attempt it was, from 1."""
    attempts: int = 1
    """How many there may be in one pod."""
    ended: str = ""
    """ISO time, UTC; "" while it has not ended, and for ever if it was lost."""
    failure: str = ""
    """Why it failed; "" if it has not."""
    final: bool = False
    """Whether another try would fail too."""
    exhausted: bool = False
    """Whether it was the last try of a failure that might pass."""
    title: str = ""
    """What it does, for people, such as ``Train 1011-10011-10103 to 500 steps (rung 2 of 4)``; "" for a step that is
    the only one of its kind."""

    @classmethod
    def begin(cls, step: str, pod: str, attempt: int, attempts: int, title: str = "") -> StepRecord:
        """An attempt that begins now."""
        return cls(step, _now(), pod, attempt, attempts, title=title)

    @property
    def words(self) -> str:
        """The step's title, or its name if it has none."""
        return self.title or self.step

    def succeed(self) -> StepRecord:
        """This record with a successful end now."""
        return replace(self, ended=_now())

    def fail(self, reason: str, *, final: bool = False, exhausted: bool = False) -> StepRecord:
        """This record with a failure now."""
        return replace(self, ended=_now(), failure=reason, final=final, exhausted=exhausted)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class PipelineRun:
    """A pipeline run's folder in the run store, ``jobs/<id>``."""

    def __init__(self, store: RunStore, identifier: str) -> None:
        """Names the folder of a pipeline run; nothing is read or written yet.

        Args:
            store: the run store.
            identifier: KFP's id of the pipeline run.

        Raises:
            ConfigError: the id cannot be a folder's name.
        """
        if not identifier or "/" in identifier or identifier.startswith("."):
            raise ConfigError(f"the pipeline run's id is '{identifier}'; it must be one word without '/'")
        self.identifier = identifier
        self._store, self._folder = store, f"jobs/{identifier}"

    @classmethod
    def current(cls, store: RunStore) -> PipelineRun | None:
        """The pipeline run of this process; None outside a pipeline."""
        identifier = os.environ.get(PIPELINE_RUN_VARIABLE)
        return cls(store, identifier) if identifier else None

    def open(self, card: PipelineRunCard) -> None:
        """Stores what this pipeline run works on."""
        write_document(self._store, f"{self._folder}/job.json", asdict(card))

    def card(self) -> PipelineRunCard | None:
        """What this pipeline run works on; None before it has begun."""
        try:
            return PipelineRunCard(**read_document(self._store, f"{self._folder}/job.json"))
        except FileNotFoundError:
            return None

    def keep_summary(self, text: str) -> None:
        """Stores how the pipeline run ended, as Markdown."""
        self._store.write(f"{self._folder}/summary.md", text.encode())

    def summary(self) -> str | None:
        """The summary that `keep_summary` stored."""
        try:
            return self._store.read(f"{self._folder}/summary.md").decode()
        except FileNotFoundError:
            return None

    def keep_page(self, kind: str, location: str) -> None:
        """Remembers where a page for people lies, a ``report`` or a ``trend``."""
        write_document(self._store, f"{self._folder}/pages/{kind}.json", {"location": location})

    def page(self, kind: str) -> str | None:
        """The location of the page; None if no step has written one."""
        try:
            return str(read_document(self._store, f"{self._folder}/pages/{kind}.json")["location"])
        except FileNotFoundError:
            return None

    def note(self, record: StepRecord) -> None:
        """Stores how a step went, in place of what was known of it."""
        write_document(self._store, f"{self._folder}/steps/{record.step}.json", asdict(record))

    def step(self, name: str) -> StepRecord | None:
        """The record of a step; None if it has not begun."""
        try:
            return StepRecord(**read_document(self._store, f"{self._folder}/steps/{name}.json"))
        except FileNotFoundError:
            return None

    def steps(self) -> list[StepRecord]:
        """All steps that have begun, in the order in which they did."""
        folder = f"{self._folder}/steps"
        records = [StepRecord(**read_document(self._store, f"{folder}/{name}")) for name in self._store.names(folder)]
        return sorted(records, key=lambda record: record.began)

    def failures(self) -> dict[str, str]:
        """Step -> reason, for every step that failed."""
        return {record.step: record.failure for record in self.steps() if record.failure}
