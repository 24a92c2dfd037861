"""What a run needs of this machine, in words: memory and time."""

from __future__ import annotations

import torch

from autogan_core.config import Config
from autogan_core.data import count_images
from autogan_core.errors import DataError
from autogan_core.runs.planning.duration import expected_time
from autogan_core.runs.planning.memory import PeakMemory, peak_memory
from autogan_core.runtime.devices import describe_device, device_memory


def needs(config: Config, device: torch.device) -> str:
    """Estimates memory and measures time, in lines of text.

    Args:
        config: of the run.
        device: what it will work on.

    Returns:
        The peaks beside what the device has, with what to change if it has too little, and the time of each phase; or
        why neither is known, if there are no images yet.
    """
    try:
        count = count_images(config.data, config.model)
    except DataError as error:
        return f"memory and time depend on the images: {error}"
    peak, available = peak_memory(config, device, count), device_memory(device)
    lines = [
        f"memory: up to {_gigabytes(peak.largest)} (search {_gigabytes(peak.search)}, training "
        f"{_gigabytes(peak.retraining)}, scores {_gigabytes(peak.scoring)}); {describe_device(device)} has "
        f"{_gigabytes(available)}"
    ]
    if peak.largest > available:
        lines.append(f"  too much for it: {_remedy(config, peak, available)}")
        return "\n".join(lines)
    time = expected_time(config, device, count)
    phases = {
        "search": time.search,
        "training": time.retraining,
        "final scores": time.scoring,
        "classifier and real images": time.preparation,
    }
    parts = ", ".join(f"{name} {duration_words(seconds)}" for name, seconds in phases.items())
    return "\n".join([*lines, f"time: about {duration_words(time.total)} on {describe_device(device)} ({parts})"])


def duration_words(seconds: float) -> str:
    """A duration to two digits or so, in the unit that people would use."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.1f} {unit}" if seconds < 10 * size else f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"


def _remedy(config: Config, peak: PeakMemory, available: int) -> str:
    steps = []
    if max(peak.search, peak.retraining) > available:
        training = config.training
        if not training.checkpointing:
            steps.append("set training.checkpointing=true")
        steps.append(
            f"lower training.generator_batch ({training.generator_batch}) and training.discriminator_batch "
            f"({training.discriminator_batch})"
        )
        for name, most in (("search", peak.search), ("retrain", peak.retraining)):
            if most > available:
                channels = getattr(config, name).generator_channels
                steps.append(f"lower {name}.generator_channels ({channels}) and {name}.discriminator_channels")
    if peak.scoring > available:
        steps.append(f"lower scores.batch_size ({config.scores.batch_size}) or scores.num_images")
    return "; ".join(steps)


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
