"""One run of a pipeline, as the run store remembers it: what it works on, and which of its steps failed for good.

KFP repeats a failed step whatever the reason. A step that failed for a reason that another try cannot mend says so
here, so that its next attempt ends at once; and the summary at the pipeline's end can quote the reason.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass

from autogan_core.errors import ConfigError
from autogan_core.storage import RunStore, read_document, write_document

JOB_VARIABLE = "AUTOGAN_JOB"
"""Holds the pipeline run's id, in a pod and in the local runner's tasks alike."""


@dataclass(frozen=True, slots=True)
class JobCard:
    """What a pipeline run works on."""

    pipeline: str
    run: str
    """The run's reference, see `runs`."""
    started: str
    """ISO time, UTC."""
    experiment: str = ""
    """Name of the search's Experiment; "" where there is none."""
    katib_namespace: str = ""
    """Its namespace."""
    owner: str = ""
    """What it says whose it is."""


class Job:
    """A pipeline run's folder in the run store, ``jobs/<id>``."""

    def __init__(self, store: RunStore, identifier: str) -> None:
        """Args:
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
    def current(cls, store: RunStore) -> Job | None:
        """That of the process; None outside a pipeline."""
        identifier = os.environ.get(JOB_VARIABLE)
        return cls(store, identifier) if identifier else None

    def open(self, card: JobCard) -> None:
        """Stores what this pipeline run works on."""
        write_document(self._store, f"{self._folder}/job.json", asdict(card))

    def card(self) -> JobCard | None:
        """What this pipeline run works on; None before it has begun."""
        try:
            return JobCard(**read_document(self._store, f"{self._folder}/job.json"))
        except FileNotFoundError:
            return None

    def keep_summary(self, text: str) -> None:
        """Stores how the pipeline run ended, as Markdown."""
        self._store.write(f"{self._folder}/summary.md", text.encode())

    def summary(self) -> str | None:
        """What `keep_summary` stored."""
        try:
            return self._store.read(f"{self._folder}/summary.md").decode()
        except FileNotFoundError:
            return None

    def keep_page(self, kind: str, location: str) -> None:
        """Remembers where a page for people lies, a ``report`` or a ``trend``."""
        write_document(self._store, f"{self._folder}/pages/{kind}.json", {"location": location})

    def page(self, kind: str) -> str | None:
        """Where the page lies; None if no step has written one."""
        try:
            return str(read_document(self._store, f"{self._folder}/pages/{kind}.json")["location"])
        except FileNotFoundError:
            return None

    def fail(self, step: str, reason: str, *, final: bool) -> None:
        """Remembers why a step failed; ``final`` if another try would fail too."""
        document = {"step": step, "reason": reason, "final": final}
        write_document(self._store, f"{self._folder}/failed/{step}.json", document)

    def failure(self, step: str) -> str | None:
        """Why the step failed for good; None if it has not."""
        try:
            document = read_document(self._store, f"{self._folder}/failed/{step}.json")
        except FileNotFoundError:
            return None
        return str(document["reason"]) if document["final"] else None

    def failures(self) -> dict[str, str]:
        """Step -> reason, for the last failure of every step that failed."""
        folder = f"{self._folder}/failed"
        documents = (read_document(self._store, f"{folder}/{name}") for name in self._store.names(folder))
        return {document["step"]: document["reason"] for document in documents}
