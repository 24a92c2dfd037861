"""The rendezvous of the processes of one training, and whom they wait for meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import torch.distributed as dist
from torch.distributed.distributed_c10d import Store

from autogan_core.errors import PreemptedError, RankFailedError

logger = logging.getLogger(__name__)

REPORT_SECONDS = 30.0
"""Time between two lines about who is missing."""
_POLL_SECONDS = 0.5


def meet(host: str, port: int, rank: int, size: int, timeout: timedelta, stop: Callable[[], bool]) -> Store:
    """Waits until every process is there, and logs which are not.

    PyTorch's own rendezvous waits in silence: a pod that is Pending looks like a training that hangs.

    Args:
        host: of rank 0, which serves the store that the others connect to.
        port: its port.
        rank: this process.
        size: how many there are.
        timeout: how long to wait, here and in whatever is done with the store.
        stop: whether to give up.

    Returns:
        The store, for `torch.distributed.init_process_group`.

    Raises:
        PreemptedError: ``stop`` said so.
        RankFailedError: they are not all there in time, or rank 0 went away.
    """
    address, others = f"{host}:{port}", [other for other in range(size) if other != rank]
    logger.info("rank %d of %d: waiting for %s at %s", rank, size, _names(others), address)
    try:
        store: Store = dist.TCPStore(  # type: ignore[attr-defined]  # documented, but not exported
            host, port, size, is_master=rank == 0, timeout=timeout, wait_for_workers=False
        )
        store.set(_key(rank), "here")
        _await(store, others, address, timeout, stop)
    except dist.DistError as error:
        raise RankFailedError(
            f"rank {rank} of {size} cannot reach rank 0 at {address} ({' '.join(str(error).split())}); see that its "
            "pod runs, its log, and that the network policy lets the pods of one trial talk to each other"
        ) from error
    logger.info("all %d processes have joined", size)
    return store


def _await(store: Store, others: Sequence[int], address: str, timeout: timedelta, stop: Callable[[], bool]) -> None:
    begun = reported = time.monotonic()
    while missing := [rank for rank in others if not store.check([_key(rank)])]:
        now = time.monotonic()
        if stop():
            raise PreemptedError(f"stopped on request while waiting for {_names(missing)}; start the trial again")
        if now - begun >= timeout.total_seconds():
            raise RankFailedError(
                f"{_names(missing)} did not come to {address} within {timeout.total_seconds():.0f} s; see whether its "
                "pod is Pending (no free node, quota) or waits for an image"
            )
        if now - reported >= REPORT_SECONDS:
            logger.info("still waiting for %s at %s after %.0f s", _names(missing), address, now - begun)
            reported = now
        time.sleep(_POLL_SECONDS)


def _names(ranks: Sequence[int]) -> str:
    return f"rank{'s' if len(ranks) > 1 else ''} {', '.join(map(str, ranks))}"


def _key(rank: int) -> str:
    return f"autogan/rank-{rank}"
