"""The training engine: what a step changes, and that it continues exactly from its stored state."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import pytest
import torch
from torch import Tensor

from autogan_core.baselines import BASELINES
from autogan_core.networks.generator import recalibrate
from autogan_core.search_space import NAMED, Architecture
from autogan_core.training.adversarial.cuda_graphs import CapturedWork
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from tests.core.tiny import CPU, tiny_config, tiny_dataset

TOP1 = NAMED["paper-top1"]
SN_GAN = NAMED["sn-gan"]
"""Also WGAN-GP's route; DCGAN has but one, whatever it is called."""
CONDITIONAL_TOP1 = Architecture.parse("1311-13011-13103")
DECONV = Architecture.parse("0121-01211-01213")
SMALL = Architecture.parse("0111-11010")


AUGMENTED = ("training.augmentation=adaptive", "training.adaptive_images=100", "training.mirror=true")
CONDITIONAL = ("model.classes=10", "search.space.norm=[none, bn, in, cbn]")
LOSSES = {
    name: (f"training.loss={name}", *AUGMENTED, *CONDITIONAL)
    for name in ("non-saturating", "wasserstein", "relativistic")
}
SEARCHED_LOSS = ("search.space.loss=[wasserstein, relativistic]", "search.reward.adaptation_steps=1")
BOTH_NETWORKS = ("search.networks=both", "search.reward.adaptation_steps=1")
KINDS = pytest.mark.parametrize(
    "settings",
    [(), AUGMENTED, CONDITIONAL, SEARCHED_LOSS, BOTH_NETWORKS, *LOSSES.values()],
    ids=["plain", "augmented", "conditional", "searched loss", "both networks", *LOSSES],
)


def gan(
    seed: int = 0,
    device: torch.device = CPU,
    capture: bool = True,
    precision: str = "float32",
    settings: Sequence[str] = (),
) -> GAN:
    config = tiny_config(f"training.precision={precision}", *settings)
    return GAN.over(
        config.search_space(),
        config.model,
        config.training,
        generator_channels=4,
        discriminator_channels=4,
        device=device,
        seed=seed,
        capture=capture,
    )


def stream(size: int = 16, device: torch.device = CPU, settings: Sequence[str] = (), count: int = 64) -> TrainingStream:
    dataset = tiny_dataset()
    labels = None if dataset.labels is None or "model.classes=10" not in settings else dataset.labels[:count]
    return TrainingStream(dataset.at_size(size)[:count].to(device), 16, 8, seed=5, labels=labels)


def routes(settings: Sequence[str]) -> tuple[Architecture, Architecture]:
    """Two architectures; of a conditional GAN the first has class-conditional normalisation, of one whose losses are
    searched each has another loss, of one whose discriminators are searched another discriminator."""
    if settings == BOTH_NETWORKS:
        return Architecture.parse(f"{TOP1}-d0010-d2101-d3010"), Architecture.parse(f"{DECONV}-d1200-d0011-d0010")
    if settings == SEARCHED_LOSS:
        return Architecture(TOP1.cells, "wasserstein"), Architecture(DECONV.cells, "relativistic")
    return (CONDITIONAL_TOP1 if "model.classes=10" in settings else TOP1), DECONV


def test_networks_learn_in_their_own_steps() -> None:
    """Step 0 trains both networks, step 1 (n_critic 2) the discriminator alone."""
    trained, data = gan(), stream()
    for step, generator_moves in ((0, True), (1, False), (2, True)):
        before = {name: p.detach().clone() for name, p in trained.generator.named_parameters()}
        judge = [p.detach().clone() for p in trained.discriminator.parameters()]
        losses = trained.train_step(data, step, TOP1)
        moved = any(not torch.equal(p, before[name]) for name, p in trained.generator.named_parameters())
        assert moved is generator_moves
        assert (losses.generator is not None) is generator_moves
        assert any(not torch.equal(p, q) for p, q in zip(trained.discriminator.parameters(), judge, strict=True))
        assert all(p.requires_grad for p in trained.discriminator.parameters())


