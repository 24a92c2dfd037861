"""WGAN-GP's ResNet against the authors' code, block by block."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autogan_core.baselines.wgan_gp import Critic, wgan_gp
from autogan_core.config import ModelConfig
from autogan_core.data import to_float
from autogan_core.networks.cells import ConvBlock, GeneratorCell
from autogan_core.networks.generator import BaseGenerator, Generator
from autogan_core.presets import load_config
from autogan_core.search_space import NAMED
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from tests.core.tiny import CPU, tiny_config, tiny_dataset

ROUTE = wgan_gp(3).architecture


def paper_gan() -> GAN:
    """At the paper's sizes."""
    return wgan_gp(3).gan(load_config("cifar10", ["training.precision=float32"], seed=0), CPU, 0)


def convolved(x: Tensor, layer: Tensor | nn.Module | None) -> Tensor:
    assert isinstance(layer, nn.Conv2d) and isinstance(layer.padding, tuple)
    return F.conv2d(x, layer.weight, layer.bias, padding=layer.padding)


def generated(network: BaseGenerator, z: Tensor) -> Tensor:
    """The authors' Generator, written down again from separate steps."""
    assert isinstance(network, Generator)
    x = network.project(z).view(len(z), -1, 4, 4)
    for cell in network.cells:
        assert isinstance(cell, GeneratorCell)
        first, second = block(cell.block1), block(cell.block2)
        h = convolved(F.interpolate(F.relu(normalised(x, first.bn)), scale_factor=2), first.conv)
        h = convolved(F.relu(normalised(h, second.bn)), second.conv)
        x = h + convolved(F.interpolate(x, scale_factor=2), cell.shortcut_conv)
    norm, _, last, _ = network.to_rgb
    return torch.tanh(convolved(F.relu(normalised(x, norm)), last))


def block(blocks: nn.ModuleDict) -> ConvBlock:
    only = blocks["pre"]
    assert isinstance(only, ConvBlock)
    return only


def normalised(x: Tensor, norm: Tensor | nn.Module | None) -> Tensor:
    assert isinstance(norm, nn.BatchNorm2d)
    return F.batch_norm(x, None, None, norm.weight, norm.bias, training=True)


def judged(critic: Critic, images: Tensor) -> Tensor:
    """The authors' Discriminator, written down again from separate steps."""
    first = critic.first
    x = F.avg_pool2d(convolved(F.relu(convolved(images, first.conv1)), first.conv2), 2)
    x = x + convolved(F.avg_pool2d(images, 2), first.shortcut)
    for block, halves in zip([*critic.middle, critic.last], (True, False, False), strict=True):
        h = convolved(F.relu(convolved(F.relu(x), block.conv1)), block.conv2)
        x = F.avg_pool2d(h, 2) + F.avg_pool2d(convolved(x, block.shortcut), 2) if halves else h + x
    return F.linear(F.relu(x).mean(dim=(2, 3)), critic.linear.weight)


def test_the_generator_is_the_authors() -> None:
    """It lies in the search space, holds what the authors' code holds, and computes the same from the same weights."""
    assert NAMED["sn-gan"] == ROUTE
    gan = paper_gan()
    block = 2 * (9 * 128**2 + 128) + (128**2 + 128) + 2 * 2 * 128
    expected = (128 + 1) * 4 * 4 * 128 + 3 * block + 2 * 128 + (9 * 128 + 1) * 3
    assert sum(p.numel() for p in gan.generator.parameters()) == expected
    assert wgan_gp(3).parameters(load_config("cifar10", [], seed=0)) == expected
    network, z = gan.generator.double(), torch.randn(2, 128, dtype=torch.float64)
    torch.testing.assert_close(network(z, ROUTE), generated(network, z), rtol=0, atol=1e-9)


