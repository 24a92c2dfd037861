"""Discriminators whose cells are searched, in random choices of every operation that there is."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.config import ModelConfig
from autogan_core.config.discriminator_space import DiscriminatorSpaceConfig
from autogan_core.metrics.complexity import discriminator_macs
from autogan_core.networks.discriminator import Discriminator
from autogan_core.networks.searched_discriminator import SearchedDiscriminator, discriminator_over
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, DOWN_SAMPLINGS, Convolution
from autogan_core.operations.convolutions import Convolution3x3
from autogan_core.search_space import SWITCH, Architecture, CellSpace, DiscriminatorCell, SearchSpace

COUNT = 200
MODEL = ModelConfig(bottom_width=2, num_cells=4, image_channels=3, classes=3)
EVERYTHING = SearchSpace.uniform(MODEL.num_cells, CellSpace(), SWITCH, discriminator=DiscriminatorSpaceConfig().cell())
CHANNELS = 8
LABELS = torch.tensor([0, 2, -1, 1])


@pytest.fixture(scope="module")
def paths() -> list[tuple[DiscriminatorCell, ...]]:
    """Of all stages."""
    rng = random.Random(0)
    return [EVERYTHING.sample(rng, 1 + i % MODEL.num_cells).discriminator for i in range(COUNT)]


@pytest.fixture
def supernet() -> SearchedDiscriminator:
    torch.manual_seed(0)
    network = SearchedDiscriminator(EVERYTHING.discriminator, MODEL, CHANNELS)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("gain"):  # attention adds nothing at first
                parameter.fill_(0.7)
    return network


def images(path: tuple[DiscriminatorCell, ...]) -> Tensor:
    size = MODEL.image_size_at(len(path))
    return torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(1))


def derived(supernet: SearchedDiscriminator, path: tuple[DiscriminatorCell, ...]) -> SearchedDiscriminator:
    """The discriminator of one path, with the supernet's weights and estimates."""
    plain = Architecture(EVERYTHING.sample(random.Random(0), len(path)).cells, discriminator=path)
    network = discriminator_over(SearchSpace.only(plain), MODEL, CHANNELS)
    assert isinstance(network, SearchedDiscriminator)
    weights = supernet.state_dict()
    rows = [supernet.normalised.index(name) for name in network.normalised]
    state = {name: weights[name] for name in network.state_dict()}
    for side in ("left", "right"):
        width = getattr(network.spectral_norm, side).shape[1]
        state[f"spectral_norm.{side}"] = weights[f"spectral_norm.{side}"][rows, :width]
    network.load_state_dict(state)
    return network


def test_every_operation_is_drawn(paths: list[tuple[DiscriminatorCell, ...]]) -> None:
    """The paths below have each operation that a discriminator can have, and shortcuts or none."""
    cells = [cell for path in paths for cell in path]
    assert {cell.kernel for cell in cells} == {word for word, op in CONVOLUTIONS.items() if not op.needs_latents}
    assert {cell.down for cell in cells} == set(DOWN_SAMPLINGS)
    assert {cell.end for cell in cells} == set(CELL_ENDS)
    assert {cell.shortcut for cell in cells} == {False, True}


