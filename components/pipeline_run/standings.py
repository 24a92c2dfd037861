"""The standings of a pool: a table for people, and who has fallen out where and why."""

from __future__ import annotations

import itertools

from autogan_core.runs.halving.halving import promoted
from autogan_core.runs.halving.ladder import Ladder
from autogan_core.search_space import Architecture


def fall_outs(ladder: Ladder, rung: int) -> dict[Architecture, str]:
    """Explains why architectures of the pool do not enter a rung, counted from 1.

    Raises like the ladder.

    Returns:
        Reasons by architecture, those that came furthest first.
    """
    reasons: dict[Architecture, str] = {}
    for earlier, later in reversed([*itertools.pairwise(ladder.rungs[:rung])]):
        entered, going_on = ladder.entrants(earlier), ladder.entrants(later)
        fids = {a: ladder.fid(a, earlier) for a in entered if a not in going_on}
        compared = promoted(fids, len(fids))
        reasons |= {
            a: f"FID {fids[a]:.2f} at step {earlier.iterations:,} is not among the best {later.entrants}"
            for a in compared
        }
        reasons |= {a: f"diverged in rung {earlier.index + 1}: {ladder.failure(a)}" for a in fids if a not in compared}
    return reasons


def standings_markdown(ladder: Ladder, rung: int) -> str:
    """A table of the pool's architectures, those that enter a rung, from 1, at the top; raises like the ladder."""
    if len(ladder.rungs) == 1:
        return f"All {len(ladder.pool)} architectures are trained to the end.\n"
    past, entered = ladder.rungs[: rung - 1], ladder.rungs[rung - 1]
    reasons = fall_outs(ladder, rung)
    names = {entrant.architecture: entrant.name for entrant in ladder.pool}
    head = ["architecture", *(f"FID at {each.iterations:,}" for each in past), ""]
    lines = [
        f"# Rung {rung} of {len(ladder.rungs)}: to step {entered.iterations:,}",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
    ]
    for architecture in [*ladder.entrants(entered), *reasons]:
        trained = ladder.training(architecture)
        fids = [trained.fid_at(each.iterations) if trained else None for each in past]
        cells = ["" if fid is None else f"{fid:.2f}" for fid in fids]
        outcome = reasons.get(architecture, "goes on" if past else "enters")
        lines.append(f"| {' | '.join([names[architecture], *cells, outcome])} |")
    return "\n".join(lines) + "\n"
