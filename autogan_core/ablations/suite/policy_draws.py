"""Draws of a policy beside uniform ones, scored on the same weights before a stage is derived."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autogan_core.metrics.complexity import generator_macs
from autogan_core.metrics.reward import needs_kid, needs_neighbours, reward
from autogan_core.runs.run import Run
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.storage import RunStore, read_document, write_document


@dataclass(frozen=True, slots=True)
class Draws:
    """Rewards of both kinds of draws; None where an architecture got none."""

    policy: tuple[float | None, ...]
    """Rewards of draws from the policy before the derivation; an architecture that was drawn twice counts twice."""
    uniform: tuple[float | None, ...]
    """Rewards of uniform choices that extend the same beams."""


def score_draws(run: Run, store: RunStore, shared_gan: SharedGAN, slot: int, count: int) -> None:
    """Scores both kinds of draws by the reward on the committed weights, and keeps the scores; does so once.

    Args:
        run: knows the search and its history up to ``slot``.
        store: where to keep them.
        shared_gan: the run's.
        slot: that derives a stage, and has not been run.
        count: draws of each kind.
    """
    if store.exists(_file(slot)):
        return
    policy, uniform = (run.mlas.sample(run.history, slot, count, uniform=uniform) for uniform in (False, True))
    chosen = list(dict.fromkeys((*policy, *uniform)))
    config = run.config.search.reward
    scored = shared_gan.score(
        chosen, "draws", slot, with_kid=needs_kid(config), with_neighbours=needs_neighbours(config)
    )
    channels = run.config.search.generator_channels
    rewards = {
        architecture: reward(scores, config, generator_macs(architecture, run.config.model, channels))
        for architecture, scores in zip(chosen, scored, strict=True)
    }

    def rewarded(drawn: Sequence[Architecture]) -> list[tuple[str, float | None]]:
        return [(str(a), rewards[a] if math.isfinite(rewards[a]) else None) for a in drawn]

    write_document(store, _file(slot), {"policy": rewarded(policy), "uniform": rewarded(uniform)})


def read_draws(store: RunStore, slot: int) -> Draws:
    """Reads what `score_draws` has stored for a slot.

    Returns:
        The rewards of the policy's draws and of uniform ones.

    Raises:
        FileNotFoundError: nothing.
    """
    found = read_document(store, _file(slot))
    return Draws(*(tuple(value for _, value in found[kind]) for kind in ("policy", "uniform")))


def _file(slot: int) -> str:
    return f"draws/{slot:05d}.json"
