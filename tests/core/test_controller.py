"""The controller's numbers against the released code's, and what its updates do."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from autogan_core.config import ControllerConfig
from autogan_core.controller import Controller, Hidden, Policy
from autogan_core.search_space import SearchSpace

STAGES = [0, 1, 2]
COUNTS = [cell.option_counts for cell in SearchSpace.full().cells]


def fill(controller: Controller) -> None:
    """The golden file's fill rule."""

    def set_to(parameter: torch.Tensor, scale: float, shift: int, cosine: bool = False) -> None:
        k = torch.arange(parameter.numel(), dtype=torch.float64) + 1 + shift
        parameter.copy_((scale * (k.cos() if cosine else k.sin())).view_as(parameter))

    with torch.no_grad():
        set_to(controller.lstm.weight_ih, 0.1, 0)
        set_to(controller.lstm.weight_hh, 0.1, 1)
        set_to(controller.lstm.bias_ih, 0.1, 0, cosine=True)
        set_to(controller.lstm.bias_hh, 0.1, 1, cosine=True)
        set_to(controller.embedding.weight, 0.5, 0)
        for t, decoder in enumerate(controller.decoders):
            set_to(decoder.get_parameter("weight"), 0.3, t)
            set_to(decoder.get_parameter("bias"), 0.1, t, cosine=True)


def test_teacher_forced_numbers_equal_the_released_code(golden: dict[str, Any]) -> None:
    """Log-probabilities, entropies and hidden vectors of the paper's best, chained over three stages, to 1e-9."""
    expected = golden["functional"]["controller_teacher_forced_arch_a"]
    hidden = Controller(COUNTS[0], 8).start()
    for stage in STAGES:
        controller = Controller(COUNTS[stage], 8)
        fill(controller)
        case = expected[f"stage{stage}"]
        rollout = controller(hidden, torch.tensor([case["tokens_forced"]]))
        assert rollout.log_probs[0].tolist() == pytest.approx(case["log_prob"], abs=1e-9)
        assert rollout.entropies[0].tolist() == pytest.approx(case["entropy"], abs=1e-9)
        assert rollout.hidden.h[0, :3].tolist() == pytest.approx(case["hx_first3"], abs=1e-9)
        assert rollout.hidden.c[0, :3].tolist() == pytest.approx(case["cx_first3"], abs=1e-9)
        hidden = Hidden(*(part.detach() for part in rollout.hidden))


@pytest.mark.parametrize("stage", STAGES)
def test_parameters_are_the_released_ones(golden: dict[str, Any], stage: int) -> None:
    """82,810, 83,212 and 83,614 parameters, part by part."""
    expected = golden["controller"][str(stage)]["params_hid100"]
    controller = Controller(COUNTS[stage], 100)
    parts = {"lstm": controller.lstm, "embedding": controller.embedding, "decoders": controller.decoders}
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
    assert counts | {"total": sum(counts.values())} == expected


@pytest.mark.parametrize("stage", STAGES)
def test_a_fresh_controller_is_close_to_uniform(golden: dict[str, Any], stage: int) -> None:
    """Over 20 seeds the mean entropy is within 1 % of the uniform one, and near the released code's mean."""
    expected = golden["controller"][str(stage)]
    uniform = expected["uniform_entropy_nats"]
    entropies = []
    for seed in range(20):
        policy = Policy(COUNTS[stage], ControllerConfig(), seed, stage)
        start = policy.controller.start()
        rng = torch.Generator().manual_seed(seed)
        rollout = policy.rollout(Hidden(start.h.expand(100, -1), start.c.expand(100, -1)), rng=rng)
        entropies.append(rollout.entropies.sum(dim=1).mean().item())
    assert all(0.99 * uniform <= entropy <= uniform for entropy in entropies)
    mean = sum(entropies) / len(entropies)
    assert mean == pytest.approx(
        golden["controller"]["default_init_entropy_over_100_seeds"][str(stage)]["mean"], abs=0.02
    )


