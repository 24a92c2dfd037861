"""Closed forms of a generator's size against the released code and against the generator itself."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.config import ModelConfig
from autogan_core.generator import Generator
from autogan_core.metrics.complexity import generator_macs, generator_parameters
from autogan_core.search_space import NAMED, CellSpace, SearchSpace
from tests.core.golden_rules import from_tokens

ODD = ModelConfig(bottom_width=3, num_cells=4, image_channels=1, latent_dim=7)
MACS_CASES = (
    *((arch, width, 256) for arch in ("a", "b", "c") for width in (4, 6)),
    ("sngan_like", 4, 256),
    ("e2gan_derive_sh", 4, 256),
)


@pytest.mark.parametrize(("arch", "width", "channels"), MACS_CASES)
def test_macs_are_the_released_codes(golden: dict[str, Any], arch: str, width: int, channels: int) -> None:
    """The closed form gives what forward hooks counted in the released code."""
    expected = golden["macs"][f"{arch}_gf{channels}_{8 * width}x{8 * width}"]["total_macs"]
    architecture = from_tokens(golden["archs"][arch])
    assert generator_macs(architecture, ModelConfig(bottom_width=width), channels) == expected


@pytest.mark.parametrize("stage", range(3))
def test_macs_of_the_search_stages(golden: dict[str, Any], stage: int) -> None:
    """A stage's candidate costs what the released supernet's path does."""
    expected = golden["macs"][f"supernet_gf128_arch_a_stage{stage}"]["total_macs"]
    assert generator_macs(NAMED["paper-top1"].prefix(stage + 1), ModelConfig(), 128) == expected


@pytest.mark.parametrize("end", ["min", "max"])
def test_macs_of_the_spaces_ends(golden: dict[str, Any], end: str) -> None:
    """The cheapest and the dearest architecture cost what the released code's do."""
    space = golden["macs"]["space_gf256_32x32"]
    assert generator_macs(from_tokens(space[f"{end}_arch"]), ModelConfig(), 256) == space[end]


@pytest.mark.parametrize("width", [4, 6])
@pytest.mark.parametrize("arch", ["a", "b", "c"])
def test_parameters_are_the_released_codes(golden: dict[str, Any], arch: str, width: int) -> None:
    """The closed form gives the released derived generator's number of parameters."""
    expected = golden["parameter_counts"][f"derived_{arch}_gf256_bw{width}"]["total"]
    assert generator_parameters(from_tokens(golden["archs"][arch]), ModelConfig(bottom_width=width), 256) == expected


@pytest.mark.parametrize("seed", range(8))
def test_both_agree_with_a_generator_of_odd_shapes(seed: int) -> None:
    """Random four-cell architectures, one image channel and a short latent vector: as counted in the real module, for
    deconv, where no convolution is merged with an interpolation."""
    cell = CellSpace(ups=("deconv",))
    architecture = SearchSpace.uniform(ODD.num_cells, cell, (False, True)).sample(random.Random(seed))
    generator = Generator(SearchSpace.only(architecture), ODD, channels=5).eval()
    assert generator_parameters(architecture, ODD, 5) == sum(p.numel() for p in generator.parameters())
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        generator(torch.zeros(1, ODD.latent_dim), architecture)
    assert 2 * generator_macs(architecture, ODD, 5) == counter.get_total_flops()  # torch counts two FLOPs for a MAC
