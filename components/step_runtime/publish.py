"""The outputs of steps for KFP: artifacts with their provenance, and scores as metrics."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save

from autogan_core.data import ImageDataset
from autogan_core.metrics.protocols import joint_protocol
from autogan_core.networks.generator import BaseGenerator
from autogan_core.runs.local_search import history_lines
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.final_scores import FinalScores
from autogan_core.runtime.provenance import code_fingerprint, git_revision
from autogan_core.storage import write_atomically
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem


def describe(artifact: OutputArtifact, run: Run, **more: str | float) -> None:
    """Notes on an artifact which settings, images and code it comes from."""
    artifact.metadata |= provenance(run, **more)


def provenance(run: Run, **more: str | float) -> dict[str, str | float]:
    """Which settings, images and code something comes from. Whole numbers are text: KFP makes floats of them."""
    config = run.config
    return {
        "preset": config.preset,
        "seed": str(config.seed),
        "configuration": config.fingerprint(),
        "data": config.data.name,
        "data_fingerprint": config.data.fingerprint or "",
        "git_revision": git_revision() or "unknown",
        "code": code_fingerprint(),
        "run": run.location,
        **more,
    }


def publish_dataset(artifact: OutputArtifact, run: Run, dataset: ImageDataset, inputs: str) -> None:
    """A card of the prepared images: what they are, and where they lie for every later step.

    Args:
        artifact: becomes a JSON document.
        run: of the pipeline.
        dataset: the images.
        inputs: where the compact file with images, features and reference statistics lies.
    """
    count, channels, size, _ = dataset.images.shape
    card = {
        "name": dataset.name,
        "images": count,
        "image_shape": [channels, size, size],
        "classes": dataset.num_classes,
        "class_names": list(dataset.class_names),
        "fingerprint": dataset.fingerprint,
        "inputs": inputs,
    }
    artifact.uri += ".json"
    write_atomically(Path(artifact.path), json.dumps(card, indent=1).encode())
    describe(artifact, run, images=str(count), image_shape=f"{channels}x{size}x{size}", inputs=inputs)


def publish_history(artifact: OutputArtifact, run: Run) -> None:
    """The search's records, one JSON object a line, as `HistoryFile` keeps them."""
    artifact.uri += ".jsonl"
    write_atomically(Path(artifact.path), history_lines(run.history))
    describe(artifact, run, reward=run.config.search.reward.score)


def publish_model(artifact: OutputArtifact, run: Run, item: LoopItem, generator: BaseGenerator, fid: float) -> None:
    """The best checkpoint's generator as safetensors, with everything that is needed to build it in the header."""
    header = {
        "architecture": item.architecture,
        "channels": str(run.config.retrain.generator_channels),
        "model": run.config.model.model_dump_json(),
    }
    if generator.class_names:
        header["class_names"] = json.dumps(generator.class_names, ensure_ascii=False)
    artifact.uri += ".safetensors"
    weights = {name: tensor.contiguous().cpu() for name, tensor in generator.state_dict().items()}
    write_atomically(Path(artifact.path), save(weights, metadata=header))
    describe(artifact, run, architecture=item.architecture, reference=item.run, validation_fid=fid)


def publish_no_model(artifact: OutputArtifact, run: Run, item: LoopItem, reason: str) -> None:
    """Publishes, in place of a model whose training has diverged, the reason why there is none."""
    artifact.uri += ".txt"
    write_atomically(Path(artifact.path), f"The training of {item.architecture} has diverged: {reason}\n".encode())
    describe(artifact, run, architecture=item.architecture, reference=item.run, diverged=reason)


def publish_scores(artifact: OutputArtifact, run: Run, item: LoopItem, scores: FinalScores) -> None:
    """Final scores of both checkpoints, ``best_<score>`` and ``last_<score>``, by protocol names, and their copies.

    Of conditional generators also ``best_class_accuracy`` and ``best_class_fid``, the means over the classes.
    """
    metrics = dict[str, float]()
    for checkpoint, found in (("best", scores.best), ("last", scores.last)):
        named: dict[str, float | None] = {**found.scores}
        if found.copies is not None:
            named["copies"] = found.copies.copies
        if found.classes is not None:
            named |= {"class_accuracy": found.classes.mean_accuracy, "class_fid": found.classes.mean_fid}
        metrics |= {f"{checkpoint}_{name}": value for name, value in named.items() if value is not None}
    publish_metrics(
        artifact,
        metrics,
        run,
        architecture=item.architecture,
        protocol=joint_protocol(scores.best.scores),
        evaluated=scores.evaluated.isoformat(),
    )


def publish_metrics(artifact: OutputArtifact, metrics: Mapping[str, float], run: Run, **more: str | float) -> None:
    """Publishes numbers in KFP's table of metrics.

    The table knows no NaN and shows all metadata as numbers, so the provenance is in the artifact's file alone.

    Args:
        artifact: becomes the table.
        metrics: name -> number.
        run: the run that the numbers describe.
        more: further fields of the provenance.
    """
    finite = {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
    artifact.metadata |= finite
    content = {"metrics": finite, "provenance": provenance(run, **more)}
    write_atomically(Path(artifact.path), json.dumps(content, indent=1).encode())
