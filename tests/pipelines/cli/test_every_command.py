"""Every command of ``autogan --help`` where the machine or the person is not at their best: never a traceback."""

from __future__ import annotations

import functools
import os
import resource
import signal
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest

from tests.pipelines.cli.walk import leaves, outcome

PRESET = """
cpu_threads: 1
data: {name: digits, max_images: 64}
model: {bottom_width: 2, image_channels: 1, latent_dim: 8}
training: {discriminator_batch: 16, generator_batch: 16, n_critic: 2, precision: float32}
search:
  {iterations: 3, shared_epochs: 1, controller_steps: 2, num_candidates: 2, top_k: 1, training_draws: 4,
   generator_channels: 4, discriminator_channels: 4, reward: {num_images: 32, splits: 2, recalibration_images: 32}}
retrain:
  {num_architectures: 1, generator_iterations: 4, generator_channels: 4, discriminator_channels: 4, validate_every: 2,
   validation_images: 32}
scores: {features: classifier, num_images: 32, splits: 2, batch_size: 32}
"""
SMALL = "data.max_images=64\nscores.num_images=32\nscores.splits=2"
NOWHERE = "http://127.0.0.1:9"
ODD = Path("rc [b] (1) é:smile:[", "b]")
"""A folder's path that is markup to Rich, several words to a shell, and no ASCII."""


def lines(run: Path, out: Path, preset: Path) -> Mapping[str, list[str]]:
    """For every command what it reads and writes: the run, files and folders in ``out``."""
    read = ["--run-dir", str(run)]
    host = ["--host", NOWHERE]
    katib_config = ["--file", str(out / "katib-config.yaml")]
    return {
        "run": ["--preset", str(preset), *read],
        "search": ["--preset", str(preset), *read],
        "retrain": read,
        "evaluate": read,
        "sample": [*read, "--count", "1", "--out", str(out / "x.png")],
        "report": read,
        "import": [str(out / "weights.pth"), *read],
        "describe": ["sn-gan", "--svg", str(out / "x.svg")],
        "reproduce": ["comparison", "--preset", str(preset), "--budget", "short", "--run-dir", str(out)],
        "pipeline compile": ["mlas-search", "--output", str(out)],
        "pipeline run-local": ["mlas-search", "--store", str(out / "python3")],  # refused before anything is started
        "pipeline upload": ["mlas-search", "--file", str(out / "p.yaml"), *host],
        "pipeline submit": ["mlas-search", "--token-file", str(out / "token"), *host],
        "pipeline schedule": ["mlas-search", "--cron", "0 0 3 * * MON", *host],
        "pipeline status": ["--ca-file", str(out / "ca.pem"), *host],
        "pipeline cancel": ["some-run", *host],
        "katib experiment": ["--write", str(out)],
        "katib check": [str(out / "experiment.yaml")],
        "katib register": katib_config,
        "katib unregister": katib_config,
        "katib registered": katib_config,
        "katib prepare": ["--store", str(out), "--preset", "digits", "--cache", str(out), "--set", SMALL],
        "cluster check": ["--context", "no [/b] context"],
    }


COMMANDS = tuple(lines(Path(), Path(), Path()))
SLOW = ("pipeline compile", "katib prepare")
"""Commands that take seconds where nothing is wrong with what they write."""


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """Everything that takes time to import, once; no command asks a cluster."""
    ours = ("autogan_core.ablations.running", "autogan_core.report.html", "autogan_core.runs.opening")
    for name in (*ours, "kfp.compiler", "kubernetes", "sklearn.datasets", "torch.utils.tensorboard", "torch_fidelity"):
        import_module(name)


