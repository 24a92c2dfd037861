"""Hinge losses against numbers worked by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from autogan_core.losses import hinge_loss_discriminator, hinge_loss_generator


def test_hinge_losses_equal_the_released_code(golden: dict[str, Any]) -> None:
    """The golden file's logits give its losses."""
    case = golden["training_rules"]["hinge"]
    real, fake = torch.tensor(case["real"]), torch.tensor(case["fake"])
    assert hinge_loss_discriminator(real, fake).item() == pytest.approx(case["d_loss"], abs=1e-6)
    assert hinge_loss_generator(fake).item() == pytest.approx(case["g_loss"], abs=1e-6)


def test_gradients_stop_where_the_hinge_is_met() -> None:
    """Logits beyond the margin teach the discriminator nothing; the generator learns from all."""
    real = torch.tensor([2.0, 0.0], requires_grad=True)
    fake = torch.tensor([-2.0, 0.0], requires_grad=True)
    hinge_loss_discriminator(real, fake).backward()  # type: ignore[no-untyped-call]
    assert real.grad is not None and real.grad.tolist() == [0.0, -0.5]
    assert fake.grad is not None and fake.grad.tolist() == [0.0, 0.5]
    [gradient] = torch.autograd.grad(hinge_loss_generator(fake), fake)
    assert gradient.tolist() == [-0.5, -0.5]
