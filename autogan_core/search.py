"""The local search: ask, run the trial, append to the history. Running it again continues where it stopped."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from autogan_core.errors import AutoGANError, NonFiniteLossError, StateError
from autogan_core.history import Record
from autogan_core.mlas import MultiLevelSearch
from autogan_core.monitor import Monitor
from autogan_core.shared_gan import SharedGAN

logger = logging.getLogger(__name__)


class HistoryFile:
    """A search's history on disk: one record a line, appended whole or, after a crash in the middle, not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Record]:
        """All records, in the order in which they were appended; none before the first.

        Raises:
            StateError: a line other than a torn last one is not a record.
        """
        if not self.path.exists():
            return []
        *lines, torn = self.path.read_bytes().split(b"\n")
        if torn:
            logger.warning("%s: dropping an unfinished last line of %d bytes", self.path, len(torn))
        try:
            return [Record.from_json(json.loads(line)) for line in lines]
        except (ValueError, KeyError, TypeError) as error:
            raise StateError(f"{self.path} is damaged ({error}); restore it, or choose another run folder") from error

    def append(self, record: Record) -> None:
        """Adds a record; on disk before it returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            file.seek(0)
            whole = file.read().rfind(b"\n") + 1
            file.truncate(whole)
            file.write(json.dumps(record.to_json(), allow_nan=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def run_search(
    search: MultiLevelSearch, shared_gan: SharedGAN, history_file: HistoryFile, max_failures: int, monitor: Monitor
) -> list[Record]:
    """Searches to the end.

    Args:
        search: what to try next.
        shared_gan: what trains and scores.
        history_file: what has been tried; grows by one record for each slot.
        max_failures: give up after so many failed slots in a row.
        monitor: is told of every slot.

    Returns:
        The whole history.

    Raises:
        AutoGANError: too many slots failed in a row; the message quotes the last failure.
    """
    history = history_file.read()
    with monitor.task("searching", max(search.num_slots, len(history))) as task:
        task.advance(len(history))
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
    return history


def measurements(record: Record, entropy: float) -> dict[str, float]:
    """What is logged of one slot: stage (from 1), mean and best reward, policy entropy in nats, reset and failure."""
    values: dict[str, float] = {"stage": record.assignment.stage + 1, "entropy": entropy}
    rewards = [reward for _, reward in record.scored]
    if rewards:
        values |= {"reward_mean": sum(rewards) / len(rewards), "reward_best": max(rewards)}
    return values | {"reset": float(record.reset), "failed": float(record.failure is not None)}