@pytest.fixture(scope="module")
def preset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of seconds."""
    path = tmp_path_factory.mktemp("walk") / "mine [b].yaml"
    path.write_text(PRESET)
    return path


@pytest.fixture(scope="module")
def finished(preset: Path) -> Path:
    """The folder of a run with an odd name, done with a cache of its own."""
    folder = preset.parent / ODD
    status, printed = outcome(["run", *lines(folder, folder, preset)["run"]], lambda: _environment(preset.parent))
    assert status == 0, printed
    assert printed.rstrip().endswith(f"report: {folder / 'report.html'}"), printed
    return folder


def _environment(folder: Path, **more: str) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "OMP_NUM_THREADS", "PYTHONPATH") if name in os.environ}
    os.environ.clear()
    os.environ |= {**kept, "HOME": str(folder), "AUTOGAN_CACHE": str(folder / "cache"), "COLUMNS": "200", **more}
    os.chdir(folder)


def _no_home(folder: Path) -> None:
    """As in a pod whose user id has no name."""
    _environment(folder)
    del os.environ["HOME"], os.environ["AUTOGAN_CACHE"]

    def nobody(user: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {user}")

    import pwd

    pwd.getpwuid = nobody  # type: ignore[assignment]


def _full_disk(folder: Path) -> None:
    """No file may hold a byte; the output goes through a pipe."""
    _environment(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _interrupted(folder: Path, seconds: float) -> None:
    """Ctrl-C after so many seconds."""
    _environment(folder)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def walk(command: str, out: Path, preset: Path, prepare: Callable[[Path], None], run: Path) -> tuple[int, str]:
    """One command in one situation; asserts that it ends in a sentence."""
    arguments = [*command.split(), *lines(run, out, preset)[command]]
    status, printed = outcome(arguments, lambda: prepare(out if out.is_dir() else out.parent))
    assert status in (0, 1, 2, 130), printed
    assert "Traceback" not in printed and "should not happen" not in printed, printed
    assert printed or status in (0, 130)
    return status, printed


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    """A folder with an odd name."""
    folder = tmp_path / ODD
    folder.mkdir(parents=True)
    yield folder


def test_every_command_is_walked_through() -> None:
    """A new one needs a line above."""
    assert sorted(map(" ".join, leaves())) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk(command: str, out: Path, preset: Path) -> None:
    """What has to write says that it cannot."""
    status, printed = walk(command, out, preset, _full_disk, out / "new")
    if command in ("run", "search", "describe", "reproduce", "pipeline compile", "katib experiment"):
        assert status == 1 and "File too large" in printed and "free some space" in printed, printed


@pytest.mark.parametrize("command", COMMANDS)
def test_paths_that_cannot_be_written(command: str, out: Path, preset: Path) -> None:
    """A file in the place of a folder, which stops root too."""
    (out / "file").touch()
    status, printed = walk(command, out / "file", preset, _environment, out / "file" / "run")
    assert status == 1, printed
    if command in ("run", "search", "describe", "reproduce", "pipeline compile", "katib experiment"):
        assert f"cannot use '{out / 'file'}" in printed, printed


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in SLOW])
def test_no_home(command: str, out: Path, preset: Path) -> None:
    """A search needs a cache and says which variable to set; most commands do without."""
    status, printed = walk(command, out, preset, _no_home, out / "new")
    if command in ("run", "search"):
        assert status == 1 and "no home folder" in printed and "set AUTOGAN_CACHE" in printed, printed


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_interrupted(command: str, out: Path, preset: Path) -> None:
    """At ten moments, each twice as late as the one before: it ends at once with status 130, or was done before."""
    for moment in range(10):
        prepare = functools.partial(_interrupted, seconds=0.002 * 2**moment)
        status, _ = walk(command, out, preset, prepare, out / "new")
        if status != 130:
            break


@pytest.mark.parametrize("command", COMMANDS)
def test_help_on_an_ascii_console(command: str, tmp_path: Path) -> None:
    """No letter is one too many."""
    status, printed = outcome([*command.split(), "--help"], lambda: _environment(tmp_path), "ascii")
    assert status == 0 and "Usage" in printed and "Traceback" not in printed, printed


@pytest.mark.parametrize(
    ("command", "encoding"),
    [
        *((command, "utf-8") for command in ("search", "retrain", "evaluate", "sample", "describe")),
        *((command, "ascii") for command in ("search", "report", "describe")),
    ],
)
def test_brackets_and_blanks_in_names(command: str, encoding: str, finished: Path, preset: Path) -> None:
    """Paths are printed as they are, or with escapes where the console lacks a letter; the run is there and is read."""
    arguments = [*command.split(), *lines(finished, finished, preset)[command]]
    status, printed = outcome(arguments, lambda: _environment(preset.parent), encoding)
    assert status == 0, printed
    shown = str(finished).encode(encoding, "backslashreplace").decode(encoding)
    assert command in ("search", "retrain", "evaluate") or shown in printed, printed


def test_typers_own_messages_have_brackets_too(tmp_path: Path) -> None:
    """A wrong option and a value that is none, word for word."""
    for arguments in (["run", "--[/b]"], ["sample", "--checkpoint", "[/b]"], ["[/b]"], ["describe", "[/b]"]):
        status, printed = outcome(arguments, lambda: _environment(tmp_path))
        assert status in (1, 2) and "[/b]" in printed and "Traceback" not in printed, printed


@pytest.mark.parametrize("command", ["retrain", "evaluate", "sample", "report"])
def test_reading_makes_nothing(command: str, finished: Path, preset: Path) -> None:
    """A mistyped folder stays away, and the run that was meant is named."""
    typed = finished.with_name("b]s")
    status, printed = outcome([command, "--run-dir", str(typed)], lambda: _environment(preset.parent))
    assert (status, printed) == (1, f"autogan: there is no run in '{typed}'; did you mean '{finished}'?\n")
    assert not typed.exists()


def test_a_disk_that_is_full_of_output(tmp_path: Path) -> None:
    """``autogan describe sn-gan > /dev/full``; nothing is told a second time as Python ends."""

    def to_full() -> None:
        _environment(tmp_path)
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)

    status, printed = outcome(["describe", "sn-gan"], to_full)
    assert (status, printed) == (
        1,
        "autogan: No space left on device; free some space, or choose another disk, and run the same command again\n",
    )


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    """``autogan describe sn-gan | true`` ends quietly, with the status that a shell has for it."""

    def to_nobody() -> None:
        _environment(tmp_path)
        reading, writing = os.pipe()
        os.close(reading)
        os.dup2(writing, 1)

    assert outcome(["describe", "sn-gan"], to_nobody) == (141, "")
