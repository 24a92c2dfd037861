"""DCGAN's networks against the layer tables of its paper and its authors' code."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.baselines.dcgan import (
    DCGANDiscriminator,
    DCGANGenerator,
    dcgan,
    dcgan_discriminator_macs,
    dcgan_macs,
    dcgan_parameters,
)
from autogan_core.config import ModelConfig
from autogan_core.networks.generator import recalibrate
from tests.core.tiny import tiny_config

ROUTE = dcgan(3).architecture
SMALL = ModelConfig(bottom_width=2, image_channels=1, latent_dim=8)
MODELS = {
    16: SMALL,
    32: ModelConfig(latent_dim=100),
    48: ModelConfig(bottom_width=6),
    64: ModelConfig(num_cells=4, latent_dim=100),
}
"""Pixels -> shapes; those of 64 are the paper's own."""


def generator(model: ModelConfig, width: int = 4) -> DCGANGenerator:
    torch.manual_seed(0)
    return DCGANGenerator(model, width)


def test_weights_of_the_authors_code() -> None:
    """At 64 pixels and 128 maps both networks have the shapes of gw .. gwx and dw .. dwy; linear ones lie across."""
    made = [tuple(p.shape) for p in DCGANGenerator(MODELS[64], 128).parameters()]
    shapes: list[tuple[int, ...]] = [(16384, 100), (16384,), (16384,)]
    for inner, outer in ((1024, 512), (512, 256), (256, 128)):
        shapes += [(inner, outer, 5, 5), (outer,), (outer,)]
    assert sorted(made) == sorted([*shapes, (128, 3, 5, 5)])
    judging = [tuple(p.shape) for p in DCGANDiscriminator(MODELS[64], 128).parameters()]
    shapes = [(128, 3, 5, 5)]
    for outer, inner in ((128, 256), (256, 512), (512, 1024)):
        shapes += [(inner, outer, 5, 5), (inner,), (inner,)]
    assert judging == [*shapes, (1, 16384)]


def test_maps_at_the_papers_size_of_cifar10() -> None:
    """4x4x512 doubles to 256, 128 and 3 channels, and the discriminator goes the same way back."""
    seen: list[tuple[int, ...]] = []
    made, judge = DCGANGenerator(MODELS[32], 128), DCGANDiscriminator(MODELS[32], 128)
    for layer in [*made.cells, made.to_rgb, judge.first, *judge.rest]:
        layer.register_forward_hook(lambda _m, _i, out: seen.append(tuple(out.shape[1:])))
    logits = judge(made(torch.randn(2, 100), ROUTE), 2)
    assert seen[:3] == [(256, 8, 8), (128, 16, 16), (3, 32, 32)]
    assert seen[3:] == [(128, 16, 16), (256, 8, 8), (512, 4, 4)]
    assert logits.shape == (2, 1)


@pytest.mark.parametrize("pixels", MODELS)
def test_sizes(pixels: int) -> None:
    """Images have the run's size and lie in [-1, 1]; parameters and products are counted as they are."""
    model = MODELS[pixels]
    network, z = generator(model), torch.randn(2, model.latent_dim)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        images = network(z, ROUTE)
    assert images.shape == (2, model.image_channels, pixels, pixels)
    assert 0 < images.abs().max() <= 1
    assert sum(p.numel() for p in network.parameters()) == dcgan_parameters(model, 4)
    assert counter.get_total_flops() == 2 * 2 * dcgan_macs(model, 4)  # of two images, and torch counts sums too
    assert DCGANDiscriminator(model, 4)(images, 2).shape == (2, 1)


