"""The generator against the released code's numbers, and its weight sharing."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autogan_core.config import ModelConfig
from autogan_core.networks.generator import Generator, recalibrate
from autogan_core.search_space import NAMED, Architecture, SearchSpace
from tests.core.golden_rules import fill_generator, from_tokens

TINY = ModelConfig(latent_dim=8)
GOLDEN_CASES = (
    "s0_pre_none_nearest_sc",
    "s0_post_in_deconv_sc",
    "s1_a",
    "s1_deconv_skip",
    "s2_a",
    "s2_c",
    "s2_a_skip2_only_from_cell1",
    "s2_deconv_all_skips",
    "s2_sngan_like",
)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def summary(images: Tensor) -> list[float]:
    """Shape, mean, population std, sum of magnitudes, first four and last two values."""
    flat = images.flatten()
    totals = [flat.mean().item(), flat.std(correction=0).item(), flat.abs().sum().item()]
    return [*images.shape, *totals, *flat[:4].tolist(), *flat[-2:].tolist()]


def golden_summary(case: dict[str, Any]) -> list[float]:
    return [*case["shape"], case["mean"], case["std_pop"], case["abs_sum"], *case["first4"], *case["last2"]]


def test_every_golden_case_is_covered(golden: dict[str, Any]) -> None:
    """The functional test below runs all cases of the golden file."""
    assert set(GOLDEN_CASES) == set(golden["functional"]["generator"])


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("derived", [False, True], ids=["supernet", "derived"])
@pytest.mark.parametrize("case", GOLDEN_CASES)
def test_images_equal_the_released_code(golden: dict[str, Any], case: str, derived: bool, mode: str) -> None:
    """Fixed weights in, the released code's numbers out to 1e-9, from the supernet and from the derived generator."""
    expected = golden["functional"]["generator"][case]
    architecture = from_tokens(expected["arch"])
    space = SearchSpace.only(architecture) if derived else SearchSpace.full()
    generator = Generator(space, TINY, channels=6).double()
    fill_generator(generator)
    generator.train(mode == "train")
    z = torch.cos(1 + torch.arange(16, dtype=torch.float64)).view(2, 8)
    with torch.no_grad():
        seen = summary(generator(z, architecture))
    assert seen == pytest.approx(golden_summary(expected[mode]), abs=1e-9, rel=1e-12)


@pytest.mark.parametrize(("width", "channels"), [(4, 128), (6, 128), (4, 256), (6, 256)])
def test_supernet_parameters_are_the_released_ones_less_the_unreachable(
    golden: dict[str, Any], width: int, channels: int
) -> None:
    """The supernet has the released one's parameters except eleven transposed convolutions that nothing can reach."""
    counts = golden["parameter_counts"]
    released = counts[f"supernet_G_gf{channels}_bw{width}"]
    generator = Generator(SearchSpace.full(), ModelConfig(bottom_width=width), channels)
    deconv = 4 * channels**2 + channels
    unreachable = {"cell1": 5 * deconv, "cell2": 4 * deconv, "cell3": 2 * deconv}
    assert sum(unreachable.values()) == counts["never_used_by_any_arch"][f"gf{channels}"]
    assert count(generator) == released["total"] - sum(unreachable.values())
    assert count(generator.project) == released["l1"]
    assert count(generator.to_rgb) == released["to_rgb"]
    for i, cell in enumerate(generator.cells, start=1):
        assert count(cell) == released[f"cell{i}"] - unreachable[f"cell{i}"]


@pytest.mark.parametrize("width", [4, 6])
@pytest.mark.parametrize(("name", "key"), [("paper-top1", "a"), ("paper-top2", "b"), ("paper-top3", "c")])
def test_derived_parameters(golden: dict[str, Any], name: str, key: str, width: int) -> None:
    """The paper's three architectures have exactly the released code's parameters, layer group by layer group."""
    expected = golden["parameter_counts"][f"derived_{key}_gf256_bw{width}"]
    generator = Generator(SearchSpace.only(NAMED[name]), ModelConfig(bottom_width=width), 256)
    groups = {"l1": generator.project, "to_rgb": generator.to_rgb} | {
        f"cell{i}": cell for i, cell in enumerate(generator.cells, start=1)
    }
    assert count(generator) == expected["total"]
    assert {group: count(module) for group, module in groups.items()} == {group: expected[group] for group in groups}


@pytest.mark.parametrize("width", [4, 6])
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_image_shapes_per_stage(golden: dict[str, Any], stage: int, width: int) -> None:
    """Each stage doubles the image, from either bottom width."""
    model = ModelConfig(bottom_width=width, latent_dim=8)
    generator = Generator(SearchSpace.full(), model, channels=4)
    images = generator(torch.zeros(2, 8), NAMED["paper-top1"].prefix(stage + 1))
    assert list(images.shape) == golden["shapes"][f"G_stage{stage}_bw{width}_batch2"]