def test_idle_weights_and_their_moments_stay() -> None:
    """Training another architecture leaves a deconv's weight and Adam moments as they are, and then moves them."""
    trained, data = gan(), stream()
    trained.train_step(data, 0, DECONV)
    name = "cells.1.block1.post.deconv.weight"
    before = {key: value.clone() for key, value in trained.state_dict().items()}
    index = [n for n, _ in trained.generator.named_parameters()].index(name)
    keys = [f"generator.{name}", *(f"generator_optimizer.{index}.{slot}" for slot in ("step", "exp_avg", "exp_avg_sq"))]
    for step in (2, 4):
        trained.train_step(data, step, TOP1)
    assert all(torch.equal(trained.state_dict()[key], before[key]) for key in keys)
    trained.train_step(data, 6, DECONV)
    assert not any(torch.equal(trained.state_dict()[key], before[key]) for key in keys)


@KINDS
def test_training_continues_exactly_from_its_state(device: torch.device, settings: Sequence[str]) -> None:
    """Stored after two steps and loaded into other weights, the next steps end in the same bits."""
    top1, deconv = routes(settings)
    one, data = gan(device=device, settings=settings), stream(device=device, settings=settings)
    for step, architecture in enumerate((top1, deconv)):
        one.train_step(data, 2 * step, architecture)
    stored = {name: tensor.clone().contiguous() for name, tensor in one.state_dict().items()}
    other, again = gan(seed=9, device=device, settings=settings), stream(device=device, settings=settings)
    other.train_step(again, 0, deconv)
    other.load_state_dict(stored)
    for step, architecture in ((4, deconv), (5, top1), (6, top1)):
        assert one.train_step(data, step, architecture) == other.train_step(again, step, architecture)
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name


def test_equal_seeds_give_equal_weights_and_leave_the_global_generator_alone() -> None:
    """Initial weights depend on the seed alone."""
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    states = [gan(seed).state_dict() for seed in (3, 3, 4)]
    assert torch.equal(torch.rand(1), expected)
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())
    assert not torch.equal(states[0]["generator.project.weight"], states[2]["generator.project.weight"])


