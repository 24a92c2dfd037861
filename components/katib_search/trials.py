"""Trial resources: their end and its reason, and their form in the suggestion service's protocol."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kubeflow.katib import katib_api_pb2 as api

_CONDITIONS = {
    "Created": api.TrialStatus.CREATED,
    "Running": api.TrialStatus.RUNNING,
    "Succeeded": api.TrialStatus.SUCCEEDED,
    "Killed": api.TrialStatus.KILLED,
    "Failed": api.TrialStatus.FAILED,
    "MetricsUnavailable": api.TrialStatus.METRICSUNAVAILABLE,
    "EarlyStopped": api.TrialStatus.EARLYSTOPPED,
}
_FAILURES = ("Failed", "MetricsUnavailable", "Killed")
_ENDS = ("Succeeded", "EarlyStopped", *_FAILURES)
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def belongs_to(trial: Any, uid: str) -> bool:
    """Whether a trial is of the Experiment with that uid, and not of a former one of its name."""
    return any(owner.uid == uid for owner in trial.metadata.owner_references or [])


def last_condition(status: Any) -> Any | None:
    """The latest of a trial's conditions, which Katib keeps at the end; None before there are any."""
    conditions = status.conditions if status else None
    return conditions[-1] if conditions else None


def has_ended(trial: Any) -> bool:
    """Whether a trial has succeeded or failed."""
    condition = last_condition(trial.status)
    return condition is not None and condition.type in _ENDS


def failure_reason(trial: Any) -> str | None:
    """The reason why a trial failed, in Katib's words; None if it did not."""
    condition = last_condition(trial.status)
    if condition is None or condition.type not in _FAILURES:
        return None
    return f"{condition.reason or condition.type}: {condition.message or 'no message'}"


def completion_time(trial: Any) -> datetime:
    """The end of a trial; the earliest time if it is unknown."""
    time: datetime | None = trial.status.completion_time if trial.status else None
    return time or datetime.min.replace(tzinfo=UTC)


def to_proto(trial: Any) -> api.Trial:
    """A Trial resource as Katib sends it to the suggestion service: of each metric the latest value."""
    assignments = [api.ParameterAssignment(name=a.name, value=a.value) for a in trial.spec.parameter_assignments or []]
    return api.Trial(
        name=trial.metadata.name,
        spec=api.TrialSpec(parameter_assignments=api.TrialSpec.ParameterAssignments(assignments=assignments)),
        status=_status(trial.status),
    )


def _status(status: Any) -> api.TrialStatus:
    condition = last_condition(status)
    if condition is None:
        return api.TrialStatus(condition=api.TrialStatus.CREATED)
    metrics = status.observation.metrics if status.observation else None
    return api.TrialStatus(
        start_time=status.start_time.astimezone(UTC).strftime(_TIME_FORMAT) if status.start_time else "",
        condition=_CONDITIONS.get(condition.type, api.TrialStatus.UNKNOWN),
        observation=api.Observation(metrics=[api.Metric(name=m.name, value=m.latest or "") for m in metrics or []]),
    )
