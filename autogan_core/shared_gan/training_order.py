"""Which architecture each step of a search iteration trains."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from autogan_core.config import SearchConfig
from autogan_core.history import Assignment
from autogan_core.search_space import Architecture


def training_order(
    assignment: Assignment, search: SearchConfig, seed: int, start: int, total: int
) -> Iterator[tuple[int, Architecture]]:
    """Orders the architectures of an iteration's training steps, from step ``start`` on.

    They come in random order, with replacement, as in the released code, which draws one for each step. Balanced ones
    come as they are, over and over: they were dealt so that every beginning of the list is balanced too.

    Args:
        assignment: its ``training`` holds at least one architecture.
        search: says how the architectures were drawn.
        seed: decides the order.
        start: steps made already; what they trained is drawn and dropped.
        total: steps of the iteration.

    Returns:
        Pairs of a step in [start, total) and the architecture to train in it.
    """
    if search.shared_training == "balanced":
        order: Iterator[Architecture] = itertools.islice(itertools.cycle(assignment.training), total)
    else:
        choice = random.Random(seed)
        order = (choice.choice(assignment.training) for _ in range(total))
    return itertools.islice(enumerate(order), start, None)
