"""Successive halving in the steps of a pipeline, decided from the contents of the run store.

The pool travels with the pipeline run, as the work of its first rung. It is not the run's own: evaluations of different
architectures with the same settings share a run's folder, and so its trainings.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autogan_core.errors import AutoGANError
from autogan_core.runs.halving.halving import given_pool
from autogan_core.runs.halving.ladder import Ladder
from autogan_core.runs.run_records import RunRecords
from autogan_core.search_space import Architecture
from autogan_core.storage import write_atomically
from autogan_kubeflow.components.pipeline_run.standings import fall_outs, standings_markdown
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
from autogan_kubeflow.components.step_runtime.step import Step

logger = logging.getLogger(__name__)


def choose_entrants(step: Step, reference: str, pool: Sequence[str], rung: int, standings: OutputArtifact) -> list[str]:
    """The work of a rung; publishes how all trainings stand before it.

    Args:
        step: the step.
        reference: of the run.
        pool: the work of the first rung.
        rung: the one that is entered, from 1.
        standings: becomes a table.

    Returns:
        The work, in the first rung in the pool's order, else best first.

    Raises:
        StateError: a training of an earlier rung has not come to that rung's end.
        AutoGANError: all trainings have diverged.
    """
    ladder = pool_ladder(step.store_ref.records(reference), _rewards(pool))
    for architecture, reason in fall_outs(ladder, rung).items():
        logger.info("%s falls out: %s", architecture, reason)
    standings.uri += ".md"
    write_atomically(Path(standings.path), standings_markdown(ladder, rung).encode())
    return rung_items(reference, ladder, rung)


def rung_items(reference: str, ladder: Ladder, rung: int) -> list[str]:
    """The work of a rung, from 1, as JSON. Raises like `choose_entrants`."""
    entered = ladder.rungs[rung - 1]
    rewards = {entrant.architecture: entrant.reward for entrant in ladder.pool}
    entrants = ladder.entrants(entered)
    if not entrants:
        raise AutoGANError(f"every training of {reference} has diverged: {'; '.join(fall_outs(ladder, rung).values())}")
    return [
        LoopItem(
            run=reference,
            rank=rank,
            architecture=str(architecture),
            reward=rewards[architecture],
            rung=rung,
            rungs=len(ladder.rungs),
            iterations=entered.iterations,
            entrants=entered.entrants,
        ).dumps()
        for rank, architecture in enumerate(entrants, start=1)
    ]


def pool_ladder(records: RunRecords, rewards: Mapping[Architecture, float | None]) -> Ladder:
    """Reads how far the trainings of a pool have come.

    Args:
        records: of the run.
        rewards: of the architectures, in the pool's order; None for one that comes from no search. With successive
            halving the incumbents of the settings join them.

    Returns:
        The pool's ladder.
    """
    entrants = given_pool(records.config, list(rewards))
    return records.ladder([replace(entrant, reward=rewards.get(entrant.architecture)) for entrant in entrants])


def _rewards(pool: Sequence[str]) -> dict[Architecture, float | None]:
    entrants = [LoopItem.loads(text) for text in pool]
    return {item.parsed: item.reward for item in entrants}
