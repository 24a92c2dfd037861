"""Which architecture a step trains."""

from __future__ import annotations

from collections import Counter

from autogan_core.config import SearchConfig
from autogan_core.history import Assignment
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.training_order import training_order

LISTED = tuple(Architecture.parse(text) for text in ("1011", "0120", "1110"))
ASSIGNMENT = Assignment(0, 0, "search", LISTED, LISTED)


def test_balanced_architectures_come_in_turn() -> None:
    """Each is trained in equally many steps, up to one."""
    order = list(training_order(ASSIGNMENT, SearchConfig(shared_training="balanced"), 0, 0, 7))
    assert order == [(step, LISTED[step % 3]) for step in range(7)]


def test_others_come_at_random() -> None:
    """All of them, in an order that the seed alone decides."""
    orders = [list(training_order(ASSIGNMENT, SearchConfig(), seed, 0, 60)) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert min(Counter(architecture for _, architecture in orders[0]).values()) > 5


def test_going_on_is_not_starting_again() -> None:
    """From a later step on the rest is what it would have been."""
    for how in ("policy", "uniform", "balanced"):
        search = SearchConfig(shared_training=how)
        whole = list(training_order(ASSIGNMENT, search, 3, 0, 20))
        assert list(training_order(ASSIGNMENT, search, 3, 13, 20)) == whole[13:]
