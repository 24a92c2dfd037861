"""Scores of trained generators by the final protocol, computed once for a checkpoint and stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from autogan_core.config import ScoresConfig
from autogan_core.report import CheckpointScores
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import RunStore, read_document, write_document

if TYPE_CHECKING:
    from autogan_core.metrics.scorer import Scorer
    from autogan_core.training.derived_gan import DerivedGAN

CHECKPOINTS = ("best", "last")
SCORES_FILE = "scores.json"


@dataclass(frozen=True, slots=True)
class FinalScores:
    """Scores of the two checkpoints that a training keeps."""

    best: CheckpointScores
    last: CheckpointScores
    evaluated: datetime
    """When these scores were computed."""


def stored_scores(store: RunStore, state_name: str) -> FinalScores | None:
    """The stored scores of a training, by its state's name; None when there are none. Nothing is computed."""
    name = f"{state_name}/{SCORES_FILE}"
    return _parse(read_document(store, name)) if store.exists(name) else None


def final_scores(
    derived: DerivedGAN, scorer: Scorer, protocol: ScoresConfig, store: RunStore, monitor: Monitor
) -> FinalScores:
    """Scores a training's best and last checkpoint, unless these very checkpoints have stored scores.

    Args:
        derived: the trained GAN.
        scorer: computes the scores.
        protocol: images and splits.
        store: holds the training's state; the scores go beside it.
        monitor: receives progress and measurements.

    Returns:
        The scores of both checkpoints.

    Raises:
        StateError: it has not been trained in this store.
    """
    training = derived.result()
    iterations = {"best": training.best.iteration, "last": training.last.iteration}
    stored = stored_scores(store, derived.state_name)
    if stored is not None and {"best": stored.best.iteration, "last": stored.last.iteration} == iterations:
        return stored
    final: dict[str, Any] = {}
    with monitor.task(f"scoring {derived.name}", len(CHECKPOINTS)) as task:
        for checkpoint in CHECKPOINTS:
            scores = scorer.score(
                derived.generator(checkpoint),
                derived.architecture,
                "evaluate",
                num_images=protocol.num_images,
                splits=protocol.splits,
                with_fid=True,
            ).named()
            final[checkpoint] = asdict(CheckpointScores(iterations[checkpoint], scores))
            task.advance()
    document = {**final, "evaluated": datetime.now(UTC).isoformat(timespec="seconds")}
    write_document(store, f"{derived.state_name}/{SCORES_FILE}", document)
    return _parse(document)


def _parse(document: dict[str, Any]) -> FinalScores:
    best, last = (CheckpointScores(**document[checkpoint]) for checkpoint in CHECKPOINTS)
    return FinalScores(best, last, datetime.fromisoformat(document["evaluated"]))
