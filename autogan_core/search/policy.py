"""The policy of a stage: its controller, trained by REINFORCE, and draws of cells from it (paper, section 3.3.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autogan_core.config import ControllerConfig, SearchConfig
from autogan_core.runtime.seeding import seeded_rng
from autogan_core.search.advantages import Advantages
from autogan_core.search.controller import Controller, Floats, Hidden, Ints, Trace

_ADAM_EPSILON = 1e-8


class Rollout(NamedTuple):
    """N cells, token by token."""

    choices: Ints
    """Indices into each token's options, (N, T)."""
    log_probs: Floats
    """Log-probability of each choice given those before it, (N, T), nats."""
    entropies: Floats
    """Entropy of each token's distribution given the choices before it, (N, T), nats."""
    hidden: Hidden
    """The state behind the last token, which the next stage's controller starts from."""


class Policy:
    """A controller with its optimiser and reward baseline: what is learned in one stage.

    The ``random`` policy is a controller whose decoders are zero, which makes every choice equally likely, and which
    learns nothing.
    """

    def __init__(self, option_counts: Sequence[int], search: SearchConfig, seed: int, stage: int) -> None:
        self.controller = Controller(option_counts, search.controller.hidden_dim, seeded_rng(seed, "controller", stage))
        self._learns = search.policy == "reinforce"
        if not self._learns:
            self.controller.weights["decoder_weight"][:] = 0.0
            self.controller.weights["decoder_bias"][:] = 0.0
        self._config = search.controller
        self._advantages = Advantages(search.controller)
        self._adam = _Adam(
            self.controller.parameters,
            self.controller.gradient,
            search.controller.learning_rate,
            search.controller.adam_betas,
        )

    def rollout(self, hidden: Hidden, choices: Ints | None = None, rng: np.random.Generator | None = None) -> Rollout:
        """Samples cells with ``rng``, one from each row of ``hidden``, or evaluates the given ones (N, T)."""
        chosen, log_probs, entropies = list[Ints](), list[Floats](), list[Floats]()
        for t in range(self.controller.num_tokens):
            hidden, log_p = self.controller.step(t, hidden, chosen[-1] if t else None)
            if choices is not None:
                chosen.append(choices[:, t])
            else:
                assert rng is not None, "sampling needs a generator"
                chosen.append(_sample(log_p, rng))
            log_probs.append(log_p[np.arange(len(log_p)), chosen[-1]])
            entropies.append(-(np.exp(log_p) * log_p).sum(axis=1))
        return Rollout(np.stack(chosen, axis=1), np.stack(log_probs, axis=1), np.stack(entropies, axis=1), hidden)

    def draw_distinct(self, starts: Hidden, count: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Cells drawn without replacement, the row to start from uniformly: all there are, if fewer than ``count``.

        Stochastic beam search (Kool, van Hoof and Welling, ICML 2019): Gumbel noise on the log-probability of every
        prefix, such that a prefix's noise is the largest of its continuations', makes the ``count`` largest an exact
        draw without replacement, with no more than ``count`` prefixes kept at each token.

        Returns:
            Rows of ``starts`` (M,) and choices (M, T), likeliest to be drawn first.
        """
        log_p = np.full(len(starts.h), -np.log(len(starts.h)))
        noisy = log_p + rng.gumbel(size=log_p.shape)
        kept = _largest(noisy, count)
        row, log_p, noisy, hidden = kept, log_p[kept], noisy[kept], starts.rows(kept)
        choices = np.empty((len(kept), 0), dtype=np.int64)
        for t in range(self.controller.num_tokens):
            after, token_log_p = self.controller.step(t, hidden, choices[:, -1] if t else None)
            children = log_p[:, None] + token_log_p
            child_noisy = _gumbel_below(noisy[:, None], children + rng.gumbel(size=children.shape))
            kept = _largest(child_noisy.ravel(), count)
            parent, choice = np.divmod(kept, children.shape[1])
            row, hidden, choices = row[parent], after.rows(parent), np.column_stack([choices[parent], choice])
            log_p, noisy = children.ravel()[kept], child_noisy.ravel()[kept]
        return row, choices

    def learn(self, starts: Hidden, choices: Ints, rewards: Sequence[float]) -> None:
        """Learns from the N cells of one slot, ``passes`` times from each, one after the other.

        The ``reinforce`` objective is -A * sum log p - entropy_weight * sum H over a cell's T tokens, with the cell's
        advantage A. The ``released`` code's tensors broadcast to (T, T) and its entropies, which are part of the
        reward, are not detached, so that it computes -(sum log p) * (T * A + w * sum(H - h)). Here w is entropy_weight
        times baseline_decay, and h the moving average of the slot's entropies, from which the released baseline
        restarts. As -log p is positive, its descent lowers H.

        Args:
            starts: what the cells were sampled from, N rows.
            choices: the cells (N, T); one that was drawn twice counts twice.
            rewards: N finite numbers.
        """
        if not self._learns or not len(rewards):
            return
        advantages = self._advantages.of(np.asarray(rewards, dtype=np.float64)).tolist()
        for _ in range(self._config.passes):
            terms = _ReleasedTerms(self._config) if self._config.objective == "released" else None
            for i, advantage in enumerate(advantages):
                trace = self.controller.trace(starts.rows(np.array([i])), choices[i])
                weight = self._config.entropy_weight
                if terms is not None:
                    advantage, weight = terms.of(trace, advantage)
                self.controller.backward(trace, advantage, weight)
                self._adam.step()


class _ReleasedTerms:
    """The released code's loss of each of a slot's cells, as the factors that `Controller.backward` takes."""

    def __init__(self, config: ControllerConfig) -> None:
        self._decay = config.baseline_decay
        self._weight = config.entropy_weight * config.baseline_decay
        self._expected: Floats | None = None

    def of(self, trace: Trace, advantage: float) -> tuple[float, float]:
        """The weights of -sum log p and of -sum H: the gradient of a product, one factor held at a time."""
        entropies, total = trace.entropies, len(trace.tokens) * advantage
        if self._expected is None:  # the baseline is the reward itself, entropies and their gradient included
            self._expected = entropies
            return total, 0.0
        excess = float((entropies - self._expected).sum())
        self._expected = self._decay * self._expected + (1 - self._decay) * entropies
        return total + self._weight * excess, self._weight * float(trace.log_probs.sum())


class _Adam:
    """Adam as torch has it, in place on one vector, part by part so that each pass finds its data in the cache."""

    PART = 16_384

    def __init__(self, parameters: Floats, gradient: Floats, learning_rate: float, betas: tuple[float, float]) -> None:
        self._learning_rate, (self._beta1, self._beta2) = learning_rate, betas
        self._steps = 0
        self._scratch = np.empty(self.PART)
        vectors = (parameters, gradient, np.zeros_like(parameters), np.zeros_like(parameters))
        cuts = range(self.PART, parameters.size, self.PART)
        self._parts = list(zip(*(np.split(vector, cuts) for vector in vectors), strict=True))

    def step(self) -> None:
        self._steps += 1
        # Bias corrections are folded into the step and into epsilon.
        correction = math.sqrt(1 - self._beta2**self._steps)
        step_size = self._learning_rate * correction / (1 - self._beta1**self._steps)
        for parameters, gradient, mean, square in self._parts:
            scratch = self._scratch[: gradient.size]
            if self._beta1 == 0:
                mean = gradient
            else:
                mean *= self._beta1
                mean += np.multiply(gradient, 1 - self._beta1, out=scratch)
            square *= self._beta2
            np.multiply(gradient, gradient, out=scratch)
            scratch *= 1 - self._beta2
            square += scratch
            np.sqrt(square, out=scratch)
            scratch += _ADAM_EPSILON * correction
            np.divide(mean, scratch, out=scratch)
            scratch *= step_size
            parameters -= scratch


def _sample(log_p: Floats, rng: np.random.Generator) -> Ints:
    """A draw for each row, by inverting the cumulative distribution."""
    below = np.exp(log_p).cumsum(axis=1) < rng.random((len(log_p), 1))
    choice: Ints = np.minimum(below.sum(axis=1), log_p.shape[1] - 1)
    return choice


def _largest(values: Floats, count: int) -> Ints:
    """Indices of the ``count`` largest values, largest first; of equal ones the first."""
    return np.argsort(-values, kind="stable")[:count]


def _gumbel_below(maximum: Floats, noisy: Floats) -> Floats:
    """Shifts rows of Gumbel variables so that each row's largest is its ``maximum`` (N, 1), as if drawn so."""
    with np.errstate(divide="ignore"):  # the largest itself: log 0
        v = maximum - noisy + np.log1p(-np.exp(noisy - noisy.max(axis=1, keepdims=True)))
    below: Floats = maximum - np.maximum(v, 0.0) - np.log1p(np.exp(-np.abs(v)))
    return below
