"""The interval of FID on few images: its coverage, what it leaves out, and its distances."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from autogan_core.metrics.frechet import Moments, MomentsAccumulator, frechet_distance
from autogan_core.metrics.frechet_interval import frechet_interval
from autogan_core.metrics.protocols import FEW_IMAGES


def moments(features: Tensor) -> Moments:
    accumulator = MomentsAccumulator()
    accumulator.add(features)
    return accumulator.moments()


def normal(count: int, rng: torch.Generator, spread: float = 1.0, shift: float = 0.0, width: int = 4) -> Tensor:
    return (torch.randn(count, width, generator=rng) * spread + shift).double()


@pytest.mark.parametrize(
    ("spread", "shift", "lowest"),
    [(1.5, 0.5, 0.85), (1.0, 0.0, 0.90)],
)
def test_it_covers_the_distance_of_the_distributions(spread: float, shift: float, lowest: float) -> None:
    """Of 120 pairs of samples of known Gaussians, between 85 and 99 % of the intervals hold their distance; where the
    distributions are equal, the interval ends at 0 at its lower end and may do so always. FID is mostly above it."""
    true = 4 * ((spread - 1) ** 2 + shift**2)
    rng = torch.Generator().manual_seed(1)
    covered = biased = 0
    for _ in range(120):
        generated, real = normal(48, rng, spread, shift), normal(64, rng)
        found = frechet_interval(generated, real, moments(real))
        assert found is not None and 0 <= found[0] <= found[1]
        covered += found[0] <= true <= found[1]
        biased += frechet_distance(moments(generated), moments(real)) > true
    assert lowest <= covered / 120 <= (0.99 if true else 1)
    assert biased / 120 > (0.6 if true > 1 else 0.8)


def test_a_large_training_set_is_taken_as_it_is() -> None:
    """With only some of the real images' features at hand, the reference stays whole: the interval is of the distance
    to these images, covers it, and is not widened by chance in their choice."""
    rng = torch.Generator().manual_seed(2)
    generated, real = normal(60, rng, 1.2), normal(6000, rng)
    whole = moments(real)
    narrow = frechet_interval(generated, real[:60], whole)
    wide = frechet_interval(generated, real[:60], moments(real[:60]))
    assert narrow is not None and wide is not None
    assert narrow[0] < 4 * 0.2**2 < narrow[1]
    assert 0 < narrow[1] - narrow[0] < wide[1] - wide[0]


def test_more_images_make_it_narrower_and_the_same_ones_the_same() -> None:
    """Sixteen times as many images: about a quarter as wide."""
    rng = torch.Generator().manual_seed(3)
    generated, real = normal(1600, rng, 1.5, 1.0), normal(1600, rng)
    widths = []
    for count in (100, 400, 1600):
        found = frechet_interval(generated[:count], real[:count], moments(real[:count]))
        assert found is not None
        assert found == frechet_interval(generated[:count], real[:count], moments(real[:count]))
        widths.append(found[1] - found[0])
    assert 2 < widths[0] / widths[2] < 8
    assert widths[0] > widths[1] > widths[2]


def test_none_where_it_would_say_nothing() -> None:
    """Many images on both sides need none; too few for their features, or features that are no numbers, have none."""
    rng = torch.Generator().manual_seed(4)
    few, many = normal(40, rng), normal(FEW_IMAGES + 1, rng)
    assert frechet_interval(many, many[:50], moments(many)) is None
    assert frechet_interval(few, many[:50], moments(many)) is not None
    assert frechet_interval(many, few, moments(few)) is not None
    assert frechet_interval(few[:7], few, moments(few)) is None
    assert frechet_interval(few, few[:7], moments(few[:7])) is None
    spoilt = few.clone()
    spoilt[3, 2] = math.nan
    assert frechet_interval(spoilt, few, moments(few)) is None


def test_it_lies_around_the_distance_of_the_library() -> None:
    """With as many images as leave no bias, both ends are within a few percent of FID, also where features depend on
    each other or are constant."""
    rng = torch.Generator().manual_seed(5)
    generated = normal(5000, rng, 2.0, 1.0, width=3) @ torch.tensor([[1.0, 0.5, 0.1], [0, 1, 0.3], [0, 0, 1]]).double()
    generated, real = torch.cat([generated, generated[:, :1], torch.zeros(5000, 1)], 1), normal(5000, rng, width=5)
    fid = frechet_distance(moments(generated), moments(real))
    found = frechet_interval(generated, real, moments(real))
    assert found is not None
    assert 0.9 * fid < found[0] < fid < found[1] < 1.1 * fid
