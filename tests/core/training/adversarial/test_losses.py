"""Adversarial losses and the gradient penalty against numbers worked by hand."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from autogan_core.baselines.wgan_gp import Critic
from autogan_core.config import ModelConfig
from autogan_core.config.training import LossName
from autogan_core.runtime.distributed import World
from autogan_core.training.adversarial.losses import (
    HINGE,
    LOSSES,
    NON_SATURATING,
    RELATIVISTIC,
    WASSERSTEIN,
    AdversarialLoss,
    gradient_penalty,
    hinge_loss_discriminator,
    hinge_loss_generator,
)

CPU = torch.device("cpu")
REAL, FAKE = torch.tensor([2.0, -0.5, 0.25]), torch.tensor([-3.0, 0.5])


def drawn(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(len(shape)))


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


def test_the_non_saturating_loss_is_binary_cross_entropy() -> None:
    """As PyTorch computes it of logits and labels, the two halves added; the generator's with the labels turned."""
    expected = F.binary_cross_entropy_with_logits(REAL, torch.ones(3))
    expected += F.binary_cross_entropy_with_logits(FAKE, torch.zeros(2))
    assert NON_SATURATING.discriminator(REAL, FAKE, None, None).item() == pytest.approx(expected.item(), rel=1e-6)
    turned = F.binary_cross_entropy_with_logits(FAKE, torch.ones(2))
    assert NON_SATURATING.generator(FAKE, None).item() == pytest.approx(turned.item(), rel=1e-6)


def test_the_non_saturating_loss_teaches_a_generator_that_is_found_out() -> None:
    """Where D is sure of itself the generator's gradient is still -1 a logit."""
    sure = torch.tensor([-80.0], requires_grad=True)
    [gradient] = torch.autograd.grad(NON_SATURATING.generator(sure, None), sure)
    assert gradient.item() == pytest.approx(-1)


def test_the_wasserstein_loss_is_a_difference_of_means() -> None:
    """By hand: -1.25 generated, 1.75 / 3 real; the penalty weighs 10, and no other loss has one."""
    assert WASSERSTEIN.discriminator(REAL, FAKE, None, None).item() == pytest.approx(-1.25 - 1.75 / 3)
    assert WASSERSTEIN.generator(FAKE, None).item() == pytest.approx(1.25)
    assert [loss.gradient_penalty for loss in (WASSERSTEIN, HINGE, NON_SATURATING)] == [10, 0, 0]


def test_the_relativistic_loss_compares_with_the_other_kinds_mean() -> None:
    """By hand: generated images' mean is -1.25, real ones' 1.75 / 3; the generator's loss exchanges the two kinds."""
    world, mean = World.single(CPU), 1.75 / 3
    real, fake = [2 + 1.25, -0.5 + 1.25, 0.25 + 1.25], [-3 - mean, 0.5 - mean]
    expected = (max(0, 1 - real[0]) + 0.25 + max(0, 1 - real[2])) / 3 + (max(0, 1 + fake[0]) + 1 + fake[1]) / 2
    assert RELATIVISTIC.of_discriminator(REAL, FAKE, 3, 2, world).item() == pytest.approx(expected)
    turned = (1 - fake[0] + 1 - fake[1]) / 2 + (1 + real[0] + 1 + real[1] + 1 + real[2]) / 3
    assert RELATIVISTIC.of_generator(REAL, FAKE, 3, 2, world).item() == pytest.approx(turned)
    assert HINGE.of_generator(None, FAKE, 3, 2, world).item() == HINGE.generator(FAKE, 2).item()


def test_every_loss_has_a_word() -> None:
    """The setting's options are the losses that there are."""
    assert set(LOSSES) == set(get_args(LossName))


@pytest.mark.parametrize("loss", [HINGE, NON_SATURATING, WASSERSTEIN], ids=["hinge", "non-saturating", "wasserstein"])
def test_shares_add_up_to_the_batch(loss: AdversarialLoss) -> None:
    """Two ranks' losses, one of them without generated images, are together the whole batch's."""
    whole = loss.discriminator(REAL, FAKE, None, None)
    parts = [loss.discriminator(REAL[:1], FAKE, 3, 2), loss.discriminator(REAL[1:], FAKE[:0], 3, 2)]
    assert sum(part.item() for part in parts) == pytest.approx(whole.item(), rel=1e-6)
    halves = [loss.generator(FAKE[i : i + 1], 2).item() for i in range(2)]
    assert sum(halves) == pytest.approx(loss.generator(FAKE, None).item(), rel=1e-6)


