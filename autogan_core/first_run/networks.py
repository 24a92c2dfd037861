"""The networks of a first run: how large their images are, and how wide they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autogan_core.config import Config
from autogan_core.first_run.budget import SCORING_SHARE, SEARCH_SHARE, Estimate
from autogan_core.first_run.decisions import Decisions
from autogan_core.first_run.findings import Findings
from autogan_core.first_run.machine import Machine

MOST_REACH = 0.75
"""Share of the images that must be at least as large as the generator's; the others are left out."""
MEMORY_SHARE = 0.8
"""Of the device's memory, at most."""
SN_GAN, CONDITIONAL_SN_GAN, SN_GAN_CELLS = "sn-gan", "1311-13110-13110", 3
"""The known generator that is trained beside what is found, its class-conditional form, and how many cells it has."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Images of one size, and how a generator grows them."""

    size: int
    """Side, in pixels."""
    bottom_width: int
    """See ``model.bottom_width``."""
    num_cells: int
    """See ``model.num_cells``."""


SHAPES = (
    Shape(8, 2, 2),
    Shape(16, 2, 3),
    Shape(32, 4, 3),
    Shape(48, 6, 3),
    Shape(64, 4, 4),
    Shape(128, 4, 5),
)
"""All of them, the smallest first. Those of three cells are the paper's, in which SN-GAN's generator has its place."""
LARGEST_ON_CPU, LARGEST_ON_GPU = 64, 128
"""Sides, in pixels; larger images take days."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Feature maps of all four networks."""

    search: tuple[int, int]
    """Of the shared generator and discriminator."""
    retrain: tuple[int, int]
    """Of those that are trained to the end."""
    enough_iterations: int
    """Generator steps below which a training of these widths is not worth its time: narrower ones, or smaller images,
    get further."""


WIDTHS_ON_CPU = (Widths((32, 32), (32, 32), 6000), Widths((16, 16), (16, 16), 1500))
WIDTHS_ON_GPU = (Widths((128, 64), (256, 128), 15_000), Widths((64, 32), (128, 64), 6000))
"""The widest first. On a GPU these are the paper's, and half of them."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What advice asks of the device."""

    iteration_seconds: Callable[[Config], float]
    """What a generator step of a training takes, with its discriminator steps; measured in a moment."""
    estimate: Callable[[Config, int], Estimate]
    """For a configuration's networks and so many images: what runs of them take, with any budget. Takes a while."""
    mebibytes: Callable[[Config, int], float]
    """The peak of a run's memory, for so many images."""


def choose_networks(
    start: Decisions, findings: Findings, machine: Machine, seconds: float, measures: Measures
) -> tuple[Decisions, Estimate]:
    """Decides size and widths: the largest that get far enough in the time, and fit into the memory.

    Args:
        start: all that was decided before.
        findings: what was found in the images.
        machine: where the run will work.
        seconds: what the run may take.
        measures: of the device.

    Returns:
        The decisions with those on the networks, and what runs of these networks take.
    """
    tried: list[tuple[Decisions, bool]] = []
    rejected = ""
    for shape in _shapes(start, findings, machine):
        for widths in WIDTHS_ON_GPU if machine.gpu else WIDTHS_ON_CPU:
            decisions = start.copy()
            _shape(decisions, shape, findings, machine, rejected)
            _widths(decisions, widths, machine)
            _batches(decisions, machine, findings.used(decisions.config()))
            config = decisions.config()
            fits = measures.mebibytes(config, findings.readable) <= MEMORY_SHARE * machine.mebibytes
            tried.append((decisions, fits))
            if not fits:
                continue
            trainings = config.retrain.pool or config.retrain.num_architectures
            steps = (1 - SEARCH_SHARE - SCORING_SHARE) * seconds / trainings / measures.iteration_seconds(config)
            if steps >= widths.enough_iterations:
                return decisions, measures.estimate(config, findings.used(config))
        rejected = rejected or f"{shape.size}x{shape.size} would leave too few steps in the time"
    decisions = next((made for made, fits in reversed(tried) if fits), tried[-1][0])
    config = decisions.config()
    return decisions, measures.estimate(config, findings.used(config))


