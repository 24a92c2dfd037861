"""Scoring a generator: same vectors for same names, in batches of any size."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from autogan_core.errors import ConfigError
from autogan_core.metrics.features.classifier import ClassifierExtractor
from autogan_core.metrics.features.classifier_network import NUM_FEATURES, new_network
from autogan_core.metrics.frechet import Moments
from autogan_core.metrics.scorer import Scorer, sample_images
from autogan_core.metrics.scores import ScoreAccumulator
from autogan_core.networks.generator import Generator
from autogan_core.runtime.torch_seeding import draw_latents
from autogan_core.search_space import NAMED, SearchSpace
from tests.core.tiny import tiny_config, tiny_scorer

TOP3 = NAMED["paper-top3"]  # it has batch norm inside


def generator() -> Generator:
    torch.manual_seed(0)
    return Generator(SearchSpace.full(), tiny_config().model, channels=4)


def test_scores_repeat_and_depend_on_the_names(tmp_path: Path) -> None:
    """Scored twice for one purpose the numbers are equal; for another purpose they differ; FID only when asked for."""
    scorer, net = tiny_scorer(tmp_path), generator()
    one, two, other = (
        scorer.score(net, TOP3, purpose, 3, num_images=64, splits=2, with_fid=True) for purpose in ("a", "a", "b")
    )
    assert one == two
    assert one.inception_score != other.inception_score
    assert one.num_images == 64
    assert scorer.score(net, TOP3, "a", 3, num_images=64, splits=2, with_fid=False).fid is None


def test_scoring_does_not_depend_on_foreign_statistics(tmp_path: Path) -> None:
    """Whatever batch-norm statistics training left behind, they are re-estimated before scoring."""
    scorer, net = tiny_scorer(tmp_path), generator()
    clean = scorer.score(net, TOP3, "a", num_images=32, splits=2, with_fid=True)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean is not None
            module.running_mean.fill_(7.0)
    assert scorer.score(net, TOP3, "a", num_images=32, splits=2, with_fid=True) == clean
    assert not net.training


def test_running_statistics_are_used_and_left_as_they_are(tmp_path: Path) -> None:
    """Asked to, scoring goes through the statistics that training left, which decide the score and stay."""
    scorer, net = tiny_scorer(tmp_path), generator()
    score = partial(scorer.score_all, net, [TOP3], "a", num_images=32, splits=2, with_fid=True)
    [recalibrated] = score()
    [same] = score(running_statistics=True)
    assert same == recalibrated, "they have just been estimated on this architecture's samples"
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean is not None
            module.running_mean.fill_(7.0)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    net.train()
    [foreign] = score(running_statistics=True)
    assert foreign != recalibrated
    assert not net.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_kid_is_computed_when_it_is_wanted(tmp_path: Path) -> None:
    """Real images' features are asked for only then; a scorer that has none says so."""
    asked: list[int] = []

    def features() -> torch.Tensor:
        asked.append(1)
        return torch.randn(40, 8, generator=torch.Generator().manual_seed(0))

    scorer, net = replace(tiny_scorer(tmp_path), real_features=features), generator()
    score = partial(scorer.score_all, net, [TOP3, TOP3], num_images=32, splits=2, with_fid=False)
    assert [scores.kid for scores in score()] == [None, None]
    assert not asked
    kids = [scores.kid for scores in score(with_kid=True)]
    assert kids[0] == kids[1] is not None
    assert all(scores.precision is None is scores.recall for scores in score(with_kid=True))
    [first, second] = score(with_neighbours=True)
    assert first == second and first.kid == kids[0] and first.kid_std is None
    assert all(share is not None and 0 <= share <= 1 for share in (first.precision, first.recall))
    with pytest.raises(ConfigError, match="without real images' features"):
        list(tiny_scorer(tmp_path).score_all(net, [TOP3], num_images=32, splits=2, with_fid=False, with_kid=True))


def test_more_recalibration_images_change_the_score_a_little(tmp_path: Path) -> None:
    """The statistics are estimates: another sample moves FID, but by percents."""
    scorer, net = tiny_scorer(tmp_path), generator()
    few = scorer.score(net, TOP3, "a", num_images=64, splits=2, with_fid=True).fid
    many = replace(scorer, recalibration_images=1000).score(net, TOP3, "a", num_images=64, splits=2, with_fid=True).fid
    assert few is not None and many is not None
    assert few != many
    assert few == pytest.approx(many, rel=0.2)


def test_company_changes_no_bit(tmp_path: Path) -> None:
    """Several candidates in one stream score as each alone, in their order, and twice the same candidate twice."""
    scorer, net = tiny_scorer(tmp_path), generator()
    candidates = [TOP3, SearchSpace.full().sample(random.Random(0)), TOP3]
    score = partial(scorer.score, net, num_images=48, splits=2, with_fid=True)
    alone = [score(candidate, "a") for candidate in candidates]
    assert list(scorer.score_all(net, candidates, "a", num_images=48, splits=2, with_fid=True)) == alone
    assert alone[0] == alone[2] != alone[1]
    assert list(scorer.score_all(net, [], num_images=48, splits=2, with_fid=True)) == []


