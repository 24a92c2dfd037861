"""Augmentation: each change against its definition, its gradient, and the probability that follows overfitting."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from autogan_core.runtime.distributed import World
from autogan_core.training.adversarial.augmentation import NUM_DRAWS, Augmentation, augmented
from tests.core.tiny import CPU, tiny_config

SIZE = 16
HALF = torch.tensor(0.5)
COLOUR, TRANSLATION, CUT_OUT = 7, 8, 9
"""Columns of the draws that say whether a change happens."""


def images(count: int = 32, size: int = SIZE) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def draws(count: int = 32, *happening: int, seed: int = 1) -> Tensor:
    """Of which, at probability `HALF`, exactly these changes happen."""
    made = torch.rand(count, NUM_DRAWS, generator=torch.Generator().manual_seed(seed))
    made[:, 7:10] = 0.9
    made[:, list(happening)] = 0.1
    return made


def augmentation(**settings: object) -> Augmentation:
    config = tiny_config(*(f"training.{name}={value}" for name, value in settings.items()))
    return Augmentation(config.training, CPU)


def test_what_does_not_happen_changes_nothing() -> None:
    """Down to the last bit."""
    assert torch.equal(augmented(images(), draws(32), HALF), images())
    assert torch.equal(augmented(images(), draws(32, 7, 8, 9), torch.tensor(0.0)), images())


def test_colours_change_as_in_the_paper() -> None:
    """Brightness is added, saturation multiplies what differs from grey, contrast what differs from the mean."""
    before, drawn = images(), draws(32, COLOUR)
    for image, (brightness, saturation, contrast), seen in zip(
        before, drawn[:, :3], augmented(before, drawn, HALF), strict=True
    ):
        expected = image + brightness - 0.5
        grey = expected.mean(0)
        expected = (expected - grey) * saturation * 2 + grey
        expected = (expected - expected.mean()) * (contrast + 0.5) + expected.mean()
        assert torch.allclose(seen, expected, atol=1e-5)


def test_images_move_by_up_to_an_eighth() -> None:
    """What is moved in is grey; every move from -2 to 2 of 16 pixels is met in either direction."""
    before, drawn = images(400), draws(400, TRANSLATION)
    after, met = augmented(before, drawn, HALF), set()
    for image, (down, right), seen in zip(before, drawn[:, 3:5], after, strict=True):
        y, x = (math.floor(float(draw) * 5) - 2 for draw in (down, right))
        padded = torch.nn.functional.pad(image, (2, 2, 2, 2))
        assert torch.equal(seen, padded[:, 2 - y : 18 - y, 2 - x : 18 - x])
        met.add((y, x))
    assert met == {(y, x) for y in range(-2, 3) for x in range(-2, 3)}


@given(st.integers(2, 33), st.integers(0, 1000))
def test_a_square_of_half_the_side_is_cut_out(size: int, seed: int) -> None:
    """One square, as far as it lies within the image, at least a quarter of it; the rest stays."""
    before = images(8, size)
    after = augmented(before, draws(8, CUT_OUT, seed=seed), HALF)
    gone = (after == 0).all(1)
    side = round(size / 2)
    assert torch.equal(after, before * ~gone[:, None])
    for mask in gone:
        rows, columns = mask.any(1), mask.any(0)
        assert torch.equal(mask, rows[:, None] & columns)
        for line in (rows, columns):
            places = line.nonzero()[:, 0]
            assert side // 2 <= len(places) <= side
            assert len(places) == 0 or places[-1] - places[0] + 1 == len(places)


def test_the_gradient_reaches_the_images() -> None:
    """By finite differences, through all three changes."""
    small, drawn = images(3, 6).double().requires_grad_(), draws(3, 7, 8, 9)
    assert torch.autograd.gradcheck(lambda x: augmented(x, drawn), (small,))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_precision_stays(dtype: torch.dtype) -> None:
    """What the discriminator computes in is not widened."""
    assert augmented(images().to(dtype), draws(32, 7, 8, 9)).dtype == dtype


def test_only_real_images_are_mirrored() -> None:
    """About half of them, by their own draws; generated ones stay."""
    made, before, drawn = augmentation(mirror="true"), images(400), draws(400)
    assert made.acts
    assert torch.equal(made.of_generated(before, drawn), before)
    after = made.of_real(before, drawn)
    mirrored = drawn[:, 10] < 0.5
    assert 150 < mirrored.sum() < 250
    assert torch.equal(after[mirrored], before[mirrored].flip(3))
    assert torch.equal(after[~mirrored], before[~mirrored])


def test_without_a_setting_nothing_acts() -> None:
    """The paper's training; it has no state either."""
    made = augmentation()
    assert not made.acts and made.state_dict() == {}


def test_the_probability_follows_overfitting() -> None:
    """It rises while nearly all real images are told, falls while they are not, and stays within [0, 1]."""
    made = augmentation(augmentation="adaptive", adaptive_images=320)
    told, untold, world = torch.ones(32, 1), torch.cat([torch.ones(20, 1), -torch.ones(12, 1)]), World.single(CPU)

    def after(logits: Tensor, steps: int) -> float:
        for _ in range(steps):
            made.follow(logits, 32, world)
        return made.state_dict()["probability"].item()

    assert after(untold, 1) == 0
    assert after(told, 3) == pytest.approx(0.3)
    assert after(untold, 1) == pytest.approx(0.2)
    assert after(told, 20) == 1


def test_the_probability_is_stored_in_place() -> None:
    """Captured work goes on with the tensor that it knows."""
    one, other = (augmentation(augmentation="adaptive", adaptive_images=100) for _ in range(2))
    one.follow(torch.ones(32, 1), 32, World.single(CPU))
    place = other.state_dict()["probability"].data_ptr()
    other.load_state_dict(one.state_dict())
    assert other.state_dict()["probability"].item() == pytest.approx(0.32)
    assert other.state_dict()["probability"].data_ptr() == place