@pytest.mark.parametrize(("slope", "penalty"), [(1.0, 0.0), (3.0, 4.0), (0.0, 1.0)])
def test_the_penalty_of_a_plane(slope: float, penalty: float) -> None:
    """A linear critic of slope s costs (s - 1)^2 wherever it is asked, with a finite gradient even at s = 0."""
    unit = F.normalize(drawn(12), dim=0)
    weight = (slope * unit).requires_grad_()
    value = gradient_penalty(
        lambda x: x.flatten(1) @ weight, drawn(5, 3, 2, 2), drawn(4, 3, 2, 2), torch.rand(5, 1, 1, 1)
    )
    assert value.item() == pytest.approx(penalty, abs=1e-6)
    [gradient] = torch.autograd.grad(value, weight)
    torch.testing.assert_close(gradient, 2 * (slope - 1) * unit * (slope > 0), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("num_real", "num_fake"), [(2, 3), (3, 2)])
def test_the_penalty_looks_between_the_first_pairs(num_real: int, num_fake: int) -> None:
    """A critic |x|^2 / 2 has slope |x|, which tells where it was asked: at mix * real + (1 - mix) * fake."""
    real, fake, mix = drawn(num_real, 1, 2, 2), drawn(num_fake, 1, 2, 2) + 1, torch.tensor([0.0, 0.25, 0.9])
    value = gradient_penalty(lambda x: x.square().flatten(1).sum(1) / 2, real, fake, mix.view(3, 1, 1, 1))
    between = [fake[0], 0.25 * real[1] + 0.75 * fake[1]]
    expected = sum((point.norm().item() - 1) ** 2 for point in between) / 2
    assert value.item() == pytest.approx(expected)


def critic_and_images(dtype: torch.dtype) -> tuple[Critic, tuple[Tensor, Tensor, Tensor]]:
    torch.manual_seed(0)
    critic = Critic(ModelConfig(bottom_width=2, image_channels=1), 8).to(dtype)
    images = [drawn(6, 1, 16, 16).to(dtype), drawn(6, 1, 16, 16).to(dtype).flip(0)]
    real, fake = (image.to(memory_format=torch.channels_last) for image in images)
    mix = torch.rand(6, 1, 1, 1, generator=torch.Generator().manual_seed(3)).to(dtype)
    return critic.to(memory_format=torch.channels_last), (real, fake, mix)


def test_the_penalty_has_its_gradient_in_all_weights() -> None:
    """Through merged convolutions in channels_last: along random directions as central differences have it."""
    critic, images = critic_and_images(torch.float64)
    weights = {name: weight for name, weight in critic.named_parameters() if name.endswith("weight")}
    gradients = torch.autograd.grad(gradient_penalty(lambda x: critic(x, 2), *images), list(weights.values()))

    def penalty(moved: dict[str, Tensor]) -> float:
        return gradient_penalty(lambda x: torch.func.functional_call(critic, moved, (x, 2)), *images).item()

    for seed in range(3):
        torch.manual_seed(seed)
        along = {name: torch.randn_like(weight) for name, weight in weights.items()}
        analytic = sum((g * a).sum().item() for g, a in zip(gradients, along.values(), strict=True))
        ahead, behind = ({n: w.detach() + eps * along[n] for n, w in weights.items()} for eps in (1e-6, -1e-6))
        assert (penalty(ahead) - penalty(behind)) / 2e-6 == pytest.approx(analytic, rel=1e-5)
        assert abs(analytic) > 1e-3


def test_the_penalty_in_reduced_precision() -> None:
    """In bfloat16 the penalty is float32's to a percent and its gradient points the same way, in float32."""
    critic, images = critic_and_images(torch.float32)
    seen = []
    for dtype in (torch.float32, torch.bfloat16):
        critic.dtype = dtype
        value = gradient_penalty(lambda x: critic(x, 2), *images)
        gradients = torch.autograd.grad(value, critic.first.conv2.weight)[0], value
        seen.append([tensor.detach().flatten() for tensor in gradients])
    assert all(tensor.dtype == torch.float32 for tensor in seen[1])
    assert seen[1][1].item() == pytest.approx(seen[0][1].item(), rel=0.01)
    assert seen[1][1].item() != seen[0][1].item()
    assert F.cosine_similarity(seen[0][0], seen[1][0], dim=0).item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("shares", [(slice(0, 5, 2), slice(1, 5, 2)), (slice(0, 5), slice(0, 0))], ids=["both", "one"])
def test_shares_of_the_penalty_add_up(shares: tuple[slice, slice]) -> None:
    """Ranks with every second pair, or one of them with all, pay together what one process pays."""
    critic, (real, fake, mix) = critic_and_images(torch.float64)
    whole = gradient_penalty(lambda x: critic(x, 2), real[:5], fake[:5], mix)
    parts = [gradient_penalty(lambda x: critic(x, 2), real[s], fake[s], mix[s], total=5).item() for s in shares]
    assert sum(parts) == pytest.approx(whole.item(), rel=1e-9)
    assert whole.item() > 1e-3
