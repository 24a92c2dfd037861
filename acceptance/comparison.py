"""Holds what Katib's trials found against the same search on one machine: equal to the last bit, or not equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autogan_core.history import Record
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.search.stage import Beam


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of two histories of one search."""

    slots: int
    """Trials that were compared."""
    rewards: int
    """Rewards that were compared."""
    beams: tuple[str, ...]
    """What the search found, best first, each with its reward."""
    differences: tuple[str, ...]
    """One sentence each; none if both are equal."""


def compare(search: MultiLevelSearch, found: Sequence[Record], expected: Sequence[Record]) -> Comparison:
    """Compares every slot's candidates and rewards, and the beams.

    Args:
        search: whose history it is.
        found: by Katib's trials, by slot.
        expected: by the local search, by slot.

    Returns:
        The numbers of slots and rewards, Katib's beams, and a sentence for each difference.
    """
    differences = [text for pair in zip(found, expected, strict=False) for text in _differences(*pair)]
    if len(found) != len(expected):
        differences.insert(0, f"Katib ran {len(found)} trials, the local search {len(expected)}")
    beams, wanted = (_words(search.beams(records)) for records in (found, expected))
    if beams != wanted:
        differences.append(f"the beams are {', '.join(beams)}, not {', '.join(wanted)}")
    rewards = sum(len(record.rewards) for record in found)
    return Comparison(len(found), rewards, beams, tuple(differences))


def _differences(found: Record, expected: Record) -> list[str]:
    slot = expected.assignment.slot
    if found.assignment != expected.assignment:
        return [f"trial {slot + 1} was told to do something else than in the local search"]
    if found.failure is not None or expected.failure is not None:
        return [f"trial {slot + 1} failed: {found.failure or expected.failure}"] if found != expected else []
    pairs = zip(found.assignment.candidates, found.rewards, expected.rewards, strict=True)
    return [
        f"trial {slot + 1} gave {candidate} the reward {reward!r}, the local search {wanted!r}"
        for candidate, reward, wanted in pairs
        if reward != wanted
    ]


def _words(beams: Sequence[Beam]) -> tuple[str, ...]:
    return tuple(f"{beam.architecture} ({beam.reward!r})" for beam in beams)
