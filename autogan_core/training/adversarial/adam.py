"""The optimiser of every network, and its state as named tensors."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Adam

from autogan_core.config import TrainingConfig


def adam(network: nn.Module, learning_rate: float, training: TrainingConfig) -> Adam:
    """A fused Adam for all weights of a network."""
    return Adam(network.parameters(), lr=learning_rate, betas=training.adam_betas, fused=True)


def moments(optimizer: Adam) -> dict[str, Tensor]:
    """What it continues from, by ``weight's number.slot``; weights that it has never moved have none."""
    return {
        f"{index}.{slot}": tensor
        for index, slots in optimizer.state_dict()["state"].items()
        if slots["step"].item()
        for slot, tensor in slots.items()
    }


def load_moments(optimizer: Adam, tensors: Mapping[str, Tensor]) -> None:
    """The inverse of `moments`: overwrites the state in place, where captured work will look for it."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    for state in optimizer.state.values():  # a weight without stored state has never been moved
        for tensor in state.values():
            tensor.zero_()
    for key, stored in tensors.items():
        index, slot = key.split(".")
        weight = weights[int(index)]
        state = optimizer.state[weight]
        if slot not in state:
            state[slot] = torch.zeros((), device=weight.device) if slot == "step" else torch.zeros_like(weight)
        state[slot].copy_(stored)