@KINDS
def test_captured_and_uncaptured_steps_agree(device: torch.device, settings: Sequence[str]) -> None:
    """With CUDA graphs and without (a CPU has none in either case), 12 steps over two architectures cost the same."""
    one, other = (gan(device=device, capture=capture, settings=settings) for capture in (True, False))
    data = stream(device=device, settings=settings)
    for step in range(12):
        architecture = routes(settings)[step // 2 % 2]
        assert one.train_step(data, step, architecture) == other.train_step(data, step, architecture)
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name


class FirstWork:
    """Does for equal keys what was asked for first, as a captured graph does: with the tensors that were there then."""

    def __init__(self, device: torch.device, *, enabled: bool) -> None:
        self.works: dict[Hashable, Callable[[], None]] = {}

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        """See `CapturedWork.run`."""
        self.works.setdefault(key, work)()


@KINDS
def test_work_can_be_captured(monkeypatch: pytest.MonkeyPatch, settings: Sequence[str]) -> None:
    """Replayed from what each key first stood for, training ends in the same bits: over changing architectures and
    stages, an epoch's smaller last batch, a score in between and a state that is loaded in between."""
    top1, deconv = routes(settings)
    small = Architecture(SMALL.cells, discriminator=deconv.discriminator[:2])
    scenario: list[dict[str, Tensor]] = []
    for work in (CapturedWork, FirstWork):
        monkeypatch.setattr("autogan_core.training.adversarial.gan.CapturedWork", work)
        trained, stored = gan(settings=settings), {}
        for step in range(24):
            architecture = (top1, deconv, small, top1)[step // 2 % 4]
            size = 4 << architecture.depth - 1
            data = stream(size, settings=settings, count=40)
            trained.train_step(data, step, architecture)
            if step == 9:
                stored = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
            if step == 13:
                latents = torch.randn(32, 8, generator=torch.Generator().manual_seed(1))
                recalibrate(trained.generator, deconv, latents, 16, trained.generator.draw_labels(32, 1))
            if step == 15:
                trained.load_state_dict(stored)
        scenario.append(trained.state_dict())
    assert all(torch.equal(tensor, scenario[1][name]) for name, tensor in scenario[0].items())


def test_loading_a_state_keeps_its_tensors_in_place() -> None:
    """What captured work points to is overwritten, not replaced; weights never moved in the stored state start anew."""
    one, other, data = gan(), gan(seed=9), stream()
    other.train_step(data, 0, DECONV)
    places = {name: tensor.data_ptr() for name, tensor in other.state_dict().items()}
    other.load_state_dict(one.state_dict())
    assert not any("optimizer" in name for name in other.state_dict())
    other.train_step(data, 0, DECONV)
    assert {name: tensor.data_ptr() for name, tensor in other.state_dict().items()} == places
    one.train_step(data, 0, DECONV)
    assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in one.state_dict().items())


def test_reduced_precision_trains_like_float32() -> None:
    """In bfloat16 the first losses are float32's to half a percent, and weights and moments stay float32."""
    (exact, rough), data = (gan(precision=p) for p in ("float32", "bfloat16")), stream()
    for step in range(4):
        expected, seen = (trained.train_step(data, step, TOP1).discriminator.item() for trained in (exact, rough))
        assert seen == pytest.approx(expected, rel=0.02)
        assert seen != expected
    assert all(t.dtype in (torch.float32, torch.int64) for t in rough.state_dict().values())


def baseline(name: str, seed: int = 0, device: torch.device = CPU, precision: str = "float32") -> GAN:
    return BASELINES[name](3).gan(tiny_config(f"training.precision={precision}"), device, seed)


def odd_stream(device: torch.device = CPU) -> TrainingStream:
    """40 images in batches of 16: the third of each epoch has 8."""
    return TrainingStream(tiny_dataset().at_size(16)[:40].to(device), 16, 8, seed=5)


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_learn_in_their_own_steps(name: str) -> None:
    """DCGAN's networks both learn in every step, WGAN-GP's generator in each fifth; losses stay finite."""
    trained, data = baseline(name), odd_stream()
    for step in range(6):
        networks = (trained.generator, trained.discriminator)
        before = [[p.detach().clone() for p in network.parameters()] for network in networks]
        losses = trained.train_step(data, step, SN_GAN)
        moved = [
            any(not torch.equal(p, q) for p, q in zip(network.parameters(), old, strict=True))
            for network, old in zip(networks, before, strict=True)
        ]
        assert moved == [name == "dcgan" or step % 5 == 0, True]
        assert all(loss is None or loss.isfinite() for loss in (losses.discriminator, losses.generator))


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_continue_exactly_from_their_state(name: str, device: torch.device) -> None:
    """Stored after four steps and loaded into other weights, the next six end in the same bits."""
    one, data = baseline(name, device=device), odd_stream(device)
    for step in range(4):
        one.train_step(data, step, SN_GAN)
    stored = {key: tensor.clone().contiguous() for key, tensor in one.state_dict().items()}
    other, again = baseline(name, seed=9, device=device), odd_stream(device)
    other.load_state_dict(stored)
    for step in range(4, 10):
        assert one.train_step(data, step, SN_GAN) == other.train_step(again, step, SN_GAN)
    assert all(torch.equal(tensor, other.state_dict()[key]) for key, tensor in one.state_dict().items())


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_work_can_be_captured(name: str, device: torch.device, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replayed from what each key first stood for, epochs with a smaller last batch end in the same bits: on a CPU by
    a stand-in for captured graphs, on a GPU by the graphs themselves."""
    kinds: list[Callable[..., object]] = [
        CapturedWork if device.type == "cuda" else FirstWork,
        lambda device, enabled: CapturedWork(device, enabled=False),
    ]
    states = []
    for kind in kinds:
        monkeypatch.setattr("autogan_core.training.adversarial.gan.CapturedWork", kind)
        trained, data = baseline(name, device=device), odd_stream(device)
        for step in range(20):
            trained.train_step(data, step, SN_GAN)
        states.append(trained.state_dict())
    assert all(torch.equal(tensor, states[1][key]) for key, tensor in states[0].items())


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_in_reduced_precision(name: str) -> None:
    """In bfloat16 the first losses are float32's to two percent, and weights and moments stay float32."""
    (exact, rough), data = (baseline(name, precision=p) for p in ("float32", "bfloat16")), odd_stream()
    for step in range(3):
        expected, seen = (trained.train_step(data, step, SN_GAN).discriminator.item() for trained in (exact, rough))
        assert seen == pytest.approx(expected, rel=0.02)
        assert seen != expected
    assert all(t.dtype in (torch.float32, torch.int64) for t in rough.state_dict().values())