def classifier_scorer(device: torch.device) -> Scorer:
    """Scores by an untrained classifier on ``device``."""
    network = new_network(1, 16, 10).eval().requires_grad_(False).to(device)
    reference = Moments(np.zeros(NUM_FEATURES), np.eye(NUM_FEATURES), 2)
    return Scorer(ClassifierExtractor(network, device, "", 1.0, None), reference, 32, 32, seed=0)


def test_a_gpu_has_the_next_candidate_queued_before_a_score_is_read(
    monkeypatch: pytest.MonkeyPatch, device: torch.device
) -> None:
    """Reading, the only thing that waits, leaves a GPU a candidate to work on; a CPU reads each as soon as it can."""
    events: list[str] = []
    for name in ("add", "read"):
        method = getattr(ScoreAccumulator, name)

        def recorded(*arguments: object, name: str = name, method: Callable[..., object] = method) -> object:
            events.append(name)
            return method(*arguments)

        monkeypatch.setattr(ScoreAccumulator, name, recorded)
    net, scorer = generator().to(device), classifier_scorer(device)
    assert len(list(scorer.score_all(net, [TOP3] * 3, num_images=40, splits=2, with_fid=False))) == 3
    ahead = ["add", "add", "add", "add", "read", "add", "add", "read", "read"]
    assert events == (ahead if device.type == "cuda" else ["add", "add", "read"] * 3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_a_gpu_is_not_waited_for_before_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recalibration, samples, features and moments of several candidates are queued without one synchronisation."""
    cuda = torch.device("cuda")
    net, scorer = generator().to(cuda), classifier_scorer(cuda)
    scorer.score(net, TOP3, num_images=64, splits=2, with_fid=True)  # a first run may wait to set things up
    monkeypatch.setattr(ScoreAccumulator, "read", lambda _: None)
    torch.cuda.set_sync_debug_mode("error")
    try:
        scores = list(scorer.score_all(net, [TOP3] * 3, num_images=64, splits=2, with_fid=True))
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(scores) == 3


@pytest.mark.parametrize(("count", "batch", "sizes"), [(10, 4, [4, 4, 2]), (3, 8, [3]), (8, 8, [8])])
def test_samples_come_in_batches(count: int, batch: int, sizes: list[int]) -> None:
    """All images come, as uint8, the last batch as large as what is left."""
    batches = list(sample_images(generator().eval(), TOP3, count, batch, 0, "x"))
    assert [len(images) for images in batches] == sizes
    assert all(images.dtype == torch.uint8 and images.shape[1:] == (1, 16, 16) for images in batches)


@pytest.mark.parametrize("batch", [1, 7, 32, 100])
def test_the_batch_size_does_not_decide_the_images(tmp_path: Path, batch: int) -> None:
    """Drawn 32 at a time, 70 images are the same in batches of any size, and so are their scores: convolutions may
    round differently, which moves a byte now and then."""
    net, scorer = generator().eval(), tiny_scorer(tmp_path)
    [*parts] = sample_images(net, TOP3, 70, 32, 0, "x")
    [*others] = sample_images(net, TOP3, 70, batch, 0, "x", draw_size=32)
    assert all(len(images) <= batch for images in others)
    difference = (torch.cat(parts).int() - torch.cat(others).int()).abs()
    assert difference.max() <= 1 and difference.float().mean() < 1e-4
    resized = replace(scorer, batch_size=batch, draw_size=32)
    own, same = (s.score(net, TOP3, "a", num_images=70, splits=2, with_fid=True) for s in (scorer, resized))
    assert same.fid == pytest.approx(own.fid, rel=1e-6)
    assert same.inception_score == pytest.approx(own.inception_score, rel=1e-6)


def test_batches_of_the_drawn_size_are_the_drawn_latents() -> None:
    """A run at its own batch size computes on the very tensors that were drawn, so its bits stay what they were."""
    net, seen = generator().eval(), list[torch.Tensor]()
    net.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    [*sample_images(net, TOP3, 10, 4, 3, "x", draw_size=4)]
    drawn = [draw_latents(torch.device("cpu"), count, 8, 3, "x", at) for at, count in ((0, 4), (4, 4), (8, 2))]
    assert all(torch.equal(mine, its) for mine, its in zip(seen, drawn, strict=True))


@pytest.mark.parametrize("name", ["paper-top1", "paper-top2", "paper-top3", "sn-gan"])
def test_a_reward_survives_bfloat16(tmp_path: Path, device: torch.device, name: str) -> None:
    """Drawn in bfloat16, the images of the same weights have float32's Inception score to half a percent."""
    scorer, net = tiny_scorer(tmp_path), generator().to(device)
    scores = []
    for dtype in (torch.float32, torch.bfloat16):
        net.dtype = dtype
        scores.append(scorer.score(net, NAMED[name], "a", num_images=256, splits=4, with_fid=False).inception_score)
    assert scores[0] > 1.05, "images that all look alike prove nothing"
    assert scores[1] == pytest.approx(scores[0], rel=0.005)
    assert scores[1] != scores[0]
