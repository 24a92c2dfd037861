"""The protocol between the suggestion service and the trials: assignments one way, rewards the other.

Katib pastes an assignment's values raw into a JSON text and sorts neither trials nor metrics, so values hold nothing
but ``[A-Za-z0-9_.,:/-]``, and everything needed to put a trial in its place is among them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, get_args

from autogan_core.config import RewardConfig, RewardScore, SearchConfig
from autogan_core.errors import ConfigError
from autogan_core.history import Assignment, Record
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, DOWN_SAMPLINGS, NORMALISATIONS, UP_SAMPLINGS
from autogan_core.search_space import CONVS, LOSSES, SWITCH_WORDS, Architecture
from autogan_kubeflow.components.kubernetes_rules import LONGEST_STRING

ALGORITHM = "autogan"
"""The name under which Katib knows the suggestion service."""

FIELDS = ("run", "slot", "stage", "phase", "candidates", "training")
"""Names of the assignments, which an Experiment's trialParameters refer to one-to-one."""

OPERATIONS: dict[str, Collection[str]] = {
    "conv": CONVS,
    "norm": NORMALISATIONS,
    "up": UP_SAMPLINGS,
    "shortcut": SWITCH_WORDS,
    "skip": SWITCH_WORDS,
    "kernel": CONVOLUTIONS,
    "end": CELL_ENDS,
    "loss": LOSSES,
}
"""Every operation of the generator in an Experiment's ``nasConfig``, and what its list may hold."""

OPTIONAL: dict[str, tuple[str, ...]] = {"kernel": CONVOLUTIONS.paper, "end": CELL_ENDS.paper, "loss": ()}
"""Operations that an Experiment may leave out, and the options that there are then."""

DISCRIMINATOR: dict[str, Collection[str]] = {
    "discriminator-kernel": CONVOLUTIONS,
    "discriminator-down": DOWN_SAMPLINGS,
    "discriminator-shortcut": SWITCH_WORDS,
    "discriminator-end": CELL_ENDS,
}
"""Likewise of the discriminator; an Experiment that has one of them, and so all, searches both networks."""

NEW_RUN = "new"
"""Stands for the first trial's name, which is not known before Katib has made the trial."""

OBJECTIVES: tuple[str, ...] = get_args(RewardScore)
"""Objective metrics: the best reward of a trial, named for what the reward is."""

SCRATCH_OBJECTIVES = ("inception-score", "inverse-fid", "log-fid")
"""The objectives that a trial which trains from scratch reports."""

MOST_SUGGESTED_BYTES = 1 << 20
"""Katib keeps all assignments of an Experiment in one object, its Suggestion, of which etcd takes 1.5 MiB."""
_BYTES_BESIDE = 500
"""Of a trial's assignment beside its architectures: the other fields, and the names of all."""
_NONE = "none"


def reward_name(index: int) -> str:
    """Metric name of the reward of candidate ``index`` (from 0)."""
    return f"reward-{index:02d}"


def reward_names(search: SearchConfig) -> list[str]:
    """Names of the additional metrics that an Experiment must list."""
    return [reward_name(i) for i in range(max(search.controller_steps, search.num_candidates))]


def goal_refusal(goal: Any) -> str:
    """Why an Experiment of ours may have no ``objective.goal``, with the value seen and what to do."""
    return (
        f"objective.goal is {goal}; remove it: Katib would end the search with the first trial that reaches it, mostly "
        "the very first, and only the last trials derive architectures"
    )


