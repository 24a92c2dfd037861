"""Records of committed slots in the run store: ``trials/<slot>-<start of the SHA-256>.json``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from autogan_core.errors import StateError, SupersededError
from autogan_core.history import Assignment, Record
from autogan_core.storage import CommittedState, Format, RunStore, read_document, seal
from autogan_core.training.cost import Cost

SHARED = "shared"
"""Name of the shared GAN's committed state, which also says which records count."""
_COST = "cost"


def _with_what_was_trained(content: Mapping[str, Any]) -> dict[str, Any]:
    """The first states did not count steps, and knew no warm-up, so that each stage's training has begun."""
    meta = content["meta"]
    if not meta:  # a pointer to nothing
        return dict(content)
    return {**content, "meta": {"steps": 0, "trained_stage": meta["stage"], **meta}}


SHARED_FORMAT = Format((_with_what_was_trained,))
"""Of that state."""


def shared_state(store: RunStore) -> CommittedState:
    """The shared GAN's committed state in the run store."""
    return CommittedState(store, SHARED, SHARED_FORMAT)


def store_record(store: RunStore, record: Record, cost: Cost) -> str:
    """Stores a record and its cost.

    The name depends on the content, so the loser of a race for a slot does not replace the winner's record.

    Returns:
        The file's name, which the committed state must refer to.
    """
    document = seal({**record.to_json(), _COST: cost.to_json()})
    name = f"trials/{record.assignment.slot:05d}-{hashlib.sha256(document).hexdigest()[:12]}.json"
    store.write(name, document)
    return name


def load_record(store: RunStore, name: str) -> Record:
    """Loads the record stored under ``name``.

    Returns:
        The record, without its cost.

    Raises:
        StateError: it is missing or damaged.
    """
    return Record.from_json(_read(store, name))


def committed_trials(store: RunStore) -> list[tuple[int, str]]:
    """Lists the committed slots of a run.

    Returns:
        Slots, ascending, with the file names of their records.

    Raises:
        StateError: the state that lists them is damaged.
    """
    pointer = shared_state(store).pointer()
    trials = {} if pointer is None else pointer.content["meta"]["trials"]
    return sorted((int(slot), name) for slot, name in trials.items())


def slot_costs(store: RunStore) -> dict[int, Cost | None]:
    """Reads the cost of each committed slot of a run.

    A slot that failed is not among them. Raises like `committed_trials` and `load_record`.

    Returns:
        Costs by slot; None for a slot that an earlier version stored.
    """
    costs = {slot: _read(store, name).get(_COST) for slot, name in committed_trials(store)}
    return {slot: None if cost is None else Cost.from_json(cost) for slot, cost in costs.items()}


def committed_record(store: RunStore, trials: Mapping[int, str], assignment: Assignment) -> Record:
    """Loads the record of a slot that is committed, or that a committed one follows.

    Args:
        store: the run's.
        trials: names of the committed records by slot; at least one.
        assignment: what the slot was asked for.

    Returns:
        The record, which belongs to ``assignment``.

    Raises:
        SupersededError: a later slot is committed, and this one, or this assignment of it, is not.
        StateError: the slot was another assignment; or its record is missing or damaged.
    """
    slot, latest = assignment.slot, max(trials)
    record = load_record(store, trials[slot]) if slot in trials else None
    if record is not None and record.assignment == assignment:
        return record
    if slot < latest:
        raise SupersededError(
            f"slot {slot} of this run was superseded: slot {latest} is committed, and slot {slot} never was with this "
            "assignment; ask for the slots that follow"
        )
    raise StateError(
        f"the run store's slot {slot} was another assignment; the history and the run store belong to different "
        "runs, choose another run folder"
    )


def _read(store: RunStore, name: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = read_document(store, name)
        return document
    except FileNotFoundError:
        raise StateError(
            f"{store.location(name)} is missing; restore it from a copy, or choose another run folder"
        ) from None
