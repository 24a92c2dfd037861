"""Final scores of trained generators: computed once for a checkpoint and a protocol, and stored beside each other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from autogan_core.config import ScoresConfig
from autogan_core.errors import ConflictError
from autogan_core.metrics.class_scores import ClassScores
from autogan_core.metrics.features.classifier_accuracy import ACCURACY
from autogan_core.metrics.final_protocol import FinalProtocol
from autogan_core.report import CheckpointScores
from autogan_core.report.results.copies import CopyCheck
from autogan_core.storage import Format, RunStore, read_document, seal, unseal

if TYPE_CHECKING:
    from autogan_core.runs.scoring.evaluating import Evaluator
    from autogan_core.training.derived_gan import DerivedGAN
    from autogan_core.training.validation import TrainingResult
    from autogan_core.training.workspace import Workspace

logger = logging.getLogger(__name__)

CHECKPOINTS = ("best", "last")
SCORES_FILE = "scores.json"


def _with_protocols(content: Mapping[str, Any]) -> dict[str, Any]:
    """The first documents held the scores by the run's own protocol alone, and did not name it."""
    # A classifier's accuracy has been stored since its second recipe.
    recipe = 2 if ACCURACY in content["best"]["scores"] else 1
    evaluation = {"protocol": None, "recipe": recipe, "real_scores": {}, "asked": content["evaluated"], **content}
    return {"evaluations": [evaluation]}


SCORES_FORMAT = Format((_with_protocols,))
"""Of the documents that hold final scores."""


@dataclass(frozen=True, slots=True)
class FinalScores:
    """Scores of the two checkpoints that a training keeps."""

    best: CheckpointScores
    last: CheckpointScores
    evaluated: datetime
    """When these scores were computed."""

    def of(self, training: TrainingResult) -> bool:
        """Whether they are those of the checkpoints that the training has by now."""
        return (self.best.iteration, self.last.iteration) == (training.best.iteration, training.last.iteration)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A training's final scores by one protocol."""

    protocol: FinalProtocol
    scores: FinalScores
    real_scores: dict[str, float]
    """The training images' own scores by this protocol; empty where an earlier version has not stored them."""
    asked: datetime
    """When somebody last evaluated under this protocol, whether it was computed then or found."""


def stored_evaluations(store: RunStore, state_name: str, own: ScoresConfig) -> tuple[Evaluation, ...]:
    """The stored scores of a training; nothing is computed.

    Args:
        store: the run's own folder.
        state_name: the training's.
        own: the run's settings; a document of an earlier version, which names no protocol, was made by them.

    Returns:
        One for each protocol, the one asked for last first; they may be of earlier checkpoints.

    Raises:
        StateError: the document is damaged.
        NewerFormatError: a later version has written it.
    """
    name = f"{state_name}/{SCORES_FILE}"
    return _parse(read_document(store, name, SCORES_FORMAT), own) if store.exists(name) else ()


def stored_scores(store: RunStore, state_name: str, own: ScoresConfig) -> FinalScores | None:
    """The stored scores by the run's own protocol; None when there are none. Otherwise like `stored_evaluations`."""
    protocol = FinalProtocol.of(own, None)
    evaluations = stored_evaluations(store, state_name, own)
    return next((evaluation.scores for evaluation in evaluations if evaluation.protocol.alike(protocol)), None)


def evaluate(derived: DerivedGAN, workspace: Workspace, evaluator: Evaluator) -> Evaluation:
    """Scores a training's best and last checkpoint, unless these very checkpoints have stored scores by the protocol.

    Args:
        derived: the trained GAN.
        workspace: what it was trained with; the scores go into its store, beside the training's state.
        evaluator: says by which protocol, and has its features and reference.

    Returns:
        The scores of both checkpoints.

    Raises:
        StateError: it has not been trained in this store.
    """
    from autogan_core.metrics.copies import CHECKED  # here, since stored scores are read without torch
    from autogan_core.metrics.features.keeping import KeepingExtractor

    training, own, name, protocol = derived.result(), workspace.config.scores, derived.state_name, evaluator.protocol
    stored = [e for e in stored_evaluations(workspace.store, name, own) if e.scores.of(training)]
    if found := next((e for e in stored if e.protocol == protocol), None):
        return found
    if others := [e.protocol for e in stored if e.protocol.alike(protocol)]:
        logger.warning(
            "%s has scores by a classifier of recipe %s, but the classifier that there is was trained by recipe %s: "
            "its scores are of another protocol, and are kept apart",
            *(derived.name, others[0].recipe, protocol.recipe),
        )
    scorer = evaluator.inputs.scorer(workspace.config, workspace.scorer.draw_size)
    trained_on = evaluator.training_images
    training, generators = derived.kept()  # both of one moment, though another process may go on with the training
    scores = {}
    with workspace.monitor.task(f"scoring {derived.name}", len(CHECKPOINTS)) as task:
        for checkpoint, iteration in zip(CHECKPOINTS, (training.best.iteration, training.last.iteration), strict=True):
            kept = KeepingExtractor(scorer.extractor, CHECKED)
            found_scores = replace(scorer, extractor=kept).score(
                generators[checkpoint],
                derived.architecture,
                "evaluate",
                num_images=protocol.num_images,
                splits=protocol.splits,
                with_fid=True,
                final=True,
            )
            classes = evaluator.class_scores(generators[checkpoint], derived.architecture, scorer)
            copies = trained_on.check(*kept.kept())
            scores[checkpoint] = CheckpointScores(iteration, found_scores.named(), copies, classes)
            task.advance()
    now = datetime.now(UTC)
    final = FinalScores(scores["best"], scores["last"], now.replace(microsecond=0))
    evaluation = Evaluation(protocol, final, evaluator.inputs.real_scores, now)
    _change(workspace.store, name, own, lambda known: [evaluation, *(e for e in known if e.protocol != protocol)])
    return evaluation


