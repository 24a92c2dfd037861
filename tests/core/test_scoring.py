"""Scoring a generator: same vectors for same names, in batches of any size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from autogan_core.generator import Generator
from autogan_core.scoring import sample_images
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


def test_more_recalibration_images_change_the_score_a_little(tmp_path: Path) -> None:
    """The statistics are estimates: another sample moves FID, but by percents."""
    scorer, net = tiny_scorer(tmp_path), generator()
    few = scorer.score(net, TOP3, "a", num_images=64, splits=2, with_fid=True).fid
    many = replace(scorer, recalibration_images=1000).score(net, TOP3, "a", num_images=64, splits=2, with_fid=True).fid
    assert few is not None and many is not None
    assert few != many
    assert few == pytest.approx(many, rel=0.2)


@pytest.mark.parametrize(("count", "batch", "sizes"), [(10, 4, [4, 4, 2]), (3, 8, [3]), (8, 8, [8])])
def test_samples_come_in_batches(count: int, batch: int, sizes: list[int]) -> None:
    """All images come, as uint8, the last batch as large as what is left."""
    batches = list(sample_images(generator().eval(), TOP3, count, batch, 0, "x"))
    assert [len(images) for images in batches] == sizes
    assert all(images.dtype == torch.uint8 and images.shape[1:] == (1, 16, 16) for images in batches)
