"""Findings, a machine and measures that are made up, so that advice can be tested without either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autogan_core.config import Config
from autogan_core.first_run.advice import advise
from autogan_core.first_run.budget import Estimate
from autogan_core.first_run.decisions import Decisions
from autogan_core.first_run.findings import Findings
from autogan_core.first_run.machine import Machine
from autogan_core.first_run.networks import Measures
from autogan_core.runs.planning.duration import ExpectedTime, time_at
from autogan_core.runs.planning.pace import NetworkPace, Pace
from autogan_core.runs.planning.scoring_rate import ScoringRate
from autogan_core.runs.planning.step_time import StepTime


def findings(count: int = 300, side: int = 64, **more: Any) -> Findings:
    """So many square images in colour, all of one size."""
    classes = more.pop("classes", {"cat": count // 2, "dog": count - count // 2})
    known: dict[str, Any] = {"square": count, "grey": False, "decoded": count, "classes": classes}
    return Findings("my-images", count, more.pop("sides", (side,) * count), **known | more)


def machine(**more: Any) -> Machine:
    """A CPU with 8 GiB and no InceptionV3."""
    return replace(Machine("CPU, 2 threads", gpu=False, mebibytes=8192.0, inception=False), **more)


def pace(config: Config, speed: float = 1.0) -> Pace:
    """A pace that falls with the pixels and the square of the width, about that of a CPU's core."""

    def network(size: int, width: int) -> NetworkPace:
        work = size**2 * width**2 / speed
        return NetworkPace(StepTime(4e-7 * work, 2e-7 * work), 4e-9 * work)

    model, search = config.model, config.search
    sizes = [model.image_size_at(depth) for depth in search.stage_depths(model.num_cells)]
    return Pace(
        stages=tuple(network(size, search.generator_channels) for size in sizes),
        training=network(model.image_size, config.retrain.generator_channels),
        averaging=1e-4,
        scoring=ScoringRate(extraction=1e-4, fid=0.01, kid_subset=0.01, neighbours=1.0, classifier_step=0.05),
    )


def measures(speed: float = 1.0, mebibytes: float = 900.0) -> Measures:
    """Measures of a device so many times as fast as a CPU's core."""

    def estimate(config: Config, images: int) -> Estimate:
        measured = pace(config, speed)
        return lambda other: time_at(measured, other, images)

    def iteration_seconds(config: Config) -> float:
        step = pace(config, speed).training.step
        return config.training.n_critic * step.discriminator + step.generator

    return Measures(iteration_seconds, estimate, lambda config, images: mebibytes)


def advised(
    found: Findings | None = None,
    on: Machine | None = None,
    hours: float | None = None,
    given: Mapping[str, Any] | None = None,
    speed: float = 1.0,
) -> Decisions:
    """Advice for what is made up."""
    return advise(found or findings(), on or machine(), hours, given or {}, measures(speed))


def reasons(decisions: Decisions) -> dict[str, str]:
    """The reason of every setting."""
    return {decision.setting: decision.reason for decision in decisions}


def expected(decisions: Decisions, found: Findings, speed: float = 1.0) -> ExpectedTime:
    """What a run of these decisions takes on what is made up."""
    config = decisions.config()
    return time_at(pace(config, speed), config, found.used(config))