@pytest.mark.parametrize(
    "model",
    [
        ModelConfig(bottom_width=2, image_channels=1, latent_dim=5),
        ModelConfig(num_cells=1, latent_dim=3),
        ModelConfig(num_cells=4, bottom_width=2, latent_dim=4),
    ],
    ids=["digits", "one-cell", "four-cells"],
)
def test_shapes_follow_the_settings(model: ModelConfig) -> None:
    """Image size, channels, cells and latent dimension are settings, for deconv with every skip too."""
    deepest = "-".join(f"0121{2**i - 1 if i else ''}" for i in range(model.num_cells))
    architecture = Architecture.parse(deepest)
    generator = Generator(SearchSpace.full(model.num_cells), model, channels=4)
    images = generator(torch.randn(3, model.latent_dim), architecture)
    assert images.shape == (3, model.image_channels, model.image_size, model.image_size)
    assert images.abs().max() <= 1


def pairwise_sample() -> list[Architecture]:
    """Architectures in which every pair of choices, within and across cells, occurs together."""
    space, rng = SearchSpace.full(), random.Random(0)
    missing = {frozenset(pair) for a in (space.sample(rng) for _ in range(4000)) for pair in pairs(a)}
    chosen = []
    while missing:
        best = max((space.sample(rng) for _ in range(40)), key=lambda a: len(missing & pairs(a)))
        chosen.append(best)
        missing -= pairs(best)
    return chosen


def pairs(architecture: Architecture) -> set[frozenset[tuple[int, int, int]]]:
    cells = zip(SearchSpace.full().cells, architecture.cells, strict=True)
    choices = [(c, t, v) for c, (space, cell) in enumerate(cells) for t, v in enumerate(space.choices(cell))]
    return {frozenset((a, b)) for a in choices for b in choices if a < b}


def test_every_pair_of_choices_can_be_trained() -> None:
    """Forward and backward reach every parameter of derived generators that cover all pairs of choices."""
    sample = pairwise_sample()
    assert len({pair for a in sample for pair in pairs(a)}) == 599
    for architecture in sample:
        generator = Generator(SearchSpace.only(architecture), TINY, channels=4)
        generator(torch.randn(2, 8), architecture).square().sum().backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in generator.parameters()), architecture


def test_training_moves_exactly_the_weights_that_the_architecture_uses() -> None:
    """One optimiser step on the supernet changes the derived generator's parameters and no others."""
    supernet = Generator(SearchSpace.full(), TINY, channels=4)
    optimizer = torch.optim.Adam(supernet.parameters())
    for text in ("0120", "1011-10111", "0121-01211-01213"):
        architecture = Architecture.parse(text)
        before = {name: p.detach().clone() for name, p in supernet.named_parameters()}
        optimizer.zero_grad()
        supernet(torch.randn(4, 8), architecture).square().sum().backward()
        optimizer.step()
        moved = {name for name, p in supernet.named_parameters() if not torch.equal(p, before[name])}
        derived = Generator(SearchSpace.only(architecture), TINY, channels=4)
        used = {name for name, _ in derived.named_parameters()}
        # A bias in front of a normalisation has no gradient but rounding, which may be exactly zero.
        unmoved = used - moved
        assert moved <= used
        assert all(name.endswith("bias") for name in unmoved)


@pytest.mark.parametrize("text", ["paper-top1", "0121-01211-01213", "0110-12010-01211"])
def test_derived_generator_gives_the_supernets_images(text: str) -> None:
    """Loaded with the supernet's weights by name, a derived generator draws the same images."""
    architecture = Architecture.parse(text)
    supernet = Generator(SearchSpace.full(), TINY, channels=6)
    derived = Generator(SearchSpace.only(architecture), TINY, channels=6)
    weights = supernet.state_dict()
    derived.load_state_dict({name: weights[name] for name in derived.state_dict()})
    z = torch.randn(4, 8)
    for train in (True, False):
        supernet.train(train), derived.train(train)
        torch.testing.assert_close(derived(z, architecture), supernet(z, architecture), rtol=0, atol=0)


def test_growing_keeps_the_earlier_cells() -> None:
    """The next stage runs the same first cells: its intermediate path starts from the earlier stage's weights."""
    supernet = Generator(SearchSpace.full(), TINY, channels=4)
    small, grown = Architecture.parse("1011"), Architecture.parse("1011-10011")
    used_small = {n for n, _ in Generator(SearchSpace.only(small), TINY, 4).named_parameters()}
    used_grown = {n for n, _ in Generator(SearchSpace.only(grown), TINY, 4).named_parameters()}
    assert used_small < used_grown
    before = {n: p.detach().clone() for n, p in supernet.named_parameters()}
    supernet(torch.randn(2, 8), grown)
    assert all(torch.equal(p, before[n]) for n, p in supernet.named_parameters())


def test_recalibration_gives_the_statistics_of_the_architecture() -> None:
    """After recalibration on one batch, eval mode draws what train mode draws on that batch."""
    architecture = Architecture.parse("0111-11010")
    generator = Generator(SearchSpace.full(2), ModelConfig(num_cells=2, latent_dim=8), channels=4)
    z = torch.randn(64, 8)
    recalibrate(generator, architecture, z, batch_size=64)
    assert not generator.training
    calibrated = generator(z, architecture)
    generator.train()
    # Running variances are unbiased, batch variances are not: 1/64 apart at the most.
    torch.testing.assert_close(calibrated, generator(z, architecture), rtol=0.05, atol=0.02)
