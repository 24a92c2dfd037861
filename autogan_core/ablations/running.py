"""Does ablations to the end, and writes what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from autogan_core.ablations import transfer
from autogan_core.ablations.catalogue import ABLATIONS, Ablation
from autogan_core.ablations.pages.page import write_findings
from autogan_core.ablations.suite.computations import Ledger, complete, in_order
from autogan_core.ablations.suite.suite import Suite
from autogan_core.errors import ConfigError
from autogan_core.report.words import DATA_NAMES, duration
from autogan_core.runs.folder.run_config import keep_config
from autogan_core.runtime.provenance import git_revision
from autogan_core.storage import DirectoryStore


def run_ablations(suite: Suite, names: Sequence[str], device: str) -> Path:
    """Does what the named ablations still need, and writes the page of all that are done in this folder.

    Args:
        suite: where and with what.
        names: of `ABLATIONS`.
        device: in words.

    Returns:
        The page's path.

    Raises:
        ConfigError: the folder holds experiments with other settings; the message lists the differences.
        AutoGANError: images or feature weights are missing, or a piece of work failed; what was done stays.
    """
    computations = in_order(computation for name in names for computation in ABLATIONS[name].computations(suite))
    suite.inputs()
    if transfer.NAME in names:  # not after hours of searching
        suite.inputs(target=True)
    keep_config(DirectoryStore(suite.folder), suite.plan.config(suite.plan.seeds[0]))
    ledger = Ledger(suite.folder / "work")
    complete(computations, ledger, suite.monitor)
    finished = {name: ablation for name, ablation in ABLATIONS.items() if _done(ablation, suite)}
    findings = [ablation.finding(suite) for ablation in finished.values()]
    times = {name: ledger.seconds(in_order(ablation.computations(suite))) for name, ablation in finished.items()}
    every = in_order(computation for ablation in finished.values() for computation in ablation.computations(suite))
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


def _done(ablation: Ablation, suite: Suite) -> bool:
    try:
        return all(computation.done() for computation in in_order(ablation.computations(suite)))
    except ConfigError:  # one that was not asked for, and does not fit the plan
        return False
