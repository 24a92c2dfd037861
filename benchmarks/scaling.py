"""How the shared GAN's two phases get faster with the number of processes.

``python -m benchmarks.scaling``: training steps per second (phase 1) and rewards per second (phase 2) with one process
and with more, one thread each on a CPU (gloo), one GPU each where there are several (NCCL); at the demo's size and at
the paper's with fewer images to score.

``--rank-of SIZE`` is what it starts its processes with, under torchrun's environment variables.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from autogan_core.runtime.devices import choose_device, describe_device, open_device
from autogan_core.runtime.distributed import World, score_sharded
from autogan_core.storage import write_atomically
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from benchmarks.extractors import extractors
from benchmarks.sizes import Size, SizeName, load_size
from benchmarks.speed import environment
from benchmarks.timing import synchronise
from benchmarks.works import reward_scorer

ON_CPUS: dict[SizeName, list[str]] = {
    "demo": [],
    "paper": ["search.reward.num_images=20", "search.reward.recalibration_images=8", "scores.batch_size=20"],
}
"""Settings under which a CPU gets through several rewards in seconds; a GPU scores as many images as the preset."""
BLOCK = 4
"""Training steps, or candidates for each rank, between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of one world, per second."""

    size: str
    processes: int
    steps_per_second: float
    """Training steps of the last stage, a generator step with every ``n_critic``-th."""
    rewards_per_second: float
    """Candidates of the last stage."""


def measure(size: Size, world: World, seconds: float) -> Rates:
    """Times both phases on this rank and its like, each for about so many seconds; all ranks get the same figures."""
    gan = _shared_gan(size, world)
    steps = _rate(world, seconds, _training(size, gan, world), BLOCK)
    rewards = _rate(world, seconds, _scoring(size, gan, world), BLOCK * world.size)
    return Rates(size.name, world.size, steps, rewards)


def main(
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    processes: Annotated[list[int] | None, typer.Option(help="Numbers of processes; 1 and 2 by default.")] = None,
    sizes: Annotated[list[str] | None, typer.Option(help="demo, paper; both by default.")] = None,
    seconds: Annotated[float, typer.Option(min=0, help="Time for each phase.")] = 15.0,
    out: Annotated[Path | None, typer.Option(help="Also write the figures here, as JSON.")] = None,
    rank_of: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Measures both phases with one process and with more."""
    if rank_of is not None:
        work_as_rank("paper" if rank_of == "paper" else "demo", device, seconds)
        return
    chosen, console = choose_device(device), Console()
    rates = []
    for size in sizes or ["demo", "paper"]:
        for count in processes or [1, 2]:
            if chosen.type == "cuda" and count > torch.cuda.device_count():
                console.print(f"{size}: {count} processes need as many GPUs; {torch.cuda.device_count()} found")
                continue
            with console.status(f"{size}, {count} processes"):
                rates.append(run_world(size, chosen.type, count, seconds))
    console.print(rates_table(rates, describe_device(chosen)))
    if out is not None:
        report = {**environment(chosen), "rates": [asdict(rate) for rate in rates]}
        write_atomically(out, json.dumps(report, indent=1).encode())


def work_as_rank(name: SizeName, device: str, seconds: float) -> None:
    """One rank's part; rank 0 prints the figures as JSON."""
    torch.set_num_threads(1)
    with World.from_environment(open_device(device, 1)) as world:
        settings = ON_CPUS[name] if world.device.type == "cpu" else []
        rates = measure(load_size(name, settings), world, seconds)
        if world.is_main:
            sys.stdout.write(json.dumps(asdict(rates)) + "\n")


def run_world(size: str, device: str, processes: int, seconds: float) -> Rates:
    """Starts the processes of a world and waits for their figures.

    Returns:
        The rates that rank 0 measured.

    Raises:
        subprocess.CalledProcessError: a rank failed; what it wrote stands above.
    """
    command = [sys.executable, "-m", "benchmarks.scaling", "--rank-of", size, "--device", device]
    shared = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "localhost", "MASTER_PORT": _free_port()}
    ranks = [
        subprocess.Popen(
            [*command, "--seconds", str(seconds)],
            env={**os.environ, **shared, "OMP_NUM_THREADS": "1", "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(processes)
    ]
    try:
        outputs = [rank.communicate()[0] for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
    for rank in ranks:
        if rank.returncode:
            raise subprocess.CalledProcessError(rank.returncode, command)
    return Rates(**json.loads(outputs[0]))


def rates_table(rates: Sequence[Rates], device: str) -> Table:
    """Rates, and how many times those of one process of the same size."""
    table = Table("size", "processes", "steps/s", "times", "rewards/s", "times", title=device)
    alone = {rate.size: rate for rate in reversed(rates)}
    for rate in rates:
        base = alone[rate.size]
        table.add_row(
            rate.size,
            str(rate.processes),
            f"{rate.steps_per_second:.3g}",
            f"{rate.steps_per_second / base.steps_per_second:.2f}",
            f"{rate.rewards_per_second:.3g}",
            f"{rate.rewards_per_second / base.rewards_per_second:.2f}",
        )
    return table


def _shared_gan(size: Size, world: World) -> GAN:
    config = size.config
    return GAN.over(
        config.search_space(),
        config.model,
        config.training,
        generator_channels=config.search.generator_channels,
        discriminator_channels=config.search.discriminator_channels,
        device=world.device,
        seed=0,
        world=world,
    )


def _training(size: Size, gan: GAN, world: World) -> Callable[[int], object]:
    config = size.config
    images = size.dataset.images.to(world.device)
    stream = TrainingStream(images, config.training.discriminator_batch, config.model.latent_dim, 0)
    architectures = size.architectures(config.model.num_cells, BLOCK)

    def block(number: int) -> None:
        for step in range(number * BLOCK, (number + 1) * BLOCK):
            gan.train_step(stream, step, architectures[step % len(architectures)])

    return block


def _scoring(size: Size, gan: GAN, world: World) -> Callable[[int], object]:
    reward = size.config.search.reward
    scorer = reward_scorer(size, extractors(size.config, world.device)[0])
    architectures = size.architectures(size.config.model.num_cells, BLOCK * world.size)

    def block(number: int) -> None:
        score_sharded(
            world,
            architectures,
            lambda a: (
                scorer.score(
                    gan.generator,
                    a,
                    *("reward", number),
                    num_images=reward.num_images,
                    splits=reward.splits,
                    with_fid=False,
                ).inception_score
            ),
        )

    return block


def _rate(world: World, seconds: float, block: Callable[[int], object], pieces: int) -> float:
    """Pieces of work per second, of which a block does so many; the ranks agree when to stop."""
    warm = 3 if world.device.type == "cuda" else 1  # until everything has been captured
    for number in range(warm):
        block(number)
    synchronise(world.device)
    world.barrier()
    start, number = time.perf_counter(), 0
    while not world.any(number > 0 and time.perf_counter() - start > seconds)[0]:
        block(warm + number)
        number += 1
    synchronise(world.device)
    return number * pieces / (time.perf_counter() - start)


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


if __name__ == "__main__":
    typer.run(main)
