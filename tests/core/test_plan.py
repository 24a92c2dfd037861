"""What the plan says of settings that are off by default."""

from __future__ import annotations

from autogan_core.plan import plan
from tests.core.tiny import tiny_config


def test_warm_up_and_adaptation_are_told() -> None:
    """A stage's line says what its first iteration trains more, and what candidates train before they are scored."""
    settings = ("search.warm_up_epochs=1.5", "search.reward.adaptation_steps=20")
    lines = plan(tiny_config(*settings)).splitlines()[1:4]
    assert all("each of 2 epochs (the first 1.5 more) and 3 candidates x 32 images" in line for line in lines)
    assert all("32 images after 20 steps of adaptation; then 4 candidates" in line for line in lines)
    assert "more" not in plan(tiny_config()) and "adaptation" not in plan(tiny_config())