def entropy_after(entropy_weight: float, rewards: list[float], steps: int = 150) -> tuple[float, float]:
    config = ControllerConfig(entropy_weight=entropy_weight, learning_rate=5e-3)
    policy = Policy(COUNTS[0], config, seed=3, stage=0)
    start = policy.controller.start()
    many = Hidden(start.h.expand(200, -1), start.c.expand(200, -1))

    def entropy() -> float:
        return policy.rollout(many, rng=torch.Generator().manual_seed(0)).entropies.sum(dim=1).mean().item()

    # A policy that has already narrowed: rewarded for one cell.
    favourite = torch.tensor([[1, 0, 1, 1]])
    for i in range(30):
        policy.reinforce(start, favourite, reward=float(i))
    before = entropy()
    rng = torch.Generator().manual_seed(1)
    level = 29.0
    for _ in range(40):  # the baseline settles on the level, so that the advantage is gone
        policy._baseline = level
    for step in range(steps):
        choices = policy.rollout(start, rng=rng).choices
        policy.reinforce(start, choices, rewards[step % len(rewards)] + level)
    return before, entropy()


def test_the_entropy_bonus_raises_entropy_when_rewards_are_equal() -> None:
    """At constant rewards the bonus widens a narrowed policy (the released code's narrows it); else nothing moves."""
    before, after = entropy_after(entropy_weight=1e-2, rewards=[0.0])
    assert before < 3.3
    assert after > before + 0.1
    before, after = entropy_after(entropy_weight=0.0, rewards=[0.0])
    assert after == pytest.approx(before, abs=1e-6)


def test_reinforce_follows_the_advantage() -> None:
    """A reward above the baseline makes its cell likelier, one below less likely, and the first sets the baseline."""
    start = Controller(COUNTS[0], 100).start()
    cell = torch.tensor([[0, 2, 1, 0]])
    for second, sign in ((6.0, 1), (4.0, -1)):
        policy = Policy(COUNTS[0], ControllerConfig(entropy_weight=0.0), seed=0, stage=0)
        before = policy.rollout(start, cell).log_probs.sum()
        policy.reinforce(start, cell, 5.0)
        assert policy.rollout(start, cell).log_probs.sum() == before
        policy.reinforce(start, cell, second)
        assert (policy.rollout(start, cell).log_probs.sum() - before).sign() == sign


def test_one_update_is_reinforce_on_the_sum_over_tokens() -> None:
    """The gradient equals that of -(R - b) sum log p - w sum H, worked out here; b then moves by a tenth."""
    config = ControllerConfig(entropy_weight=0.5, baseline_decay=0.9)
    policy = Policy(COUNTS[1], config, seed=0, stage=1)
    start, cell = policy.controller.start(), torch.tensor([[1, 0, 1, 1, 0]])
    policy.reinforce(start, cell, 2.0)
    rollout = policy.controller(start, cell)
    loss = -(3.0 - 2.0) * rollout.log_probs.sum() - 0.5 * rollout.entropies.sum()
    expected = torch.autograd.grad(loss, list(policy.controller.decoders.parameters()))
    policy.reinforce(start, cell, 3.0)
    for parameter, gradient in zip(policy.controller.decoders.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-12, atol=1e-15)
    assert policy._baseline == pytest.approx(0.9 * 2.0 + 0.1 * 3.0, abs=1e-12)


def test_sampling_draws_from_the_distribution_it_reports() -> None:
    """Over 20,000 draws each cell's frequency matches exp(log p) to four standard errors."""
    policy = Policy(COUNTS[0], ControllerConfig(), seed=5, stage=0)
    start = policy.controller.start()
    n = 20_000
    many = Hidden(start.h.expand(n, -1), start.c.expand(n, -1))
    rollout = policy.rollout(many, rng=torch.Generator().manual_seed(0))
    cells, counts = torch.unique(rollout.choices, dim=0, return_counts=True)
    again = policy.rollout(Hidden(start.h.expand(len(cells), -1), start.c.expand(len(cells), -1)), cells)
    p = again.log_probs.sum(dim=1).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-9)
    assert ((counts / n - p).abs() < 4 * (p * (1 - p) / n).sqrt()).all()
