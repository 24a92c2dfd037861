"""From a run to everything that its report shows."""

from __future__ import annotations

from datetime import UTC, datetime

from autogan_core.devices import describe_device
from autogan_core.metrics import generator_macs, generator_parameters
from autogan_core.provenance import git_revision
from autogan_core.report import CheckpointScores, GeneratorResult, RunResults
from autogan_core.run import GRID_IMAGES, Run
from autogan_core.search_space import Architecture


def collect_results(run: Run, command: str) -> RunResults:
    """What the run has come to so far. What has been trained but not scored yet is scored.

    Args:
        run: in any state, also before its search or any training.
        command: the command line that repeats it.
    """
    config, history, dataset = run.config, run.history, run.inputs.dataset
    beams = run.mlas.beams(history) if run.mlas.finished(history) else ()
    rewards = {beam.architecture: beam.reward for beam in beams}
    ranked = sorted(run.trained(), key=lambda a: -rewards.get(a, float("-inf")))
    return RunResults(
        config=config,
        command=command,
        space=run.space,
        git_revision=git_revision(),
        created=datetime.now(UTC),
        device=describe_device(run.device),
        dataset_size=len(dataset.images),
        classifier_accuracy=run.inputs.extractor.accuracy,
        history=tuple(history),
        entropy={r.assignment.slot: run.mlas.entropy(history, r.assignment.slot) for r in history},
        beams=tuple((beam.architecture, beam.reward) for beam in beams),
        generators=tuple(_result(run, rank, a, rewards.get(a)) for rank, a in enumerate(ranked, start=1)),
        real_samples=dataset.sample(GRID_IMAGES, config.seed),
        real_scores=run.inputs.real_scores,
        seconds=run.seconds,
    )


def _result(run: Run, rank: int, architecture: Architecture, search_reward: float | None) -> GeneratorResult:
    training = run.training(architecture)
    final = run.final_scores(architecture)
    channels = run.config.retrain.generator_channels
    return GeneratorResult(
        rank=rank,
        architecture=architecture,
        search_reward=search_reward,
        parameters=generator_parameters(architecture, run.config.model, channels),
        macs=generator_macs(architecture, run.config.model, channels),
        seconds=training.seconds,
        best=final.best,
        last=final.last,
        curve=tuple(CheckpointScores(v.iteration, v.named) for v in training.validations),
        collapsed=training.collapsed,
        samples=run.sample(architecture, "best", GRID_IMAGES, run.config.seed),
    )