def ask(store: RunStore, state_name: str, own: ScoresConfig, protocol: FinalProtocol) -> None:
    """Notes that stored scores by a protocol have been asked for. Arguments are those of `stored_evaluations`."""

    def asked(known: tuple[Evaluation, ...]) -> list[Evaluation]:
        if not known or known[0].protocol == protocol:
            return list(known)
        found = [replace(e, asked=datetime.now(UTC)) for e in known if e.protocol == protocol]
        return [*found, *(e for e in known if e.protocol != protocol)]

    _change(store, state_name, own, asked)


def _change(
    store: RunStore,
    state_name: str,
    own: ScoresConfig,
    change: Callable[[tuple[Evaluation, ...]], list[Evaluation]],
) -> None:
    """Changes the document, so that nothing is lost of what another process adds at the same time."""
    name = f"{state_name}/{SCORES_FILE}"
    while True:
        current = store.read_current(name)
        known = () if current is None else _parse(unseal(current[0], store.location(name), SCORES_FORMAT), own)
        changed = change(known)
        if changed == list(known):
            return
        try:
            store.replace(name, seal(_document(changed), SCORES_FORMAT), None if current is None else current[1])
            return
        except ConflictError:
            continue


def _document(evaluations: list[Evaluation]) -> dict[str, Any]:
    return {
        "evaluations": [
            {
                "protocol": asdict(evaluation.protocol),
                **{name: _checkpoint(getattr(evaluation.scores, name)) for name in CHECKPOINTS},
                **{part: _parts(evaluation.scores, part) for part in ("copies", "classes")},
                "real_scores": evaluation.real_scores,
                "evaluated": evaluation.scores.evaluated.isoformat(),
                "asked": evaluation.asked.isoformat(),
            }
            for evaluation in evaluations
        ]
    }


def _parts(scores: FinalScores, part: str) -> dict[str, Any]:
    """What else is stored of the checkpoints, by their names."""
    found = {name: getattr(getattr(scores, name), part) for name in CHECKPOINTS}
    return {name: value.to_json() for name, value in found.items() if value is not None}


def _checkpoint(checkpoint: CheckpointScores) -> dict[str, Any]:
    return {"iteration": checkpoint.iteration, "scores": checkpoint.scores}


def _parse(document: Mapping[str, Any], own: ScoresConfig) -> tuple[Evaluation, ...]:
    evaluations = [_evaluation(tree, own) for tree in document["evaluations"]]
    return tuple(sorted(evaluations, key=lambda evaluation: evaluation.asked, reverse=True))


def _evaluation(tree: Mapping[str, Any], own: ScoresConfig) -> Evaluation:
    copies = {name: CopyCheck.from_json(found) for name, found in tree.get("copies", {}).items()}
    classes = {name: ClassScores.from_json(found) for name, found in tree.get("classes", {}).items()}
    best, last = (
        CheckpointScores(**tree[name], copies=copies.get(name), classes=classes.get(name)) for name in CHECKPOINTS
    )
    named = tree["protocol"]
    return Evaluation(
        protocol=FinalProtocol.of_earlier(own, tree["recipe"]) if named is None else FinalProtocol(**named),
        scores=FinalScores(best, last, datetime.fromisoformat(tree["evaluated"])),
        real_scores=tree["real_scores"],
        asked=datetime.fromisoformat(tree["asked"]),
    )
