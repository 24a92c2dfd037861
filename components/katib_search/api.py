"""A thin client for Katib's Experiments and Trials, which sits out what may pass and explains what will not."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from kubeflow import katib
from kubeflow.katib.utils.utils import FakeResponse
from kubernetes import client, watch  # type: ignore[import-untyped]
from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from autogan_kubeflow.components.exit_status import ClusterUnavailableError
from autogan_kubeflow.components.katib_search import answers
from autogan_kubeflow.components.katib_search.connection import connect
from autogan_kubeflow.components.katib_search.waiting import Waiting

logger = logging.getLogger(__name__)

PAGE = 100
"""Trials for each request; each carries its job's template, some 10 kB."""
WATCH_SECONDS = 10
"""How long one watch lasts. Between two of them the state is read afresh, and a wish to stop is noticed."""
EXPERIMENT_LABEL = "katib.kubeflow.org/experiment"
"""Katib puts it on every trial."""

_GROUP = {"group": "kubeflow.org", "version": "v1beta1"}
_CONNECT_SECONDS, _READ_SECONDS = 10, 30
_LONGEST_PAUSE_S = 30.0


class ExperimentsAPI:
    """Experiments and their trials in one namespace, as the models of ``kubeflow.katib``.

    Every method but `watch` tries again while the API server is out of reach or asks to be left alone, and raises:
        ClusterUnavailableError: for longer than ``waiting.patience_seconds``.
        ClusterAccessError: it answers, but refuses us.
        ConfigError: it refuses what was sent.

    Args:
        api_client: must not retry by itself; see `connect`.
        namespace: of all that is read and written.
        waiting: patience and clock.
        watch_seconds: how long one watch lasts.
    """

    def __init__(
        self,
        api_client: client.ApiClient,
        namespace: str,
        waiting: Waiting | None = None,
        watch_seconds: int = WATCH_SECONDS,
    ) -> None:
        self.namespace = namespace
        self.waiting = waiting or Waiting()
        self._objects = client.CustomObjectsApi(api_client)
        self._watch_seconds = watch_seconds
        self._known = False
        """Whether the server has ever let us in: then a refused token may be a hiccup."""
        self._trials: dict[tuple[str, str], Any] = {}
        """The last list of trials by uid and resource version."""

    @classmethod
    def connect(cls, namespace: str, waiting: Waiting | None = None) -> ExperimentsAPI:
        """Connects to the cluster that this pod runs in, else to that of the kubeconfig's current context.

        Returns:
            The API of Experiments in ``namespace``.

        Raises:
            ConfigError: there is neither.
        """
        return cls(connect(), namespace, waiting)

    def waiting_with(self, **changes: Any) -> ExperimentsAPI:
        """Copies this API with some fields of `waiting` changed."""
        twin = copy.copy(self)
        twin.waiting = replace(self.waiting, **changes)
        return twin

    def create(self, document: Mapping[str, Any]) -> Any | None:
        """Creates an Experiment; None if there is one of that name, be it from a try whose answer was lost."""
        try:
            made = self._call("create", "experiments", self._objects.create_namespaced_custom_object, body=document)
        except ApiException as error:
            if answers.is_conflict(error):
                return None
            raise answers.refusal(error, "create", "experiments", self.namespace) from error
        return _model(made, "V1beta1Experiment")

    def get(self, name: str) -> Any | None:
        """An Experiment as it is now; None if there is none."""
        found = self._get("experiments", name)
        return None if found is None else _model(found, "V1beta1Experiment")

    def has_suggestion(self, name: str) -> bool:
        """Whether Katib's Suggestion of an Experiment is there, which outlives the Experiment for a moment."""
        return self._get("suggestions", name) is not None

    def trials(self, name: str) -> list[Any]:
        """The trials that bear an Experiment's name, in no order; those of a former one of that name are among them."""
        try:
            listed = self._call("list", "trials", self._list, label_selector=f"{EXPERIMENT_LABEL}={name}")
        except ApiException as error:
            raise answers.refusal(error, "list", "trials", self.namespace) from error
        # A model takes 20 ms to make, and of a long search's trials all but the latest have not changed.
        versions = {(t["metadata"]["uid"], t["metadata"]["resourceVersion"]): t for t in listed["items"]}
        self._trials = {v: self._trials.get(v) or _model(trial, "V1beta1Trial") for v, trial in versions.items()}
        return list(self._trials.values())

    def delete(self, name: str, uid: str) -> None:
        """Deletes the Experiment of that name and ``uid``; the cluster collects its dependents.

        Not ``Foreground``: Katib goes on creating trials for an Experiment that waits for its trials to go.

        Raises:
            AutoGANError: the cluster refuses for another reason than that the Experiment is gone or another one.
        """  # noqa: DOC501 - refusal() makes the error
        options = client.V1DeleteOptions(propagation_policy="Background", preconditions=client.V1Preconditions(uid=uid))
        try:
            self._call("delete", "experiments", self._objects.delete_namespaced_custom_object, name=name, body=options)
        except ApiException as error:
            if not answers.is_missing_object(error) and not answers.is_conflict(error):
                raise answers.refusal(error, "delete", "experiments", self.namespace) from error

    def watch(self, name: str, resource_version: str) -> Generator[Any]:
        """Watches an Experiment from a version on, for a limited time.

        The iteration ends with the watch, whatever the reason, or with the Experiment; `get` then tells the current
        state.

        Yields:
            The Experiment after each change.

        Raises:
            ClusterAccessError: no permission to watch.
        """  # noqa: DOC501 - refusal() makes the error
        selection = {"field_selector": f"metadata.name={name}", "resource_version": resource_version}
        stream = watch.Watch(return_type="object").stream(
            self._objects.list_namespaced_custom_object,
            **self._where("experiments"),
            **selection,
            allow_watch_bookmarks=True,
            timeout_seconds=self._watch_seconds,
            _request_timeout=(_CONNECT_SECONDS, self._watch_seconds + _CONNECT_SECONDS),
        )
        try:
            with closing(stream):
                for event in stream:
                    if event["type"] == "DELETED":
                        return
                    if event["type"] in ("ADDED", "MODIFIED"):
                        yield _model(event["raw_object"], "V1beta1Experiment")
        except answers.CALL_ERRORS as error:
            reason = self._outage(error)
            if reason is None:
                raise answers.refusal(error, "watch", "experiments", self.namespace) from error
            logger.info("the watch of %s/%s broke off (%s); reading it again", self.namespace, name, reason)
            self.waiting.pause(max(1.0, answers.retry_after(error)))

    def _get(self, resource: str, name: str) -> dict[str, Any] | None:
        try:
            return self._call("get", resource, self._objects.get_namespaced_custom_object, name=name)
        except ApiException as error:
            if answers.is_missing_object(error):
                return None
            raise answers.refusal(error, "get", resource, self.namespace) from error

    def _list(self, **arguments: Any) -> dict[str, Any]:
        """All pages. If the server forgets the list in between (410), it is read from its beginning."""
        items: list[Any] = []
        token = None
        while True:
            more: dict[str, Any] = {"_continue": token} if token else {}
            page = _checked(self._objects.list_namespaced_custom_object(**arguments, **more, limit=PAGE))
            items += page["items"]
            token = page["metadata"].get("continue")
            if not token:
                return {"items": items}

    def _call(self, verb: str, resource: str, method: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
        """Calls until there is an answer. Raises ApiException if that is a refusal."""
        timeout = (_CONNECT_SECONDS, _READ_SECONDS)
        started, pause = self.waiting.clock(), 1.0
        while True:
            try:
                answer = _checked(method(**self._where(resource), **arguments, _request_timeout=timeout))
            except answers.CALL_ERRORS as error:
                self._sit_out(error, f"{verb} {resource}", pause, self.waiting.clock() - started)
            else:
                self._known = True
                return answer
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _sit_out(self, error: answers.CallError, work: str, pause: float, waited: float) -> None:
        """Waits before the next try, if that can help and there is patience left after ``waited`` seconds."""
        reason, patience = self._outage(error), self.waiting.patience_seconds
        if reason is None:
            raise error
        if waited >= patience:
            raise ClusterUnavailableError(
                f"could not {work} in namespace '{self.namespace}' for {patience:.0f} s, at last because of: {reason}; "
                "see that 'kubectl get experiments' works, then start this step again"
            ) from error
        pause = min(max(pause, answers.retry_after(error)), patience - waited)
        logger.warning("cannot %s (%s); trying again in %.0f s", work, reason, pause)
        self.waiting.pause(pause)

    def _outage(self, error: answers.CallError) -> str | None:
        if isinstance(error, ApiException) and error.status == answers.UNAUTHORIZED and self._known:
            return f"{error.status} {answers.message(error)}"
        return answers.outage(error)

    def _where(self, resource: str) -> dict[str, str]:
        return {**_GROUP, "namespace": self.namespace, "plural": resource}


def _checked(answer: Any) -> dict[str, Any]:
    """The answer, if it is an object and not the page of some proxy, which the client hands on as text."""
    if not isinstance(answer, dict):
        raise json.JSONDecodeError("the answer is no JSON object", str(answer), 0)
    return answer


def _model(content: dict[str, Any], kind: str) -> Any:
    return katib.ApiClient().deserialize(FakeResponse(content), kind)
