"""What is killed while the search runs: the suggestion pod, a trial that is given time to stop, and one that is not."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kubernetes import client  # type: ignore[import-untyped]

from acceptance.cluster import Cluster
from acceptance.pods import is_ready, log, trouble

NO_GRACE = 0
"""The pod is gone from the API at once, as with a lost node; its processes have two seconds at most."""

_SUGGESTION = "katib.kubeflow.org/suggestion={experiment}"
_TRIAL = "app.kubernetes.io/component=trial"
_WORKING = re.compile(r"slot \d+: (training|scoring)")
_RESUMED = re.compile(r"going on at [^,\"]*")


@dataclass(frozen=True, slots=True)
class Blow:
    """One thing to kill, and when."""

    what: str
    """The disruption, in words."""
    trial: bool
    """Whether it hits a trial; else the suggestion service."""
    from_slot: int
    """The first trial that may be at work when it falls."""
    grace_s: int | None = None
    """None leaves the pod the time that it asks for, after SIGTERM."""


BLOWS = (
    Blow("suggestion pod deleted", trial=False, from_slot=1),
    Blow("trial stopped (SIGTERM)", trial=True, from_slot=2),
    Blow("trial deleted by force", trial=True, from_slot=4, grace_s=NO_GRACE),
)


@dataclass(slots=True)
class Disruption:
    """A blow that fell, and what became of it."""

    what: str
    pod: str
    slot: int
    at_s: float
    """Seconds since the start of the search."""
    back_s: float | None = None
    """How long it took until another pod did the work; None while it does not."""
    note: str = ""


class Pods:
    """The pods of one search.

    Args:
        cluster: where they are.
        namespace: of the search.
        experiment: its name.
    """

    def __init__(self, cluster: Cluster, namespace: str, experiment: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self._suggestion = _SUGGESTION.format(experiment=experiment)

    def suggestions(self) -> list[Any]:
        """The pods of the suggestion service."""
        return self._list(self._suggestion)

    def trials(self) -> list[Any]:
        """The pods of trials."""
        return self._list(_TRIAL)

    def log(self, pod: Any) -> str:
        """The log of a pod so far."""
        return log(self._cluster, pod)

    def delete(self, pod: Any, grace_s: int | None) -> None:
        """Deletes this very pod, and not another of its name."""
        options = client.V1DeleteOptions(
            grace_period_seconds=grace_s, preconditions=client.V1Preconditions(uid=pod.metadata.uid)
        )
        core = self._cluster.core
        self._cluster.find(core.delete_namespaced_pod, pod.metadata.name, self._namespace, body=options)

    def _list(self, selector: str) -> list[Any]:
        core = self._cluster.core
        found: list[Any] = self._cluster.call(core.list_namespaced_pod, self._namespace, label_selector=selector).items
        return found


class Lookout:
    """Called now and then; says what keeps a pod from running, each time that it changes.

    Args:
        pods: of the search.
        say: receives messages, one line each.
    """

    def __init__(self, pods: Pods, say: Callable[[str], None]) -> None:
        self._pods, self._say = pods, say
        self._said: dict[str, str] = {}

    def __call__(self) -> None:
        """Looks at the search once."""
        for pod in (*self._pods.suggestions(), *self._pods.trials()):
            found = trouble(pod)
            if found is not None and self._said.get(pod.metadata.uid) != found:
                self._said[pod.metadata.uid] = found
                self._say(f"  {pod.metadata.name}: {found}")


class Disruptor:
    """Called about once a second while a search runs; kills one thing, waits until it has recovered, then the next.

    Args:
        pods: of the search.
        say: receives messages, one line each.
        clock: seconds from any origin.
        blows: what to do, in order.
    """

    def __init__(
        self, pods: Pods, say: Callable[[str], None], clock: Callable[[], float], blows: tuple[Blow, ...] = BLOWS
    ) -> None:
        self._pods, self._say, self._clock, self._started = pods, say, clock, clock()
        self._planned = deque(blows)
        self._struck: tuple[Blow, Any] | None = None
        self._hit_slots: set[int] = set()
        self.done: list[Disruption] = []

    @property
    def missed(self) -> list[str]:
        """The disruptions that did not happen, and pods that did not come back."""
        return [d.what for d in self.done if d.back_s is None] + [blow.what for blow in self._planned]

    def __call__(self) -> None:
        """Looks at the search once, and kills what is due."""
        if self._struck is not None:
            self._look_for_recovery(*self._struck)
        elif self._planned:
            self._strike(self._planned[0])

    def _strike(self, blow: Blow) -> None:
        trial = next((pod for pod in self._pods.trials() if self._may_be_hit(pod, blow)), None)
        if trial is None:
            return
        victim = trial if blow.trial else next(filter(is_ready, self._pods.suggestions()), None)
        if victim is None:
            return
        self._pods.delete(victim, blow.grace_s)
        self._planned.popleft()
        self._struck = blow, victim
        self._hit_slots.add(slot_of(trial))
        disruption = Disruption(blow.what, victim.metadata.name, slot_of(trial), self._clock() - self._started)
        self.done.append(disruption)
        self._say(f"  {blow.what}: {victim.metadata.name}, in trial {disruption.slot + 1}")

    def _may_be_hit(self, pod: Any, blow: Blow) -> bool:
        """Whether a trial trains just now, and was not hit before."""
        slot = slot_of(pod)
        fit = slot >= blow.from_slot and slot not in self._hit_slots and is_ready(pod)
        return fit and variable(pod, "AUTOGAN_PHASE") == "search" and self._works(pod)

    def _look_for_recovery(self, blow: Blow, victim: Any) -> None:
        pods = self._pods.trials() if blow.trial else self._pods.suggestions()
        others = [pod for pod in pods if pod.metadata.uid != victim.metadata.uid]
        if not blow.trial:
            self._back(next(filter(is_ready, others), None), "answers from Katib's history")
            return
        slot = slot_of(victim)
        again = next((pod for pod in others if slot_of(pod) == slot and self._works(pod)), None)
        if again is None and any(slot_of(pod) > slot for pod in others):
            # It had done its work when it was hit, so nobody has to come back.
            self.done.pop()
            self._planned.appendleft(blow)
            self._struck = None
        else:
            self._back(again, self._resumption(again) if again else "")

    def _back(self, pod: Any | None, note: str) -> None:
        if pod is None:
            return
        disruption = self.done[-1]
        disruption.back_s, disruption.note = self._clock() - self._started - disruption.at_s, note
        self._struck = None
        self._say(f"  back after {disruption.back_s:.0f} s: {pod.metadata.name}, {note}")

    def _works(self, pod: Any) -> bool:
        """Whether a trial's pod has got as far as the trial's work."""
        return _WORKING.search(self._pods.log(pod)) is not None

    def _resumption(self, pod: Any) -> str:
        found = _RESUMED.search(self._pods.log(pod))
        return found[0] if found else "begins the trial anew"


def slot_of(pod: Any) -> int:
    """The place in the search's order of the trial whose pod this is; -1 if it is none of ours."""
    return int(variable(pod, "AUTOGAN_SLOT") or -1)


def variable(pod: Any, name: str) -> str | None:
    """An environment variable of the trial in a pod; None if there is none."""
    variables = [variable for container in pod.spec.containers for variable in container.env or []]
    return next((v.value for v in variables if v.name == name), None)
