"""Records of committed slots: found by name, and never replaced by another one of the same slot."""

from __future__ import annotations

import pytest

from autogan_core.errors import StateError
from autogan_core.history import Assignment, Record
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.trial_records import committed_trials, load_record, shared_state, slot_costs, store_record
from autogan_core.storage import RunStore, Snapshot, seal
from autogan_core.training.cost import Cost

A = Architecture.parse("1011")
ASSIGNMENT = Assignment(7, 0, "derive", (A,))
COST = Cost(20, 4, 300)


def test_records_of_one_slot_lie_side_by_side(store: RunStore) -> None:
    """Two processes' records of a slot have names of their own, equal ones the same; all are read back."""
    records = [Record(ASSIGNMENT, (reward,)) for reward in (1.25, None)]
    names = [store_record(store, record, COST) for record in records]
    assert len(set(names)) == 2
    assert all(name.startswith("trials/00007-") for name in names)
    assert [load_record(store, name) for name in names] == records
    assert store_record(store, records[0], COST) == names[0]


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_damage_is_noticed(store: RunStore, damage: str) -> None:
    """A record that is gone or was changed is refused by name, with what to do."""
    name = store_record(store, Record(ASSIGNMENT, (1.25,)), COST)
    if damage == "missing":
        store.delete_folder("trials")
    else:
        store.write(name, store.read(name).replace(b"1.25", b"1.75"))
    with pytest.raises(StateError, match=f"{name} is {damage}.*restore it from a copy"):
        load_record(store, name)


def test_costs_of_committed_slots(store: RunStore) -> None:
    """What each slot cost is read back by its number; a record of an earlier version, without a cost, is still one."""
    assert committed_trials(store) == [] and slot_costs(store) == {}
    record = Record(ASSIGNMENT, (1.25,))
    store.write("trials/00002-older.json", seal(record.to_json()))
    trials = {"10": store_record(store, record, COST), "2": "trials/00002-older.json"}
    shared_state(store).commit(Snapshot({"stage": 0, "trials": trials}, {}))
    assert committed_trials(store) == [(2, trials["2"]), (10, trials["10"])]
    assert slot_costs(store) == {2: None, 10: COST}
    assert load_record(store, trials["2"]) == record
