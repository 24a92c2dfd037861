"""Successive halving: a pool of architectures is trained a little, the better half goes on, and so on.

The last choice among architectures is so made by training them, not by their rewards on shared weights, which tell
little about it. A training that goes on continues its checkpoint: no step is made twice. (Jamieson and Talwalkar 2016;
not in the AutoGAN paper, which trains its last K beams to the end.)

Everything here is a pure function of the configuration, the search's history and the stored validations, so that every
process of a run decides alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from autogan_core.config import Config, ModelConfig, RetrainConfig
from autogan_core.history import Record
from autogan_core.search.stage import Beam
from autogan_core.search_space import Architecture, DiscriminatorCell

Origin = Literal["beam", "candidate", "incumbent", "given"]


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: its entrants are trained to the same number of generator steps, and compared there."""

    index: int
    """The rung's place in the ladder, from 0."""
    iterations: int
    """Generator steps of a training that has reached its end, counted from the training's start."""
    entrants: int
    """Architectures that enter; fewer do when too many trainings of the rung before have diverged."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """An architecture of the pool."""

    architecture: Architecture
    origin: Origin
    """``beam``: of the last stage. ``candidate``: scored in the search. ``incumbent``: named in the settings.
    ``given``: chosen elsewhere, such as for a transfer evaluation."""
    reward: float | None
    """What the search paid for it last; None when the search never met it."""
    name: str
    """The name in the settings if there is one, else the compact text."""


def rungs(retrain: RetrainConfig, pool_size: int) -> tuple[Rung, ...]:
    """Plans the ladder of a successive halving.

    Each rung keeps the better half, rounded up, until ``num_architectures`` are left, which are trained to
    ``generator_iterations``; a rung has twice the steps of the one before it, rounded up.

    Args:
        retrain: the settings; without halving there is one rung.
        pool_size: architectures that enter the first rung, at least one.

    Returns:
        The rungs, first to last.
    """
    sizes = [pool_size]
    while retrain.halves and sizes[-1] > retrain.num_architectures:
        sizes.append(max(-(-sizes[-1] // 2), retrain.num_architectures))
    last = len(sizes) - 1
    budgets = [-(-retrain.generator_iterations // 2 ** (last - index)) for index in range(len(sizes))]
    return tuple(Rung(index, *pair) for index, pair in enumerate(zip(budgets, sizes, strict=True)))


def usable_incumbents(config: Config) -> dict[Architecture, str]:
    """Selects the incumbents that fit the run; where discriminators are searched too, they are paired with the paper's.

    Returns:
        Each once, in the settings' order, with the name that the settings give it.
    """
    space, usable = config.search_space(), dict[Architecture, str]()
    for name in config.retrain.incumbents:
        architecture = _incumbent(name, config)
        if _fits(architecture, config.model) and architecture.prefix(space.num_cells) in space:
            usable.setdefault(config.model.completed(architecture), name)
    return usable


def unusable_incumbents(config: Config) -> dict[str, str]:
    """Name of each incumbent that is left out -> why."""
    reasons, usable = {}, usable_incumbents(config)
    for name in config.retrain.incumbents:
        architecture = _incumbent(name, config)
        if config.model.completed(architecture) not in usable:
            fits = _fits(architecture, config.model)
            cells = f"{architecture.depth} cells, not {config.model.num_cells}"
            reasons[name] = "outside search.space" if fits else cells
    return reasons


def _incumbent(name: str, config: Config) -> Architecture:
    architecture = Architecture.parse(name)
    if config.search.networks == "generator" or architecture.discriminator:
        return architecture
    return replace(architecture, discriminator=(DiscriminatorCell(),) * architecture.depth)


def _fits(architecture: Architecture, model: ModelConfig) -> bool:
    """Whether it has the cells of a searched architecture, or of one that is trained."""
    return architecture.depth in (model.num_cells, model.depth)


def searched_pool(config: Config, beams: Sequence[Beam], history: Iterable[Record]) -> list[Entrant]:
    """Selects the pool of a finished search.

    Without halving the best ``num_architectures`` beams. With it the beams, best first, the incumbents, and then the
    candidates of full depth with the best latest reward, until there are ``pool``. The best beam and the incumbents
    enter in any case, the other beams as far as there is room. A pool of unsaid size has all beams and no candidates.

    Returns:
        The entrants of the first rung, in the order given above.
    """
    retrain, incumbents = config.retrain, usable_incumbents(config)
    if not retrain.halves:
        return [_beam(beam, incumbents, config.model) for beam in beams[: retrain.num_architectures]]
    latest, size = latest_rewards(config, history), largest_pool(config)
    entrants: dict[Architecture, Entrant] = {}
    for beam in beams:
        entrant = _beam(beam, incumbents, config.model)
        if not entrants or len({*entrants, entrant.architecture, *incumbents}) <= size:
            entrants[entrant.architecture] = entrant
    for architecture, name in incumbents.items():
        entrants.setdefault(architecture, Entrant(architecture, "incumbent", latest.get(architecture), name))
    others = sorted((a for a in latest if a not in entrants), key=lambda a: (-latest[a], str(a)))
    for architecture in others[: max((retrain.pool or 0) - len(entrants), 0)]:
        entrants[architecture] = Entrant(architecture, "candidate", latest[architecture], str(architecture))
    return list(entrants.values())


def given_pool(config: Config, architectures: Sequence[Architecture]) -> list[Entrant]:
    """The pool of a run whose architectures were chosen elsewhere; with halving the incumbents join them."""
    incumbents, completed = usable_incumbents(config), map(config.model.completed, architectures)
    entrants = {a: Entrant(a, "given", None, incumbents.get(a, str(a))) for a in completed}
    for architecture, name in incumbents.items():
        entrants.setdefault(architecture, Entrant(architecture, "incumbent", None, name))
    return list(entrants.values())


def largest_pool(config: Config) -> int:
    """Architectures that enter the first rung after a search, at most; known before it."""
    retrain = config.retrain
    if not retrain.halves:
        return retrain.num_architectures
    incumbents = len(usable_incumbents(config))
    return config.search.top_k + incumbents if retrain.pool is None else max(retrain.pool, 1 + incumbents)


def latest_rewards(config: Config, history: Iterable[Record]) -> dict[Architecture, float]:
    """The reward that each architecture of full depth, as it is trained, got when the search scored it last."""
    records = sorted(history, key=lambda record: record.assignment.slot)
    scored = itertools.chain.from_iterable(record.scored for record in records)
    model = config.model
    return {model.completed(found): reward for found, reward in scored if found.depth == model.num_cells}


def promoted(fids: Mapping[Architecture, float | None], count: int) -> list[Architecture]:
    """Selects the entrants that go on from a rung.

    Args:
        fids: of every entrant at the rung's end; None where the training has diverged, which never goes on.
        count: how many may go on.

    Returns:
        At most ``count`` architectures with the lowest FID, best first; equal FIDs are ordered by text.
    """
    trained = [(fid, architecture) for architecture, fid in fids.items() if fid is not None]
    return [architecture for _, architecture in sorted(trained, key=lambda pair: (pair[0], str(pair[1])))[:count]]


def _beam(beam: Beam, incumbents: Mapping[Architecture, str], model: ModelConfig) -> Entrant:
    architecture = model.completed(beam.architecture)
    return Entrant(architecture, "beam", beam.reward, incumbents.get(architecture, str(architecture)))
