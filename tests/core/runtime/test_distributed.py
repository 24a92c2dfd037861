"""Two real processes against one: equal losses, weights and scores, and failures that no rank waits for.

Run as a module, this file is one rank's work; a fixture starts it under torchrun.
"""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from autogan_core.baselines import BASELINES
from autogan_core.errors import ConfigError
from autogan_core.networks.generator import recalibrate
from autogan_core.operations import NORMALISATIONS
from autogan_core.operations.layers.batch_norm import BatchNorm2d, statistics_across
from autogan_core.presets import load_config
from autogan_core.runtime.distributed import TRAINER, World, score_sharded
from autogan_core.runtime.torch_seeding import draw_latents
from autogan_core.search_space import NAMED, SWITCH, Architecture, CellSpace, SearchSpace
from autogan_core.training.adversarial.gan import GAN, StepLosses
from autogan_core.training.adversarial.loss_reader import LossReader, LossValues
from autogan_core.training.adversarial.losses import LOSSES
from autogan_core.training.adversarial.training_stream import TrainingStream

CPU = torch.device("cpu")
ROOT = Path(__file__).parents[3]
MIXED = [Architecture.parse(text) for text in ("0121-01211-01213", "1101-10011-10103", "1011-11111-01111")]
TRAINED = [NAMED["sn-gan"], *MIXED]
"""Each normalisation and up-sampling method, before and behind the convolution, with skips and shortcuts."""
CONDITIONAL = Architecture.parse("1311-03011-13103")
CANDIDATES = [*TRAINED, NAMED["paper-top1"]]
VARIABLES = (*TRAINER, *TRAINER.values(), "LOCAL_RANK", "PET_NPROC_PER_NODE")
PAIR = {"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}


class DoubleStream(TrainingStream):
    """The same batches in float64."""

    def latents(self, step: int, purpose: str, count: int) -> Tensor:
        """As in the base class."""
        return super().latents(step, purpose, count).double()


def images(count: int) -> Tensor:
    """Random ones; loading a data set and its packages would take longer than everything else here."""
    return torch.randint(256, (count, 1, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def gan(world: World, batch: int = 15, classes: int = 0, loss: str = "hinge") -> GAN:
    space = SearchSpace.uniform(3, CellSpace(norms=tuple(NORMALISATIONS)), SWITCH) if classes else SearchSpace.full()
    batches = (f"training.discriminator_batch={batch}", f"training.generator_batch={batch}")
    settings = ("model.latent_dim=8", "training.n_critic=2", "training.precision=float32")
    config = load_config("digits", [*settings, *batches, f"model.classes={classes}", f"training.loss={loss}"], seed=0)
    return GAN.over(
        space,
        config.model,
        config.training,
        generator_channels=4,
        discriminator_channels=4,
        device=CPU,
        seed=1,
        world=world,
    )


def train(world: World, stream: type[TrainingStream], steps: int, batch: int, count: int) -> tuple[GAN, list[Any]]:
    """A training over ``TRAINED``, two steps for each."""
    trained = gan(world, batch)
    if stream is DoubleStream:
        trained.generator.double()
        trained.discriminator.double()
    data = stream(images(count), batch, 8, seed=5)
    losses = [trained.train_step(data, step, TRAINED[step // 2 % 4]) for step in range(steps)]
    return trained, [[loss.discriminator, loss.generator] for loss in read(world, losses)]


def train_conditional(world: World, loss: str) -> list[Any]:
    """Six steps in float64 with labels, over an architecture with class-conditional normalisation."""
    trained = gan(world, classes=10, loss=loss)
    trained.generator.double()
    trained.discriminator.double()
    data = DoubleStream(images(46), 15, 8, seed=5, labels=torch.arange(46) % 10)
    losses = [trained.train_step(data, step, CONDITIONAL) for step in range(6)]
    return [[loss.discriminator, loss.generator] for loss in read(world, losses)]


def train_baseline(world: World, name: str) -> list[Any]:
    """Six steps of a baseline in float64, the fourth with a smaller batch of real images."""
    settings = ("model.latent_dim=8", "retrain.generator_channels=8", "training.precision=float32")
    config = load_config("digits", list(settings), seed=0)
    alone = BASELINES[name](3).gan(config, CPU, 1)
    training = alone.training.model_copy(update={"discriminator_batch": 15, "generator_batch": 15})
    networks = (alone.generator.double(), alone.discriminator.double())
    trained = GAN(*networks, config.model, training, device=CPU, world=world)
    data = DoubleStream(images(46), 15, 8, seed=5)
    losses = [trained.train_step(data, step, TRAINED[0]) for step in range(6)]
    return [[loss.discriminator, loss.generator] for loss in read(world, losses)]


def read(world: World, losses: list[StepLosses]) -> list[LossValues]:
    """The sums over all ranks."""
    reader = LossReader(world)
    reader.push(0, losses)
    return reader.finish()


def scores(world: World, trained: GAN) -> tuple[float | None, ...]:
    """Not a real score, but one that rests on statistics of the candidate's own samples, as the real one does."""

    def score(architecture: Architecture) -> float:
        latents = draw_latents(CPU, 48, 8, 7, "recalibrate").double()
        recalibrate(trained.generator, architecture, latents, 16)
        return trained.generator(latents, architecture).std().item()  # type: ignore[no-any-return]

    return score_sharded(world, CANDIDATES, score)


def coded(value: int) -> float | None:
    return {0: None, 1: math.nan, 2: -math.inf, 3: 0.1}.get(value, float(value))


def failure(work: Callable[[], object]) -> str:
    """The error that ``work`` ends with, as its class and message."""
    try:
        work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def refuse(value: int) -> float:
    if value == 3:
        raise ValueError("candidate 3")
    return float(value)


def diverge(world: World) -> None:
    """Latent vectors that are no numbers, in a row that rank 0 alone sees."""
    trained = gan(world)
    data = TrainingStream(images(46), 15, 8, seed=5)
    latents = data.latents(0, "discriminator", 15)
    latents[0] = math.nan
    data.latents = lambda step, purpose, count: latents  # type: ignore[method-assign]
    read(world, [trained.train_step(data, 0, TRAINED[0])])


def work(folder: Path, world: World) -> None:
    """Everything that the tests look at, once per rank; also in a world of one."""
    report: dict[str, Any] = {}
    trained, report["double"] = train(world, DoubleStream, 8, 15, 46)
    _, report["single"] = train(world, TrainingStream, 1, 15, 46)
    _, report["lonely"] = train(world, DoubleStream, 4, 1, 2)
    report |= {f"conditional {loss}": train_conditional(world, loss) for loss in LOSSES}
    report |= {name: train_baseline(world, name) for name in BASELINES}
    tensors = {f"trained.{name}": tensor.clone().contiguous() for name, tensor in trained.state_dict().items()}
    report["scores"] = scores(world, trained)
    tensors |= {f"scored.{name}": tensor.clone().contiguous() for name, tensor in trained.state_dict().items()}
    trained.synchronise((len(CANDIDATES) - 1) % world.size)
    tensors |= {f"synchronised.{name}": tensor.contiguous() for name, tensor in trained.state_dict().items()}
    save_file(tensors, folder / f"rank-{world.rank}.safetensors")
    report["coded"] = [repr(value) for value in score_sharded(world, range(5), coded)]
    report["tree"] = world.broadcast_json({"runs": [1, None, "ü"]} if world.is_main else None)
    report["any"] = list(world.any(False, world.rank == world.size - 1, True))
    report["refused"] = failure(lambda: score_sharded(world, range(4), refuse))
    report["diverged"] = failure(lambda: diverge(world))
    (folder / f"rank-{world.rank}.json").write_text(json.dumps(report))


@dataclass(frozen=True)
class Outcome:
    """What one rank wrote."""

    report: dict[str, Any]
    tensors: dict[str, Tensor]

    def part(self, kind: str) -> dict[str, Tensor]:
        return {name.removeprefix(f"{kind}."): t for name, t in self.tensors.items() if name.startswith(f"{kind}.")}


def outcome(folder: Path, rank: int) -> Outcome:
    report = json.loads((folder / f"rank-{rank}.json").read_text())
    return Outcome(report, load_file(folder / f"rank-{rank}.safetensors"))


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def launch(*commands: tuple[list[str], dict[str, str]]) -> list[str]:
    """Runs Python with these arguments and variables side by side; returns what each wrote to stdout."""
    inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    inherited |= {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    processes = [
        subprocess.Popen(
            [sys.executable, *arguments],
            env=inherited | variables,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for arguments, variables in commands
    ]
    try:
        outputs = [process.communicate(timeout=100) for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, (_, log) in zip(processes, outputs, strict=True):
        assert process.returncode == 0, log
    return [output for output, _ in outputs]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One process's results."""
    folder = tmp_path_factory.mktemp("alone")
    work(folder, World.single(CPU))
    return outcome(folder, 0)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """Two processes' results, under torchrun."""
    folder = tmp_path_factory.mktemp("pair")
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", free_port()]
    launch(([*torchrun, "-m", "tests.core.runtime.test_distributed", str(folder)], {}))
    return [outcome(folder, rank) for rank in range(2)]


def differing(one: dict[str, Tensor], other: dict[str, Tensor]) -> set[str]:
    assert one.keys() == other.keys()
    return {name for name, tensor in one.items() if not torch.equal(tensor, other[name])}


@pytest.mark.parametrize(
    ("key", "tolerance"),
    [("double", 1e-7), ("lonely", 1e-7), *((f"conditional {loss}", 1e-7) for loss in LOSSES), ("single", 1e-3)],
)
def test_losses_are_those_of_one_process(pair: list[Outcome], alone: Outcome, key: str, tolerance: float) -> None:
    """Batches of 15 and of 1, where a rank has nothing to do; both ranks report the same bits.

    Measured: 4e-9 in float64 after 8 steps, and 1e-4 in float32 after one: its first step makes Adam move a weight
    whose gradient is nothing but rounding as far as any other.
    """
    one, *ranks = (outcome.report[key] for outcome in (alone, *pair))
    assert ranks[0] == ranks[1]
    assert [step[1] is None for step in one] == [step % 2 == 1 for step in range(len(one))]
    for mine, expected in zip(ranks[0], one, strict=True):
        assert mine == [value if value is None else pytest.approx(value, rel=tolerance) for value in expected]


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_losses_are_those_of_one_process(pair: list[Outcome], alone: Outcome, name: str) -> None:
    """Also with batch norm in the discriminator, of 15 real images or of 1, and with a gradient penalty."""
    one, *ranks = (outcome.report[name] for outcome in (alone, *pair))
    assert ranks[0] == ranks[1]
    for mine, expected in zip(ranks[0], one, strict=True):
        assert mine == [value if value is None else pytest.approx(value, rel=1e-7) for value in expected]


def test_weights_are_those_of_one_process(pair: list[Outcome], alone: Outcome) -> None:
    """After 8 steps all state, moments and running statistics included, agrees in float64 (measured: 7e-10) and is
    the same bits on both ranks without having been sent."""
    one, *ranks = (outcome.part("trained") for outcome in (alone, *pair))
    assert not differing(*ranks)
    torch.testing.assert_close(ranks[0], one, rtol=0, atol=1e-7)


def test_sharded_scores_are_those_of_one_process(pair: list[Outcome], alone: Outcome) -> None:
    """Each of five candidates has the score that one process gives it, on both ranks."""
    one, *ranks = (outcome.report["scores"] for outcome in (alone, *pair))
    assert ranks[0] == ranks[1]
    assert ranks[0] == pytest.approx(one, rel=1e-7)
    assert len(set(one)) == len(CANDIDATES)


def test_synchronising_leaves_equal_state(pair: list[Outcome], alone: Outcome) -> None:
    """Scoring sets the ranks' running statistics apart, and nothing else; afterwards they are one process's."""
    apart = differing(*(outcome.part("scored") for outcome in pair))
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    assert apart and all(name.split(".")[-1] in statistics for name in apart)
    one, *ranks = (outcome.part("synchronised") for outcome in (alone, *pair))
    assert not differing(*ranks)
    torch.testing.assert_close(ranks[0], one, rtol=0, atol=1e-7)
    torch.testing.assert_close(one, alone.part("scored"), rtol=0, atol=0)


def test_ranks_agree(pair: list[Outcome], alone: Outcome) -> None:
    """None, NaN and infinity survive the exchange of scores; JSON and flags reach every rank."""
    for outcome in (alone, *pair):
        assert outcome.report["coded"] == ["None", "nan", "-inf", "0.1", "4.0"]
        assert outcome.report["tree"] == {"runs": [1, None, "ü"]}
        assert outcome.report["any"] == [False, True, True]


def test_a_failure_on_one_rank_fails_all(pair: list[Outcome]) -> None:
    """The rank that failed says why, the other that it is in the other's log; a loss that is NaN on one, both say."""
    assert pair[0].report["refused"].startswith("RankFailedError: 1 of 2 ranks failed to score their candidates")
    assert pair[1].report["refused"] == "ValueError: candidate 3"
    for outcome in pair:
        assert outcome.report["diverged"].startswith("NonFiniteLossError: the discriminator's loss became nan in step")


@pytest.mark.parametrize("names", [{name: name for name in TRAINER}, TRAINER], ids=["PyTorchJob", "TrainJob"])
def test_pods_of_a_job_find_each_other(names: Mapping[str, str]) -> None:
    """Two processes with the variables of either job, where RANK is the pod's and there is no LOCAL_RANK."""
    worker = (
        "import json, torch\n"
        "from autogan_core.runtime.distributed import World, score_sharded\n"
        "with World.from_environment(torch.device('cpu')) as world:\n"
        "    told = [world.rank, world.size, score_sharded(world, range(3), float), world.any(world.rank == 1)[0]]\n"
        "print(json.dumps(told))\n"
    )
    job = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    pods = [{names[name]: value for name, value in {**job, "RANK": rank}.items()} for rank in ("0", "1")]
    outputs = launch(*((["-c", worker], {**pod, "PET_NPROC_PER_NODE": "auto"}) for pod in pods))
    told = [json.loads(output.splitlines()[-1]) for output in outputs]
    assert told == [[rank, 2, [0.0, 1.0, 2.0], True] for rank in range(2)]


@pytest.mark.parametrize("variables", [{}, {"WORLD_SIZE": "1", "RANK": "0"}, {"WORLD_SIZE": "1", "LOCAL_RANK": "0"}])
def test_one_process_needs_no_group(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """As the operator starts a single pod, as torchrun starts a single process, and as anyone starts a script."""
    set_environment(monkeypatch, variables)
    with World.from_environment(CPU) as world:
        assert world == World.single(CPU) and world.is_main
        rows = torch.arange(6.0).view(3, 2)
        assert world.share(rows) is rows and world.sum_(rows) is rows
        assert torch.equal(world.gather(rows), rows[None])
        world.broadcast([rows])
        world.barrier()
        assert torch.equal(rows, torch.arange(6.0).view(3, 2))
        assert not dist.is_initialized()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE must be an integer of at least 1, not 'two'"),
        ({"WORLD_SIZE": "0"}, "WORLD_SIZE must be an integer of at least 1, not '0'"),
        ({"RANK": "2"}, "RANK must be an integer from 0 to 1, not '2'"),
        ({"RANK": "-1"}, "RANK must be an integer from 0 to 1, not '-1'"),
        ({"RANK": None}, "RANK is not set, though WORLD_SIZE is 2; set it to an integer from 0 to 1"),
        ({"LOCAL_RANK": ""}, "LOCAL_RANK must be an integer of at least 0, not ''"),
        ({"MASTER_PORT": "70000"}, "MASTER_PORT must be an integer from 1 to 65535, not '70000'"),
        ({"MASTER_PORT": None}, "MASTER_PORT is not set, though WORLD_SIZE is 2"),
        ({"MASTER_ADDR": None}, "MASTER_ADDR is not set, though WORLD_SIZE is 2; set it to the host of rank 0"),
        ({"PET_NPROC_PER_NODE": "2"}, "asks for 2 processes per pod .* start them with torchrun"),
        ({"LOCAL_RANK": "1"}, "LOCAL_RANK is 1, but the number of GPUs here is 1; start one per GPU"),
    ],
)
def test_a_bad_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str | None], message: str
) -> None:
    """One sentence names the variable, its value and what it must be, before anything waits for other ranks."""
    set_environment(monkeypatch, PAIR | variables)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match=message):
        World.from_environment(torch.device("cuda"))
    assert not dist.is_initialized()


def test_batch_norm_alone_is_pytorchs() -> None:
    """In a world of one, outputs, gradients, statistics and state names are those of `torch.nn.BatchNorm2d`, bit for
    bit; outside the context no layer knows a world."""
    ours, theirs = BatchNorm2d(3), nn.BatchNorm2d(3)
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    x = 5 + torch.randn(4, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    with statistics_across(ours, World.single(CPU)):
        one = ours(x)
    two = theirs(x)
    for output in (one, two):
        output.square().sum().backward()
    assert torch.equal(one, two)
    assert ours.weight.grad is not None and theirs.weight.grad is not None
    assert torch.equal(ours.weight.grad, theirs.weight.grad)
    assert not differing(ours.state_dict(), theirs.state_dict())
    with pytest.raises(ZeroDivisionError), statistics_across(ours, World(0, 2, CPU)):
        assert ours.world is not None
        _ = 1 / 0
    assert ours.world is None


def set_environment(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str | None]) -> None:
    """These variables, and no others that describe a world."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        if value is not None:
            monkeypatch.setenv(name, value)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with World.from_environment(CPU) as this:
        work(Path(sys.argv[1]), this)
