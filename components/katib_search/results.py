"""The results of an Experiment: the records of its trials, or the reason of its failure."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from autogan_core.config import Config
from autogan_core.history import Record
from autogan_core.search.mlas import MultiLevelSearch
from autogan_kubeflow.components.katib_search.errors import ExperimentFailedError
from autogan_kubeflow.components.katib_search.trials import completion_time, failure_reason, to_proto
from autogan_kubeflow.components.suggestion.trials import find_run


@dataclass(frozen=True, slots=True)
class KatibSearch:
    """A search that every stage of was derived."""

    run: str
    """``<namespace>/<first trial>``, by which its trials name their folder in the run store."""
    records: list[Record]
    """Records of all trials, by slot."""


def failure(experiment: Any, message: str | None, trials: list[Any]) -> ExperimentFailedError:
    """Creates the error for an Experiment that failed, with the reason of the last trial that failed.

    Args:
        experiment: the Experiment.
        message: what Katib says of it.
        trials: all of its trials.

    Returns:
        The error, with commands to look further, for the caller to raise.
    """
    metadata = experiment.metadata
    kubectl, head = f"kubectl -n {metadata.namespace}", f"the Experiment '{metadata.name}' failed"
    failed = sorted((t for t in trials if failure_reason(t)), key=lambda t: (completion_time(t), t.metadata.name))
    if not failed:
        look = f"{kubectl} describe suggestion {metadata.name}"
        return ExperimentFailedError(f"{head} before any trial did: {message or 'no reason given'}; look with '{look}'")
    last = failed[-1].metadata.name
    return ExperimentFailedError(
        f"{head} because {len(failed)} of its {len(trials)} trials did, the last one, {last}, with "
        f"{failure_reason(failed[-1])}; look with '{kubectl} logs {last}-master-0' and '{kubectl} describe trial "
        f"{last}', mend the cause and start this step again, which replaces the Experiment"
    )


def read_search(config: Config, experiment: Any, trials: list[Any]) -> KatibSearch:
    """Reads the records from the trials of an Experiment.

    Returns:
        The records of all slots, in order, and the run that the trials worked on.

    Raises:
        ExperimentFailedError: not every stage was derived.
    """  # noqa: DOC501 - _unfinished() makes an ExperimentFailedError
    search = MultiLevelSearch(config.search_space(), config.search, config.seed)
    everything = sys.maxsize
    run = find_run(
        map(to_proto, trials), experiment.metadata.namespace, everything, lambda slot: search.ask([], slot)[0]
    )
    records = sorted(run.records, key=lambda record: record.assignment.slot)
    if not search.finished(records):
        raise _unfinished(search, records, experiment)
    return KatibSearch(run.name, records)


def _unfinished(search: MultiLevelSearch, records: list[Record], experiment: Any) -> ExperimentFailedError:
    beams = search.beams(records)
    derived = search.depths.index(beams[0].architecture.depth if beams else 0)
    namespace, name, total = experiment.metadata.namespace, experiment.metadata.name, experiment.spec.max_trial_count
    budget = total + 2 * (search.num_stages - derived)
    patch = f'{{"spec":{{"maxTrialCount":{budget}}}}}'
    return ExperimentFailedError(
        f"the Experiment '{name}' ran its {total} trials, but stage {derived + 1} of {search.num_stages} was never "
        f"derived, since {sum(not record.scored for record in records)} trials failed or had no scores; give it more "
        f"with 'kubectl -n {namespace} patch experiment {name} --type merge -p '{patch}'', and start this step again, "
        "which goes on from there"
    )