@pytest.mark.parametrize("checkpointing", [False, True], ids=["kept", "checkpointed"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_derived_discriminators_judge_and_learn_as_the_supernet_does(
    paths: list[tuple[DiscriminatorCell, ...]], supernet: SearchedDiscriminator, dtype: torch.dtype, checkpointing: bool
) -> None:
    """On the same weights: the same logits and gradients; nothing but the path's own weights gets one."""
    for path in paths[: COUNT // 4 if checkpointing else COUNT]:
        alone, x = derived(supernet, path), images(path)
        logits = []
        for network in (supernet, alone):
            network.dtype, network.checkpointing = dtype, checkpointing
            network.zero_grad()
            logits.append(network(x, len(path) - 1, LABELS, path))
            logits[-1].square().sum().backward()
        assert logits[0].shape == (4, 1) and logits[0].dtype == torch.float32
        assert torch.allclose(logits[0], logits[1], rtol=1e-5, atol=1e-6), path
        own = dict(alone.named_parameters())
        for name, parameter in supernet.named_parameters():
            if name in own:
                assert parameter.grad is not None and parameter.grad.isfinite().all(), (path, name)
                theirs = own[name].grad
                assert theirs is not None and torch.allclose(parameter.grad, theirs, rtol=1e-4, atol=1e-5), (path, name)
            else:
                assert parameter.grad is None, (path, name)


def test_with_the_papers_choices_it_is_the_papers() -> None:
    """The same logits as the fixed network on the same weights, in training mode, for every stage."""
    torch.manual_seed(0)
    fixed = Discriminator(MODEL, CHANNELS)
    searched = SearchedDiscriminator(EVERYTHING.discriminator, MODEL, CHANNELS)
    with torch.no_grad():
        for i, cell in enumerate(searched.cells):
            block = fixed.middle[i - 1] if i else fixed.first
            first = cell.conv1.conv if i else cell.from_images  # type: ignore[union-attr]
            for mine, theirs in ((first, block.conv1), (cell.conv2.conv, block.conv2), (cell.shortcut, block.shortcut)):  # type: ignore[union-attr]
                if theirs is not None:
                    mine.load_state_dict(theirs.state_dict())  # type: ignore[union-attr]
        for name in ("last", "linear", "projection"):
            getattr(searched, name).load_state_dict(getattr(fixed, name).state_dict())
    for _ in range(60):  # until the estimates of both have settled
        path = (DiscriminatorCell(),) * MODEL.num_cells
        logits = [fixed(images(path), 3, LABELS), searched(images(path), 3, LABELS, path)]
    assert torch.allclose(logits[0], logits[1], rtol=1e-3, atol=1e-4)
    for depth in range(1, MODEL.num_cells):
        cells = path[:depth]
        assert torch.allclose(
            fixed(images(cells), depth - 1, LABELS),
            searched(images(cells), depth - 1, LABELS, cells),
            rtol=1e-3,
            atol=1e-4,
        )
        assert discriminator_macs(MODEL, CHANNELS, depth - 1) == discriminator_macs(MODEL, CHANNELS, depth - 1, cells)


def test_weights_are_divided_by_their_largest_singular_values(supernet: SearchedDiscriminator) -> None:
    """Every matrix that a path computes with, estimates of the others being left alone."""
    path = (DiscriminatorCell("5x5", "strided", end="attention"), DiscriminatorCell("separable", "max"))
    before = supernet.state_dict()["spectral_norm.left"].clone()
    for _ in range(200):
        weights = supernet.weights(path)
    for name, weight in weights.items():
        assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02), name
    after = supernet.state_dict()["spectral_norm.left"]
    still = [name for row, name in enumerate(supernet.normalised) if torch.equal(before[row], after[row])]
    assert set(still) >= set(supernet.normalised) - set(weights)
    assert "cells.0.conv2.conv5x5.weight" not in still
    kernels = [n for n, p in supernet.named_parameters() if p.dim() > 1]
    assert kernels == supernet.normalised


def test_macs_are_what_torch_counts(
    paths: list[tuple[DiscriminatorCell, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the closed form as in torch's counter, layers taken apart; later shortcuts count as published."""
    monkeypatch.setattr(Convolution3x3, "halved", Convolution.halved)
    torch.manual_seed(0)
    network = SearchedDiscriminator(EVERYTHING.discriminator, MODEL, CHANNELS).eval()
    for path in paths:
        counter, kept = FlopCounterMode(display=False), network.spectral_norm.forward
        monkeypatch.setattr(network.spectral_norm, "forward", lambda weights, rows: list(weights))
        with counter, torch.no_grad():
            network(images(path)[:1], len(path) - 1, LABELS[:1], path)
        monkeypatch.setattr(network.spectral_norm, "forward", kept)
        sizes = [MODEL.image_size_at(len(path) - i + (i > 2)) for i in range(len(path))]
        pooled = [size for i, size in enumerate(sizes) if i not in (0, 2) and path[i].shortcut]
        early = sum(CHANNELS**2 * (size**2 - (size // 2) ** 2) for size in pooled)
        counted = counter.get_total_flops() // 2 + early + CHANNELS  # a product with the class's vector is no layer
        assert discriminator_macs(MODEL, CHANNELS, len(path) - 1, path) == counted, path


def test_outside_operations_are_normalised_too(supernet: SearchedDiscriminator) -> None:
    """Any layer of an operation is called with its normalised weight, whatever calls it."""
    seen: list[Tensor] = []
    layer = supernet.cells[1].conv2.separable[0]  # type: ignore[union-attr,index]
    assert isinstance(layer, nn.Conv2d)
    layer.register_forward_hook(lambda module, _, __: seen.append(module.weight))
    path = (DiscriminatorCell(), DiscriminatorCell("separable"))
    supernet(images(path), 1, LABELS, path)
    assert torch.linalg.matrix_norm(seen[0].flatten(1), 2).item() == pytest.approx(1, abs=0.1)
    assert not torch.equal(seen[0], layer.weight)
