"""The scores that recurring evaluations leave: one line for each pipeline run, in one document of the run store."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from autogan_core.errors import StateError
from autogan_core.search_space import Architecture
from autogan_core.storage import RunStore, seal, unseal, update


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of one architecture, trained from scratch."""

    architecture: Architecture
    """What was trained."""
    iteration: int
    """Generator steps of the best checkpoint, which was scored."""
    scores: dict[str, float]
    """Protocol-named, such as ``is_5k_10split_classifier``; those that are not finite are not stored."""
    evaluated: datetime
    """When these scores were computed; with a time zone."""
    collapsed: bool
    """Whether the last checkpoint of the training was much worse than the best."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, the architecture as compact text and the time in UTC."""
        return {
            "architecture": str(self.architecture),
            "iteration": self.iteration,
            "scores": {name: value for name, value in self.scores.items() if math.isfinite(value)},
            "evaluated": self.evaluated.astimezone(UTC).isoformat(),
            "collapsed": self.collapsed,
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Evaluation:
        """The inverse of `to_json`.

        Returns:
            An evaluation equal to the one that was stored.

        Raises:
            ConfigError: the architecture's text is malformed.
            KeyError: a field is missing.
            ValueError: the time is malformed.
        """
        return cls(
            architecture=Architecture.parse(tree["architecture"]),
            iteration=int(tree["iteration"]),
            scores={str(name): float(value) for name, value in tree["scores"].items()},
            evaluated=datetime.fromisoformat(tree["evaluated"]),
            collapsed=bool(tree["collapsed"]),
        )


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """The scores of one pipeline run."""

    pipeline_run: str
    """Id of the pipeline run."""
    time: datetime
    """When it ended; with a time zone."""
    run: str
    """Folder in the run store that holds the generators; one folder is one configuration."""
    dataset: str
    """What it was made on, in words, such as ``fashion-mnist at 16x16``: scores on others are not compared."""
    data: str
    """Fingerprint of the data set."""
    code: str
    """Fingerprint of the code."""
    revision: str | None
    """Commit of the code; None when it is not known."""
    evaluations: tuple[Evaluation, ...]
    """One for each architecture."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "job": self.pipeline_run,
            "time": self.time.astimezone(UTC).isoformat(),
            "run": self.run,
            "dataset": self.dataset,
            "data": self.data,
            "code": self.code,
            "revision": self.revision,
            "evaluations": [evaluation.to_json() for evaluation in self.evaluations],
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> HistoryLine:
        """The inverse of `to_json`. Raises like `Evaluation.from_json`."""
        return cls(
            pipeline_run=tree["job"],
            time=datetime.fromisoformat(tree["time"]),
            run=tree["run"],
            dataset=tree["dataset"],
            data=tree["data"],
            code=tree["code"],
            revision=tree["revision"],
            evaluations=tuple(Evaluation.from_json(evaluation) for evaluation in tree["evaluations"]),
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """An evaluation in a line of the history, and why it was computed."""

    evaluation: Evaluation
    """The scores."""
    reasons: tuple[str, ...]
    """Why they were computed anew, such as ``first time`` or ``data changed``; empty when they were reused."""

    @property
    def new(self) -> bool:
        """Whether they were computed for this line."""
        return bool(self.reasons)


class ScoreHistory:
    """The lines under one name in a run store; any number of processes may read and add."""

    def __init__(self, store: RunStore, name: str) -> None:
        """The history in ``<name>.json``; nothing is read yet."""
        self._store, self._document = store, f"{name}.json"

    def read(self) -> tuple[HistoryLine, ...]:
        """Reads all lines, oldest first.

        Returns:
            All lines, oldest first; none when there is no history.

        Raises:
            StateError: it is damaged.
        """
        current = self._store.read_current(self._document)
        return self._lines(current and current[0])

    def add(self, line: HistoryLine) -> tuple[HistoryLine, ...]:
        """Adds a line, and replaces an earlier one of the same pipeline run.

        Returns:
            All lines, oldest first.

        Raises:
            StateError: the history is damaged; it is left as it is.
            ConflictError: other processes kept changing it.
        """

        def added(document: bytes | None) -> bytes:
            return seal({"lines": [entry.to_json() for entry in _with(self._lines(document), line)]})

        return self._lines(update(self._store, self._document, added))

    def _lines(self, document: bytes | None) -> tuple[HistoryLine, ...]:
        if document is None:
            return ()
        try:
            content = unseal(document, self._location)
            return tuple(HistoryLine.from_json(tree) for tree in content["lines"])
        except (StateError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise StateError(
                f"{self._location} is damaged: it is no history of scores; restore it from a copy, or remove this one "
                "file to begin a new history"
            ) from error

    @property
    def _location(self) -> str:
        return self._store.location(self._document)


def origins(lines: Sequence[HistoryLine]) -> tuple[Origin, ...]:
    """Says for each evaluation of the last line whether it was computed for that line, and why.

    Scores are reused when an earlier line has the same ones, computed at the same time. New ones are explained by
    what changed since the last earlier line that has the architecture.

    Args:
        lines: oldest first; later ones than the one in question left out.

    Returns:
        In the order of the last line's evaluations; empty without lines.
    """
    if not lines:
        return ()
    *earlier, last = lines
    return tuple(Origin(evaluation, _reasons(evaluation, last, earlier)) for evaluation in last.evaluations)


def _with(lines: Sequence[HistoryLine], line: HistoryLine) -> list[HistoryLine]:
    return sorted(
        (*(other for other in lines if other.pipeline_run != line.pipeline_run), line), key=lambda entry: entry.time
    )


def _reasons(evaluation: Evaluation, line: HistoryLine, earlier: Sequence[HistoryLine]) -> tuple[str, ...]:
    found = [
        (other, entry)
        for other in earlier
        for entry in other.evaluations
        if entry.architecture == evaluation.architecture
    ]
    if not found:
        return ("first time",)
    if any((e.evaluated, e.scores) == (evaluation.evaluated, evaluation.scores) for _, e in found):
        return ()
    before = found[-1][0]
    changed = [name for name in ("data", "code") if getattr(before, name) != getattr(line, name)]
    if not changed:
        # A folder holds one configuration. The same one again: its scores have been removed meanwhile.
        return ("settings changed" if before.run != line.run else "scored again",)
    return tuple(f"{name} changed" for name in changed)
