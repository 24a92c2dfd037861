"""What a run will do, before it does it."""

from __future__ import annotations

from autogan_core.config import Config
from autogan_core.mlas import MultiLevelSearch


def plan(config: Config) -> str:
    """What a run of this configuration will do, stage by stage, in lines for people."""
    search, training = config.search, config.training
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
    retrain = config.retrain
    lines.append(
        f"  then {retrain.num_architectures} architectures trained from scratch for {retrain.generator_iterations:,} "
        f"generator steps ({retrain.generator_iterations * training.n_critic:,} discriminator steps), "
        f"scored on {config.scores.num_images:,} images ({config.scores.features} features)"
    )
    return "\n".join(lines)
