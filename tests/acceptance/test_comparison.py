"""Holding Katib's history against the local one."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from acceptance.comparison import compare
from autogan_core.history import Record
from autogan_core.presets import load_config
from autogan_core.search.mlas import MultiLevelSearch

CONFIG = load_config(
    "digits", ["search.iterations=3", "search.controller_steps=2", "search.num_candidates=2", "search.top_k=2"]
)
SEARCH = MultiLevelSearch(CONFIG.search_space(), CONFIG.search, CONFIG.seed)


@pytest.fixture
def history() -> list[Record]:
    """A whole search, whose rewards tell nothing."""
    records: list[Record] = []
    while not SEARCH.finished(records):
        [assignment] = SEARCH.ask(records, len(records))
        rewards = tuple(1.0 + index / 3 + len(records) / 7 for index in range(len(assignment.candidates)))
        records.append(Record(assignment, rewards))
    return records


def test_equal_histories_are_equal(history: list[Record]) -> None:
    """Nothing differs, and it tells how much was compared; what a Trial does not tell, a reset, does not count."""
    found = compare(SEARCH, [replace(record, reset=True) for record in history], history)
    assert found.differences == ()
    assert (found.slots, found.rewards) == (6, 12)
    assert len(found.beams) == 2


def test_the_last_bit_of_a_reward_counts(history: list[Record]) -> None:
    """The message has both numbers whole, and names trial and candidate."""
    last = history[-1]
    moved = replace(last, rewards=(math.nextafter(last.rewards[0] or 0.0, 9), *last.rewards[1:]))
    [reward, beams] = compare(SEARCH, [*history[:-1], moved], history).differences
    assert reward.startswith(f"trial 6 gave {last.assignment.candidates[0]} the reward {moved.rewards[0]!r}")
    assert repr(last.rewards[0]) in reward
    assert beams.startswith("the beams are ")


def test_what_is_missing_failed_or_another_trial_is_told(history: list[Record]) -> None:
    """Each in a sentence, without looking at rewards that mean nothing."""
    assert compare(SEARCH, history[:-1], history).differences[0] == "Katib ran 5 trials, the local search 6"
    failed = [replace(history[0], rewards=(), failure="the trial t failed"), *history[1:]]
    assert "trial 1 failed: the trial t failed" in compare(SEARCH, failed, history).differences
    swapped = [history[1], *history[1:]]
    assert compare(SEARCH, swapped, history).differences[0].startswith("trial 1 was told to do something else")
