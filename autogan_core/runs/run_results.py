"""From a run to everything that its report shows."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from autogan_core.config import Config
from autogan_core.errors import DataError, WeightsUnavailableError
from autogan_core.metrics.complexity import generator_macs, generator_parameters
from autogan_core.metrics.features.classifier_accuracy import ACCURACY
from autogan_core.metrics.final_protocol import FinalProtocol
from autogan_core.report import CheckpointScores, GeneratorResult, ProtocolScores, RunResults
from autogan_core.report.results.ladder import LadderEntry, LadderResult
from autogan_core.runs.halving.ladder import Ladder, Standing
from autogan_core.runs.planning.cost import final_cost, full_cost, spent_cost
from autogan_core.runs.run import GRID_IMAGES, Run
from autogan_core.runs.scoring.final_scores import Evaluation
from autogan_core.runs.scoring.inputs import Inputs
from autogan_core.runtime.devices import describe_device
from autogan_core.runtime.provenance import git_revision
from autogan_core.search_space import Architecture

logger = logging.getLogger(__name__)


def collect_results(run: Run, command: str) -> RunResults:
    """Collects the results of a run so far.

    Its generators' scores are by the protocol that the run was opened with if that is another one than its own, else by
    the one asked for last that all of them have been scored by, else by its own. Trained architectures that lack these
    are scored first, except those that fell out of a pool. Without the training images what is stored is shown.

    Args:
        run: in any state, also before its search or any training.
        command: the command line that repeats it.

    Returns:
        Everything that the report shows.

    Raises:
        DataError: an architecture has to be scored first, and the images are not at hand.
    """
    config, history = run.config, run.history
    beams = run.mlas.beams(history) if run.mlas.finished(history) else ()
    ladder = run.ladder() if config.retrain.halves and run.searched else None
    rewards = {config.model.completed(beam.architecture): beam.reward for beam in beams}
    if ladder is None:
        ranked = sorted(run.trained(), key=lambda a: -rewards.get(a, float("-inf")))
    else:
        rewards = {e.architecture: e.reward for e in ladder.pool if e.reward is not None}
        ranked = list(dict.fromkeys([*run.worth_scoring(), *run.evaluations()]))
    inputs = _inputs_at_hand(run)
    protocol, scored = _scored(run, ranked)
    generators = [_result(run, rank, a, rewards.get(a), scored[a][protocol]) for rank, a in enumerate(ranked, start=1)]
    by_protocol = _by_protocol(run, ranked, scored, inputs)
    shown = by_protocol.get(protocol)
    return RunResults(
        config=config,
        command=command,
        space=run.space,
        git_revision=git_revision(),
        created=datetime.now(UTC),
        device=describe_device(run.world.device),
        dataset_size=len(inputs.dataset.images) if inputs else None,
        classifier_accuracy=inputs.extractor.accuracy if inputs else _stored_accuracy(scored),
        history=tuple(history),
        entropy={r.assignment.slot: run.mlas.entropy(history, r.assignment.slot) for r in history},
        beams=tuple((beam.architecture, beam.reward) for beam in beams),
        generators=tuple(generators),
        real_samples=inputs.dataset.sample(GRID_IMAGES, config.seed) if inputs else None,
        real_scores=shown.real_scores if shown else inputs.real_scores if inputs else {},
        seconds=run.seconds,
        ladder=None if ladder is None else _ladder_result(ladder, config),
        by_protocol=tuple(by_protocol.values()),
        decided=run.decided,
    )


def _inputs_at_hand(run: Run) -> Inputs | None:
    try:
        return run.inputs
    except (DataError, WeightsUnavailableError) as error:
        logger.warning("the report shows what is stored, and no training images: %s", error)
        return None


_Scored = Mapping[Architecture, Mapping[FinalProtocol, Evaluation]]
"""Every architecture's scores by protocol."""


def _scored(run: Run, ranked: Sequence[Architecture]) -> tuple[FinalProtocol, _Scored]:
    """The protocol to rank by, see `collect_results`, and all scores; those that lack it are scored by it first."""
    stored = run.evaluations()
    scored = {a: {evaluation.protocol: evaluation for evaluation in stored.get(a, ())} for a in ranked}
    by_all = [protocol for protocol in _latest_first(scored) if all(protocol in scored[a] for a in ranked)]
    protocol = run.evaluator.protocol if run.evaluator.differences or not by_all else by_all[0]
    for architecture in ranked:
        if protocol not in scored[architecture]:
            scored[architecture][protocol] = run.evaluation(architecture)
    return protocol, scored


def _by_protocol(
    run: Run, ranked: Sequence[Architecture], scored: _Scored, inputs: Inputs | None
) -> dict[FinalProtocol, ProtocolScores]:
    """All scores, the protocol asked for last first."""
    tables = {}
    for protocol in _latest_first(scored):
        found = {rank: scored[a][protocol] for rank, a in enumerate(ranked, start=1) if protocol in scored[a]}
        real_scores = next((evaluation.real_scores for evaluation in found.values() if evaluation.real_scores), {})
        if not real_scores and inputs and protocol == run.evaluator.protocol:
            real_scores = run.evaluator.inputs.real_scores
        accuracy = next((evaluation.scores.best.scores.get(ACCURACY) for evaluation in found.values()), None)
        generators = {rank: (evaluation.scores.best, evaluation.scores.last) for rank, evaluation in found.items()}
        tables[protocol] = ProtocolScores(protocol.words(accuracy), real_scores, generators)
    return tables


def _latest_first(scored: _Scored) -> list[FinalProtocol]:
    evaluations = [evaluation for protocols in scored.values() for evaluation in protocols.values()]
    evaluations.sort(key=lambda evaluation: evaluation.asked, reverse=True)
    return list(dict.fromkeys(evaluation.protocol for evaluation in evaluations))


def _stored_accuracy(scored: _Scored) -> float | None:
    """The accuracy of the classifier that has scored them, if one has and it is stored."""
    stored = (e.scores.best.scores.get(ACCURACY) for protocols in scored.values() for e in protocols.values())
    return next((accuracy for accuracy in stored if accuracy is not None), None)


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


def _result(
    run: Run, rank: int, architecture: Architecture, search_reward: float | None, evaluation: Evaluation
) -> GeneratorResult:
    training = run.training(architecture)
    channels = run.config.retrain.generator_channels
    return GeneratorResult(
        rank=rank,
        architecture=architecture,
        search_reward=search_reward,
        parameters=generator_parameters(architecture, run.config.model, channels),
        macs=generator_macs(architecture, run.config.model, channels),
        seconds=training.seconds,
        best=evaluation.scores.best,
        last=evaluation.scores.last,
        curve=tuple(CheckpointScores(v.iteration, v.named) for v in training.validations if v.named),
        collapsed=training.collapsed,
        samples=run.sample(architecture, "best", GRID_IMAGES, run.config.seed),
        precision=training.precision,
        origin=None if training.origin is None else training.origin.words,
    )
