"""Ctrl-C, from the first line of the program on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autogan_core.cli import interrupts

PRESET = """
data: {name: digits, max_images: 64}
model: {bottom_width: 2, image_channels: 1, latent_dim: 8}
search: {iterations: 300, shared_epochs: 1, generator_channels: 4, discriminator_channels: 4}
scores: {features: classifier, num_images: 32, splits: 2, batch_size: 32}
"""
BEGIN = "import autogan_core.cli.interrupts; print('begun', flush=True); "
RUN = "from autogan_kubeflow.pipelines.cli.main import main; main()"


@pytest.mark.slow
def test_a_command_ends_at_once_and_quietly_at_ten_moments(tmp_path: Path) -> None:
    """From its first line to its training: status 130, and nothing on the screen but how to go on."""
    (tmp_path / "long.yaml").write_text(PRESET)
    arguments = ["search", "--preset", str(tmp_path / "long.yaml"), "--device", "cpu"]
    for moment in range(10):
        folder = str(tmp_path / f"run{moment}")
        process = subprocess.Popen(
            [sys.executable, "-c", BEGIN + RUN, *arguments, "--run-dir", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        time.sleep(0.25 * moment)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130, told
        assert told == "" or told.startswith("autogan: stopped; to continue, run the same command again"), told


def test_an_interrupted_import_ends_the_process(tmp_path: Path) -> None:
    """C extensions make other errors of a KeyboardInterrupt in the middle of their import, or swallow it."""
    (tmp_path / "interrupted.py").write_text(
        "import signal\ntry:\n    signal.raise_signal(signal.SIGINT)\nexcept KeyboardInterrupt:\n    pass\n"
    )
    program = f"import autogan_core.cli.interrupts, sys; sys.path.insert(0, {str(tmp_path)!r}); import interrupted"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


class Ended(BaseException):
    """Stands for the end of the process."""


def test_only_the_first_interrupt_of_the_work_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the work and after it, and at the second one, which a library may have made necessary by swallowing the
    first, the process ends at once."""

    def end(status: int) -> None:
        assert status == 130
        raise Ended

    monkeypatch.setattr("os._exit", end)
    former = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests are a background job
    interrupts.catch(signal.SIGINT)
    try:
        for expected in (Ended, KeyboardInterrupt, Ended):
            if expected is KeyboardInterrupt:
                interrupts.raise_the_next()
            with pytest.raises(expected):
                signal.raise_signal(signal.SIGINT)
        interrupts.raise_the_next()
        interrupts.end_at_once()
        with pytest.raises(Ended):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, former)
