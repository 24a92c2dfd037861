"""A made-up run on real digits: 3 stages of 6 iterations with resets and a failure, and 2 retrained generators."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime

import torch
from sklearn.datasets import load_digits
from torch import Tensor

from autogan_core.config import Config
from autogan_core.history import Assignment, Record
from autogan_core.presets import load_config
from autogan_core.report import CheckpointScores, GeneratorResult, ProtocolScores, RunResults
from autogan_core.report.figures.png import image_grid, png
from autogan_core.report.results.copies import CopyCheck, Pair
from autogan_core.search_space import Architecture, SearchSpace

SPACE = SearchSpace.full()
FAILURE = "the generator's loss became <nan> & training stopped"


def fake_config(preset: str = "digits") -> Config:
    """A preset with the fake run's number of iterations."""
    reward = ("search.reward.score=inception-score", "search.reward.num_images=500")
    overrides = ("search.iterations=15", "search.controller_steps=12", *reward, "scores.num_images=5000")
    return load_config(preset, overrides, seed=7)


def fake_run(preset: str = "digits") -> RunResults:
    """Results in which the policy drifts towards the paper's preferences."""
    config = fake_config(preset)
    rng = random.Random(0)
    found = [Architecture.parse("paper-top1"), Architecture.parse("0020-01210-02200")]
    found += [_draw(rng, 3, 0.9) for _ in range(3)]
    return RunResults(
        config=config,
        command=f"autogan run --preset {preset} --seed 7 --run-dir runs/{preset}",
        space=SPACE,
        git_revision="0123456789ab",
        created=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        device="CPU, 2 threads",
        dataset_size=1797,
        classifier_accuracy=0.985,
        history=tuple(_record(rng, slot) for slot in range(18)),
        entropy={slot: (3.55, 4.25, 4.95)[slot // 6] * (1 - 0.05 * (slot % 6)) for slot in range(18)},
        beams=tuple((architecture, 6.4 - 0.11 * i) for i, architecture in enumerate(found)),
        generators=(
            _generator(1, found[0], 12.31, collapsed=False),
            _generator(2, found[1], 31.70, collapsed=True),
        ),
        real_samples=digit_images(0.0),
        real_scores={"is_1797_10split_classifier": 9.53, "is_1797_10split_std_classifier": 0.06},
        seconds={"search": 512.0, "retrain": 8100.0, "evaluate": 61.2},
    )


def fake_protocols() -> tuple[ProtocolScores, ...]:
    """Scores of the first generator on Inception features, asked for last, and those that the fake run shows."""
    inception = {"is_2k_10split": 4.21, "is_2k_10split_std": 0.07, "fid_2k": 63.5}
    run, first = fake_run(), CheckpointScores(2500, inception)
    own = {generator.rank: (generator.best, generator.last) for generator in run.generators}
    return (
        ProtocolScores("2,000 images, 10 splits, Inception features", {"is_1797_10split": 5.5}, {1: (first, first)}),
        ProtocolScores("5,000 images, 10 splits, classifier features, recipe 1", {}, own),
    )


def fake_check(copies: int) -> CopyCheck:
    """A check with a strip of two pairs, 33 pixels wide."""
    strip = base64.b64encode(png(image_grid(digit_images(0.0)[:4], columns=2))).decode()
    pairs = (Pair(7, 3, False, 0.05), Pair(20, 11, True, 0.1))
    return CopyCheck(copies, 5000, 1797, 1797, False, 0.16, pairs, strip)


def digit_images(noise: float) -> Tensor:
    """64 digits as uint8 images of shape (64, 1, 16, 16), with Gaussian noise of so many grey levels."""
    digits = torch.from_numpy(load_digits().images[:64]).float().mul(255 / 16)[:, None]
    images = torch.nn.functional.interpolate(digits, size=16, mode="bilinear")
    rng = torch.Generator().manual_seed(0)
    return (images + noise * torch.randn(images.shape, generator=rng)).clamp(0, 255).to(torch.uint8)


def _draw(rng: random.Random, depth: int, bias: float) -> Architecture:
    """Of ``bias`` share a draw that likes what the paper's search likes, else a uniform one."""
    best = Architecture.parse("paper-top1")
    cells = [
        best.cells[i] if rng.random() < bias * 0.5 else space.cell([rng.randrange(n) for n in space.option_counts])
        for i, space in enumerate(SPACE.cells[:depth])
    ]
    return Architecture(tuple(cells))


def _record(rng: random.Random, slot: int) -> Record:
    stage, step = divmod(slot, 6)
    derive = step == 5
    candidates = tuple(_draw(rng, stage + 1, 0.2 * step) for _ in range(10 if derive else 12))
    training = () if derive else tuple(_draw(rng, stage + 1, 0.2 * step) for _ in range(128))
    assignment = Assignment(slot, stage, "derive" if derive else "search", candidates, training)
    if slot == 8:
        return Record(assignment, failure=FAILURE)
    rewards = tuple(2 + 1.3 * stage + 0.25 * step + rng.gauss(0, 0.35) for _ in candidates)
    return Record(assignment, (None, *rewards[1:]) if slot == 3 else rewards, reset=slot in {4, 13})


def _generator(rank: int, architecture: Architecture, fid: float, *, collapsed: bool) -> GeneratorResult:
    curve = []
    for i in range(1, 11):
        progress = i / 10 if not collapsed or i < 7 else -0.4
        scores = {
            "is_1k_10split_classifier": 2 + 5.5 * progress**0.5 if progress > 0 else 2.2,
            "is_1k_10split_std_classifier": 0.2,
            "fid_1k_classifier": fid * (1 + 3 * (1 - progress) ** 2),
        }
        curve.append(CheckpointScores(250 * i, scores))
    best = 1500 if collapsed else 2500
    return GeneratorResult(
        rank=rank,
        architecture=architecture,
        search_reward=6.4 - 0.11 * (rank - 1),
        parameters=4_405_251 + 1000 * rank,
        macs=1_765_015_552,
        seconds=4050.0,
        last=CheckpointScores(2500, _final(2.41 if collapsed else 8.02, 97.5 if collapsed else fid)),
        best=CheckpointScores(best, _final(7.31 if collapsed else 8.02, fid)),
        curve=tuple(curve),
        collapsed=collapsed,
        samples=digit_images(30.0 * rank),
    )


def _final(inception_score: float, fid: float) -> dict[str, float]:
    return {
        "is_5k_10split_classifier": inception_score,
        "is_5k_10split_std_classifier": 0.12,
        "fid_5k_classifier": fid,
    }
