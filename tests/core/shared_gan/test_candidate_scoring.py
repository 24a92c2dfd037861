"""Scores of candidates on shared weights: what they rest on, and what they leave untouched."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.metrics.reward import f_score
from autogan_core.metrics.scores import Scores
from autogan_core.runtime.distributed import World
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.adaptation import Adaptation
from autogan_core.shared_gan.candidate_scoring import CandidateScoring
from autogan_core.shared_gan.shared_networks import shared_networks
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from tests.core.tiny import CPU, FixedExtractor, tiny_config, tiny_dataset, tiny_scorer

CANDIDATES = [Architecture.parse(text) for text in ("1111", "0120-01201", "1110")]
WORLD = World.single(CPU)


def trained(config: Config, steps: int = 4) -> GAN:
    """A shared GAN with moments and statistics of its own."""
    gan = shared_networks(config, config.search_space(), CPU, seed=1)
    stream = TrainingStream(tiny_dataset().at_size(8), 16, config.model.latent_dim, seed=2)
    for step in range(steps):
        gan.train_step(stream, step, Architecture.parse("1111-11111"))
    return gan


def copied(gan: GAN) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in gan.state_dict().items()}


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def scoring(config: Config, folder: Path) -> CandidateScoring:
    scorer = replace(tiny_scorer(folder), real_features=lambda: FixedExtractor()(tiny_dataset().images)[0])
    return CandidateScoring(config, config.search_space(), tiny_dataset(), scorer, WORLD)


def score(gan: GAN, folder: Path, *settings: str, candidates: list[Architecture] = CANDIDATES) -> list[Scores]:
    """Scores in all three ways that need no real images' features, by the protocol that ``settings`` describe."""
    config = tiny_config(*settings)
    found = scoring(config, folder).scores(
        gan, candidates, 5, protocol=config.search.reward, with_fid=True, with_kid=False
    )
    return list(found)


@pytest.mark.parametrize("statistics", ["recalibrated", "running"])
def test_adaptation_leaves_the_shared_gan_untouched(tmp_path: Path, statistics: str) -> None:
    """Not a bit of weights, moments or statistics moves; scores differ from those without adaptation, and repeat in
    another process, in other company and order."""
    gan = trained(tiny_config())
    before = copied(gan)
    settings = (f"search.reward.statistics={statistics}", "search.reward.adaptation_steps=3")
    adapted = score(gan, tmp_path, *settings)
    assert equal(copied(gan), before)
    assert all(math.isfinite(scores.inception_score) for scores in adapted)
    assert score(gan, tmp_path, *settings, candidates=CANDIDATES[::-1]) == adapted[::-1]
    assert score(gan, tmp_path, settings[0]) != adapted


def test_running_statistics_survive_scoring(tmp_path: Path) -> None:
    """Scored on what training left, the shared GAN is untouched; re-estimation changes the statistics alone."""
    gan = trained(tiny_config())
    before = copied(gan)
    running = score(gan, tmp_path, "search.reward.statistics=running")
    assert equal(copied(gan), before)
    assert score(gan, tmp_path) != running
    changed = {name for name, tensor in copied(gan).items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all(name.split(".")[-1] in ("running_mean", "running_var", "num_batches_tracked") for name in changed)


def test_adapting_is_training_the_architecture_alone(tmp_path: Path) -> None:
    """The copy ends where the shared GAN itself would, had it made these steps; k steps are k discriminator steps."""
    config = tiny_config()
    adaptation = Adaptation(config, config.search_space(), tiny_dataset(), WORLD)
    architecture = CANDIDATES[1]
    streams: list[TrainingStream] = []
    real = GAN.train_step

    def recorded(self: GAN, stream: TrainingStream, step: int, chosen: Architecture) -> Any:
        assert chosen == architecture
        streams.append(stream)
        return real(self, stream, step, chosen)

    gan = trained(config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GAN, "train_step", recorded)
        assert adaptation.adapt(gan, CANDIDATES[1], 5, "test")
        assert len(streams) == 5
    for step in range(5):
        gan.train_step(streams[0], step, architecture)
    assert equal(copied(gan), copied(adaptation.gan))


def test_candidates_are_paid_for_precision_and_recall(tmp_path: Path) -> None:
    """With the setting alone: each reward is the harmonic mean of the two, and they are computed without a FID."""
    config = tiny_config("search.reward.score=f-score")
    gan, candidates = trained(config), scoring(config, tmp_path)
    rewards = list(candidates.rewards(gan, CANDIDATES, 5))
    scored = candidates.scores(
        gan, CANDIDATES, 5, protocol=config.search.reward, with_fid=False, with_kid=False, with_neighbours=True
    )
    for paid, scores in zip(rewards, scored, strict=True):
        assert scores.precision is not None and scores.recall is not None and scores.fid is None
        assert paid == pytest.approx(f_score(scores.precision, scores.recall), abs=1e-12)
        assert paid is not None and 0 <= paid <= 1


def test_a_diverging_candidate_has_no_reward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Only the one whose losses are no numbers goes without, and the next one starts from sound weights."""
    config = tiny_config("search.reward.adaptation_steps=2", "search.reward.score=log-fid")
    gan = trained(config)
    sound = list(scoring(config, tmp_path).rewards(gan, CANDIDATES, 5))
    real = GAN.train_step

    def spoil(self: GAN, stream: TrainingStream, step: int, architecture: Architecture) -> Any:
        if architecture == CANDIDATES[1]:
            with torch.no_grad():
                self.generator.project.weight.fill_(math.nan)
        return real(self, stream, step, architecture)

    monkeypatch.setattr(GAN, "train_step", spoil)
    with caplog.at_level(logging.WARNING):
        rewards = list(scoring(config, tmp_path).rewards(gan, CANDIDATES, 5))
    assert None not in sound
    assert rewards == [sound[0], None, sound[2]]
    assert f"{CANDIDATES[1]} gets no reward, for adapting it failed" in caplog.text