def _shapes(start: Decisions, findings: Findings, machine: Machine) -> Iterator[Shape]:
    """Sizes that most images reach, the largest first; the given one alone if there is one."""
    if start.given("model.bottom_width") or start.given("model.num_cells"):
        model = start.config().model
        yield Shape(model.image_size, model.bottom_width, model.num_cells)
        return
    most = LARGEST_ON_GPU if machine.gpu else LARGEST_ON_CPU
    reached = [s for s in SHAPES if findings.reaching(s.size) >= MOST_REACH * findings.readable and s.size <= most]
    possible = reached or [SHAPES[0]]
    least = min(32, possible[-1].size)
    yield from (shape for shape in reversed(possible) if shape.size >= least)


def _shape(decisions: Decisions, shape: Shape, findings: Findings, machine: Machine, rejected: str) -> None:
    size, reach = shape.size, findings.reaching(shape.size)
    side = findings.side_of_share(MOST_REACH)
    if reach == findings.readable:
        told = f"{size}x{size} pixels: every image has at least {findings.sides[0]:,}"
    else:
        share = 100 * reach / findings.readable
        told = f"{size}x{size} pixels: {share:.0f} % of the images have at least {side:,}; the others are left out"
    larger = next((s.size for s in SHAPES if s.size > size), None)
    limit = LARGEST_ON_GPU if machine.gpu else LARGEST_ON_CPU
    if rejected:
        told += f"; {rejected}"
    elif size == limit and larger is not None and side >= larger:
        told += f"; on a {'GPU' if machine.gpu else 'CPU'} larger ones take days"
    decisions.decide("model.bottom_width", shape.bottom_width, told)
    cells = f"each of the {shape.num_cells} cells doubles the image, from {shape.bottom_width} pixels on"
    decisions.decide("model.num_cells", shape.num_cells, cells)


def _widths(decisions: Decisions, widths: Widths, machine: Machine) -> None:
    decide = decisions.decide
    told = "feature maps: wider networks would get too few steps in the time"
    if widths == WIDTHS_ON_GPU[0]:
        told = "feature maps, as in the paper"
    if widths == WIDTHS_ON_CPU[0]:
        told = "feature maps, wide for a CPU: there is time for it"
    for phase, pair in (("search", widths.search), ("retrain", widths.retrain)):
        for network, width in zip(("generator", "discriminator"), pair, strict=True):
            decide(f"{phase}.{network}_channels", width, told)
    if not machine.gpu:
        wide = widths == WIDTHS_ON_CPU[0]
        why = "small networks that make thousands of steps, and not hundreds of thousands, need larger ones"
        decide("training.generator_lr", 5e-4 if wide else 1.5e-3, why)
        decide("training.discriminator_lr", 1e-3 if wide else 2e-3, why)
    decide("search.reward.recalibration_images", 512 if machine.gpu else 128, "enough for batch norm")
    decide("scores.batch_size", 500 if machine.gpu else 100, "images scored at a time, which the memory allows")
    chosen = decisions.given("retrain.incumbents") or decisions.given("retrain.pool")
    if chosen or decisions.config().model.num_cells != SN_GAN_CELLS:
        decide("retrain.num_architectures", 1, "what the search finds")
        return
    kept = decide("retrain.num_architectures", 2, "what the search finds, and SN-GAN's generator beside it")
    decide("retrain.pool", max(kept, 2), "as many are trained to the end")
    known = CONDITIONAL_SN_GAN if decisions.config().model.classes else SN_GAN
    decide("retrain.incumbents", [known], "SN-GAN's, so that you see what the search was worth")


def _batches(decisions: Decisions, machine: Machine, images: int) -> None:
    decide, batches = decisions.decide, {"discriminator": 64, "generator": 128}
    why = "images at a time, as in the paper"
    if not machine.gpu:
        batches = dict.fromkeys(batches, 32)
        why = "images at a time: few, since a CPU gets further by more steps"
        decide("training.n_critic", 1, "a CPU gets further by training both networks in each step")
    for network, batch in batches.items():
        told = why if batch <= images else "images at a time: all that there are"
        decide(f"training.{network}_batch", min(batch, images), told)
