"""Closed forms of networks' sizes and costs against the released code and against what PyTorch counts."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.config import ModelConfig
from autogan_core.metrics.complexity import discriminator_macs, generator_macs, generator_parameters, step_macs
from autogan_core.networks.discriminator import Discriminator
from autogan_core.networks.generator import Generator
from autogan_core.search_space import NAMED, Architecture, CellSpace, SearchSpace
from autogan_core.training.adversarial.losses import gradient_penalty
from tests.core.golden_rules import from_tokens
from tests.core.tiny import tiny_config

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


@pytest.mark.parametrize("text", ["0311-13110", "0111-11110"])
def test_classes_are_counted(text: str) -> None:
    """A conditional generator's scales and shifts are among its parameters, wherever the classes enter."""
    model = ModelConfig(bottom_width=2, num_cells=2, latent_dim=7, classes=3)
    architecture = Architecture.parse(text)
    generator = Generator(SearchSpace.only(architecture), model, channels=5)
    assert generator_parameters(architecture, model, 5) == sum(p.numel() for p in generator.parameters())


@pytest.mark.parametrize(("stage", "channels", "width"), [(0, 64, 4), (1, 64, 4), (2, 64, 4), (2, 128, 4), (2, 128, 6)])
def test_the_discriminators_macs_are_the_released_codes(
    golden: dict[str, Any], stage: int, channels: int, width: int
) -> None:
    """The closed form gives what forward hooks counted in the released code, in every stage."""
    size = width << (stage + 1)
    expected = golden["macs"][f"D_df{channels}_{size}x{size}_stage{stage}"]["total_macs"]
    assert discriminator_macs(ModelConfig(bottom_width=width), channels, stage) == expected


@pytest.mark.parametrize("stage", range(4))
def test_torch_counts_the_same_in_a_discriminator(monkeypatch: pytest.MonkeyPatch, stage: int) -> None:
    """In the real module with its merged layers taken apart again, for four cells and grey images."""
    pooled: list[int] = []

    def apart(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        pooled.append(x.shape[-1] ** 2)
        return F.avg_pool2d(F.conv2d(x, weight, bias, padding=1), 2)

    monkeypatch.setattr("autogan_core.networks.discriminator.convolve_and_pool", apart)
    discriminator = Discriminator(ODD, 5, spectral_norm=False)
    size = ODD.image_size_at(stage + 1)
    counted = torch_macs(lambda: discriminator(torch.zeros(1, 1, size, size), stage))
    # Published blocks that halve the map convolve their shortcut before they pool it; this one, like the first, after.
    later = sum(25 * pixels * 3 // 4 for pixels in pooled[1:])
    assert discriminator_macs(ODD, 5, stage) == counted + later


@pytest.mark.parametrize("loss", ["hinge", "wasserstein", "relativistic"])
def test_steps_cost_what_torch_counts_in_them(loss: str) -> None:
    """Forward and backward of real steps, on networks that merge no layers. They cost a little less than the closed
    form, which does not know that the first layer's inputs need no gradient."""
    batches = ("training.discriminator_batch=8", "training.generator_batch=16")
    config = tiny_config("model.image_channels=1", *batches, f"training.loss={loss}")
    model, training = config.model, config.training
    weights = [torch.randn(16, 1 if i == 0 else 16, 3, 3, requires_grad=True) for i in range(12)]

    def critic(x: torch.Tensor) -> torch.Tensor:  # no module: the counter cannot follow one into `torch.autograd.grad`
        for weight in weights:
            x = F.conv2d(F.relu(x), weight, padding=1)
        return x

    images = torch.zeros(1, 1, model.image_size, model.image_size)
    discriminator = torch_macs(lambda: critic(images))
    architecture = Architecture.parse("0020-00201-00202")
    generator = Generator(SearchSpace.only(architecture), model, 8)
    costs = step_macs(generator_macs(architecture, model, 8), discriminator, training)

    def fake(count: int) -> torch.Tensor:
        images: torch.Tensor = generator(torch.zeros(count, model.latent_dim), architecture)
        return images

    def discriminator_step() -> None:
        with torch.no_grad():
            drawn = fake(8)
        value = critic(drawn).mean() - critic(images.expand(8, -1, -1, -1)).mean()
        if loss == "wasserstein":
            value = value + gradient_penalty(critic, drawn, drawn, torch.zeros(8, 1, 1, 1), 8)
        value.backward()  # type: ignore[no-untyped-call]

    def generator_step() -> None:
        for weight in weights:
            weight.requires_grad_(False)
        value = critic(fake(16)).mean()
        if loss == "relativistic":
            value = value - critic(images.expand(8, -1, -1, -1)).mean()
        value.backward()  # type: ignore[no-untyped-call]

    assert 0.95 * costs.discriminator < torch_macs(discriminator_step) <= costs.discriminator
    assert 0.95 * costs.generator < torch_macs(generator_step) <= costs.generator


def torch_macs(call: Callable[[], object]) -> int:
    """What PyTorch counts in a call."""
    counter = FlopCounterMode(display=False)
    with counter:
        call()
    return counter.get_total_flops() // 2
