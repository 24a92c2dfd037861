"""Activation checkpointing: a part of a network is computed twice, so that what lies inside it need not be kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


def run_part(part: Callable[..., Any], *inputs: Any, checkpointed: bool) -> Any:
    """Calls a part of a network.

    With checkpointing autograd keeps the inputs alone, and the backward pass calls the part once more (Chen et al.,
    2016). Batch norm's running statistics move in the first call only.

    Args:
        part: a module, or a function without batch norm; it draws nothing at random.
        inputs: what it is called with; they must stay as they are until the backward pass.
        checkpointed: whether to do so; without gradients it makes no difference.

    Returns:
        What the part returns.
    """
    if not (checkpointed and torch.is_grad_enabled()):
        return part(*inputs)

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), _OnCopiesOfStatistics(part)

    return checkpoint(part, *inputs, use_reentrant=False, preserve_rng_state=False, context_fn=contexts)


class _OnCopiesOfStatistics(AbstractContextManager[None]):
    """Within the context batch norm moves copies of its running statistics, which nobody sees.

    It can be entered again and again: a gradient of a gradient computes the part several times.
    """

    def __init__(self, part: Callable[..., Any]) -> None:
        modules = part.modules() if isinstance(part, nn.Module) else ()
        self._norms = [module for module in modules if isinstance(module, nn.BatchNorm2d)]
        self._kept: list[list[dict[str, Tensor]]] = []

    def __enter__(self) -> None:
        self._kept.append([dict(norm.named_buffers()) for norm in self._norms])
        self._set([{name: tensor.clone() for name, tensor in buffers.items()} for buffers in self._kept[-1]])

    def __exit__(self, *_: object) -> None:
        self._set(self._kept.pop())

    def _set(self, statistics: list[dict[str, Tensor]]) -> None:
        for norm, buffers in zip(self._norms, statistics, strict=True):
            for name, tensor in buffers.items():
                setattr(norm, name, tensor)
