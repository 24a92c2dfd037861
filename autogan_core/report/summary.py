"""`summary.json`: what the report says, for programs. Images are left out; numbers that are not finite are null."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from autogan_core.report.results.observations import Observation
from autogan_core.report.results.results import CheckpointScores, GeneratorResult, ProtocolScores, RunResults

FORMAT = 1
"""Number of this form; raise it when a field changes its meaning, or goes. Nothing here reads a summary again."""


def summary_json(results: RunResults, observations: tuple[Observation, ...]) -> str:
    """The summary as strict JSON text, indented."""
    best = results.best_generator
    tree = {
        "format": FORMAT,
        "config": results.config.model_dump(mode="json"),
        "fingerprint": results.config.fingerprint(),
        "command": results.command,
        "git_revision": results.git_revision,
        "created": results.created.isoformat(),
        "device": results.device,
        "dataset_size": results.dataset_size,
        "classifier_accuracy": results.classifier_accuracy,
        "real_scores": results.real_scores,
        "seconds": results.seconds,
        "search": _search(results),
        "beams": [{"architecture": str(a), "words": a.readable, "reward": reward} for a, reward in results.beams],
        "best_generator": None if best is None else str(best.architecture),
        "generators": [_generator(generator) for generator in results.generators],
        "by_protocol": [_by_protocol(results, found) for found in results.by_protocol],
        "observations": [{**asdict(o), "verdict": o.verdict} for o in observations],
    }
    if results.ladder is not None:
        tree["halving"] = results.ladder.to_json()
    if results.decided is not None:
        tree["decided"] = results.decided.to_json()
    return json.dumps(_finite(tree), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _search(results: RunResults) -> dict[str, Any]:
    records = results.records
    return {
        "iterations": len(records),
        "candidates_scored": sum(len(record.scored) for record in records),
        "failures": {str(r.assignment.slot): r.failure for r in records if r.failure is not None},
        "resets": [record.assignment.slot for record in records if record.reset],
        "entropy_nats": {str(slot): value for slot, value in sorted(results.entropy.items())},
    }


def _generator(generator: GeneratorResult) -> dict[str, Any]:
    return {
        "rank": generator.rank,
        "architecture": str(generator.architecture),
        "words": generator.architecture.readable,
        "search_reward": generator.search_reward,
        "parameters": generator.parameters,
        "macs": generator.macs,
        "seconds": generator.seconds,
        "precision": generator.precision,
        "origin": generator.origin,
        "best": _checkpoint(generator.best),
        "last": _checkpoint(generator.last),
        "curve": [_checkpoint(point) for point in generator.curve],
        "collapsed": generator.collapsed,
    }


def _by_protocol(results: RunResults, found: ProtocolScores) -> dict[str, Any]:
    architectures = {generator.rank: str(generator.architecture) for generator in results.generators}
    return {
        "protocol": found.protocol,
        "real_scores": found.real_scores,
        "generators": [
            {"architecture": architectures[rank], "best": _checkpoint(best), "last": _checkpoint(last)}
            for rank, (best, last) in found.generators.items()
        ],
    }


def _checkpoint(checkpoint: CheckpointScores) -> dict[str, Any]:
    tree: dict[str, Any] = {"iteration": checkpoint.iteration, "scores": checkpoint.scores}
    if checkpoint.copies is not None:
        found = checkpoint.copies.to_json()
        del found["strip"]
        tree["copies"] = {**found, "words": checkpoint.copies.words}
    if checkpoint.classes is not None:
        tree["classes"] = {**checkpoint.classes.to_json(), "words": checkpoint.classes.words}
    return tree


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