def test_the_projections_units_are_normalised_one_by_one() -> None:
    """In training mode every unit of the first map has its own mean and variance over the batch."""
    network, maps = generator(SMALL), []
    network.norm.register_forward_hook(lambda _m, _i, out: maps.append(out.flatten(1).clone()))
    nn.init.ones_(network.norm.weight)
    network(torch.randn(64, 8), ROUTE)
    assert maps[0].shape == (64, 64)
    torch.testing.assert_close(maps[0].mean(0), torch.zeros(64), rtol=0, atol=1e-5)
    torch.testing.assert_close(maps[0].std(0, correction=0), torch.ones(64), rtol=0, atol=0.05)


def test_recalibration_reaches_every_norm() -> None:
    """After a recalibration on one batch the generator in eval mode makes of it what it made in training mode."""
    network, z = generator(SMALL), torch.randn(256, 8)
    trained = network(z, ROUTE)
    assert (network.eval()(z, ROUTE) - trained).abs().max() > 0.01
    recalibrate(network, ROUTE, z, 256)
    torch.testing.assert_close(network(z, ROUTE), trained, rtol=0, atol=0.01)


def test_initial_weights() -> None:
    """Section 4: N(0, 0.02) everywhere; the code: batch norm's gains N(1, 0.02)."""
    for network in (DCGANGenerator(MODELS[32], 32), DCGANDiscriminator(MODELS[32], 32)):
        for name, weight in network.named_parameters():
            if weight.numel() > 5000:
                mean = 1 if "norm" in name and name.endswith("weight") else 0
                assert weight.mean().item() == pytest.approx(mean, abs=0.002), name
                assert weight.std().item() == pytest.approx(0.02, abs=0.002), name
        gains = torch.cat([m.weight for m in network.modules() if isinstance(m, nn.BatchNorm2d)])
        assert gains.mean().item() == pytest.approx(1, abs=0.006)
        assert gains.std().item() == pytest.approx(0.02, abs=0.006)


def test_real_and_generated_images_are_judged_apart() -> None:
    """What the generated images are does not touch the real ones' logits, as it would in one batch."""
    torch.manual_seed(0)
    judge, real = DCGANDiscriminator(SMALL, 4), torch.randn(8, 1, 16, 16)
    nn.init.normal_(judge.linear.weight)
    logits = []
    for scale in (1.0, 3.0):
        fake = scale * torch.randn(8, 1, 16, 16).abs()
        seen, other = judge.judge(real, fake, 2)
        assert torch.equal(other, judge(fake, 2))
        logits.append((seen, judge(torch.cat([real, fake]), 2)[:8]))
    assert torch.equal(logits[0][0], logits[1][0])
    assert (logits[0][1] - logits[1][1]).abs().max() > 0.01


def test_widths_and_training_of_a_run() -> None:
    """The demo's 32 and 32 maps make 64 at the latent vector and 32 at the image, batches are twice the run's."""
    config = tiny_config("retrain.generator_channels=32", "retrain.discriminator_channels=32")
    gan = dcgan(3).gan(config, torch.device("cpu"), 0)
    assert gan.generator.project.out_features == 64 * 4
    assert [p.shape[0] for name, p in gan.discriminator.named_parameters() if p.dim() == 4] == [32, 64, 128]
    training = gan.training
    assert (training.discriminator_batch, training.generator_batch, training.n_critic) == (32, 32, 1)
    assert gan.generator_optimizer.param_groups[0]["betas"] == (0.5, 0.999)
    assert training.generator_lr == config.training.generator_lr
    assert dcgan(3).parameters(config) == sum(p.numel() for p in gan.generator.parameters())
    assert dcgan(3).macs(config) == dcgan_macs(config.model, 16)


@pytest.mark.parametrize("pixels", MODELS)
def test_the_discriminators_macs_are_those_that_torch_counts(pixels: int) -> None:
    """The closed form gives what the counter sees in the module, for every image size."""
    model = MODELS[pixels]
    discriminator = DCGANDiscriminator(model, 3).eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        discriminator(torch.zeros(1, model.image_channels, pixels, pixels), model.num_cells - 1)
    assert 2 * dcgan_discriminator_macs(model, 3) == counter.get_total_flops()
