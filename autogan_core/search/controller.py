"""The controller: an LSTM that writes cells token by token (paper, section 3.3.2); `policy` teaches it.

A search is replayed from its history wherever it goes on: thousands of updates on a network of 83,000 weights, one
cell at a time. A framework's overhead per operation would be most of the work, so the network, its gradient and Adam
are written out in numpy, which also spares the search service the framework. A test holds them to torch's.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Hidden(NamedTuple):
    """The LSTM's state, each part (N, hidden_dim)."""

    h: Floats
    c: Floats

    def rows(self, index: Ints) -> Hidden:
        """The states of some rows, in that order; a row may be taken repeatedly."""
        return Hidden(self.h[index], self.c[index])

    @staticmethod
    def stack(parts: Sequence[Hidden]) -> Hidden:
        """Rows of several states, one below the other."""
        return Hidden(np.concatenate([part.h for part in parts]), np.concatenate([part.c for part in parts]))


class Trace(NamedTuple):
    """The network's activations for one cell, token by token, as the gradient needs them. H is ``hidden_dim``."""

    tokens: Ints
    """Embedding rows of all choices (T,); each but the last is the next token's input."""
    inputs: Floats
    """Embedded choices before each token (T, H); zeros for the first."""
    h_before: Floats
    c_before: Floats
    """States before each token, (T, H)."""
    gates: Floats
    """Input, forget, cell and output gates, (T, 4, H)."""
    h: Floats
    c: Floats
    """States after each token, (T, H)."""
    log_p: Floats
    """Log-probabilities of all tokens' options (T, options); 0 outside a token's own."""
    p: Floats
    """Probabilities likewise."""

    @property
    def log_probs(self) -> Floats:
        """Log-probability of each choice given those before it, (T,), nats."""
        chosen: Floats = self.log_p[np.arange(len(self.tokens)), self.tokens]
        return chosen

    @property
    def entropies(self) -> Floats:
        """Entropy of each token's distribution given the choices before it, (T,), nats."""
        entropies: Floats = -(self.p * self.log_p).sum(axis=1)
        return entropies