def check_lengths(search: SearchConfig, num_cells: int, num_trials: int) -> None:
    """Checks that assignments fit into what carries them: a variable of a pod, and Katib's Suggestion.

    Args:
        search: how many architectures an assignment names.
        num_cells: of a full architecture.
        num_trials: of the whole search.

    Raises:
        ConfigError: they do not; the message names the setting.
    """
    # A comma, and for each cell four symbols, its skips as a number, what the paper's cells do not have, and a dash.
    extras = 3 if any(getattr(search.space, name) != OPTIONAL[name] for name in ("kernel", "end")) else 0
    each = sum(5 + extras + (len(str(2**cell - 1)) if cell else 0) for cell in range(num_cells))
    each += 3 if search.space.loss else 0
    each += 6 * num_cells if search.networks == "both" else 0
    candidates = max(search.controller_steps, search.num_candidates)
    for field, count, setting in (
        ("candidates", search.controller_steps, "controller_steps"),
        ("candidates", search.num_candidates, "num_candidates"),
        ("training", search.training_draws, "training_draws"),
    ):
        if count * each + len(f"AUTOGAN_{field.upper()}=") > LONGEST_STRING:
            raise ConfigError(
                f"{setting} is {count}, whose architectures have {count * each:,} bytes, but a trial gets them in one "
                f"variable of at most {LONGEST_STRING:,}; set it to at most {(LONGEST_STRING - 50) // each}"
            )
    total = num_trials * (each * (candidates + search.training_draws) + _BYTES_BESIDE)
    if total > MOST_SUGGESTED_BYTES:
        raise ConfigError(
            f"{num_trials} trials with training_draws {search.training_draws} and {candidates} candidates each make "
            f"assignments of {total:,} bytes, but Katib keeps them in one object of at most {MOST_SUGGESTED_BYTES:,}; "
            "lower training_draws, controller_steps or the number of iterations"
        )


def to_parameters(assignment: Assignment, run: str) -> dict[str, str]:
    """Encodes an assignment as parameters of a Katib trial.

    Args:
        assignment: the trial's work.
        run: the run whose weights the trial uses, ``<namespace>/<first trial>`` or ``<namespace>/new``.

    Returns:
        Texts by the names in `FIELDS`.
    """
    return {
        "run": run,
        "slot": str(assignment.slot),
        "stage": str(assignment.stage),
        "phase": assignment.phase,
        "candidates": _join(assignment.candidates),
        "training": _join(assignment.training),
    }


def from_parameters(parameters: Mapping[str, str]) -> tuple[Assignment, str]:
    """Decodes the parameters that `to_parameters` encoded.

    Returns:
        The assignment, and the run whose weights the trial uses.

    Raises:
        ConfigError: a field is missing or malformed; the message names it.
    """
    missing = [name for name in FIELDS if not parameters.get(name)]
    if missing:
        raise ConfigError(f"the assignment has no {', '.join(missing)}")
    if parameters["phase"] not in ("search", "derive"):
        raise ConfigError(f"the assignment's phase is '{parameters['phase']}', not search or derive")
    namespace, separator, first_trial = parameters["run"].partition("/")
    if not (namespace and separator and first_trial) or "/" in first_trial or ".." in parameters["run"]:
        raise ConfigError(f"the assignment's run is '{parameters['run']}', not <namespace>/<trial>")
    assignment = Assignment(
        slot=_count(parameters, "slot"),
        stage=_count(parameters, "stage"),
        phase="derive" if parameters["phase"] == "derive" else "search",
        candidates=_split(parameters["candidates"]),
        training=_split(parameters["training"]),
    )
    if len({a.depth for a in (*assignment.candidates, *assignment.training)}) != 1 or not assignment.candidates:
        raise ConfigError("the assignment's candidates must be at least one, and as deep as all that are trained")
    return assignment, parameters["run"]


def to_metrics(record: Record, reward: RewardConfig) -> dict[str, float]:
    """Encodes a record as metrics: the objective and one reward per scored candidate; empty if none is."""
    rewards = {reward_name(i): r for i, r in enumerate(record.rewards) if r is not None and math.isfinite(r)}
    return {reward.score: max(rewards.values()), **rewards} if rewards else {}


def to_rewards(metrics: Mapping[str, str], count: int) -> tuple[float | None, ...]:
    """Rewards of ``count`` candidates from metrics as Katib sends them; None for what is missing or no number."""
    return tuple(_number(metrics.get(reward_name(i), "")) for i in range(count))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:  # "unavailable", "", "-"
        return None
    return value if math.isfinite(value) else None


def _count(parameters: Mapping[str, str], name: str) -> int:
    text = parameters[name]
    if not (text.isascii() and text.isdigit()):
        raise ConfigError(f"the assignment's {name} is '{text}', not a number from 0 on")
    return int(text)


def _join(architectures: tuple[Architecture, ...]) -> str:
    return ",".join(map(str, architectures)) or _NONE


def _split(text: str) -> tuple[Architecture, ...]:
    return () if text == _NONE else tuple(map(Architecture.parse, text.split(",")))
