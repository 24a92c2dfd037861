"""The local search: ask, run the trial, append to the history. Running it again continues where it stopped."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from autogan_core.errors import AutoGANError, NonFiniteLossError, StateError
from autogan_core.history import Assignment, Record
from autogan_core.runtime.monitor import Monitor
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.storage import FIRST, OLDEST, RunStore

logger = logging.getLogger(__name__)

HISTORY_FORMAT = FIRST
"""Of each line of a history."""


class HistoryFile:
    """A search's history in the run store, ``history.jsonl``: one record a line, replaced as a whole.

    A search writes a few hundred kilobytes of it at most. Of two processes that append at once one is refused.
    """

    NAME = "history.jsonl"

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def read(self) -> list[Record]:
        """Reads the history.

        Returns:
            All records, in the order in which they were appended; none when there is no file.

        Raises:
            StateError: a line is not a record.
            NewerFormatError: a later version has written one.
        """
        return self._parse((self._store.read_current(self.NAME) or (b"", ""))[0])

    def append(self, record: Record) -> None:
        """Adds a record; stored when it returns.

        Raises:
            ConflictError: another process appends to this history.
        """
        content, token = self._store.read_current(self.NAME) or (b"", None)
        self._store.replace(self.NAME, content + history_lines([record]), token)

    def write(self, records: Iterable[Record]) -> None:
        """Stores a whole history, in place of what was there."""
        self._store.write(self.NAME, history_lines(records))

    def _parse(self, content: bytes) -> list[Record]:
        try:
            return parse_history(content, self._store.location(self.NAME))
        except (AttributeError, ValueError, KeyError, TypeError) as error:
            raise StateError(
                f"{self._store.location(self.NAME)} is damaged ({error}); restore it, or choose another run folder"
            ) from error


def history_lines(records: Iterable[Record]) -> bytes:
    """Records as ``history.jsonl`` holds them: one JSON object a line."""
    trees = ({"format": HISTORY_FORMAT.number, **record.to_json()} for record in records)
    return b"".join(json.dumps(tree, allow_nan=False).encode() + b"\n" for tree in trees)


def parse_history(content: bytes | str, location: str) -> list[Record]:
    """The inverse of `history_lines`.

    Args:
        content: of a ``history.jsonl``.
        location: where it lies, for the message.

    Returns:
        The records, in the order of the lines.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: a line is no record.
        NewerFormatError: a later version has written one.
    """
    trees: list[dict[str, Any]] = [json.loads(line) for line in content.splitlines()]
    upgraded = (HISTORY_FORMAT.upgraded(tree, tree.get("format", OLDEST), location) for tree in trees)
    return [Record.from_json(tree) for tree in upgraded]


class AssignmentRunner(Protocol):
    """Runs a search's assignments."""

    def run(self, assignment: Assignment) -> Record:
        """Trains and scores as the assignment says. Raises NonFiniteLossError when its training diverged."""
        ...


def search_records(
    search: MultiLevelSearch,
    shared_gan: AssignmentRunner,
    history_file: HistoryFile,
    max_failures: int,
    monitor: Monitor,
) -> Iterator[Record]:
    """Searches to the end, slot by slot.

    Args:
        search: what to try next.
        shared_gan: what trains and scores.
        history_file: what has been tried; grows by one record for each slot.
        max_failures: give up after so many failed slots in a row.
        monitor: receives every slot.

    Yields:
        Each new record, once it is stored.

    Raises:
        AutoGANError: too many slots failed in a row; the message quotes the last failure.
    """
    history = history_file.read()
    with monitor.task("searching", max(search.num_slots, len(history)), len(history)) as task:
        while not search.finished(history):
            slot = len(history)
            [assignment] = search.ask(history, slot)
            try:
                record = shared_gan.run(assignment)
            except NonFiniteLossError as error:
                logger.warning("slot %d failed: %s", slot, error)
                record = Record(assignment, failure=str(error))
            history_file.append(record)
            history.append(record)
            values = measurements(record, search.entropy(history, slot))
            monitor.log("search", slot, values)
            task.advance(1, {key: values[key] for key in ("stage", "reward_mean", "reward_best") if key in values})
            if len(history) >= max_failures and not any(r.scored for r in history[-max_failures:]):
                raise AutoGANError(
                    f"the last {max_failures} search iterations failed; the last one because {record.failure}"
                )
            yield record


def measurements(record: Record, entropy: float) -> dict[str, float]:
    """The measurements of one slot: stage (from 1), mean and best reward, policy entropy in nats, reset and failure."""
    values: dict[str, float] = {"stage": record.assignment.stage + 1, "entropy": entropy}
    rewards = [reward for _, reward in record.scored]
    if rewards:
        values |= {"reward_mean": sum(rewards) / len(rewards), "reward_best": max(rewards)}
    return values | {"reset": float(record.reset), "failed": float(record.failure is not None)}