class Controller:
    """The policy network of one stage.

    Each token's choice is embedded and fed to the next step; the first step's input is zero in every stage (Figure 1
    draws the last shortcut token there; the released code feeds zeros, as here). First weights follow PyTorch's
    defaults, with which a fresh policy is within 1 % of the uniform entropy. It computes in float64: a replay on
    another machine must draw the same cells.
    """

    def __init__(self, option_counts: Sequence[int], hidden_dim: int, rng: np.random.Generator) -> None:
        self.hidden_dim = hidden_dim
        self._ends = list(itertools.accumulate(option_counts, initial=0))
        options, gates = self._ends[-1], 4 * hidden_dim
        shapes = {
            "embedding": (options, hidden_dim),
            "weight_ih": (gates, hidden_dim),
            "weight_hh": (gates, hidden_dim),
            "bias_ih": (gates,),
            "bias_hh": (gates,),
            "decoder_weight": (options, hidden_dim),
            "decoder_bias": (options,),
        }
        self.parameters: Floats = rng.uniform(-1.0, 1.0, sum(map(np.prod, shapes.values()))) / hidden_dim**0.5
        """All weights as one vector; `weights` are views of it."""
        self.gradient: Floats = np.zeros_like(self.parameters)
        self.weights = _views(self.parameters, shapes)
        self._gradients = _views(self.gradient, shapes)
        self.weights["embedding"][:] = rng.standard_normal((options, hidden_dim))
        self._squash = np.repeat([0.5, 0.5, 1.0, 0.5], hidden_dim)
        self._own = np.repeat(np.eye(len(option_counts), dtype=bool), option_counts, axis=1)

    @property
    def num_tokens(self) -> int:
        """T: tokens that the controller writes."""
        return len(self._ends) - 1

    def start(self) -> Hidden:
        """The state that the first stage starts from: zeros, one row."""
        return Hidden(np.zeros((1, self.hidden_dim)), np.zeros((1, self.hidden_dim)))

    def step(self, t: int, hidden: Hidden, previous: Ints | None) -> tuple[Hidden, Floats]:
        """Writes token ``t`` of N cells.

        Args:
            t: the token, from 0.
            hidden: the state before it.
            previous: choices of the token before it (N,); None for the first.

        Returns:
            The state after it, and the log-probabilities of its options (N, options).
        """
        w = self.weights
        pre = hidden.h @ w["weight_hh"].T
        pre += w["bias_ih"] + w["bias_hh"]
        if previous is not None:
            pre += w["embedding"][previous + self._ends[t - 1]] @ w["weight_ih"].T
        i, f, g, o = np.split(self._activate(pre), 4, axis=1)
        c = f * hidden.c + i * g
        h = o * np.tanh(c)
        options = slice(self._ends[t], self._ends[t + 1])
        logits = h @ w["decoder_weight"][options].T + w["decoder_bias"][options]
        return Hidden(h, c), _log_softmax(logits)

    def trace(self, hidden: Hidden, choices: Ints) -> Trace:
        """Runs one known cell (T,) from one state. All but the recurrence is done for all tokens at once."""
        w, size = self.weights, self.hidden_dim
        tokens = choices + self._ends[:-1]
        inputs = np.zeros((len(tokens), size))
        inputs[1:] = w["embedding"][tokens[:-1]]
        pre = inputs @ w["weight_ih"].T
        pre += w["bias_ih"] + w["bias_hh"]
        h, c = np.empty((len(tokens) + 1, size)), np.empty((len(tokens) + 1, size))
        h[0], c[0] = hidden.h[0], hidden.c[0]
        for t, row in enumerate(pre):
            row += w["weight_hh"] @ h[t]
            i, f, g, o = self._activate(row).reshape(4, size)
            np.multiply(f, c[t], out=c[t + 1])
            c[t + 1] += i * g
            np.multiply(o, np.tanh(c[t + 1]), out=h[t + 1])
        log_p = _log_softmax(np.where(self._own, h[1:] @ w["decoder_weight"].T + w["decoder_bias"], -np.inf))
        p = np.exp(log_p)
        log_p[~self._own] = 0.0
        return Trace(tokens, inputs, h[:-1], c[:-1], pre.reshape(-1, 4, size), h[1:], c[1:], log_p, p)

    def backward(self, trace: Trace, advantage: float, entropy_weight: float) -> None:
        """Sets `gradient` to that of -advantage * sum log p - entropy_weight * sum H over a cell's tokens."""
        w, d = self.weights, self._gradients
        dlogits = trace.p * (advantage + entropy_weight * (trace.log_p + trace.entropies[:, None]))
        dlogits[np.arange(len(dlogits)), trace.tokens] -= advantage
        np.matmul(dlogits.T, trace.h, out=d["decoder_weight"])
        d["decoder_bias"][:] = dlogits.sum(axis=0)
        dpre = self._gate_gradient(trace, dlogits @ w["decoder_weight"])
        np.matmul(dpre.T, trace.h_before, out=d["weight_hh"])
        np.matmul(dpre.T, trace.inputs, out=d["weight_ih"])
        d["bias_ih"][:] = d["bias_hh"][:] = dpre.sum(axis=0)
        d["embedding"][:] = 0.0
        np.add.at(d["embedding"], trace.tokens[:-1], dpre[1:] @ w["weight_ih"])

    def _gate_gradient(self, trace: Trace, dh_out: Floats) -> Floats:
        """Back through time: from the gradient of every h (T, H) to that of the gates' inputs (T, 4 * H)."""
        i, f, g, o = trace.gates.transpose(1, 0, 2)
        tanh_c = np.tanh(trace.c)
        c_by_h = o * (1 - tanh_c**2)
        by_c = np.stack([g * i * (1 - i), trace.c_before * f * (1 - f), i * (1 - g**2)], axis=1)
        by_h = tanh_c * o * (1 - o)
        dpre = np.empty_like(trace.gates)
        dh = dc = np.zeros(self.hidden_dim)
        for t in reversed(range(len(dpre))):
            dh = dh + dh_out[t]
            dc = dc + dh * c_by_h[t]
            np.multiply(by_c[t], dc, out=dpre[t, :3])
            np.multiply(by_h[t], dh, out=dpre[t, 3])
            dh, dc = dpre[t].reshape(-1) @ self.weights["weight_hh"], dc * f[t]
        return dpre.reshape(len(dpre), -1)

    def _activate(self, pre: Floats) -> Floats:
        """The gates (..., 4 * H), in place: sigmoid(x) = (1 + tanh(x / 2)) / 2, so one call serves all four."""
        pre *= self._squash
        np.tanh(pre, out=pre)
        pre *= self._squash
        pre += 1 - self._squash
        return pre


def _views(vector: Floats, shapes: dict[str, tuple[int, ...]]) -> dict[str, Floats]:
    ends = np.cumsum([np.prod(shape) for shape in shapes.values()])
    parts = np.split(vector, ends[:-1])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def _log_softmax(logits: Floats) -> Floats:
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p: Floats = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return log_p
