"""A search iteration as a trial: whose run it is, what it refuses, and that it may be repeated."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from autogan_core.config import Config
from autogan_core.errors import ConfigError, DataError, PreemptedError, SupersededError
from autogan_core.history import Assignment
from autogan_core.runs.scoring.stored_inputs import prepare
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.shared_gan.trial_records import load_record, shared_state
from autogan_core.storage import DirectoryStore, open_store
from autogan_kubeflow.components.exit_status import PERMANENT, PREEMPTED, RETRY
from autogan_kubeflow.components.katib_protocol import SCRATCH_OBJECTIVES, to_parameters
from autogan_kubeflow.components.prepare_data import run as prepare_data
from autogan_kubeflow.components.trial.cli import VARIABLES, app
from autogan_kubeflow.components.trial.from_scratch import architecture_from, train_from_scratch
from autogan_kubeflow.components.trial.search_iteration import run_folder, run_search_iteration
from tests.core.tiny import OVERRIDES, tiny_config
from tests.fake_gcs import free_port

CPU = torch.device("cpu")
SETTINGS = ("data.max_images=320", "training.discriminator_batch=32", "search.shared_epochs=1")
A, B = Architecture.parse("1011"), Architecture.parse("0120")
FIRST = Assignment(0, 0, "search", (A, B, A), (A, B))
SECOND = Assignment(1, 0, "derive", (A, B))


@pytest.fixture(scope="module")
def config() -> Config:
    """The digits preset at its smallest, with enough images for a classifier."""
    return tiny_config(*SETTINGS)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, config: Config) -> Path:
    """A run store that holds the inputs."""
    folder = tmp_path_factory.mktemp("store")
    prepare(config, DirectoryStore(folder), CPU, tmp_path_factory.mktemp("cache"))
    return folder


@pytest.fixture
def store(prepared: Path, tmp_path: Path) -> Path:
    """The same, for one test."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "inputs").symlink_to(prepared / "inputs")
    return tmp_path / "store"


def iterate(
    store: Path, config: Config, trial: str, run: str, assignment: Assignment = FIRST, stop: bool = False
) -> dict[str, float]:
    parameters = to_parameters(assignment, run)
    world = World.single(CPU)
    return run_search_iteration(parameters, trial, config, str(store), store, world, Monitor(), lambda: stop)


def committed(store: Path, run: str) -> list[int]:
    """Slots that a run has committed, each with a readable record."""
    runs = open_store(f"{store}/runs/{run}", store)
    pointer = shared_state(runs).pointer()
    trials = {} if pointer is None else pointer.content["meta"]["trials"]
    return sorted(load_record(runs, name).assignment.slot for name in trials.values())


def test_the_first_trial_opens_a_run_that_the_next_one_continues(store: Path, config: Config) -> None:
    """The run bears the first trial's name; metrics are the best reward and each candidate's."""
    metrics = iterate(store, config, "mlas-0", "ns/new")
    assert list(metrics) == ["inception-score", "reward-00", "reward-01", "reward-02"]
    assert metrics["inception-score"] == max(metrics.values())
    assert metrics["reward-00"] == metrics["reward-02"]
    iterate(store, config, "mlas-1", "ns/mlas-0", SECOND)
    assert committed(store, "ns/mlas-0") == [0, 1]
    assert not (store / "runs" / "ns" / "mlas-1").exists()


def test_a_trial_learns_classes_as_the_command_line_does(store: Path) -> None:
    """With labels, over architectures with class-conditional normalisation: the local search's rewards, bit by bit."""
    classes = ("model.classes=10", "search.space.norm=[none, bn, in, cbn]")
    config, conditional = tiny_config(*SETTINGS, *classes), Architecture.parse("1311")
    assignment = Assignment(0, 0, "search", (conditional, B), (conditional,))
    metrics = iterate(store, config, "mlas-0", "ns/new", assignment)
    inputs = prepare(config, DirectoryStore(store), CPU, store / "cache")
    local = DirectoryStore(store / "local")
    workspace = inputs.workspace(config, local, World.single(CPU), Monitor())
    record = SharedGAN(workspace).run(assignment)
    assert list(record.rewards) == [metrics["reward-00"], metrics["reward-01"]]


