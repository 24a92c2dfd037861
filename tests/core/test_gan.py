"""The training engine: what a step changes, and that it continues exactly from its stored state."""

from __future__ import annotations

import pytest
import torch

from autogan_core.errors import NonFiniteLossError
from autogan_core.gan import GAN, TrainingStream
from autogan_core.search_space import NAMED, Architecture, SearchSpace
from tests.core.tiny import CPU, tiny_config, tiny_dataset

TOP1 = NAMED["paper-top1"]
DECONV = Architecture.parse("0121-01211-01213")


def gan(seed: int = 0) -> GAN:
    config = tiny_config()
    return GAN(
        SearchSpace.full(),
        config.model,
        config.training,
        generator_channels=4,
        discriminator_channels=4,
        device=CPU,
        seed=seed,
    )


def stream(size: int = 16) -> TrainingStream:
    return TrainingStream(tiny_dataset().at_size(size), 16, 8, seed=5)


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
    before = {key: value.clone() for key, value in trained.state().items()}
    index = [n for n, _ in trained.generator.named_parameters()].index(name)
    keys = [f"generator.{name}", *(f"generator_optimizer.{index}.{slot}" for slot in ("step", "exp_avg", "exp_avg_sq"))]
    for step in (2, 4):
        trained.train_step(data, step, TOP1)
    assert all(torch.equal(trained.state()[key], before[key]) for key in keys)
    trained.train_step(data, 6, DECONV)
    assert not any(torch.equal(trained.state()[key], before[key]) for key in keys)


def test_training_continues_exactly_from_its_state() -> None:
    """Stored after two steps and loaded into other weights, the next steps end in the same bits."""
    one, data = gan(), stream()
    for step, architecture in enumerate((TOP1, DECONV)):
        one.train_step(data, 2 * step, architecture)
    stored = {name: tensor.clone().contiguous() for name, tensor in one.state().items()}
    other, again = gan(seed=9), stream()
    other.train_step(again, 0, DECONV)
    other.load_state(stored)
    for step, architecture in ((4, DECONV), (5, TOP1), (6, TOP1)):
        assert one.train_step(data, step, architecture) == other.train_step(again, step, architecture)
    for name, tensor in one.state().items():
        assert torch.equal(tensor, other.state()[name]), name


def test_equal_seeds_give_equal_weights_and_leave_the_global_generator_alone() -> None:
    """Initial weights depend on the seed alone."""
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    states = [gan(seed).state() for seed in (3, 3, 4)]
    assert torch.equal(torch.rand(1), expected)
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())
    assert not torch.equal(states[0]["generator.project.weight"], states[2]["generator.project.weight"])


def test_a_non_finite_loss_changes_nothing() -> None:
    """A NaN stops the step before the optimiser, naming the network and the step."""
    trained = gan()
    images = tiny_dataset().images
    with torch.no_grad():
        trained.discriminator.linear.parametrizations.weight.original.fill_(float("nan"))  # type: ignore[operator, union-attr]
    before = trained.state()["discriminator.first.conv1.bias"].clone()
    with pytest.raises(NonFiniteLossError, match=r"discriminator's loss became nan in step 7; lower training\.disc"):
        trained.train_step(TrainingStream(images, 16, 8, seed=0), 7, TOP1)
    assert torch.equal(trained.state()["discriminator.first.conv1.bias"], before)


def test_an_epoch_visits_every_image_once() -> None:
    """Each epoch is another order of all images, the last batch the rest, and any step can be asked for alone."""
    images = torch.arange(50, dtype=torch.uint8).view(50, 1, 1, 1)
    data = TrainingStream(images, 16, 8, seed=0)
    assert data.steps_per_epoch == 4
    epochs = []
    for epoch in range(2):
        batches = [data.real(4 * epoch + step) for step in range(4)]
        assert [len(batch) for batch in batches] == [16, 16, 16, 2]
        order = ((torch.cat(batches).flatten() + 1) * 127.5).round().int().tolist()
        assert sorted(order) == list(range(50))
        epochs.append(order)
    assert epochs[0] != epochs[1]
    fresh = TrainingStream(images, 16, 8, seed=0)
    assert torch.equal(fresh.real(6), data.real(6))


def test_latents_differ_by_step_and_purpose() -> None:
    """The same step and purpose give the same vectors; another of either gives others; they are standard normal."""
    data = stream()
    z = data.latents(3, "generator", 4000)
    assert torch.equal(z, data.latents(3, "generator", 4000))
    assert not torch.equal(z, data.latents(4, "generator", 4000))
    assert not torch.equal(z, data.latents(3, "discriminator", 4000))
    assert z.mean().item() == pytest.approx(0, abs=0.03)
    assert z.std().item() == pytest.approx(1, abs=0.03)
