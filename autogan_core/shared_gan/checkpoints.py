"""Checkpoints of an unfinished search iteration, so that a preempted one need not start again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from autogan_core.errors import ConflictError, PreemptedError, StateError
from autogan_core.history import Assignment
from autogan_core.runtime.distributed import World
from autogan_core.search_space import Architecture
from autogan_core.storage import CommittedState, Pointer, RunStore, Snapshot

logger = logging.getLogger(__name__)

STATE = "progress"


@dataclass
class Checkpoint:
    """The state of one iteration beside the weights."""

    step: int = 0
    """Training steps made."""
    collapsed: bool = False
    """Whether dynamic resetting has ended the training."""
    rewards: dict[Architecture, float | None] = field(default_factory=dict)
    """Rewards of the candidates scored so far, in their order."""
    origin: str | None = None
    """The checkpoint that it was restored from, for messages; None for a fresh start."""


class IterationCheckpoints:
    """Stores and restores an iteration's checkpoint.

    A checkpoint belongs to one assignment and to the shared state that it began with; any other is ignored, and
    replaced in time. Wall-clock time decides when it is stored, but not what an iteration ends with.
    """

    def __init__(self, store: RunStore, world: World, stop: Callable[[], bool], seconds: float) -> None:
        """Prepares checkpoints in a run's folder; none is read or written yet.

        Args:
            store: the run's.
            world: the ranks that work together; rank 0 writes, and all ranks stop when one of them should.
            stop: whether to stop now; called before every block of steps and every candidate.
            seconds: least time between two commits.
        """
        self._state, self._world, self._stop, self._seconds = CommittedState(store, STATE), world, stop, seconds
        self._key: dict[str, object] = {}
        self._last = time.monotonic()

    def begin(self, assignment: Assignment, base: str | None) -> tuple[Checkpoint, Snapshot] | None:
        """Begins an iteration, and looks for its stored checkpoint.

        Args:
            assignment: the iteration's.
            base: the shared state that it starts from; None: the initial one.

        Returns:
            The checkpoint and its tensors; None when there is none.

        Raises:
            NewerFormatError: a later version has stored it.
        """
        self._key = {"assignment": assignment.to_json(), "base": base}
        self._last = time.monotonic()
        pointer = snapshot = None
        try:
            pointer = agreed_pointer(self._state, self._world)
            if pointer is not None and all(pointer.content["meta"].get(k) == v for k, v in self._key.items()):
                snapshot = self._state.load(self._world.device, pointer)
        except StateError as error:  # the iteration can still be run from its start
            logger.warning("the checkpoint of slot %d is not used: %s", assignment.slot, error)
        [missing] = self._world.any(snapshot is None)
        if missing or snapshot is None or pointer is None:
            return None
        return _from_meta(snapshot.meta, self._state.location(pointer)), snapshot

    def check(
        self, checkpoint: Checkpoint, identity: Mapping[str, str], tensors: Callable[[], Mapping[str, Tensor]]
    ) -> None:
        """Commits the checkpoint when it is due.

        Args:
            checkpoint: how far the iteration is.
            identity: whose it is, for `Snapshot.require`.
            tensors: gives the weights and windows as they are now.

        Raises:
            PreemptedError: it was time to stop; the checkpoint is stored.
            ConflictError: another process works on this slot.
        """
        is_main = self._world.is_main
        stop, due = self._world.any(self._stop(), is_main and time.monotonic() - self._last >= self._seconds)
        if not stop and not due:
            return
        if is_main:
            rewards = {str(architecture): reward for architecture, reward in checkpoint.rewards.items()}
            meta = {
                "step": checkpoint.step,
                "collapsed": checkpoint.collapsed,
                "rewards": rewards,
                **self._key,
                **identity,
            }
            self._state.commit(Snapshot(meta, tensors()))
            self._last = time.monotonic()
        if stop:
            raise PreemptedError(
                f"stopped on request after {checkpoint.step} training steps and {len(checkpoint.rewards)} scored "
                "candidates; start the trial again to go on from there"
            )

    def clear(self) -> None:
        """Removes what is stored, once the iteration is committed; what another process has stored since stays."""
        try:
            self._state.clear()
        except ConflictError:
            logger.info("the checkpoint in the run store is another process's by now, and stays")


def agreed_pointer(state: CommittedState, world: World) -> Pointer | None:
    """The pointer as rank 0 reads it, on every rank. Raises like `CommittedState.pointer`, on rank 0."""
    if world.size == 1:
        return state.pointer()
    seen = state.pointer() if world.is_main else None
    told = world.broadcast_json(None if seen is None else [dict(seen.content), seen.token])
    return None if told is None else Pointer(*told)


def agreed_snapshot(state: CommittedState, world: World) -> Snapshot | None:
    """The same snapshot on every rank, on its own device; None if there is none. Raises like `CommittedState.load`."""
    if world.size == 1:
        return state.load(world.device)
    pointer = agreed_pointer(state, world)
    return None if pointer is None else state.load(world.device, pointer)


def _from_meta(meta: Mapping[str, Any], origin: str) -> Checkpoint:
    rewards = {Architecture.parse(text): reward for text, reward in meta["rewards"].items()}
    return Checkpoint(meta["step"], meta["collapsed"], rewards, origin)
