"""The plan of a run, before it starts."""

from __future__ import annotations

from autogan_core.config import Config
from autogan_core.runs.halving.halving import largest_pool, rungs, unusable_incumbents, usable_incumbents
from autogan_core.runs.planning.cost import full_cost, halving_cost
from autogan_core.search.mlas import MultiLevelSearch


def plan(config: Config) -> str:
    """Describes what a run of this configuration will do, stage by stage, in lines of text."""
    search = config.search
    mlas = MultiLevelSearch(config.search_space(), search, config.seed)
    lines = [f"plan: {mlas.num_slots} slots in {mlas.num_stages} stage{'s' if mlas.num_stages > 1 else ''}"]
    warm_up = f" (the first {search.warm_up_epochs:g} more)" if search.warm_up_epochs else ""
    steps = search.reward.adaptation_steps
    adapted = f" after {steps} steps of adaptation" if steps else ""
    for stage, iterations in enumerate(mlas.iterations_per_stage()):
        size = config.model.image_size_at(mlas.depths[stage + 1])
        options = mlas.space.size(mlas.depths[stage + 1]) // mlas.space.size(mlas.depths[stage])
        lines.append(
            f"  stage {stage + 1}, {size}x{size} images, {options * (search.top_k if stage else 1):,} architectures: "
            f"{iterations} iterations, each of {search.shared_epochs} epochs{warm_up} "
            f"and {search.controller_steps} candidates x {search.reward.num_images:,} images{adapted}; "
            f"then {search.num_candidates} candidates, the best {search.top_k} kept"
        )
    if repeated := config.model.repeated_cells:
        lines.append(
            f"  then {_counted(repeated, 'cell')} more {'repeats' if repeated == 1 else 'repeat'} the last one, for "
            f"{config.model.image_size}x{config.model.image_size} images"
        )
    return "\n".join([*lines, *_trainings(config)])


def _trainings(config: Config) -> list[str]:
    if not config.retrain.halves:
        return [_retraining(config, _counted(config.retrain.num_architectures, "architecture"))]
    size, incumbents = largest_pool(config), usable_incumbents(config)
    beams = min(config.search.top_k, size - len(incumbents))
    known = [_counted(beams, "beam"), *incumbents.values()]
    if others := size - beams - len(incumbents):
        known.append(_counted(others, "more candidate"))
    pool = f"{_counted(size, 'architecture')} ({', '.join(known)})"
    left_out = [f"    {name} is left out: {reason}" for name, reason in unusable_incumbents(config).items()]
    if len(rungs(config.retrain, size)) == 1:
        return [_retraining(config, pool), *left_out]
    return [*_halving(config, pool, size), *left_out]


def _retraining(config: Config, architectures: str) -> str:
    retrain = config.retrain
    return (
        f"  then {architectures} trained {_start(config)} for {retrain.generator_iterations:,} generator steps "
        f"({retrain.generator_iterations * config.training.n_critic:,} discriminator steps), {_scored(config)}"
    )


def _halving(config: Config, pool: str, size: int) -> list[str]:
    kept = config.retrain.num_architectures
    return [
        f"  then successive halving of {pool} trained {_start(config)}",
        *(
            f"    rung {rung.index + 1}: {rung.entrants} to {rung.iterations:,} generator steps "
            f"({rung.iterations * config.training.n_critic:,} discriminator steps) each"
            for rung in rungs(config.retrain, size)
        ),
        f"    then {kept} of them {_scored(config)}",
        f"    cost: {halving_cost(config, size)}",
        f"    without halving, {_counted(kept, 'architecture')} to the end: {full_cost(config)}",
    ]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count > 1 else ''}"


def _start(config: Config) -> str:
    return "from scratch" if config.retrain.start == "scratch" else "on from the search's weights"


def _scored(config: Config) -> str:
    return f"scored on {config.scores.num_images:,} images ({config.scores.features} features)"
