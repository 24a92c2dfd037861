"""The discriminator against the released code's numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.config import ModelConfig
from autogan_core.networks.discriminator import Discriminator
from tests.core.golden_rules import fill_discriminator


@pytest.mark.parametrize(("stage", "size"), [(0, 8), (1, 16), (2, 32), (2, 48)])
def test_logits_equal_the_released_code(golden: dict[str, Any], stage: int, size: int) -> None:
    """Fixed weights and images in, the released code's logits out to 1e-9 at every stage."""
    discriminator = Discriminator(ModelConfig(), 6, spectral_norm=False).double()
    fill_discriminator(discriminator)
    images = torch.sin(0.1 * torch.arange(2 * 3 * size * size, dtype=torch.float64)).view(2, 3, size, size)
    expected = golden["functional"]["discriminator_no_spectral_norm"][f"stage{stage}_in{size}"]["output"]
    assert discriminator(images, stage).flatten().tolist() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("channels", [64, 128])
def test_parameters(golden: dict[str, Any], channels: int) -> None:
    """Counts are the released code's, and spectral norm adds none."""
    total = golden["parameter_counts"][f"D_df{channels}"]["total"]
    for spectral_norm in (False, True):
        discriminator = Discriminator(ModelConfig(), channels, spectral_norm=spectral_norm)
        assert sum(p.numel() for p in discriminator.parameters()) == total


@pytest.mark.parametrize(
    ("channels", "stage", "size"), [(128, 2, 32), (128, 2, 48), (64, 0, 8), (64, 1, 16), (64, 2, 32)]
)
def test_macs(golden: dict[str, Any], channels: int, stage: int, size: int) -> None:
    """A forward pass multiplies and adds as often as the released code's at every stage, less what merging saves: each
    3x3 convolution before a pooling takes 16 products a value for 36, each 1x1 shortcut 1 for 4."""
    released = golden["macs"][f"D_df{channels}_{size}x{size}" + f"_stage{stage}"]["total_macs"]
    discriminator = Discriminator(ModelConfig(), channels, spectral_norm=False)
    small, saved = size // 2, 0
    for halving in [True, *(block.shortcut is not None for block in discriminator.middle[:stage])]:
        if halving:
            saved += 20 * channels**2 * small**2
            # The first block's own shortcut pools before it convolves in the released code too.
            saved += 3 * channels**2 * small**2 if small < size // 2 else 0
            small //= 2
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        discriminator(torch.zeros(1, 3, size, size), stage)
    assert counter.get_total_flops() == 2 * (released - saved)  # torch counts two FLOPs for a MAC


@pytest.mark.parametrize(("stage", "size"), [(0, 8), (1, 16), (2, 32), (2, 48)])
def test_map_sizes(golden: dict[str, Any], stage: int, size: int) -> None:
    """Each block's output has the released code's size, and the logits are one per image."""
    expected = golden["shapes"][f"D_stage{stage}_in{size}"]
    discriminator = Discriminator(ModelConfig(), 4)
    seen: list[list[int]] = []
    for block in [discriminator.first, *discriminator.middle, discriminator.last]:
        block.register_forward_hook(lambda _m, _i, out: seen.append(list(out.shape[2:])))
    logits = discriminator(torch.zeros(2, 3, size, size), stage)
    assert list(logits.shape) == expected["out"]
    assert seen == expected["block_output_hw"]


def test_spectral_norm_holds_on_every_layer_and_keeps_the_initialisation() -> None:
    """Every weight that is used has largest singular value 1, and the initial weights are Xavier's."""
    torch.manual_seed(0)
    discriminator = Discriminator(ModelConfig(), 64)
    for _ in range(30):
        weights = discriminator.weights(stage=2)
    layers = [m for m in discriminator.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    assert set(layers) == set(weights)
    for weight in weights.values():
        assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)
    assert discriminator.last.conv1.weight.abs().max().item() == pytest.approx(0.07216878364870322, rel=1e-3)


@pytest.mark.parametrize("num_cells", [1, 2, 4])
def test_other_depths(num_cells: int) -> None:
    """A discriminator exists for every number of cells, and every stage of it runs."""
    model = ModelConfig(num_cells=num_cells, bottom_width=2, image_channels=1)
    discriminator = Discriminator(model, 4)
    for stage in range(num_cells):
        size = model.image_size_at(stage + 1)
        assert discriminator(torch.zeros(2, 1, size, size), stage).shape == (2, 1)


def test_projection_adds_the_features_along_the_class() -> None:
    """A conditional logit is the unconditional one plus the product of features and class vector, spectrally normed."""
    torch.manual_seed(0)
    model = ModelConfig(num_cells=2, bottom_width=2, classes=3)
    discriminator = Discriminator(model, 4).eval()
    assert discriminator.projection is not None
    images, labels = torch.randn(5, 3, 8, 8), torch.tensor([0, 2, 2, 1, 0])
    pooled: list[torch.Tensor] = []
    pool = discriminator.pool
    discriminator.pool = lambda features: pooled.append(pool(features)) or pooled[-1]  # type: ignore[method-assign, func-returns-value]
    logits = discriminator(images, 1, labels)
    weights = discriminator.weights(1)
    classes, linear = weights[discriminator.projection], weights[discriminator.linear]
    expected = pooled[0] @ linear.T + (pooled[0] * classes[labels]).sum(1, keepdim=True)
    assert torch.allclose(logits, expected, atol=1e-6)
    assert torch.linalg.matrix_norm(classes, 2).item() == pytest.approx(1, abs=0.05)


def test_an_image_without_a_label_is_judged_without_a_class() -> None:
    """Its logit has no part of any class, and no class's vector learns from it."""
    torch.manual_seed(0)
    discriminator = Discriminator(ModelConfig(num_cells=2, bottom_width=2, classes=3), 4).eval()
    assert discriminator.projection is not None
    images, unknown = torch.randn(4, 3, 8, 8), torch.tensor([-1, -1, 2, -1])
    logits = discriminator(images, 1, unknown)
    discriminator.zero_grad()
    logits[unknown < 0].sum().backward()
    assert not discriminator.projection.weight.grad.any()  # type: ignore[union-attr]
    with torch.no_grad():
        discriminator.projection.weight.normal_()
        others = discriminator(images, 1, unknown)
    torch.testing.assert_close(logits[unknown < 0], others[unknown < 0])
    assert not torch.allclose(logits[2], others[2])


def test_judging_keeps_labels_with_their_images() -> None:
    """Real and generated images in one pass get the logits that they get alone."""
    torch.manual_seed(0)
    discriminator = Discriminator(ModelConfig(num_cells=1, bottom_width=2, classes=3), 4).eval()
    real, fake = torch.randn(3, 3, 4, 4), torch.randn(2, 3, 4, 4)
    real_labels, fake_labels = torch.tensor([2, 0, 1]), torch.tensor([1, 1])
    of_real, of_fake = discriminator.judge(real, fake, 0, torch.cat([real_labels, fake_labels]))
    assert torch.allclose(of_real, discriminator(real, 0, real_labels), atol=1e-6)
    assert torch.allclose(of_fake, discriminator(fake, 0, fake_labels), atol=1e-6)
