"""What is killed, when, and how it is seen to come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kubernetes import client  # type: ignore[import-untyped]

from acceptance.disruptions import BLOWS, Blow, Disruptor

STOP, KILL = BLOWS[1:]


def pod(name: str, uid: str, ready: bool = True, slot: int | None = None, phase: str = "search") -> Any:
    """A pod as the API tells of it."""
    variables = {"AUTOGAN_SLOT": str(slot), "AUTOGAN_PHASE": phase} if slot is not None else {}
    env = [client.V1EnvVar(name=key, value=value) for key, value in variables.items()]
    condition = client.V1PodCondition(type="Ready", status=str(ready))
    return client.V1Pod(
        metadata=client.V1ObjectMeta(name=name, uid=uid),
        spec=client.V1PodSpec(containers=[client.V1Container(name="pytorch", env=env)]),
        status=client.V1PodStatus(phase="Running" if ready else "Pending", conditions=[condition]),
    )


@dataclass
class FakePods:
    """Pods that do as the test says."""

    services: list[Any] = field(default_factory=list)
    workers: list[Any] = field(default_factory=list)
    logs: dict[str, str] = field(default_factory=dict)
    deleted: list[tuple[str, int | None]] = field(default_factory=list)

    def suggestions(self) -> list[Any]:
        return self.services

    def trials(self) -> list[Any]:
        return self.workers

    def log(self, pod: Any) -> str:
        return self.logs.get(pod.metadata.uid, "")

    def delete(self, pod: Any, grace_s: int | None) -> None:
        self.deleted.append((pod.metadata.uid, grace_s))


def disruptor(pods: FakePods, *blows: Blow) -> tuple[Disruptor, list[float]]:
    """A disruptor and the time that it goes by."""
    now = [0.0]
    return Disruptor(pods, lambda _: None, lambda: now[0], blows or BLOWS), now  # type: ignore[arg-type]


def test_the_service_is_killed_during_a_trial_and_back_when_another_pod_is_ready() -> None:
    """Not before the first trial has ended, and a pod that still ends is not taken for the new one."""
    pods = FakePods([pod("s", "s1")], [pod("t0", "t0", slot=0)], {"t0": "slot 0: training", "t1": "slot 1: training"})
    strike, now = disruptor(pods)
    strike()
    assert pods.deleted == []
    pods.workers = [pod("t1", "t1", slot=1)]
    strike()
    assert pods.deleted == [("s1", None)]
    strike()
    pods.services, now[0] = [pod("s", "s1"), pod("s", "s2", ready=False)], 5.0
    strike()
    assert strike.missed[0] == BLOWS[0].what
    pods.services, now[0] = [pod("s", "s2")], 7.0
    strike()
    assert (strike.done[0].back_s, strike.done[0].slot) == (7.0, 1)
    assert strike.missed == [STOP.what, KILL.what]


def test_a_trial_is_hit_in_its_training_and_back_when_its_next_pod_works() -> None:
    """What derives or has not begun is spared; the new pod's own words say where it went on."""
    pods = FakePods(workers=[pod("t2", "d", slot=2, phase="derive"), pod("t3", "a", slot=3)])
    pods.logs = {"d": "slot 2: scoring candidates"}
    strike, now = disruptor(pods, STOP)
    strike()
    assert pods.deleted == []
    pods.logs["a"] = '{"message": "stage 2, slot 3: training the shared GAN: 0 of 57"}'
    strike()
    assert pods.deleted == [("a", None)]
    pods.workers, now[0] = [pod("t3", "b", slot=3)], 9.0
    strike()
    assert strike.missed == [STOP.what]
    pods.logs["b"] = (
        '{"message": "slot 3: going on at step 12 of 57, from checkpoint p"}\n{"message": "slot 3: training: 12 of 57"}'
    )
    strike()
    assert (strike.done[0].back_s, strike.done[0].note) == (9.0, "going on at step 12 of 57")
    assert strike.missed == []


def test_by_force_means_without_grace() -> None:
    """If nothing was stored in time, the log tells of no resumption."""
    pods = FakePods(workers=[pod("t4", "a", slot=4)], logs={"a": "slot 4: training", "b": "slot 4: training"})
    strike, _ = disruptor(pods, KILL)
    strike()
    assert pods.deleted == [("a", 0)]
    pods.workers = [pod("t4", "b", slot=4)]
    strike()
    assert strike.done[0].note == "begins the trial anew"


def test_a_blow_that_came_too_late_falls_again_on_a_later_trial() -> None:
    """The trial had ended by then, since the next one is there; it is not counted, and its slot not hit again."""
    pods = FakePods(workers=[pod("t2", "a", slot=2)], logs={"a": "slot 2: training", "c": "slot 4: training"})
    strike, _ = disruptor(pods, STOP)
    strike()
    pods.workers = [pod("t3", "b", slot=3)]
    strike()
    assert strike.done == []
    pods.workers = [pod("t2", "a", slot=2), pod("t4", "c", slot=4)]
    strike()
    assert [uid for uid, _ in pods.deleted] == ["a", "c"]
