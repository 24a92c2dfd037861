"""The loop that the benchmark compares with computes what the product computes."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from autogan_core.config import Config
from autogan_core.data import load_dataset, to_float
from autogan_core.presets import load_config
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from benchmarks.plain_gan import PlainBatches, PlainGAN

CPU = torch.device("cpu")
CHANNELS = 8
STEPS = 50
ARCHITECTURES = [
    Architecture.parse(text)
    for text in (
        *("1011", "0120", "0211", "1101"),
        *("1101-11011", "0210-10201", "1220-01211", "0000-12101"),
        *("1101-11111-02011", "0210-10201-12013", "1220-01211-00212", "0121-11110-11103", "1001-00201-01203"),
    )
]
"""Every option of every choice occurs, both orders with each normalisation, and images of every stage."""


class SharedBatches:
    """A product's stream as the plain loop takes it."""

    def __init__(self, stream: TrainingStream, dtype: torch.dtype) -> None:
        self._stream, self._dtype = stream, dtype

    def real(self, step: int) -> Tensor:
        """See `benchmarks.plain_gan.Batches.real`."""
        return to_float(self._stream.images[self._stream.real(step)]).to(self._dtype)

    def latents(self, step: int, purpose: str, count: int) -> Tensor:
        """See `benchmarks.plain_gan.Batches.latents`."""
        return self._stream.latents(step, purpose, count).to(self._dtype)


class WideStream(TrainingStream):
    """Latent vectors in float64, and with them everything else."""

    def latents(self, step: int, purpose: str, count: int) -> Tensor:
        """As in the base class."""
        return super().latents(step, purpose, count).double()


def config(learning_rate: float) -> Config:
    rates = [f"training.{network}_lr={learning_rate}" for network in ("generator", "discriminator")]
    batches = ["training.discriminator_batch=16", "training.generator_batch=16", "data.max_images=150"]
    return load_config("digits", [*rates, *batches, "model.latent_dim=8", "training.precision=float32"], seed=0)


class Pair:
    """The product's GAN and the plain one, from one state, on equal batches of every stage."""

    def __init__(self, dtype: torch.dtype, learning_rate: float, device: torch.device = CPU) -> None:
        settings = config(learning_rate)
        dataset = load_dataset(settings.data, settings.model, settings.seed)
        self.product = GAN.over(
            SearchSpace.full(),
            settings.model,
            settings.training,
            generator_channels=CHANNELS,
            discriminator_channels=CHANNELS,
            device=device,
            seed=1,
        )
        self.plain = PlainGAN(
            SearchSpace.full(),
            settings.model,
            settings.training,
            generator_channels=CHANNELS,
            discriminator_channels=CHANNELS,
            device=device,
            state=self.product.state_dict(),
        )
        kind = WideStream if dtype == torch.float64 else TrainingStream
        self.streams = {
            depth: kind(dataset.at_size(settings.model.image_size_at(depth)).to(device), 16, 8, seed=5)
            for depth in (1, 2, 3)
        }
        self.batches = {depth: SharedBatches(stream, dtype) for depth, stream in self.streams.items()}
        for gan in (self.product, self.plain):
            gan.generator.to(dtype)
            gan.discriminator.to(dtype)

    def hold_convolution_biases(self) -> None:
        """Leaves all of them as they are, in both."""
        for gan in (self.product, self.plain):
            for network in (gan.generator, gan.discriminator):
                for module in network.modules():
                    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and module.bias is not None:
                        module.bias.register_hook(torch.zeros_like)  # type: ignore[no-untyped-call]

    def step(self, step: int, architecture: Architecture) -> list[tuple[float, float]]:
        """Both steps in both; the product's losses beside the plain ones."""
        depth = architecture.depth
        theirs = self.product.train_step(self.streams[depth], step, architecture)
        assert theirs.generator is not None, "n_critic is 1"
        mine = (
            self.plain.train_discriminator(self.batches[depth], step, architecture),
            self.plain.train_generator(self.batches[depth], step, architecture),
        )
        return list(zip((float(theirs.discriminator), float(theirs.generator)), mine, strict=True))


