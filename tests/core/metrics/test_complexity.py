"""Closed forms of a generator's size against the released code and against the generator itself."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.config import ModelConfig
from autogan_core.generator import Generator
from autogan_core.metrics.complexity import generator_macs, generator_parameters
from autogan_core.search_space import Architecture, SearchSpace

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "metrics-golden.json").read_text())
ODD = ModelConfig(bottom_width=3, num_cells=4, image_channels=1, latent_dim=7)


@pytest.mark.parametrize("case", GOLDEN["macs"], ids=lambda case: f"{case['architecture']}-{case['bottom_width']}")
def test_macs_are_the_released_codes(case: dict[str, Any]) -> None:
    """The closed form gives what forward hooks counted in the released code, search stages included."""
    model = ModelConfig(bottom_width=case["bottom_width"])
    assert generator_macs(Architecture.parse(case["architecture"]), model, case["channels"]) == case["macs"]


@pytest.mark.parametrize(
    "case", GOLDEN["parameters"], ids=lambda case: f"{case['architecture']}-{case['bottom_width']}"
)
def test_parameters_are_the_released_codes(case: dict[str, Any]) -> None:
    """The closed form gives the released code's number of parameters in use."""
    model = ModelConfig(bottom_width=case["bottom_width"])
    assert generator_parameters(Architecture.parse(case["architecture"]), model, case["channels"]) == case["parameters"]


@pytest.mark.parametrize("seed", range(8))
def test_both_agree_with_a_generator_of_odd_shapes(seed: int) -> None:
    """Random four-cell architectures, one image channel and a short latent vector: as counted in the real module."""
    architecture = SearchSpace.full(ODD.num_cells).sample(random.Random(seed))
    generator = Generator(SearchSpace.only(architecture), ODD, channels=5).eval()
    assert generator_parameters(architecture, ODD, 5) == sum(p.numel() for p in generator.parameters())
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        generator(torch.zeros(1, ODD.latent_dim), architecture)
    assert 2 * generator_macs(architecture, ODD, 5) == counter.get_total_flops()  # torch counts two FLOPs for a MAC
