"""``autogan run IMAGES``: looks at a person's images, plans a run for them, and does it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autogan_core.cli.run_commands import write_report_of
from autogan_core.cli.run_folder import console, session
from autogan_core.cli.terminal import RunMonitor, log_to
from autogan_core.config import DataConfig
from autogan_core.errors import WeightsUnavailableError
from autogan_core.presets import FALLBACK, named_settings, setting_text
from autogan_core.runs.folder.finding import is_run

if TYPE_CHECKING:  # torch takes seconds to import, and --help needs none of it
    import torch

    from autogan_core.first_run.findings import Findings
    from autogan_core.first_run.machine import Machine
    from autogan_core.report.results.decided import Decided
    from autogan_core.runs.run import Run

RUNS = Path("runs")


def first_run(
    images: Path,
    hours: float | None,
    preset: str | None,
    variant: str | None,
    overrides: Sequence[str] | None,
    run_dir: Path | None,
    seed: int | None,
    device_name: str,
    *,
    dry_run: bool,
    verbose: bool,
) -> None:
    """Does what `run` does with images of a person's own.

    Args:
        images: where they are.
        hours: what it may take; None: what is usual on the device.
        preset: settings that stand; None: none.
        variant: likewise, on top of the preset's.
        overrides: likewise, on top of these.
        run_dir: the run's folder; None: one by the name of the images.
        seed: see `load_config`.
        device_name: see `choose_device`.
        dry_run: whether to stop when all is told.
        verbose: whether to show the log.

    Raises:
        AutoGANError: the images cannot be used, there is nothing to score them by, or the run is refused.
    """
    from autogan_core.first_run.looking import images_at

    started, data = time.monotonic(), images_at(images)
    folder = run_dir or RUNS / _name_of(data)
    asked = [*([f"variant={variant}"] if variant else []), *(overrides or ())]
    log_to(console, verbose)
    given = named_settings(preset, asked) | {"data.name": data.name, "data.path": str(data.path)}
    if is_run(folder):
        _go_on(folder, given, seed, device_name, dry_run=dry_run, verbose=verbose)
        return
    decided, settings = _decided(data, hours, given, device_name, started, dry_run=dry_run)
    if dry_run:
        return
    with (
        _advised(folder, decided),
        session(
            False, preset=FALLBACK, overrides=settings, run_dir=folder, seed=seed, device=device_name, verbose=verbose
        ) as opened,
    ):
        _work(opened, prepared=time.monotonic() - started)


def _name_of(data: DataConfig) -> str:
    """The run folder's name: the images', without an archive's ending."""
    path = data.path or Path("images")
    return path.name if path.is_dir() else path.name.partition(".")[0] or path.name


def _go_on(
    folder: Path, given: Mapping[str, Any], seed: int | None, device: str, *, dry_run: bool, verbose: bool
) -> None:
    """Continues a run: by the advice of its beginning, whatever would be advised today."""
    console.print(f"{folder} holds a run; it goes on as it was planned")
    settings = [f"{setting}={setting_text(value)}" for setting, value in given.items()]
    with session(
        False, overrides=settings, run_dir=folder, seed=seed, device=device, dry_run=dry_run, verbose=verbose
    ) as opened:
        _work(opened, prepared=0.0)


def _decided(
    data: DataConfig, hours: float | None, given: Mapping[str, Any], device_name: str, started: float, *, dry_run: bool
) -> tuple[Decided, list[str]]:
    """Looks, measures, decides and tells all of it; returns the advice, and its settings as ``--set`` takes them."""
    from autogan_core.first_run.advice import advise, allowed_hours, require_enough
    from autogan_core.first_run.announcement import announcement, tell_decisions, tell_findings
    from autogan_core.first_run.looking import look
    from autogan_core.first_run.machine import machine_of
    from autogan_core.first_run.measures import measures_on
    from autogan_core.report.results.decided import Decided, Taken
    from autogan_core.runtime.devices import open_device
    from autogan_core.runtime.peak_memory import peak_mebibytes

    findings = look(data, RunMonitor(console, None))
    tell_findings(console, sentences := tuple(findings.sentences()))
    require_enough(findings)
    device = open_device(device_name, given.get("cpu_threads"))
    weights = given.get("scores.inception_weights")
    machine = machine_of(device, None if weights is None else Path(weights))
    _require_scores(findings, machine, given, device, fetch=not dry_run)
    console.print(f"measuring how fast this {'GPU' if machine.gpu else 'CPU'} is ...")
    measures = measures_on(device)
    decisions = advise(findings, machine, hours, given, measures)
    config = decisions.config()
    used = findings.used(config)
    ahead, spent = measures.estimate(config, used)(config).total, time.monotonic() - started
    # Measuring wider networks than are taken may have been what needs the most.
    expected = Taken(spent + ahead, max(measures.mebibytes(config, used), peak_mebibytes(device)))
    decided = Decided(sentences, tuple(decisions), expected, allowed_hours(machine, hours))
    tell_decisions(console, decided, everything=dry_run)
    console.print(announcement(decided, machine.words))
    return decided, decisions.overrides()


def _require_scores(
    findings: Findings, machine: Machine, given: Mapping[str, Any], device: torch.device, *, fetch: bool
) -> None:
    """Fetches InceptionV3's weights if nothing else can judge the images; refuses the run if they cannot be had."""
    from autogan_core.first_run.advice import score_features
    from autogan_core.first_run.decisions import Decisions
    from autogan_core.metrics.features.inception import load_inception

    if score_features(Decisions(given), findings, machine) != "inception" or machine.inception:
        return
    if not fetch:
        console.print("InceptionV3's weights, which have to judge these images, are not here; a run downloads them")
        return
    weights = given.get("scores.inception_weights")
    try:
        load_inception(None if weights is None else Path(weights), device, "float32")
    except WeightsUnavailableError as error:
        if "scores.features" in given:
            raise
        raise WeightsUnavailableError(
            "nothing can judge what a generator draws of these images: they are in no classes that a classifier could "
            f"learn, and {error}; or sort the images into a sub-folder for each class"
        ) from error


@contextmanager
def _advised(folder: Path, decided: Decided) -> Iterator[None]:
    """Puts the advice into the folder before a run is made there, and takes it away if none is."""
    from autogan_core.runs.folder.decided_file import DECIDED_FILE, write_decided
    from autogan_core.storage import DirectoryStore

    write_decided(DirectoryStore(folder), decided)
    try:
        yield
    finally:
        if not is_run(folder):
            (folder / DECIDED_FILE).unlink(missing_ok=True)


def _work(opened: Run, prepared: float) -> None:
    """Everything, with the time and the memory that it takes noted beside what was announced."""
    from autogan_core.runs.folder.decided_file import keep_actual
    from autogan_core.runs.folder.phase_times import PhaseTimes
    from autogan_core.runtime.peak_memory import peak_mebibytes
    from autogan_core.storage import DirectoryStore

    store = DirectoryStore(Path(opened.location))
    if prepared:
        PhaseTimes(store).add("prepare", prepared)
    try:
        opened.search()
        opened.halve()
        opened.evaluate(opened.found())
    finally:
        if opened.decided is not None:
            keep_actual(store, sum(opened.seconds.values()), peak_mebibytes(opened.world.device))
    write_report_of(console, opened)
    if (decided := opened.decided) is not None:
        console.print(decided.comparison)
