"""Cells with every operation that there is, in random architectures of the widest space."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.config import ModelConfig
from autogan_core.metrics.complexity import generator_macs, generator_parameters
from autogan_core.networks.generator import Generator
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, FAMILIES, NORMALISATIONS, UP_SAMPLINGS, Convolution, Family
from autogan_core.operations.convolutions import Convolution3x3
from autogan_core.operations.operation import Operation
from autogan_core.search_space import SWITCH, Architecture, CellSpace, SearchSpace

COUNT = 200
MODEL = ModelConfig(bottom_width=2, num_cells=3, image_channels=1, latent_dim=7, classes=3)
EVERYTHING = SearchSpace.uniform(
    MODEL.num_cells,
    CellSpace(norms=tuple(NORMALISATIONS), ups=tuple(UP_SAMPLINGS), kernels=tuple(CONVOLUTIONS), ends=tuple(CELL_ENDS)),
    SWITCH,
)
CHANNELS = 8
LABELS = torch.tensor([0, 1, 2, 1])


@pytest.fixture(scope="module")
def architectures() -> list[Architecture]:
    rng = random.Random(0)
    return [EVERYTHING.sample(rng) for _ in range(COUNT)]


@pytest.fixture(scope="module")
def supernet() -> Generator:
    torch.manual_seed(0)
    supernet = Generator(EVERYTHING, MODEL, CHANNELS)
    with torch.no_grad():
        for name, parameter in supernet.named_parameters():
            if name.endswith("gain"):  # attention adds nothing at first
                parameter.fill_(0.7)
    return supernet


def derived(supernet: Generator, architecture: Architecture) -> Generator:
    """The generator of one architecture, with the supernet's weights."""
    network = Generator(SearchSpace.only(architecture), MODEL, CHANNELS)
    weights = supernet.state_dict()
    network.load_state_dict({name: weights[name] for name in network.state_dict()})
    return network


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_operation_is_drawn(architectures: list[Architecture], family: Family[Operation]) -> None:
    """The architectures below have each operation, the paper's and the others."""
    assert {getattr(cell, family.name) for a in architectures for cell in a.cells} == set(family)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_derived_generators_draw_and_learn_what_the_supernet_does(
    architectures: list[Architecture], supernet: Generator, dtype: torch.dtype
) -> None:
    """On the same weights: the same images and the same gradients, finite ones for all weights of the architecture."""
    z = torch.randn(4, MODEL.latent_dim, generator=torch.Generator().manual_seed(1))
    for architecture in architectures:
        alone = derived(supernet, architecture)
        alone.dtype = supernet.dtype = dtype
        images = [network(z, architecture, LABELS) for network in (supernet, alone)]
        assert images[0].dtype == torch.float32
        assert torch.equal(*images), architecture
        for network, drawn in zip((supernet, alone), images, strict=True):
            network.zero_grad()
            drawn.square().sum().backward()
        shared = dict(supernet.named_parameters())
        for name, parameter in alone.named_parameters():
            assert parameter.grad is not None and parameter.grad.isfinite().all(), (architecture, name)
            assert torch.equal(parameter.grad, shared[name].grad), (architecture, name)  # type: ignore[arg-type]
    supernet.dtype = torch.float32


@pytest.fixture
def unmerged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each layer by itself, as published: no convolution is merged with a resampling or moved before it."""

    def interpolate(x: Tensor, method: str, scale: int) -> Tensor:
        return F.interpolate(x, scale_factor=scale, mode=method)

    monkeypatch.setattr("autogan_core.operations.layers.resampling.interpolate", interpolate)
    monkeypatch.setattr(Convolution3x3, "enlarged", Convolution.enlarged)
    for up in ("bilinear", "nearest"):
        monkeypatch.setattr(type(UP_SAMPLINGS[up]), "commutes", False)
    yield


@pytest.mark.usefixtures("unmerged")
def test_costs_are_what_torch_counts(architectures: list[Architecture]) -> None:
    """Multiply-accumulates in closed form are those that torch's counter sees, and parameters those that there are."""
    for architecture in architectures:
        network = Generator(SearchSpace.only(architecture), MODEL, CHANNELS).eval()
        assert generator_parameters(architecture, MODEL, CHANNELS) == sum(p.numel() for p in network.parameters())
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            network(torch.zeros(1, MODEL.latent_dim), architecture, LABELS[:1])
        assert 2 * generator_macs(architecture, MODEL, CHANNELS) == counter.get_total_flops(), architecture


def test_merging_layers_changes_nothing(
    architectures: list[Architecture], supernet: Generator, request: pytest.FixtureRequest
) -> None:
    """Layers that are merged, or done in the cheaper order, give what they give one by one."""
    z = torch.randn(4, MODEL.latent_dim, generator=torch.Generator().manual_seed(1)).double()
    exact = copy.deepcopy(supernet).double().eval()
    with torch.no_grad():
        merged = [exact(z, architecture, LABELS) for architecture in architectures]
        request.getfixturevalue("unmerged")
        for architecture, images in zip(architectures, merged, strict=True):
            torch.testing.assert_close(exact(z, architecture, LABELS), images, rtol=1e-9, atol=1e-9)


def test_checkpointing_gives_the_same_gradients(architectures: list[Architecture], supernet: Generator) -> None:
    """Parts that are computed twice, operations beyond the paper's included, learn the same."""
    z = torch.randn(4, MODEL.latent_dim, generator=torch.Generator().manual_seed(1))
    for architecture in architectures[:25]:
        found = []
        for checkpointing in (False, True):
            alone = derived(supernet, architecture)
            alone.checkpointing = checkpointing
            alone(z, architecture, LABELS).square().sum().backward()
            found.append([parameter.grad for parameter in alone.parameters()])
        torch.testing.assert_close(found[0], found[1], rtol=0, atol=0)
