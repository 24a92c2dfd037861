"""The controller's numbers against the released code's and torch's, and what its updates do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autogan_core.config import ControllerConfig, SearchConfig
from autogan_core.search.advantages import Advantages
from autogan_core.search.controller import Controller, Hidden
from autogan_core.search.policy import Policy
from autogan_core.search_space import SearchSpace

STAGES = [0, 1, 2]
COUNTS = [cell.option_counts for cell in SearchSpace.full().cells]


def controller(stage: int, hidden_dim: int = 100) -> Controller:
    return Controller(COUNTS[stage], hidden_dim, np.random.default_rng(stage))


def policy(stage: int = 0, seed: int = 0, search: SearchConfig | None = None, **settings: float) -> Policy:
    config = search or SearchConfig(controller=ControllerConfig.model_validate(settings))
    return Policy(COUNTS[stage], config, seed, stage)


def starts(policy: Policy, count: int) -> Hidden:
    return policy.controller.start().rows(np.zeros(count, dtype=np.int64))


def fill(network: Controller) -> None:
    """The golden file's fill rule."""

    def set_to(weight: np.ndarray, scale: float, shift: int, cosine: bool = False) -> None:
        k = np.arange(weight.size) + 1.0 + shift
        weight[:] = (scale * (np.cos(k) if cosine else np.sin(k))).reshape(weight.shape)

    w = network.weights
    set_to(w["weight_ih"], 0.1, 0)
    set_to(w["weight_hh"], 0.1, 1)
    set_to(w["bias_ih"], 0.1, 0, cosine=True)
    set_to(w["bias_hh"], 0.1, 1, cosine=True)
    set_to(w["embedding"], 0.5, 0)
    for t in range(network.num_tokens):
        options = slice(network._ends[t], network._ends[t + 1])
        set_to(w["decoder_weight"][options], 0.3, t)
        set_to(w["decoder_bias"][options], 0.1, t, cosine=True)


def test_teacher_forced_numbers_equal_the_released_code(golden: dict[str, Any]) -> None:
    """Log-probabilities, entropies and hidden vectors of the paper's best, chained over three stages, to 1e-9."""
    expected = golden["functional"]["controller_teacher_forced_arch_a"]
    search = SearchConfig(controller=ControllerConfig(hidden_dim=8))
    hidden = controller(0, 8).start()
    for stage in STAGES:
        stage_policy = policy(stage, search=search)
        fill(stage_policy.controller)
        case = expected[f"stage{stage}"]
        rollout = stage_policy.rollout(hidden, np.array([case["tokens_forced"]]))
        assert rollout.log_probs[0].tolist() == pytest.approx(case["log_prob"], abs=1e-9)
        assert rollout.entropies[0].tolist() == pytest.approx(case["entropy"], abs=1e-9)
        assert rollout.hidden.h[0, :3].tolist() == pytest.approx(case["hx_first3"], abs=1e-9)
        assert rollout.hidden.c[0, :3].tolist() == pytest.approx(case["cx_first3"], abs=1e-9)
        hidden = rollout.hidden