def test_a_trial_that_is_told_of_a_run_makes_it_if_need_be(store: Path, config: Config) -> None:
    """The trial that should have opened the run may have failed before."""
    iterate(store, config, "mlas-1", "ns/mlas-0", Assignment(1, 0, "search", (A,), (A,)))
    assert committed(store, "ns/mlas-0") == [1]


def test_an_experiment_that_is_applied_again_starts_afresh(store: Path, config: Config) -> None:
    """Same prefix, other trial names: a new run beside the old one, which stays readable; a trial of the old run that
    is still alive writes there and nowhere else."""
    first = iterate(store, config, "mlas-old", "ns/new")
    again = iterate(store, config, "mlas-fresh", "ns/new")
    assert again == first
    before = (store / "runs" / "ns" / "mlas-fresh" / "shared" / "state.json").read_bytes()
    iterate(store, config, "mlas-straggler", "ns/mlas-old", SECOND)
    assert committed(store, "ns/mlas-old") == [0, 1]
    assert committed(store, "ns/mlas-fresh") == [0]
    assert (store / "runs" / "ns" / "mlas-fresh" / "shared" / "state.json").read_bytes() == before


def test_a_committed_trial_reports_again(store: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started again after its commit, it gives the same metrics without training."""
    first = iterate(store, config, "mlas-0", "ns/new")
    monkeypatch.setattr("autogan_core.training.adversarial.gan.GAN.train_step", None)
    assert iterate(store, config, "mlas-0", "ns/new") == first


def test_a_preempted_trial_goes_on(store: Path, config: Config) -> None:
    """Told to stop, it stores its progress; started again it ends as if nothing had happened."""
    with pytest.raises(PreemptedError, match="start the trial again to go on from there"):
        iterate(store, config, "mlas-0", "ns/new", stop=True)
    assert committed(store, "ns/mlas-0") == []
    assert iterate(store, config, "mlas-0", "ns/new") == iterate(store, config, "mlas-other", "ns/new")


def test_a_superseded_trial_is_refused(store: Path, config: Config) -> None:
    """Its slot is past, and was never committed with this assignment."""
    iterate(store, config, "mlas-1", "ns/mlas-0", SECOND)
    with pytest.raises(SupersededError, match="slot 0 of this run was superseded: slot 1 is committed"):
        iterate(store, config, "mlas-0", "ns/new")


def test_another_configurations_run_is_refused(store: Path, config: Config) -> None:
    """Settings that changed in the middle of a run are an error that says so."""
    iterate(store, config, "mlas-0", "ns/new")
    other = tiny_config(*SETTINGS, "training.generator_lr=1e-3")
    with pytest.raises(ConfigError, match=r"holds a run with other settings(?s:.*)training\.generator_lr"):
        iterate(store, other, "mlas-1", "ns/mlas-0", SECOND)


def test_inputs_must_have_been_prepared(tmp_path: Path, config: Config) -> None:
    """The message says which command does it."""
    with pytest.raises(
        DataError, match=r"run 'autogan katib prepare' \(in the image: python -m components\.prepare_data\)"
    ):
        iterate(tmp_path, config, "mlas-0", "ns/new")


@pytest.mark.parametrize("run", ["ns/..", "../x", "a/b/c"])
def test_runs_stay_below_the_store(store: Path, config: Config, run: str) -> None:
    """No assignment leads out of the run store."""
    with pytest.raises(ConfigError, match="run is"):
        iterate(store, config, "mlas-0", run)
    assert run_folder("ns/new", "mlas-0") == "runs/ns/mlas-0"


def environment(store: Path, assignment: Assignment = FIRST, run: str = "ns/new") -> dict[str, str]:
    parameters = to_parameters(assignment, run)
    return {
        "AUTOGAN_STORE": str(store),
        "AUTOGAN_TRIAL": "mlas-0",
        "AUTOGAN_PRESET": "digits",
        "AUTOGAN_SET": "\n".join((*OVERRIDES, *SETTINGS)),
        "AUTOGAN_METRICS": "print",
        "AUTOGAN_CACHE": str(store / "cache"),
        **{variable: parameters[field] for field, variable in VARIABLES.items()},
    }


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """The command line in this process, without what it does to logging."""
    monkeypatch.setattr("autogan_kubeflow.components.trial.cli.configure_logging", lambda _: None)
    yield CliRunner()


@pytest.mark.parametrize(
    ("changed", "status", "message"),
    [
        ({"AUTOGAN_CANDIDATES": ""}, PERMANENT, "the assignment has no candidates"),
        ({"AUTOGAN_SLOT": "one"}, PERMANENT, "slot is 'one', not a number from 0 on"),
        ({"AUTOGAN_CANDIDATES": "1041", "AUTOGAN_TRAINING": "1041"}, PERMANENT, "position 3 (up): 4 is not one of"),
        ({"AUTOGAN_PRESET": "digit"}, PERMANENT, "there is no preset 'digit'"),
        ({"AUTOGAN_SET": "search.epochs=1"}, PERMANENT, "there is no setting 'search.epochs'; did you mean"),
        (
            {"AUTOGAN_STORE": "s3://bucket/x"},
            PERMANENT,
            "'s3://bucket/x' has the scheme s3://, not gs://; give a directory or gs://",
        ),
        ({"AUTOGAN_DEVICE": "cuda"}, PERMANENT, "the device 'cuda' is not available here"),
        ({"WORLD_SIZE": "two"}, PERMANENT, "the environment variable WORLD_SIZE must be"),
    ],
)
def test_mistakes_are_permanent_and_one_line(
    runner: CliRunner, store: Path, changed: dict[str, str], status: int, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Exit status 1, which the training operator does not retry, and one logged sentence."""
    if "AUTOGAN_DEVICE" in changed and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    result = runner.invoke(app, env=environment(store) | changed)
    assert result.exit_code == status
    [record] = [r for r in caplog.records if r.levelname == "ERROR"]
    assert message in record.getMessage()
    assert record.exc_info is None


def test_help_teaches(runner: CliRunner) -> None:
    """Variables, exit statuses and both kinds of trial are named."""
    text = " ".join(runner.invoke(app, ["--help"], env={"COLUMNS": "200"}).output.split())
    for word in ("AUTOGAN_STORE", "AUTOGAN_CANDIDATES", "--from-scratch", "143", "138", "killed at any moment"):
        assert word in text


def test_architectures_for_katibs_own_algorithms() -> None:
    """Words per cell make an architecture; what is missing or malformed is named with its variable."""
    cells = {
        "AUTOGAN_CELL_1": "pre none nearest with",
        "AUTOGAN_CELL_2": "pre none bilinear without with",
        "AUTOGAN_CELL_3": "post bn deconv with without with",
    }
    assert architecture_from(cells, 3).readable == (
        "pre none nearest shortcut | pre none bilinear skip:1 | post bn deconv shortcut skip:2"
    )
    for broken, message in (
        (
            {"AUTOGAN_CELL_2": ""},
            "AUTOGAN_CELL_2 is ''; write conv, norm, up, and for the shortcut and each of 1 skips",
        ),
        ({"AUTOGAN_CELL_1": "pre none nearest yes"}, "AUTOGAN_CELL_1 is 'pre none nearest yes'; write .* without or w"),
        ({"AUTOGAN_CELL_3": "post layer deconv with without with"}, "cell 3 .*'layer' is not one of none, bn, in"),
    ):
        with pytest.raises(ConfigError, match=message):
            architecture_from(cells | broken, 3)


def test_training_from_scratch_goes_on_after_a_kill(store: Path, config: Config) -> None:
    """All scores are reported, the same ones when the trial is started again; two trials share nothing."""
    architecture = Architecture.parse("1011-10111-10103")
    reports = [
        train_from_scratch(architecture, trial, config, str(store), store, CPU, Monitor())
        for trial in ("scratch-1", "scratch-1", "scratch-2")
    ]
    assert reports[0] == reports[1] == reports[2]
    assert set(reports[0]) == set(SCRATCH_OBJECTIVES)
    assert reports[0]["log-fid"] == pytest.approx(math.log(reports[0]["inverse-fid"]))
    assert 1 <= reports[0]["inception-score"] <= 10
    assert sorted(path.name for path in (store / "scratch").iterdir()) == ["scratch-1", "scratch-2"]


def test_preparing_is_a_command(store: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """What is there is left alone, with status 0; a mistake has status 1."""
    monkeypatch.setattr("autogan_kubeflow.components.prepare_data.configure_logging", lambda _: None)
    settings = "\n".join((*OVERRIDES, *SETTINGS))
    with caplog.at_level("INFO"), pytest.raises(SystemExit) as done:
        prepare_data(str(store), "digits", settings, "cpu", store / "cache")
    assert done.value.code == 0
    assert "the inputs are in the run store already" in caplog.text
    with pytest.raises(SystemExit) as refused:
        prepare_data(str(store), "digits", "data.max_images=few", "cpu", store / "cache")
    assert refused.value.code == 1


def test_sigterm_ends_a_trial_with_its_progress_stored(store: Path) -> None:
    """A spot node's notice: status 143, which the training operator retries, and a checkpoint to go on from."""
    variables = os.environ | environment(store) | {"OMP_NUM_THREADS": "1"}
    variables["AUTOGAN_SET"] += "\nsearch.shared_epochs=100000"
    process = subprocess.Popen(
        [sys.executable, "-m", "components.trial"], env=variables, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "training the shared GAN: 0 of" in line:
            break
    process.send_signal(signal.SIGTERM)
    log = process.communicate(timeout=60)[1]
    assert process.returncode == PREEMPTED
    assert "stopped on request after" in log
    assert (store / "runs" / "ns" / "mlas-0" / "progress" / "state.json").exists()


def test_training_from_scratch_is_a_command(store: Path) -> None:
    """The cells come from the environment, all scores go to standard output, the status is 0."""
    cells = {"AUTOGAN_CELL_1": "pre none nearest with", "AUTOGAN_CELL_2": "pre none nearest with without"}
    cells["AUTOGAN_CELL_3"] = "pre none nearest without with without"
    variables = os.environ | environment(store) | cells | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "components.trial", "--from-scratch"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = [line.split(" ")[1].split("=")[0] for line in done.stdout.splitlines()]
    assert names == list(SCRATCH_OBJECTIVES)


@pytest.mark.slow
def test_a_rank_that_goes_away_does_not_fail_the_others_for_good(store: Path) -> None:
    """Two pods as the training operator starts them: when one is killed, the other ends with a status to be retried."""
    port = str(free_port())
    processes = []
    for rank in (0, 1):
        variables = os.environ | environment(store) | {"OMP_NUM_THREADS": "1", "PET_NPROC_PER_NODE": "1"}
        variables |= {"WORLD_SIZE": "2", "RANK": str(rank), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        variables["AUTOGAN_SET"] += "\nsearch.shared_epochs=100000"
        command = [sys.executable, "-m", "components.trial"]
        processes.append(subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True))
    main, other = processes
    assert main.stderr is not None and other.stderr is not None
    for line in main.stderr:
        if "training the shared GAN: 0 of" in line:
            break
    time.sleep(1)
    other.kill()
    log = main.communicate(timeout=60)[1]
    other.communicate()
    assert main.returncode == RETRY, log
    assert "another rank of 2 went away; see the other ranks' logs; worth another try" in log


@pytest.mark.timeout(300)
@pytest.mark.slow
@pytest.mark.parametrize("ruler", [(), ("search.reward.statistics=running", "search.reward.adaptation_steps=2")])
def test_two_ranks_give_one_ranks_rewards(store: Path, ruler: tuple[str, ...]) -> None:
    """A trial under torchrun with two gloo processes trains, scores and commits what one process does, to 2e-3 in
    rewards of about 2, also where each rank adapts its candidates alone; only rank 0 reports."""
    rewards = []
    for run, launcher in (("one", []), ("two", ["-m", "torch.distributed.run", "--nproc-per-node", "2"])):
        command = [sys.executable, *launcher, "-m", "components.trial"]
        variables = os.environ | environment(store, run=f"ns/{run}") | {"OMP_NUM_THREADS": "1"}
        variables["AUTOGAN_SET"] = "\n".join((variables["AUTOGAN_SET"], *ruler))
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        lines = [line.split(" ")[1].split("=") for line in done.stdout.splitlines()]
        assert [name for name, _ in lines] == ["inception-score", "reward-00", "reward-01", "reward-02"]
        rewards.append([float(value) for _, value in lines])
        assert committed(store, f"ns/{run}") == [0]
    assert rewards[1] == pytest.approx(rewards[0], abs=2e-3)
    log = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert any("training the shared GAN: 10 of 10" in entry["message"] for entry in log)
