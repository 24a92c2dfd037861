"""Experiments that are real in every part and take a second: tiny runs on real digits, a fixed feature extractor."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from autogan_core.ablations.suite.budget import Budget
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.suite import Plan, Suite
from autogan_core.ablations.suite.variants import MLAS, Variant
from autogan_core.config import Config
from autogan_core.data import load_dataset
from autogan_core.metrics.frechet import reference_moments
from autogan_core.metrics.scores import score_real
from autogan_core.runs.scoring.inputs import Inputs
from autogan_core.runtime.monitor import Monitor
from tests.core.tiny import CPU, OVERRIDES, FixedExtractor

TINY_BUDGET = Budget(
    summary="For tests.",
    seeds=1,
    proxy_architectures=3,
    proxy_epochs=2,
    proxy_images=(16,),
    proxy_adaptation_steps=(1,),
    compared_draws=3,
    early_stopping=0.5,
    probed_architectures=2,
    target_images=48,
)

TWO_CELLS = (
    "model.num_cells=2",
    "search.iterations=2",
    "search.shared_epochs=1",
    "search.controller_steps=2",
    "search.num_candidates=2",
    "search.top_k=2",
    "search.training_draws=3",
    "retrain.generator_iterations=2",
    "retrain.validate_every=1",
)
"""A search of four slots, on top of the tiny settings."""

THREE_CELLS = ("retrain.num_architectures=1", "retrain.generator_iterations=2", "retrain.validate_every=1")
"""Trainings of the paper's depth, on top of the tiny settings."""


def tiny_plan(*overrides: str, seeds: tuple[int, ...] = (0,), target: Path | None = None) -> Plan:
    """The tiny budget on digits, with more overrides on top."""
    return Plan("digits", "tiny", TINY_BUDGET, seeds, (*OVERRIDES, *overrides), str(target) if target else None)


@cache
def _inputs(config: Config, cache_folder: Path) -> Inputs:
    dataset, extractor = load_dataset(config.data, config.model, config.seed), FixedExtractor()
    reference = reference_moments(dataset, extractor, cache_folder, 32)
    return Inputs(dataset, extractor, reference, score_real(dataset, extractor, 2, 32).named())


def tiny_suite(
    folder: Path,
    *overrides: str,
    seeds: tuple[int, ...] = (0,),
    target: Path | None = None,
    monitor: Monitor | None = None,
) -> Suite:
    """A suite of `tiny_plan` in ``folder / "suite"``."""
    plan = tiny_plan(*overrides, seeds=seeds, target=target)
    return Suite(
        plan,
        folder / "suite",
        CPU,
        monitor or Monitor(),
        lambda config: _inputs(config, folder / "cache"),
        "--preset x",
    )


def tiny_search(folder: Path, *overrides: str, variant: Variant = MLAS, monitor: Monitor | None = None) -> Search:
    """A search of four slots on seed 0."""
    return Search(tiny_suite(folder, *TWO_CELLS, *overrides, monitor=monitor), variant, 0)


def inverted_digits_preset(folder: Path) -> Path:
    """A preset of dark digits on white, 16x16, in an .npz beside it; its batch width and depth are not the digits'."""
    digits = load_digits()
    images = np.kron(255 - (digits.images * 255 / 16), np.ones((1, 2, 2))).round().astype(np.uint8)
    np.savez(folder / "inverted.npz", images=images, labels=digits.target)
    preset = folder / "inverted.yaml"
    preset.write_text(
        f"data: {{name: npz, path: {folder / 'inverted.npz'}}}\n"
        "model: {image_channels: 1, bottom_width: 2, latent_dim: 99}\n"
        "training: {n_critic: 9}\n"
        "scores: {features: classifier}\n"
    )
    return preset


def digest(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Time of the last change and content of every file, by its path."""
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