@pytest.mark.parametrize("stage", STAGES)
def test_parameters_are_the_released_ones(golden: dict[str, Any], stage: int) -> None:
    """82,810, 83,212 and 83,614 parameters, part by part."""
    expected = golden["controller"][str(stage)]["params_hid100"]
    sizes = {name: weight.size for name, weight in controller(stage).weights.items()}
    counts = {
        "lstm": sum(sizes[name] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")),
        "embedding": sizes["embedding"],
        "decoders": sizes["decoder_weight"] + sizes["decoder_bias"],
    }
    assert counts | {"total": sum(sizes.values())} == expected
    assert controller(stage).parameters.size == sum(sizes.values())


@pytest.mark.parametrize("stage", STAGES)
def test_a_fresh_controller_is_close_to_uniform(golden: dict[str, Any], stage: int) -> None:
    """Over 20 seeds the mean entropy is within 1 % of the uniform one, and near the released code's mean."""
    uniform = golden["controller"][str(stage)]["uniform_entropy_nats"]
    entropies = []
    for seed in range(20):
        fresh = policy(stage, seed)
        rollout = fresh.rollout(starts(fresh, 100), rng=np.random.default_rng(seed))
        entropies.append(float(rollout.entropies.sum(axis=1).mean()))
    assert all(0.99 * uniform <= entropy <= uniform for entropy in entropies)
    released = golden["controller"]["default_init_entropy_over_100_seeds"][str(stage)]["mean"]
    assert sum(entropies) / len(entropies) == pytest.approx(released, abs=0.02)


class TorchController(nn.Module):
    """The same network in torch, whose autograd and Adam the written-out ones are held to."""

    def __init__(self, network: Controller) -> None:
        super().__init__()
        self.ends = network._ends
        self.w = nn.ParameterDict({name: torch.tensor(weight.copy()) for name, weight in network.weights.items()})

    def loss(self, hidden: Hidden, cell: list[int], advantage: float, entropy_weight: float) -> torch.Tensor:
        log_probs, entropies = self.terms(hidden, cell)
        return -advantage * log_probs.sum() - entropy_weight * entropies.sum()

    def terms(self, hidden: Hidden, cell: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probabilities (1, T) and entropies (T, 1), shaped as in the released code."""
        h, c = torch.tensor(hidden.h), torch.tensor(hidden.c)
        token, log_probs, entropies = torch.zeros_like(h), list[torch.Tensor](), list[torch.Tensor]()
        w = self.w
        for t, choice in enumerate(cell):
            h, c = torch.lstm_cell(token, (h, c), w["weight_ih"], w["weight_hh"], w["bias_ih"], w["bias_hh"])
            options = slice(self.ends[t], self.ends[t + 1])
            log_p = (h @ w["decoder_weight"][options].T + w["decoder_bias"][options]).log_softmax(dim=1)[0]
            log_probs.append(log_p[choice])
            entropies.append(-(log_p.exp() * log_p).sum())
            token = w["embedding"][self.ends[t] + choice][None]
        return torch.stack(log_probs)[None], torch.stack(entropies)[:, None]


class ReleasedLoss:
    """The released code's loss in its own tensors: the baseline takes in each reward before it is compared with it, and
    the product of (1, T) and (T, 1) is (T, T)."""

    def __init__(self, entropy_weight: float, decay: float) -> None:
        self.entropy_weight, self.decay = entropy_weight, decay
        self.baseline: torch.Tensor | None = None

    def __call__(self, log_probs: torch.Tensor, entropies: torch.Tensor, reward: float) -> torch.Tensor:
        rewards = torch.tensor([[reward]], dtype=entropies.dtype) + self.entropy_weight * entropies
        if self.baseline is None:
            self.baseline = rewards
        else:
            self.baseline = self.decay * self.baseline.detach() + (1 - self.decay) * rewards
        return (-log_probs * (rewards - self.baseline)).sum()


def test_the_written_out_released_loss_has_the_released_codes_values(golden: dict[str, Any]) -> None:
    """What the update is held to below gives the loss of each recorded step, to float32's rounding."""
    case = golden["training_rules"]["reinforce_reference"]
    loss = ReleasedLoss(case["entropy_coeff"], case["baseline_decay"])
    log_probs, entropies = torch.tensor([case["log_probs"]]), torch.tensor(case["entropies"])[:, None]
    losses = [loss(log_probs, entropies, reward).item() for reward in case["rewards"]]
    assert losses == pytest.approx(case["loss_per_step"], abs=1e-4)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("passes", [1, 2])
def test_released_updates_equal_autograd_of_the_released_loss(stage: int, passes: int) -> None:
    """Three slots of six rewards end in torch's weights to 1e-9; at this weight the entropies decide some of them."""
    settings: dict[str, Any] = {"baseline": "released", "objective": "released", "passes": passes}
    config = ControllerConfig(hidden_dim=12, learning_rate=1e-2, entropy_weight=0.3, **settings)
    ours = policy(stage, seed=4, search=SearchConfig(controller=config))
    theirs = TorchController(ours.controller)
    adam = torch.optim.Adam(theirs.parameters(), lr=1e-2, betas=config.adam_betas)
    rng = np.random.default_rng(7)
    for _ in range(3):
        hidden = Hidden(rng.normal(size=(6, 12)), rng.normal(size=(6, 12)))
        cells = np.array([[rng.integers(n) for n in COUNTS[stage]] for _ in range(6)])
        rewards = rng.normal(5.0, 0.3, size=6).tolist()
        ours.learn(hidden, cells, rewards)
        for _ in range(passes):
            loss = ReleasedLoss(0.3, 0.9)
            for i, reward in enumerate(rewards):
                adam.zero_grad()
                terms = theirs.terms(hidden.rows(np.array([i])), cells[i].tolist())
                loss(*terms, reward).backward()  # type: ignore[no-untyped-call]
                adam.step()
    for name, weight in ours.controller.weights.items():
        np.testing.assert_allclose(weight, theirs.w[name].detach().numpy(), rtol=0, atol=1e-9, err_msg=name)


def test_the_released_loss_lowers_entropy_where_rewards_are_equal() -> None:
    """Its entropy term works against its name: at constant rewards the policy narrows, and the bonus widens it."""

    def entropy_after(objective: str, steps: int = 25) -> tuple[float, float]:
        settings: dict[str, Any] = {"baseline": "released", "objective": objective}
        config = ControllerConfig(learning_rate=2e-3, entropy_weight=1e-2, **settings)
        learner, rng = policy(seed=3, search=SearchConfig(controller=config)), np.random.default_rng(0)
        many = starts(learner, 200)

        def entropy() -> float:
            return float(learner.rollout(many, rng=np.random.default_rng(0)).entropies.sum(axis=1).mean())

        before = entropy()
        for _ in range(steps):
            start = starts(learner, 10)
            learner.learn(start, learner.rollout(start, rng=rng).choices, [5.0] * 10)
        return before, entropy()

    before, after = entropy_after("released")
    assert after < before - 0.3
    before, after = entropy_after("reinforce")
    assert after > before - 0.01


def test_several_passes_repeat_a_slots_updates() -> None:
    """Two passes are one pass and, with the same advantages, another."""
    cells = np.array([[0, 2, 1, 0], [1, 0, 1, 1], [0, 2, 1, 0]])
    search = {n: SearchConfig(controller=ControllerConfig(baseline="slot-mean", passes=n)) for n in (1, 2)}
    twice, once = policy(search=search[2]), policy(search=search[1])
    twice.learn(starts(twice, 3), cells, [1.0, 5.0, 3.0])
    once.learn(starts(once, 3), cells, [1.0, 5.0, 3.0])
    assert np.abs(once.controller.parameters - twice.controller.parameters).max() > 1e-4
    once.learn(starts(once, 3), cells, [1.0, 5.0, 3.0])
    assert (once.controller.parameters == twice.controller.parameters).all()


def test_an_empty_slot_teaches_nothing() -> None:
    """No reward, no update."""
    learner = policy()
    before = learner.controller.parameters.copy()
    learner.learn(starts(learner, 0), np.empty((0, 4), dtype=np.int64), [])
    assert (learner.controller.parameters == before).all()


@pytest.mark.parametrize("stage", STAGES)
def test_updates_equal_torchs_autograd_and_adam(stage: int) -> None:
    """Twenty REINFORCE steps with an entropy bonus end in torch's weights to 1e-9, the baseline being the average."""
    search = SearchConfig(controller=ControllerConfig(hidden_dim=12, learning_rate=1e-2, entropy_weight=0.05))
    ours = policy(stage, seed=4, search=search)
    theirs = TorchController(ours.controller)
    adam = torch.optim.Adam(theirs.parameters(), lr=1e-2, betas=search.controller.adam_betas)
    rng = np.random.default_rng(7)
    hidden = Hidden(rng.normal(size=(1, 12)), rng.normal(size=(1, 12)))
    baseline: float | None = None
    for _ in range(20):
        cell, reward = [int(rng.integers(n)) for n in COUNTS[stage]], float(rng.normal(5.0))
        ours.learn(hidden, np.array([cell]), [reward])
        baseline = reward if baseline is None else baseline
        adam.zero_grad()
        theirs.loss(hidden, cell, reward - baseline, 0.05).backward()  # type: ignore[no-untyped-call]
        adam.step()
        baseline = 0.9 * baseline + 0.1 * reward
    for name, weight in ours.controller.weights.items():
        np.testing.assert_allclose(weight, theirs.w[name].detach().numpy(), rtol=0, atol=1e-9, err_msg=name)
    moved = policy(stage, seed=4, search=search).controller.parameters - ours.controller.parameters
    assert np.abs(moved).max() > 0.05


def entropy_after(entropy_weight: float, steps: int = 150) -> tuple[float, float]:
    learner = policy(seed=3, entropy_weight=entropy_weight, learning_rate=5e-3)
    start, many = starts(learner, 1), starts(learner, 200)

    def entropy() -> float:
        return float(learner.rollout(many, rng=np.random.default_rng(0)).entropies.sum(axis=1).mean())

    # A policy that has already narrowed: rewarded for one cell.
    favourite = np.array([[1, 0, 1, 1]])
    for i in range(30):
        learner.learn(start, favourite, [float(i)])
    before = entropy()
    rng = np.random.default_rng(1)
    learner._advantages = Advantages(ControllerConfig())  # its baseline is the constant reward: the advantage is gone
    for _ in range(steps):
        learner.learn(start, learner.rollout(start, rng=rng).choices, [29.0])
    return before, entropy()


def test_the_entropy_bonus_raises_entropy_when_rewards_are_equal() -> None:
    """At constant rewards the bonus widens a narrowed policy (the released code's narrows it); else nothing moves."""
    before, after = entropy_after(entropy_weight=1e-2)
    assert before < 3.3
    assert after > before + 0.1
    before, after = entropy_after(entropy_weight=0.0)
    assert after == pytest.approx(before, abs=1e-6)


def test_learning_follows_the_advantage() -> None:
    """A reward above the baseline makes its cell likelier, one below less likely, and the first sets the baseline."""
    cell = np.array([[0, 2, 1, 0]])
    for second, sign in ((6.0, 1), (4.0, -1)):
        learner = policy(entropy_weight=0.0)
        start = starts(learner, 1)
        before = learner.rollout(start, cell).log_probs.sum()
        learner.learn(start, cell, [5.0])
        assert learner.rollout(start, cell).log_probs.sum() == before
        learner.learn(start, cell, [second])
        assert np.sign(learner.rollout(start, cell).log_probs.sum() - before) == sign


def test_sampling_draws_from_the_distribution_it_reports() -> None:
    """Over 20,000 draws each cell's frequency matches exp(log p) to four standard errors."""
    sampler, n = policy(seed=5), 20_000
    rollout = sampler.rollout(starts(sampler, n), rng=np.random.default_rng(0))
    cells, counts = np.unique(rollout.choices, axis=0, return_counts=True)
    p = np.exp(sampler.rollout(starts(sampler, len(cells)), cells).log_probs.sum(axis=1))
    assert p.sum() == pytest.approx(1, abs=1e-9)
    assert (np.abs(counts / n - p) < 4 * np.sqrt(p * (1 - p) / n)).all()


def narrowed() -> Policy:
    learner = policy(seed=2, learning_rate=5e-3)
    for i in range(25):
        learner.learn(starts(learner, 1), np.array([[1, 0, 1, 1]]), [float(i)])
    return learner


def test_distinct_draws_are_draws_without_replacement() -> None:
    """First and second draws of a narrowed policy have the frequencies of successive sampling, to four errors."""
    sampler, n = narrowed(), 4000
    cells = np.array([SearchSpace.full().cells[0].choices(cell) for cell in SearchSpace.full().cells[0]])
    p = np.exp(sampler.rollout(starts(sampler, len(cells)), cells).log_probs.sum(axis=1))
    index = {tuple(cell): k for k, cell in enumerate(cells.tolist())}
    rng = np.random.default_rng(0)
    counts = np.zeros((2, len(cells)))
    for _ in range(n):
        _, choices = sampler.draw_distinct(starts(sampler, 1), 2, rng)
        for place in (0, 1):
            counts[place, index[tuple(choices[place].tolist())]] += 1
    second = np.array([sum(p[j] * p[k] / (1 - p[j]) for j in range(len(p)) if j != k) for k in range(len(p))])
    for frequency, expected in zip(counts / n, (p, second), strict=True):
        assert (np.abs(frequency - expected) < 4 * np.sqrt(expected * (1 - expected) / n) + 1 / n).all()
    assert p.max() > 0.3


def test_distinct_draws_are_distinct_and_exhaust_a_small_space() -> None:
    """From two beams all 72 cells come out once each, and no more can be had."""
    sampler = narrowed()
    beams, choices = sampler.draw_distinct(starts(sampler, 2), 100, np.random.default_rng(0))
    assert len({(beam, *cell) for beam, cell in zip(beams.tolist(), choices.tolist(), strict=True)}) == 72
    assert len(beams) == 72


def test_the_random_policy_is_uniform_and_does_not_learn() -> None:
    """All probabilities are equal to the last digit, before and after a reward."""
    uniform = policy(1, search=SearchConfig(policy="random"))
    cell = np.array([[1, 2, 0, 1, 1]])
    for _ in range(2):
        log_probs = uniform.rollout(starts(uniform, 1), cell).log_probs[0]
        assert log_probs.tolist() == pytest.approx([-np.log(n) for n in COUNTS[1]], abs=1e-15)
        uniform.learn(starts(uniform, 1), cell, [100.0])
        uniform.learn(starts(uniform, 1), cell, [1.0])
