"""Batches, latent vectors and mixtures: functions of the step alone."""

from __future__ import annotations

import pytest
import torch

from autogan_core.training.adversarial.training_stream import TrainingStream


def test_an_epoch_visits_every_image_once() -> None:
    """Each epoch is another order of all images, the last batch the rest, and any step can be asked for alone."""
    images = torch.arange(50, dtype=torch.uint8).view(50, 1, 1, 1)
    data = TrainingStream(images, 16, 8, seed=0)
    assert data.steps_per_epoch == 4
    epochs = []
    for epoch in range(2):
        batches = [data.real(4 * epoch + step) for step in range(4)]
        assert [len(batch) for batch in batches] == [16, 16, 16, 2]
        order = torch.cat(batches).tolist()
        assert sorted(order) == list(range(50))
        epochs.append(order)
    assert epochs[0] != epochs[1]
    fresh = TrainingStream(images, 16, 8, seed=0)
    assert torch.equal(fresh.real(6), data.real(6))


def test_latents_differ_by_step_and_purpose() -> None:
    """The same step and purpose give the same vectors; another of either gives others; they are standard normal."""
    data = TrainingStream(torch.zeros(64, 1, 16, 16, dtype=torch.uint8), 16, 8, seed=5)
    z = data.latents(3, "generator", 4000)
    assert torch.equal(z, data.latents(3, "generator", 4000))
    assert not torch.equal(z, data.latents(4, "generator", 4000))
    assert not torch.equal(z, data.latents(3, "discriminator", 4000))
    assert z.mean().item() == pytest.approx(0, abs=0.03)
    assert z.std().item() == pytest.approx(1, abs=0.03)


def test_mixtures_are_uniform_and_differ_by_step() -> None:
    """The same step gives the same draws from [0, 1), another step others."""
    data = TrainingStream(torch.zeros(64, 1, 16, 16, dtype=torch.uint8), 16, 8, seed=5)
    mix = data.mix(3, 4000)
    assert mix.shape == (4000, 1, 1, 1)
    assert torch.equal(mix, data.mix(3, 4000))
    assert not torch.equal(mix, data.mix(4, 4000))
    assert mix.min().item() >= 0 and mix.max().item() < 1
    assert mix.mean().item() == pytest.approx(0.5, abs=0.02)
    assert mix.std().item() == pytest.approx(12**-0.5, abs=0.02)


def test_generated_images_are_asked_for_known_labels_only() -> None:
    """Among training images of which some have no label, labels are drawn as often as the others have them."""
    labels = torch.tensor([-1] * 40 + [0] * 15 + [2] * 5)
    data = TrainingStream(torch.zeros(60, 1, 4, 4, dtype=torch.uint8), 16, 8, seed=0, labels=labels)
    drawn = data.generated_labels(3, "generator", 4000)
    assert drawn is not None
    assert (torch.bincount(drawn, minlength=3) / 4000).tolist() == pytest.approx([0.75, 0, 0.25], abs=0.03)
