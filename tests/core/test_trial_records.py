"""Records of committed slots: found by name, and never replaced by another one of the same slot."""

from __future__ import annotations

import pytest

from autogan_core.errors import StateError
from autogan_core.history import Assignment, Record
from autogan_core.search_space import Architecture
from autogan_core.storage import RunStore
from autogan_core.trial_records import load_record, store_record

A = Architecture.parse("1011")
ASSIGNMENT = Assignment(7, 0, "derive", (A,))


def test_records_of_one_slot_lie_side_by_side(store: RunStore) -> None:
    """Two processes' records of a slot have names of their own, equal ones the same; all are read back."""
    records = [Record(ASSIGNMENT, (reward,)) for reward in (1.25, None)]
    names = [store_record(store, record) for record in records]
    assert len(set(names)) == 2
    assert all(name.startswith("trials/00007-") for name in names)
    assert [load_record(store, name) for name in names] == records
    assert store_record(store, records[0]) == names[0]


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_damage_is_noticed(store: RunStore, damage: str) -> None:
    """A record that is gone or was changed is refused by name, with what to do."""
    name = store_record(store, Record(ASSIGNMENT, (1.25,)))
    if damage == "missing":
        store.delete_folder("trials")
    else:
        store.write(name, store.read(name).replace(b"1.25", b"1.75"))
    with pytest.raises(StateError, match=f"{name} is {damage}.*restore it from a copy"):
        load_record(store, name)
