"""Counting the memory that a computation's tensors need, without the computation and without the memory."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class TensorMemory(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what tensors hold that are made while it is active: results, what autograd keeps, gradients, scratch.

    A tensor's memory counts from the operation that makes it until nobody can reach it. Tensors that were there before,
    such as weights, count nothing. What kernels take for themselves inside an operation is not seen.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held = 0
        """Bytes that tensors hold now."""
        self.peak = 0
        """The most bytes that they have held at a time."""
        self._sizes: dict[int, int] = {}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Runs an operation and counts what it makes."""
        given = {id_of(tensor) for tensor in tree_leaves((args, kwargs)) if isinstance(tensor, Tensor)}
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor) and id_of(tensor) not in given:
                self._count(tensor)
        return made

    def _count(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key = id_of(tensor)
        if key in self._sizes:
            return
        self._sizes[key] = storage.nbytes()
        self.held += storage.nbytes()
        self.peak = max(self.peak, self.held)
        weakref.finalize(storage, self._release, key)

    def _release(self, key: int) -> None:
        self.held -= self._sizes.pop(key)


def id_of(tensor: Tensor) -> int:
    """Identifies a tensor's memory, which views share."""
    return int(tensor.untyped_storage()._cdata)


@contextmanager
def counted() -> Iterator[TensorMemory]:
    """Within the context operations compute shapes alone, and their memory is counted.

    Networks from outside may be used; their weights are neither read nor changed.

    Yields:
        The counter.
    """
    memory = TensorMemory()
    with FakeTensorMode(allow_non_fake_inputs=True), memory:
        yield memory
