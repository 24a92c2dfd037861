"""Activation checkpointing: less is kept, nothing else changes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from autogan_core.baselines import BASELINES
from autogan_core.networks.generator import Generator
from autogan_core.runtime.tensor_memory import TensorMemory
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from autogan_core.training.design import Design, searched
from tests.core.tiny import CPU, tiny_config, tiny_dataset

NORMALISED = "1111-01110-11113"
"""Batch norm in both orders of the layers, shortcuts and skips."""


def trained(design: Design, *overrides: str, steps: int = 5) -> tuple[GAN, list[Tensor]]:
    """A GAN after some steps, and its losses."""
    config = tiny_config(*overrides)
    gan = design.gan(config, CPU, 3)
    stream = TrainingStream(tiny_dataset().images, 16, config.model.latent_dim, 1)
    losses = [gan.train_step(stream, step, design.architecture) for step in range(steps)]
    return gan, [value for loss in losses for value in (loss.discriminator, loss.generator) if value is not None]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("text", [NORMALISED, "0221-12210-00003"])
def test_a_training_is_the_same(text: str, precision: str) -> None:
    """Losses, weights, moments, and the running statistics that the second call must not move again."""
    design, how = searched(Architecture.parse(text)), f"training.precision={precision}"
    plain, plain_losses = trained(design, how)
    checkpointed, losses = trained(design, how, "training.checkpointing=true")
    torch.testing.assert_close(losses, plain_losses, rtol=1e-5, atol=1e-6)
    for name, tensor in plain.state_dict().items():
        torch.testing.assert_close(checkpointed.state_dict()[name], tensor, rtol=1e-5, atol=1e-6, msg=name)


def test_the_running_statistics_move_once_a_pass() -> None:
    """As many batches are counted as without; the statistics are not those that a generator starts with."""
    gan, _ = trained(searched(Architecture.parse(NORMALISED)), "training.checkpointing=true", steps=4)
    norm = gan.generator.get_submodule("cells.2.block2.pre.bn")
    assert norm.num_batches_tracked == 4 + 2  # four discriminator steps, two generator steps
    assert isinstance(norm.running_mean, Tensor) and norm.running_mean.abs().sum() > 0


def test_a_gradient_penalty_goes_through() -> None:
    """The gradient of a gradient is the same."""
    design = BASELINES["wgan-gp"](3)
    _, plain = trained(design, steps=3)
    _, losses = trained(design, "training.checkpointing=true", steps=3)
    torch.testing.assert_close(losses, plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("text", "most"), [("0221-02211-02213", 0.5), ("sn-gan", 0.9)])
def test_a_step_takes_less_memory_at_its_peak(text: str, most: float) -> None:
    """What instance norm and transposed convolutions keep is worth the most."""
    design = searched(Architecture.parse(text))

    def peak(*overrides: str) -> int:
        config = tiny_config("training.generator_batch=64", *overrides)
        gan = design.gan(config, CPU, 0)
        stream = TrainingStream(tiny_dataset().images, 64, config.model.latent_dim, 0)
        with TensorMemory() as memory:
            gan.train_generator(stream, 0, design.architecture)
        return int(memory.peak)

    assert 0.1 < peak("training.checkpointing=true") / peak() < most


def test_without_gradients_nothing_is_computed_twice() -> None:
    """Images that are drawn alone take one pass, and are the same."""
    config, architecture = tiny_config(), Architecture.parse("sn-gan")
    generator = Generator(SearchSpace.only(architecture), config.model, 4)
    latents = torch.randn(2, config.model.latent_dim)
    with torch.no_grad():
        plain = generator.eval()(latents, architecture)
        generator.checkpointing = True
        assert torch.equal(generator(latents, architecture), plain)