def deviations(pair: Pair) -> list[float]:
    """By how much each step's losses differ; relative, but to 1 where they are smaller, since they may be zero."""
    architectures = itertools.islice(itertools.cycle(ARCHITECTURES), STEPS)
    losses = [both for step, a in enumerate(architectures) for both in pair.step(step, a)]
    assert len({round(mine, 6) for _, mine in losses}) > STEPS, "the losses hardly move, and prove nothing"
    return [abs(theirs - mine) / max(abs(mine), 1) for theirs, mine in losses]


def test_the_sample_covers_every_choice() -> None:
    """All options of all choices occur in the sampled architectures, each normalisation in both orders."""
    cells = [cell for architecture in ARCHITECTURES for cell in architecture.cells]
    assert {(cell.conv, cell.norm) for cell in cells} == set(itertools.product(("post", "pre"), ("none", "bn", "in")))
    assert {(cell.up, cell.shortcut) for cell in cells} == set(
        itertools.product(("bilinear", "nearest", "deconv"), (False, True))
    )
    skips = {(len(cell.skips), source, cell.up) for cell in cells for source in cell.sources}
    assert skips == {(*ends, up) for ends in ((1, 0), (2, 0), (2, 1)) for up in ("bilinear", "nearest", "deconv")}


def test_losses_agree_in_float64(device: torch.device) -> None:
    """50 steps over changing architectures and stages at the demo's learning rates: the same computation."""
    pair = Pair(torch.float64, 1e-3, device)
    assert max(deviations(pair)) < 1e-9


def test_losses_agree_in_float32(device: torch.device) -> None:
    """The same in the precision that is timed, to 1e-5.

    With the biases of convolutions held fixed. In front of a normalisation, or where real and generated images cancel
    in the discriminator, they have no gradient but rounding noise, which Adam scales up to steps of a full learning
    rate; what else they reach then differs by that. In float64 the noise drowns in Adam's epsilon.
    """
    pair = Pair(torch.float32, 2e-4, device)
    pair.hold_convolution_biases()
    assert max(deviations(pair)) < 1e-5


def gradients(network: nn.Module, step: Callable[[], object]) -> dict[str, Tensor]:
    """What a step asks of every weight that it uses, by the product's names."""
    seen: dict[str, Tensor] = {}
    for name, weight in network.named_parameters():
        known = name.replace("parametrizations.weight.original", "weight")
        keep = functools.partial(seen.__setitem__, known)
        weight.register_hook(keep)  # type: ignore[no-untyped-call]
    step()
    return seen


@pytest.mark.parametrize("architecture", ARCHITECTURES[-3:], ids=str)
@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_first_gradients_agree(network: str, architecture: Architecture) -> None:
    """Both use the same weights in the first step, with equal gradients (in float32 a ReLU at its kink may flip)."""
    pair = Pair(torch.float64, 1e-3)
    sides = ((pair.product, pair.streams[3]), (pair.plain, pair.batches[3]))
    theirs, mine = (
        gradients(getattr(gan, network), functools.partial(getattr(gan, f"train_{network}"), batches, 0, architecture))
        for gan, batches in sides
    )
    assert theirs.keys() == mine.keys()
    scale = max(float(gradient.abs().max()) for gradient in mine.values())
    for name, gradient in mine.items():
        torch.testing.assert_close(theirs[name], gradient, rtol=0, atol=1e-9 * scale, msg=name)


def test_own_batches_are_random_images_in_range() -> None:
    """The timed loop's batches are the images' bytes in [-1, 1], and differ from step to step."""
    images = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 1, 4, 4)
    batches = PlainBatches(images, 64, 8)
    real = batches.real(0)
    assert real.shape == (64, 1, 4, 4)
    assert set(real.flatten().tolist()) == {-1.0, 1.0}
    assert not torch.equal(real, batches.real(0))
    assert batches.latents(0, "generator", 3).shape == (3, 8)


def test_both_discriminators_judge_alike_and_apart() -> None:
    """They begin with the same weights and estimates of their norms; training the plain one leaves the other alone."""
    pair = Pair(torch.float32, 2e-4)
    images = torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    pair.product.discriminator.eval()
    before = pair.product.discriminator(images, 2)
    torch.testing.assert_close(pair.plain.discriminator.eval()(images, 2), before)
    pair.plain.discriminator.train()
    pair.plain.train_discriminator(pair.batches[3], 0, ARCHITECTURES[-1])
    assert torch.equal(pair.product.discriminator(images, 2), before)
