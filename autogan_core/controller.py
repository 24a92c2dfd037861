"""The controller: an LSTM that writes a cell token by token and learns by REINFORCE (paper, section 3.3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from autogan_core.config import ControllerConfig
from autogan_core.seeding import seeded_initialisation


class Hidden(NamedTuple):
    """The LSTM's state, each part (N, hidden_dim)."""

    h: Tensor
    c: Tensor


class Rollout(NamedTuple):
    """N cells, token by token."""

    choices: Tensor
    """Indices into each token's options, (N, T), int64."""
    log_probs: Tensor
    """Log-probability of each choice given those before it, (N, T), nats."""
    entropies: Tensor
    """Entropy of each token's distribution given the choices before it, (N, T), nats."""
    hidden: Hidden
    """The state behind the last token, which the next stage's controller starts from."""


class Controller(nn.Module):
    """The policy of one stage.

    Each token's choice is embedded and fed to the next step; the first step's input is zero in every stage (Figure 1
    draws the last shortcut token there; the released code feeds zeros, as here). Weights keep PyTorch's defaults, with
    which a fresh policy is within 1 % of the uniform entropy. It computes in float64: a search is replayed from its
    history wherever it goes on, and must draw the same cells there.
    """

    def __init__(self, option_counts: Sequence[int], hidden_dim: int) -> None:
        super().__init__()
        self.hidden_dim = hidden_dim
        self.embedding = nn.Embedding(sum(option_counts), hidden_dim)
        self.lstm = nn.LSTMCell(hidden_dim, hidden_dim)
        self.decoders = nn.ModuleList(nn.Linear(hidden_dim, count) for count in option_counts)
        self._offsets = [sum(option_counts[:t]) for t in range(len(option_counts))]
        self.double()

    def start(self) -> Hidden:
        """The state that the first stage starts from: zeros, one row."""
        zeros = torch.zeros(1, self.hidden_dim, dtype=torch.float64)
        return Hidden(zeros, zeros)

    def forward(self, hidden: Hidden, choices: Tensor | None = None, rng: torch.Generator | None = None) -> Rollout:
        """Samples cells, or evaluates given ones.

        Args:
            hidden: the state to start each of the N cells from.
            choices: cells to evaluate (N, T); None samples them.
            rng: what sampling draws from.
        """
        h, c = hidden
        token_input = torch.zeros_like(h)
        chosen, log_probs, entropies = [], [], []
        for t, decoder in enumerate(self.decoders):
            h, c = self.lstm(token_input, (h, c))
            log_p = decoder(h).log_softmax(dim=1)
            if choices is None:
                choice = torch.multinomial(log_p.detach().exp(), 1, generator=rng).squeeze(1)
            else:
                choice = choices[:, t]
            chosen.append(choice)
            log_probs.append(log_p.gather(1, choice[:, None]).squeeze(1))
            entropies.append(-(log_p.exp() * log_p).sum(dim=1))
            token_input = self.embedding(choice + self._offsets[t])
        return Rollout(
            torch.stack(chosen, dim=1), torch.stack(log_probs, dim=1), torch.stack(entropies, dim=1), Hidden(h, c)
        )


class Policy:
    """A controller with its optimiser and reward baseline: what is learned in one stage.

    The update is plain REINFORCE on the sum over tokens. Where the released code is broken we differ: its baseline
    restarts in every iteration (ours lives as long as the controller), it multiplies a sample's loss by the number of
    tokens, and its entropy term lowers the entropy instead of raising it.
    """

    def __init__(self, option_counts: Sequence[int], config: ControllerConfig, seed: int, stage: int) -> None:
        with seeded_initialisation(seed, "controller", stage):
            self.controller = Controller(option_counts, config.hidden_dim)
        self._config = config
        self._baseline: float | None = None
        self._optimizer = torch.optim.Adam(
            self.controller.parameters(), lr=config.learning_rate, betas=config.adam_betas
        )

    @torch.no_grad()
    def rollout(self, hidden: Hidden, choices: Tensor | None = None, rng: torch.Generator | None = None) -> Rollout:
        """`Controller.forward`, without gradients."""
        rollout: Rollout = self.controller(hidden, choices, rng)
        return rollout

    def reinforce(self, hidden: Hidden, choices: Tensor, reward: float) -> None:
        """One step towards, or away from, one cell.

        Args:
            hidden: what the cell was sampled from, one row.
            choices: the cell (1, T).
            reward: finite. Its excess over the baseline is the advantage; the first reward sets the baseline.
        """
        baseline = reward if self._baseline is None else self._baseline
        rollout = self.controller(hidden, choices)
        advantage = reward - baseline
        loss = -advantage * rollout.log_probs.sum() - self._config.entropy_weight * rollout.entropies.sum()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        decay = self._config.baseline_decay
        self._baseline = decay * baseline + (1 - decay) * reward
