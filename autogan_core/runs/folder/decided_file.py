"""The advice that a run follows, in the run's folder: what was decided, why, and what it takes."""

from __future__ import annotations

from dataclasses import replace

from autogan_core.report.results.decided import Decided, Taken
from autogan_core.storage import FIRST, RunStore, seal, unseal, update

DECIDED_FILE = "decided.json"
DECIDED_FORMAT = FIRST
"""Of that file."""


def read_decided(store: RunStore) -> Decided | None:
    """Reads the advice.

    Args:
        store: the run's own folder.

    Returns:
        It; None of a run whose settings a person has chosen.

    Raises:
        StateError: the document is damaged.
        NewerFormatError: a later version has written it.
    """
    current = store.read_current(DECIDED_FILE)
    return None if current is None else _parsed(store, current[0])


def write_decided(store: RunStore, decided: Decided) -> None:
    """Stores the advice, in place of what was there."""
    store.write(DECIDED_FILE, seal(decided.to_json(), DECIDED_FORMAT))


def keep_actual(store: RunStore, seconds: float, mebibytes: float) -> None:
    """Notes what the run has taken so far, beside what was announced.

    Args:
        store: the run's own folder, which holds the advice.
        seconds: over all processes.
        mebibytes: the peak of this process; that of an earlier one stays if it was higher.
    """

    def noted(document: bytes | None) -> bytes:
        assert document is not None
        decided = _parsed(store, document)
        peak = max(mebibytes, decided.actual.mebibytes if decided.actual else 0.0)
        return seal(replace(decided, actual=Taken(seconds, peak)).to_json(), DECIDED_FORMAT)

    update(store, DECIDED_FILE, noted)


def _parsed(store: RunStore, document: bytes) -> Decided:
    return Decided.from_json(unseal(document, store.location(DECIDED_FILE), DECIDED_FORMAT))
