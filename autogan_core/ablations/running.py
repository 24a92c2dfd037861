"""Does experiments to the end, and writes what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from autogan_core.ablations import transfer
from autogan_core.ablations.catalogue import EXPERIMENTS, Experiment
from autogan_core.ablations.pages.page import write_findings
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.work import Ledger, complete, in_order
from autogan_core.errors import ConfigError
from autogan_core.report.html import DATA_NAMES, duration
from autogan_core.runs.run_config import keep_config
from autogan_core.runtime.provenance import git_revision
from autogan_core.storage import DirectoryStore


def run_experiments(suite: Suite, names: Sequence[str], device: str) -> Path:
    """Does what the named experiments still need, and writes the page of all that are done in this folder.

    Args:
        suite: where and with what.
        names: of `EXPERIMENTS`.
        device: in words.

    Returns:
        The page's path.

    Raises:
        ConfigError: the folder holds experiments with other settings; the message lists the differences.
        AutoGANError: images or feature weights are missing, or a piece of work failed; what was done stays.
    """
    works = in_order(work for name in names for work in EXPERIMENTS[name].works(suite))
    suite.inputs()
    if transfer.NAME in names:  # not after hours of searching
        suite.inputs(target=True)
    keep_config(DirectoryStore(suite.folder), suite.plan.config(suite.plan.seeds[0]))
    ledger = Ledger(suite.folder / "work")
    complete(works, ledger, suite.monitor)
    finished = {name: experiment for name, experiment in EXPERIMENTS.items() if _done(experiment, suite)}
    findings = [experiment.finding(suite) for experiment in finished.values()]
    times = {name: ledger.seconds(in_order(experiment.works(suite))) for name, experiment in finished.items()}
    every = in_order(work for experiment in finished.values() for work in experiment.works(suite))
    data = suite.data().name
    facts = {
        "Data": f"{DATA_NAMES.get(data, data)}, {len(suite.inputs().dataset.images):,} images of "
        f"{suite.plan.config(suite.plan.seeds[0]).model.image_size} pixels",
        "Settings": f"preset {suite.plan.preset}, budget {suite.plan.budget_name}, {suite.plan.seed_words}",
        "Device": device,
        "Computing time": f"{duration(ledger.seconds(every))} in all; "
        + ", ".join(f"{name} {duration(seconds)}" for name, seconds in times.items())
        + " (runs that several need count for each)",
        "Code": git_revision() or "revision not known",
        "Written": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }
    return write_findings(findings, facts, suite.folder, f"The paper's experiments on {DATA_NAMES.get(data, data)}")


def _done(experiment: Experiment, suite: Suite) -> bool:
    try:
        return all(work.done() for work in in_order(experiment.works(suite)))
    except ConfigError:  # one that was not asked for, and does not fit the plan
        return False
