"""Several processes that work on one training: who they are, and the few things that they tell each other.

Everything goes through tensors; nothing is ever pickled. A world of one process has no process group, and all of its
exchanges are the identity.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from autogan_core.errors import ConfigError, RankFailedError
from autogan_core.runtime.rendezvous import meet

TIMEOUT = timedelta(minutes=10)
"""How long a rank waits for the others before it fails."""

TRAINER = {
    "WORLD_SIZE": "PET_NNODES",
    "RANK": "PET_NODE_RANK",
    "MASTER_ADDR": "PET_MASTER_ADDR",
    "MASTER_PORT": "PET_MASTER_PORT",
}
"""Kubeflow Trainer's variables, which stand in for those that are missing: its pods run one process each."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class World:
    """The processes that train together, seen from one of them. All make the same calls in the same order."""

    rank: int
    """This process, in [0, size)."""
    size: int
    device: torch.device
    """The device of this process, on which the tensors that it exchanges must lie."""

    @classmethod
    def single(cls, device: torch.device) -> World:
        """A world of this process alone."""
        return cls(0, 1, device)

    @classmethod
    def from_environment(cls, device: torch.device, stop: Callable[[], bool] = lambda: False) -> World:
        """Joins the world that torchrun, a PyTorchJob or a TrainJob (by `TRAINER`) describes in the environment.

        Reads WORLD_SIZE, RANK, LOCAL_RANK, MASTER_ADDR and MASTER_PORT. Without LOCAL_RANK there is one process per
        pod, whose RANK the operator sets. Without WORLD_SIZE, or with 1, the world is this process alone. Otherwise
        joins a process group (nccl between GPUs, gloo between CPUs) once all are there, and logs whom it waits for;
        use it as a context, or call `close`.

        Args:
            device: what to work on; in a process group, a GPU's number gives way to the local rank.
            stop: whether to give up waiting for the others, such as after SIGTERM.

        Returns:
            The world, with this rank's device.

        Raises:
            ConfigError: a variable is missing or not what it must be.
            PreemptedError: ``stop`` said so.
            RankFailedError: the other ranks were not to be reached in time.
        """
        for name, pods in TRAINER.items():
            if pods in os.environ:
                os.environ.setdefault(name, os.environ[pods])
        size = _variable("WORLD_SIZE", 1, default=1)
        if size == 1:
            return cls.single(device)
        rank = _variable("RANK", 0, size - 1)
        local_rank = _local_rank()
        port, host = _variable("MASTER_PORT", 1, 65535), os.environ.get("MASTER_ADDR")
        if not host:
            raise ConfigError(f"MASTER_ADDR is not set, though WORLD_SIZE is {size}; set it to the host of rank 0")
        if device.type == "cuda":
            device = _gpu(local_rank)
        backend, device_id = ("nccl", device) if device.type == "cuda" else ("gloo", None)
        # torchrun has made its processes meet, and serves a store of its own at this address.
        agent = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
        store = None if agent else meet(host, port, rank, size, TIMEOUT, stop)
        dist.init_process_group(backend, store=store, timeout=TIMEOUT, rank=rank, world_size=size, device_id=device_id)
        return cls(rank, size, device)

    def __enter__(self) -> World:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        # After an error the others may be stuck in an exchange that leaving in good order would wait for; the end of
        # this process breaks their connections instead.
        if kind is None:
            self.close()
        elif self.size > 1 and (isinstance(error, dist.DistError) or "gloo" in str(error)):
            raise RankFailedError(f"another rank of {self.size} went away; see the other ranks' logs") from error

    def close(self) -> None:
        """Waits for the other ranks and leaves the process group with them."""
        if self.size > 1:
            self.barrier()
            dist.destroy_process_group()

    @property
    def is_main(self) -> bool:
        """Whether this is the rank that reads, writes and reports for all."""
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """This rank's rows of a batch that all ranks know, (N, ...) -> (about N / size, ...); there may be none."""
        return rows if self.size == 1 else rows[self.rank :: self.size].contiguous()

    def sum_(self, tensor: Tensor) -> Tensor:
        """Adds up a contiguous tensor over the ranks, in place; the sum has the same bits on every rank."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def start_sum(self, tensor: Tensor) -> dist.Work:
        """Begins `sum_` in a world of several ranks; the tensor is to be left alone until the result is waited for."""
        work = dist.all_reduce(tensor, async_op=True)
        assert work is not None, "this rank belongs to the process group"
        return work

    def gather(self, tensor: Tensor) -> Tensor:
        """Every rank's tensor, (...) -> (size, ...), differentiable in this rank's own."""
        if self.size == 1:
            return tensor[None]
        gathered: Tensor = _Gather.apply(tensor.contiguous(), self)
        return gathered

    def broadcast(self, tensors: Iterable[Tensor], source: int = 0) -> None:
        """Overwrites the tensors with those of rank ``source``."""
        if self.size == 1:
            return
        for tensor in tensors:
            buffer = tensor.detach().contiguous()
            dist.broadcast(buffer, source)
            tensor.detach().copy_(buffer)

    def broadcast_json(self, tree: Any) -> Any:
        """Rank 0's JSON value, on every rank; what the others pass is ignored."""
        if self.size == 1:
            return tree
        text = json.dumps(tree, allow_nan=False).encode() if self.is_main else b""
        length = torch.tensor([len(text)], device=self.device)
        dist.broadcast(length, 0)
        buffer = torch.empty(int(length.item()), dtype=torch.uint8, device=self.device)
        if self.is_main:
            buffer.copy_(torch.frombuffer(bytearray(text), dtype=torch.uint8))
        dist.broadcast(buffer, 0)
        return json.loads(bytes(buffer.tolist()))

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Which of the flags are set on any rank; all ranks agree."""
        if self.size == 1:
            return flags
        return tuple(
            count > 0 for count in self.sum_(torch.tensor(flags, dtype=torch.int32, device=self.device)).tolist()
        )

    def barrier(self) -> None:
        """Waits until every rank is here."""
        if self.size > 1:
            dist.barrier()


class _Gather(torch.autograd.Function):
    """All ranks' tensors stacked; `torch.distributed.nn.functional`, which has this, is deprecated."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, world: World) -> Tensor:
        ctx.world = world
        parts = [torch.empty_like(tensor) for _ in range(world.size)]
        dist.all_gather(parts, tensor)
        return torch.stack(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        # Every rank's loss depends on this rank's tensor, and the loss of the whole is their sum.
        total = ctx.world.sum_(gradients[0].clone(memory_format=torch.contiguous_format))
        return total[ctx.world.rank], None


def score_sharded(
    world: World, candidates: Sequence[Item], score: Callable[[Item], float | None]
) -> tuple[float | None, ...]:
    """Scores every candidate on one rank or another, and tells all ranks all scores.

    Args:
        world: rank r takes candidates r, r + size, ...
        candidates: the same ones on every rank.
        score: makes no exchanges of its own; may return None, NaN or an infinity.

    Returns:
        One score per candidate, equal on all ranks.

    Raises:
        RankFailedError: ``score`` raised on another rank; that rank raises what ``score`` did. Every rank hears of it
            when it is through with its own share, so none waits for ever.
    """
    scores: dict[int, float | None] = {}
    complete = False
    try:
        for index in range(world.rank, len(candidates), world.size):
            scores[index] = score(candidates[index])
        complete = True
    finally:
        table = _exchange(world, scores, len(candidates), failed=not complete)
    if table[-1, 0] != 0:
        raise RankFailedError(
            f"{int(table[-1, 0])} of {world.size} ranks failed to score their candidates; "
            f"rank {world.rank} did not, see the other ranks' logs"
        )
    return tuple(None if missing else value for value, missing in table[:-1].tolist())


def _exchange(world: World, scores: dict[int, float | None], count: int, *, failed: bool) -> Tensor:
    """(count + 1, 2): value and whether it is None, a row per candidate; the last row counts the ranks that failed."""
    table = torch.zeros(count + 1, 2, dtype=torch.float64)
    for index, value in scores.items():
        table[index] = torch.tensor([value or 0.0, value is None], dtype=torch.float64)
    table[-1, 0] = failed
    return world.sum_(table.to(world.device)).cpu()


def _variable(name: str, low: int, high: int | None = None, default: int | None = None) -> int:
    text = os.environ.get(name)
    if text is None and default is not None:
        return default
    expected = f"an integer of at least {low}" if high is None else f"an integer from {low} to {high}"
    if text is None:
        raise ConfigError(
            f"{name} is not set, though WORLD_SIZE is {os.environ.get('WORLD_SIZE')}; set it to {expected}"
        )
    if not (text.isascii() and text.isdigit()) or int(text) < low or (high is not None and int(text) > high):
        raise ConfigError(f"the environment variable {name} must be {expected}, not '{text}'")
    return int(text)


def _local_rank() -> int:
    if "LOCAL_RANK" in os.environ:
        return _variable("LOCAL_RANK", 0)
    # The operator then counts processes in WORLD_SIZE but pods in RANK, and the missing ones would be waited for.
    per_pod = os.environ.get("PET_NPROC_PER_NODE", "")
    if per_pod.isdigit() and int(per_pod) > 1:
        raise ConfigError(
            f"the job asks for {per_pod} processes per pod (PyTorchJob: nprocPerNode, TrainJob: numProcPerNode), but "
            "only one was started; start them with torchrun, or ask for 1"
        )
    return 0


def _gpu(local_rank: int) -> torch.device:
    if local_rank >= torch.cuda.device_count():
        found = torch.cuda.device_count()
        raise ConfigError(f"LOCAL_RANK is {local_rank}, but the number of GPUs here is {found}; start one per GPU")
    device = torch.device("cuda", local_rank)
    torch.cuda.set_device(device)
    return device
