"""Katib's ``api.v1.beta1.Suggestion``: protobuf in, the search's answer, protobuf out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import NoReturn, TypeVar

import grpc
from kubeflow.katib import katib_api_pb2 as api
from kubeflow.katib import katib_api_pb2_grpc as api_grpc

from autogan_core.errors import ConfigError
from autogan_core.history import Assignment, Record
from autogan_core.search.mlas import MultiLevelSearch
from autogan_kubeflow.components.katib_protocol import to_parameters
from autogan_kubeflow.components.suggestion.experiment import SearchRequest, parse_experiment
from autogan_kubeflow.components.suggestion.trials import KatibRun, find_run

logger = logging.getLogger(__name__)

Reply = TypeVar("Reply")


class SuggestionService(api_grpc.SuggestionServicer):  # type: ignore[misc]  # the stubs carry no types
    """Answers from the request alone. What it keeps between two calls, the last search, only saves replaying."""

    def __init__(self, namespace: str) -> None:
        """``namespace``: where the service and so its Experiment live; trials of other namespaces are not its own."""
        self._namespace = namespace
        self._lock = threading.Lock()
        self._last: tuple[SearchRequest, MultiLevelSearch] | None = None

    def ValidateAlgorithmSettings(  # noqa: N802  (the name is the contract's)
        self, request: api.ValidateAlgorithmSettingsRequest, context: grpc.ServicerContext
    ) -> api.ValidateAlgorithmSettingsReply:
        """Refuses with INVALID_ARGUMENT what `parse_experiment` refuses; Katib then fails the Experiment for good."""

        def answer() -> api.ValidateAlgorithmSettingsReply:
            parse_experiment(request.experiment)
            logger.info("the Experiment is valid", extra={"experiment": request.experiment.name})
            return api.ValidateAlgorithmSettingsReply()

        return self._answer(answer, request.experiment.name, context)

    def GetSuggestions(  # noqa: N802
        self, request: api.GetSuggestionsRequest, context: grpc.ServicerContext
    ) -> api.GetSuggestionsReply:
        """Exactly ``current_request_number`` assignments; the same ones whenever the same trials are sent."""
        return self._answer(lambda: self._suggest(request), request.experiment.name, context)

    def _suggest(self, request: api.GetSuggestionsRequest) -> api.GetSuggestionsReply:
        count = request.current_request_number
        slot = request.total_request_number - count
        if count < 0 or slot < 0:
            raise ConfigError(
                f"current_request_number is {count} and total_request_number {request.total_request_number}; "
                "neither can be negative, nor the first larger"
            )
        wanted = parse_experiment(request.experiment)
        run = find_run(request.trials, self._namespace, slot, lambda first: _search(wanted).ask([], first)[0])
        with self._lock:
            started = time.monotonic()
            search = self._search_for(wanted)
            assignments = search.ask(run.records, slot, count)
            self._log(request.experiment.name, search, run, assignments, time.monotonic() - started)
        return api.GetSuggestionsReply(parameter_assignments=[_to_proto(a, run.name) for a in assignments])

    def _search_for(self, wanted: SearchRequest) -> MultiLevelSearch:
        if self._last is None or self._last[0] != wanted:
            self._last = (wanted, _search(wanted))
        return self._last[1]

    def _log(
        self, experiment: str, search: MultiLevelSearch, run: KatibRun, assignments: list[Assignment], seconds: float
    ) -> None:
        for assignment in assignments:
            logger.info(
                "slot %d: stage %d, %s",
                *(assignment.slot, assignment.stage + 1, assignment.phase),
                extra={
                    "experiment": experiment,
                    "run": run.name,
                    "slot": assignment.slot,
                    "stage": assignment.stage + 1,
                    "phase": assignment.phase,
                    "entropy": round(search.entropy(run.records, assignment.slot), 4),
                    "replay_seconds": round(seconds, 3),
                    **_rewards_of_the_last(run.records),
                },
            )

    def _answer(self, answer: Callable[[], Reply], experiment: str, context: grpc.ServicerContext) -> Reply:
        try:
            return answer()
        except ConfigError as error:
            logger.warning("refused: %s", error, extra={"experiment": experiment})
            status, message = grpc.StatusCode.INVALID_ARGUMENT, str(error)
        except Exception as error:
            # Katib takes UNKNOWN, gRPC's answer to a stray exception, for a refusal that is final; INTERNAL it is not.
            logger.exception("the call failed", extra={"experiment": experiment})
            status, message = grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}"
        _abort(context, status, message)


def _search(wanted: SearchRequest) -> MultiLevelSearch:
    return MultiLevelSearch(wanted.space, wanted.config, wanted.seed)


def _rewards_of_the_last(records: tuple[Record, ...]) -> dict[str, float | int]:
    """Mean and best reward of the latest trial that has some."""
    scored = [record for record in records if record.scored]
    if not scored:
        return {}
    last = max(scored, key=lambda record: record.assignment.slot)
    rewards = [reward for _, reward in last.scored]
    return {
        "last_slot": last.assignment.slot,
        "reward_mean": round(sum(rewards) / len(rewards), 4),
        "reward_best": round(max(rewards), 4),
    }


def _to_proto(assignment: Assignment, run: str) -> api.GetSuggestionsReply.ParameterAssignments:
    parameters = to_parameters(assignment, run).items()
    return api.GetSuggestionsReply.ParameterAssignments(
        assignments=[api.ParameterAssignment(name=name, value=value) for name, value in parameters]
    )


def _abort(context: grpc.ServicerContext, status: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(status, message)
    raise AssertionError("abort returned")
