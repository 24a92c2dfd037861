"""From a run to everything that its report shows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from autogan_core.config import Config
from autogan_core.metrics.complexity import generator_macs, generator_parameters
from autogan_core.report import CheckpointScores, GeneratorResult, RunResults
from autogan_core.report.results.ladder import LadderEntry, LadderResult
from autogan_core.runs.cost import final_cost, full_cost, spent_cost
from autogan_core.runs.ladder import Ladder, Standing
from autogan_core.runs.run import GRID_IMAGES, Run
from autogan_core.runtime.devices import describe_device
from autogan_core.runtime.provenance import git_revision
from autogan_core.search_space import Architecture


def collect_results(run: Run, command: str) -> RunResults:
    """Collects the results of a run so far.

    Trained architectures without final scores are scored first, except those that fell out of a pool.

    Args:
        run: in any state, also before its search or any training.
        command: the command line that repeats it.

    Returns:
        Everything that the report shows.
    """
    config, history, dataset = run.config, run.history, run.inputs.dataset
    beams = run.mlas.beams(history) if run.mlas.finished(history) else ()
    ladder = run.ladder() if config.retrain.halves and run.searched else None
    rewards = {beam.architecture: beam.reward for beam in beams}
    if ladder is None:
        ranked = sorted(run.trained(), key=lambda a: -rewards.get(a, float("-inf")))
    else:
        rewards = {e.architecture: e.reward for e in ladder.pool if e.reward is not None}
        ranked = list(dict.fromkeys([*run.worth_scoring(), *run.evaluated()]))
    return RunResults(
        config=config,
        command=command,
        space=run.space,
        git_revision=git_revision(),
        created=datetime.now(UTC),
        device=describe_device(run.world.device),
        dataset_size=len(dataset.images),
        classifier_accuracy=run.inputs.extractor.accuracy,
        history=tuple(history),
        entropy={r.assignment.slot: run.mlas.entropy(history, r.assignment.slot) for r in history},
        beams=tuple((beam.architecture, beam.reward) for beam in beams),
        generators=tuple(_result(run, rank, a, rewards.get(a)) for rank, a in enumerate(ranked, start=1)),
        real_samples=dataset.sample(GRID_IMAGES, config.seed),
        real_scores=run.inputs.real_scores,
        seconds=run.seconds,
        ladder=None if ladder is None else _ladder_result(ladder, config),
    )


def _ladder_result(ladder: Ladder, config: Config) -> LadderResult:
    def entry(standing: Standing) -> LadderEntry:
        architecture = standing.entrant.architecture
        training = ladder.training(architecture)
        return LadderEntry(
            architecture=architecture,
            name=standing.entrant.name,
            origin=standing.entrant.origin,
            fids=standing.fids,
            outcome=standing.outcome,
            reason=ladder.failure(architecture),
            curve=tuple((v.iteration, v.fid) for v in training.validations) if training else (),
        )

    standings = ladder.standings()
    finalists = sum(standing.outcome == "finalist" for standing in standings)
    return LadderResult(
        iterations=tuple(rung.iterations for rung in ladder.rungs),
        entries=tuple(map(entry, standings)),
        spent=asdict(spent_cost(config, ladder) + final_cost(config, finalists)),
        without=asdict(full_cost(config)),
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
