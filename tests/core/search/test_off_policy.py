"""Learning from all earlier rewards."""

from __future__ import annotations

import numpy as np
import pytest

from autogan_core.config import ControllerConfig, SearchConfig
from autogan_core.search.off_policy import OffPolicy

CELL = np.array([[1, 2, 1, 1], [0, 0, 0, 0]])


def policy(passes: int = 1) -> OffPolicy:
    controller = ControllerConfig(hidden_dim=8, learning_rate=5e-3, passes=passes, entropy_weight=0)
    return OffPolicy((2, 3, 3, 2), SearchConfig(policy="off-policy", controller=controller), 0, 0)


def likelihood(learner: OffPolicy) -> list[float]:
    starts = learner.controller.start().rows(np.zeros(2, dtype=np.int64))
    return list(map(float, learner.rollout(starts, CELL).log_probs.sum(axis=1)))


def tell(learner: OffPolicy, *rewards: float) -> None:
    learner.learn(learner.controller.start().rows(np.zeros(2, dtype=np.int64)), CELL, rewards)


def test_earlier_rewards_are_learned_from_again() -> None:
    """Behind thirty slots that tell nothing apart a policy still prefers, by as much as its share of the memory says,
    the cell that an earlier slot found better."""
    margins = []
    for first in ((2.0, 1.0), (5.0, 5.0)):
        learner = policy()
        tell(learner, *first)
        for _ in range(30):
            tell(learner, 5.0, 5.0)
        better, worse = likelihood(learner)
        margins.append(better - worse)
    expected = np.log((np.e + 30) / (1 / np.e + 30))
    assert margins[0] - margins[1] == pytest.approx(expected, rel=0.3)


def test_the_level_of_a_slot_does_not_count() -> None:
    """Rewards are compared with those of their own slot: raised together, or scaled, they teach the same."""
    one, other = policy(), policy()
    for _ in range(5):
        tell(one, 2.0, 1.0)
        tell(other, 120.0, 100.0)
    assert likelihood(one) == pytest.approx(likelihood(other), rel=1e-9)


def test_more_passes_teach_more() -> None:
    """The better of two cells becomes likelier, the more often the memory is gone through."""
    found = []
    for passes in (1, 5):
        learner = policy(passes)
        for _ in range(5):
            tell(learner, 2.0, 1.0)
        found.append(likelihood(learner)[0])
    assert found[1] > found[0]
