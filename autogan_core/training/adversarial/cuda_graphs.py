"""CUDA graphs of work that is done again and again: one launch instead of hundreds."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable

import torch

logger = logging.getLogger(__name__)

CAPACITY = 512
"""Graphs kept; a search iteration meets two for each of its 128 architectures."""


class CapturedWork:
    """Runs pieces of work, on a GPU as graphs that were captured earlier.

    A piece is run as it is when it is first met, which also warms it up; captured when it is met again; and replayed
    from then on. The graphs met least recently are dropped beyond ``CAPACITY``. All share one memory pool, since only
    one of them runs at a time. Anywhere but on a GPU every piece is run as it is.

    Work must be repeatable with no Python in it: it reads and writes tensors that stay where they are, keeps no tensor
    that it makes, and never waits for the device.
    """

    def __init__(self, device: torch.device, *, enabled: bool = True) -> None:
        self._enabled = enabled and device.type == "cuda"
        self._graphs: OrderedDict[Hashable, torch.cuda.CUDAGraph | None] = OrderedDict()
        if self._enabled:
            # One stream for warming up and capturing, because autograd binds a weight's gradient to a stream.
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            self._pool = torch.cuda.graph_pool_handle()

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        """Does the work that ``key`` identifies; equal keys, equal work."""
        if not self._enabled:
            work()
        elif key not in self._graphs:
            self._run_aside(work)
            self._keep(key, None)
        else:
            graph = self._graphs[key]
            if graph is None:
                graph = self._capture(work)
            if graph is None:
                self._run_aside(work)
            else:
                self._keep(key, graph)
                graph.replay()

    def _run_aside(self, work: Callable[[], None]) -> None:
        current = torch.cuda.current_stream(self._stream.device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            work()
        current.wait_stream(self._stream)

    def _capture(self, work: Callable[[], None]) -> torch.cuda.CUDAGraph | None:
        """A graph of the work, which has not been done by it; None, for all work to come too, if it cannot be had."""
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.stream(self._stream):
                # Not by torch.cuda.graph, which waits for the device and gives all cached memory back each time.
                graph.capture_begin(pool=self._pool)
                try:
                    work()
                finally:
                    graph.capture_end()
        except RuntimeError as error:
            logger.warning("training goes on without CUDA graphs, several times slower: %s", error)
            self._enabled = False
            self._graphs.clear()
            return None
        return graph

    def _keep(self, key: Hashable, graph: torch.cuda.CUDAGraph | None) -> None:
        self._graphs[key] = graph
        self._graphs.move_to_end(key)
        if len(self._graphs) > CAPACITY:
            self._graphs.popitem(last=False)
