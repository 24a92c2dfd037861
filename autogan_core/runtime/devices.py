"""The choice of the device to compute on."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from autogan_core.errors import ConfigError


def choose_device(name: str) -> torch.device:
    """Chooses the device to work on.

    ``auto`` takes the first CUDA device if there is one, else the CPU; other names are torch's.

    Returns:
        A device that exists.

    Raises:
        ConfigError: no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"there is no device '{name}'; use auto, cpu or cuda") from error
    if device.type not in {"cpu", "cuda"} or (device.type == "cuda" and not torch.cuda.is_available()):
        raise ConfigError(f"the device '{name}' is not available here; use auto or cpu")
    return device


def open_device(name: str, cpu_threads: int | None) -> torch.device:
    """Chooses a device (see `choose_device`) and configures the process for it.

    On a GPU equal work then gives equal bits, so that a training that was killed ends as if it had not been, and
    float32 means float32.

    Args:
        name: see `choose_device`.
        cpu_threads: for work on the CPU; None keeps one per core.

    Returns:
        The device.
    """
    if cpu_threads is not None:
        torch.set_num_threads(cpu_threads)
    device = choose_device(name)
    if device.type == "cuda":
        _make_repeatable()
    return device


def _make_repeatable() -> None:
    # cuBLAS reads this when it starts; without it, work on several streams may be added up in another order.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    cudnn = torch.backends.cudnn
    cudnn.deterministic, cudnn.benchmark = True, False
    cudnn.allow_tf32 = False


def device_memory(device: torch.device) -> int:
    """Bytes of the memory that work on a device has: the card's, or RAM as far as the container may use it."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.exists() else "max"
    return min(installed, int(text)) if text.isdigit() else installed


def describe_device(device: torch.device) -> str:
    """The hardware in words, such as ``CPU, 2 threads``."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"
