"""Value ranges, sizes and channels against numbers worked by hand and against Pillow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from autogan_core.data import to_float, to_uint8
from autogan_core.data.base.pixels import resize, to_channels


def random_bytes(*shape: int) -> torch.Tensor:
    """uint8 noise of a fixed seed."""
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_to_uint8_equals_the_released_code(golden: dict[str, Any]) -> None:
    """The golden file's inputs give its bytes."""
    case = golden["training_rules"]["to_uint8"]
    assert to_uint8(torch.tensor(case["input"])).tolist() == case["output"]


def test_to_uint8_clamps_what_lies_outside() -> None:
    """Values beyond [-1, 1] do not wrap around."""
    assert to_uint8(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


def test_to_uint8_of_bfloat16_is_computed_in_float32() -> None:
    """0.01 is 128.78, which is truncated; bfloat16 has no fractions there and would have made it 129 before."""
    assert to_uint8(torch.tensor([0.01], dtype=torch.bfloat16)).tolist() == [128]


def test_to_float_maps_bytes_onto_minus_one_to_one() -> None:
    """The ends and the two middle bytes."""
    floats = to_float(torch.tensor([0, 127, 128, 255], dtype=torch.uint8))
    torch.testing.assert_close(floats, torch.tensor([-1.0, -0.5 / 127.5, 0.5 / 127.5, 1.0]))


@pytest.mark.parametrize("size", [16, 24, 48, 80])
def test_bilinear_resizing_equals_pillow(size: int) -> None:
    """Up and down, every pixel is Pillow's, which antialiases."""
    images = random_bytes(2, 3, 48, 48)
    with_pillow = [
        np.array(Image.fromarray(image.permute(1, 2, 0).numpy()).resize((size, size), Image.Resampling.BILINEAR))
        for image in images
    ]
    expected = torch.from_numpy(np.stack(with_pillow)).permute(0, 3, 1, 2)
    difference = (resize(images, size).int() - expected.int()).abs()
    assert difference.max() <= 1 and difference.float().mean() < 0.01


def test_resizing_to_the_same_size_gives_the_images_themselves() -> None:
    """No copy is made."""
    images = random_bytes(1, 1, 8, 8)
    assert resize(images, 8) is images


def test_grey_becomes_rgb_by_repetition() -> None:
    """All three channels equal the grey one."""
    grey = random_bytes(2, 1, 4, 4)
    assert all(torch.equal(channel, grey[:, 0]) for channel in to_channels(grey, 3).unbind(1))


def test_colour_becomes_grey_by_luma() -> None:
    """Red, green, blue and white have the luma of ITU-R 601: 76.2, 149.7, 29.1 and 255."""
    colours = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], dtype=torch.uint8)
    assert to_channels(colours.view(4, 3, 1, 1), 1).flatten().tolist() == [76, 150, 29, 255]


@pytest.mark.parametrize("channels", [1, 3])
def test_fitting_channels_are_left_alone(channels: int) -> None:
    """No copy is made."""
    images = random_bytes(1, channels, 2, 2)
    assert to_channels(images, channels) is images
