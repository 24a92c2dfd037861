"""``autogan reproduce``: repeats the paper's experiments, and writes what they came to."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from rich.console import Console
from rich.table import Column, Table

from autogan_core.ablations.suite.budget import budget_names, load_budget
from autogan_core.cli.consoles import console as plain_console
from autogan_core.cli.run_folder import Device
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config, preset_names

if TYPE_CHECKING:  # torch takes seconds to import
    from autogan_core.ablations.suite.suite import Plan, Suite

NAMES = {
    "comparison": "Tables 1 and 2: the paper's architectures and hand-crafted GANs in one harness",
    "transfer": "4.2: found on one data set, trained on another",
    "observations": "4.1: what the best architectures have in common",
    "proxy": "4.3.1, Figure 7: are scores on shared weights worth anything?",
    "reward-is-vs-fid": "4.3.2, Figure 8: which score to search for",
    "dynamic-reset": "4.3.3, Figure 9: with and without",
    "mlas-vs-slas": "4.3.4, Figure 10: one controller for each cell, or one for all",
    "random-search": "4.3.5: with and without shared weights, in equal time",
    "payoff": "does it pay? against all that one could do instead, at equal total cost",
    "search-choices": "beyond the paper: wider space, both networks, policies, at equal total cost",
}
"""Every experiment, and what it shows; `catalogue` has what they do."""
_LINES = "\n".join(f"{name:18}{words}" for name, words in NAMES.items())
_HELP = f"""Repeat the paper's experiments.

Each gives JSON, a figure and a paragraph, and a page collects them.

\b
{_LINES}

Runs are shared between experiments and resumed after a stop. The same command, started a second time beside the first
(for another GPU: CUDA_VISIBLE_DEVICES=1 autogan reproduce ...), shares the work.

To reproduce the paper's tables: autogan reproduce comparison transfer --preset cifar10 --set data.path=CIFAR10
--target-path STL10.
"""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help=_HELP)
def reproduce(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which ones. [default: all]")] = None,
    preset: Annotated[str, typer.Option(help=f"{', '.join(preset_names())}, or a .yaml file.")] = "digits",
    budget: Annotated[
        str, typer.Option(help=" ".join(f"{name}: {load_budget(name).summary}" for name in budget_names()))
    ] = "full",
    seeds: Annotated[int | None, typer.Option(min=1, help="Runs of everything. [default: the budget's]")] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, on top of preset and budget. Repeatable."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Preset of the data to transfer to. [default: cifar10 <-> stl10, digits <-> fashion-mnist]"),
    ] = None,
    target_path: Annotated[Path | None, typer.Option(help="Where its images lie, as data.path for the others.")] = None,
    run_dir: Annotated[
        Path | None, typer.Option(help="Folder of everything. [default: runs/experiments/PRESET-BUDGET]")
    ] = None,
    device: Device = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the settings and what would be done.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the program's log.")] = False,
) -> None:
    """Repeats the named experiments, or prints what would be done."""
    chosen = _chosen(names)
    plan = _plan(preset, budget, seeds, overrides or (), target, target_path)
    folder = run_dir or Path("runs/experiments") / f"{Path(preset).stem}-{budget}"
    console = plain_console()
    from autogan_core.ablations.running import run_ablations
    from autogan_core.ablations.suite.suite import Suite
    from autogan_core.cli.terminal import RunMonitor, log_to
    from autogan_core.runs.folder.run_config import stored_recipe
    from autogan_core.runs.planning.preflight import check_before
    from autogan_core.runs.scoring.inputs import make_inputs
    from autogan_core.runtime.cache_folder import cache_folder
    from autogan_core.runtime.devices import describe_device, open_device
    from autogan_core.storage import DirectoryStore

    log_to(console, verbose)
    opened = open_device(device, plan.config(plan.seeds[0]).cpu_threads)
    monitor = RunMonitor(console, None)
    suite = Suite(
        plan,
        folder,
        opened,
        monitor,
        lambda config: make_inputs(
            config, opened, cache_folder(), monitor=monitor, recipe=stored_recipe(DirectoryStore(folder))
        ),
        _options(plan, run_dir),
    )
    if dry_run:
        _print_plan(console, suite, chosen)
        return
    check_before(plan.config(plan.seeds[0]), folder, cache_folder())
    page = run_ablations(suite, chosen, describe_device(opened))
    for name in chosen:
        console.print(f"\n{(folder / name / 'paragraph.md').read_text()}")
    console.print(f"page: {page}")


def _chosen(names: Sequence[str] | None) -> list[str]:
    for name in names or ():
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.4)
            hint = f"; did you mean '{near[0]}'?" if near else f"; choose of {', '.join(NAMES)}"
            raise ConfigError(f"there is no experiment '{name}'{hint}")
    return [name for name in NAMES if name in (names or NAMES)]


def _plan(
    preset: str,
    budget_name: str,
    seeds: int | None,
    overrides: Sequence[str],
    target: str | None,
    target_path: Path | None,
) -> Plan:
    from autogan_core.ablations.suite.suite import Plan

    budget = load_budget(budget_name)
    first = load_config(preset, [*budget.settings, *overrides]).seed
    every = tuple(range(first, first + (seeds or budget.seeds)))
    return Plan(preset, budget_name, budget, every, tuple(overrides), target, target_path)


def _options(plan: Plan, run_dir: Path | None) -> str:
    """The options that repeat the plan."""
    options = ["--preset", plan.preset, "--budget", plan.budget_name, "--seeds", str(len(plan.seeds))]
    options += [part for override in plan.overrides for part in ("--set", override)]
    options += ["--target", plan.target] if plan.target else []
    options += ["--target-path", str(plan.target_path)] if plan.target_path else []
    options += ["--run-dir", str(run_dir)] if run_dir else []
    return shlex.join(options)


def _print_plan(console: Console, suite: Suite, chosen: Sequence[str]) -> None:
    from autogan_core.ablations.catalogue import ABLATIONS
    from autogan_core.ablations.suite.computations import in_order
    from autogan_core.training.cost import Cost

    plan = suite.plan
    settings = yaml.safe_dump(plan.config(plan.seeds[0]).model_dump(mode="json"), sort_keys=False)
    console.print(settings)
    computations = in_order(computation for name in chosen for computation in ABLATIONS[name].computations(suite))
    table = Table(
        Column("work", no_wrap=True), "done", "discriminator steps", "generator steps", "images scored", box=None
    )
    for computation in computations:
        cost = computation.cost()
        counts = (f"{n:,}" for n in (cost.discriminator_steps, cost.generator_steps, cost.scored_images))
        table.add_row(computation.name, "yes" if computation.done() else "", *counts)
    console.print(table)
    total = sum((computation.cost() for computation in computations), Cost())
    console.print(f"plan: {', '.join(chosen)} on {plan.seed_words}: {len(computations)} pieces of work, {total}")