def test_the_critic_is_the_authors() -> None:
    """It holds what the authors' code holds, without the last bias, and computes the same from the same weights."""
    critic = paper_gan().discriminator
    assert isinstance(critic, Critic)
    convolution, pointwise = 9 * 128**2 + 128, 128**2 + 128
    first = 9 * 3 * 128 + 128 + convolution + 3 * 128 + 128
    assert sum(p.numel() for p in critic.parameters()) == first + 6 * convolution + pointwise + 128
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    torch.testing.assert_close(critic.double()(images, 2), judged(critic, images), rtol=0, atol=1e-9)


def test_initial_weights() -> None:
    """The authors': uniform with Glorot's variance, twice that in the blocks' 3x3 convolutions; biases 0, gains 1."""
    gan = paper_gan()
    for network in (gan.generator, gan.discriminator):
        for name, module in network.named_modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                fans = sum(nn.init._calculate_fan_in_and_fan_out(module.weight))
                inside = isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3) and "to_rgb" not in name
                std = math.sqrt((4 if inside else 2) / fans)
                assert module.weight.abs().max().item() == pytest.approx(std * math.sqrt(3), rel=0.03), name
                assert module.weight.std().item() == pytest.approx(std, rel=0.15), name
                assert module.bias is None or not module.bias.any(), name
            elif isinstance(module, nn.BatchNorm2d):
                assert (module.weight == 1).all(), name


@pytest.mark.parametrize(("bottom_width", "pixels"), [(2, 16), (4, 32), (6, 48)])
def test_sizes(bottom_width: int, pixels: int) -> None:
    """Images have the run's size, and each gets a logit."""
    config = tiny_config(f"model.bottom_width={bottom_width}")
    gan = wgan_gp(3).gan(config, CPU, 0)
    images = gan.generator(torch.randn(2, 8), ROUTE)
    assert images.shape == (2, 1, pixels, pixels)
    assert gan.discriminator(images, 2).shape == (2, 1)


def test_logits_do_not_grow_with_the_map() -> None:
    """A mean, where AutoGAN's discriminator has a sum."""
    torch.manual_seed(0)
    critic = Critic(ModelConfig(), 4)
    features = torch.rand(2, 4, 8, 8)
    torch.testing.assert_close(critic.pool(features), features.mean(dim=(2, 3)))
    assert critic.pool(features.bfloat16()).dtype == torch.float32


def test_training_of_a_run() -> None:
    """Five critic steps for each of the generator's, at the run's batch and twice that, with the paper's betas."""
    gan = wgan_gp(3).gan(tiny_config("retrain.generator_channels=32"), CPU, 0)
    training = gan.training
    assert (training.discriminator_batch, training.generator_batch, training.n_critic) == (16, 32, 5)
    assert gan.discriminator_optimizer.param_groups[0]["betas"] == (0.0, 0.9)
    assert gan.generator.project.out_features == 16 * 4
    assert gan.loss(wgan_gp(3).architecture).gradient_penalty == 10


def test_a_step_descends_the_papers_loss() -> None:
    """Algorithm 1, line 7, worked out from the step's own images, latent vectors and mixtures; weight 10."""
    gan = wgan_gp(3).gan(tiny_config("training.precision=float32"), CPU, 0)
    data = TrainingStream(tiny_dataset().at_size(16)[:40], 16, 8, seed=5)
    for step in (0, 2):  # the latter has 8 real images for 16 generated ones
        real = to_float(data.images[data.real(step)])
        fake = gan.generator(data.latents(step, "discriminator", 16), ROUTE).detach()
        mix = data.mix(step, 16)[: len(real)]
        between = (mix * real + (1 - mix) * fake[: len(real)]).requires_grad_()
        [slopes] = torch.autograd.grad(gan.discriminator(between, 2).sum(), between)
        penalty = (slopes.flatten(1).norm(dim=1) - 1).square().mean()
        expected = gan.discriminator(fake, 2).mean() - gan.discriminator(real, 2).mean() + 10 * penalty
        assert gan.train_discriminator(data, step, ROUTE).item() == pytest.approx(expected.item(), rel=1e-5)
        assert penalty.item() > 0.1
