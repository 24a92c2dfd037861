"""Assignments and records in JSON."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from autogan_core.history import Assignment, Record
from tests.core.test_search_space import architectures

assignments = st.builds(
    Assignment,
    st.integers(0, 999),
    st.integers(0, 5),
    st.sampled_from(["search", "derive"]),
    st.lists(architectures, max_size=4).map(tuple),
    st.lists(architectures, max_size=4).map(tuple),
)
rewards = st.lists(st.none() | st.floats(-1e6, 1e6), max_size=4).map(tuple)


@given(st.builds(Record, assignments, rewards, st.none() | st.text(max_size=20), st.booleans()))
def test_records_round_trip_through_json(record: Record) -> None:
    """Writing and reading a record changes nothing, rewards to the last bit."""
    assert Record.from_json(json.loads(json.dumps(record.to_json()))) == record


@given(assignments)
def test_scored_leaves_out_what_has_no_finite_reward(assignment: Assignment) -> None:
    """Missing and infinite rewards, and everything of a failed trial, are left out; the rest keeps its order."""
    values = (1.5, None, float("nan"), -2.0)[: len(assignment.candidates)]
    record = Record(assignment, values)
    expected = [(a, r) for a, r in zip(assignment.candidates, values, strict=True) if r in (1.5, -2.0)]
    assert record.scored == expected
    assert Record(assignment, values, failure="stopped").scored == []
