"""The pod that looks from inside: like a trial's, waited for with patience, and gone afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from autogan_kubeflow.components.cluster_check.base.cluster import Cluster
from autogan_kubeflow.components.cluster_check.base.finding import Verdict
from autogan_kubeflow.components.cluster_check.base.target import Target
from autogan_kubeflow.components.cluster_check.checks import probe
from autogan_kubeflow.components.cluster_check.checks.inside import (
    PATIENCE_S,
    Waiting,
    image_of_trials,
    look_from_inside,
    probe_pod,
)
from autogan_kubeflow.components.katib_experiments import IMAGE, from_recipe, recipe
from autogan_kubeflow.components.manifest_checks import check_document
from tests.components.cluster_check.api_server import ApiServer, Object
from tests.components.cluster_check.conftest import AUTOGAN, Look, row, rows

PODS = f"{AUTOGAN}/pods"
WELL = {probe.STORE: "", probe.PREPARED: "", probe.DB_MANAGER: "", probe.CUDA: "13.2"}


@dataclass
class Clock:
    """Time that passes only when somebody sleeps, and what was told meanwhile."""

    now: float = 0.0
    told: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    @property
    def waiting(self) -> Waiting:
        return Waiting(self.told.append, clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ended(message: str, code: int = 0) -> Callable[[int], Object]:
    """A kubelet that starts the pod at the second look, and ends it at the third."""
    terminated = {"exitCode": code, "reason": "Completed" if code == 0 else "Error", "message": message}
    last = {"phase": "Succeeded", "containerStatuses": [{"name": "pytorch", "state": {"terminated": terminated}}]}
    return lambda looks: ({"phase": "Pending"}, {"phase": "Running"}, last)[min(looks, 2)]


def waits(reason: str, message: str) -> Callable[[int], Object]:
    """A kubelet that cannot start the container."""
    state = {"waiting": {"reason": reason, "message": message}}
    return lambda _: {"phase": "Pending", "containerStatuses": [{"name": "pytorch", "state": state}]}


def unschedulable(_: int) -> Object:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: cpu"}
    return {"phase": "Pending", "conditions": [condition]}


def test_the_pod_is_like_a_trials() -> None:
    """Account, settings, secret, labels and hardening are those of mlas-smoke's trials; it may not stay for long."""
    pod = probe_pod("registry.test/runtime:0.1.0", "mine")
    trial = from_recipe(recipe("mlas-smoke"), "mlas-smoke")["spec"]["trialTemplate"]["trialSpec"]["spec"]
    template = trial["pytorchReplicaSpecs"]["Master"]["template"]
    [own], [theirs] = pod["spec"]["containers"], template["spec"]["containers"]
    for key in ("serviceAccountName", "automountServiceAccountToken", "securityContext"):
        assert pod["spec"][key] == template["spec"][key]
    for key in ("envFrom", "securityContext", "volumeMounts"):
        assert own[key] == theirs[key]
    assert template["metadata"]["labels"].items() <= pod["metadata"]["labels"].items()
    assert own["command"] == ["python", "-m", "autogan_kubeflow.components.cluster_check.checks.probe"]
    assert pod["spec"]["restartPolicy"] == "Never" and pod["spec"]["activeDeadlineSeconds"] <= 600
    assert check_document({"kind": "Pod", "metadata": pod["metadata"], "spec": {"template": pod}}) == []


def test_all_is_well_inside(server: ApiServer, look: Look, clock: Clock) -> None:
    """What the pod tells becomes rows; it is told that one waits, and the pod is gone."""
    server.kubelet = ended(json.dumps(WELL))
    topics = look(clock.waiting)
    for subject in ("pod of a trial", "store from inside", "data", "Katib's database manager from inside"):
        assert row(topics, subject).verdict is Verdict.ok
    assert row(topics, "CUDA of the image").seen == "13.2"
    assert [line.split(": ")[1] for line in clock.told] == ["Pending, 0 s", "Running, 2 s"]
    [created, deleted] = server.changes
    assert created == f"POST {PODS}" and deleted.startswith(f"DELETE {PODS}/autogan-cluster-check-")


@pytest.mark.parametrize(
    ("key", "trouble", "subject", "verdict", "remedy"),
    [
        (probe.STORE, "there is no bucket 'b'", "store from inside", Verdict.missing, "kubectl get configmap autogan"),
        (probe.PREPARED, "digits is not in gs://bucket", "data", Verdict.warning, "kubectl apply -k"),
        (
            probe.DB_MANAGER,
            "x:1 cannot be reached (timed out)",
            "Katib's database manager from inside",
            Verdict.missing,
            "kubectl get deployment katib-db-manager --namespace kubeflow",
        ),
    ],
)
def test_troubles_inside(
    server: ApiServer, look: Look, clock: Clock, key: str, trouble: str, subject: str, verdict: Verdict, remedy: str
) -> None:
    """Each trouble is a row in the pod's own words."""
    server.kubelet = ended(json.dumps({**WELL, key: trouble}))
    found = row(look(clock.waiting), subject)
    assert (found.verdict, found.seen) == (verdict, trouble)
    assert remedy in "\n".join(found.remedy)


def test_an_image_that_nobody_can_pull_is_not_tried(server: ApiServer, look: Look, clock: Clock) -> None:
    """The placeholder of the documentation is named, and no pod is made."""
    found = row(look(clock.waiting, image="registry.example/r:1"), "pod of a trial")
    assert found.verdict is Verdict.missing
    assert "'registry.example/r:1' names the placeholder registry.example of the documentation" in found.seen
    assert server.changes == []


def test_the_images_cuda_is_judged_and_not_this_machines(server: ApiServer, look: Look, clock: Clock) -> None:
    """The nodes' driver is held against the CUDA that the image has."""
    server.objects["/api/v1/nodes/a"]["metadata"]["labels"]["nvidia.com/cuda.driver-version.major"] = "535"
    server.kubelet = ended(json.dumps({**WELL, probe.CUDA: "12.8"}))
    assert row(look(clock.waiting), "CUDA").verdict is Verdict.ok
    server.kubelet = ended(json.dumps({**WELL, probe.CUDA: ""}))
    topics = look(clock.waiting)
    assert row(topics, "CUDA").seen == "the image has none: its trials run on CPUs only"
    assert row(topics, "CUDA of the image").verdict is Verdict.note


@pytest.mark.parametrize(
    ("kubelet", "seen", "remedy", "patience"),
    [
        (waits("ImagePullBackOff", 'Back-off pulling "x"'), 'ImagePullBackOff: Back-off pulling "x"', "--image", 30.0),
        (waits("CreateContainerConfigError", "no secret"), "CreateContainerConfigError: no secret", "events", 30.0),
        (unschedulable, "Pending Unschedulable after 120 s: 0/1 nodes: cpu", "kubectl describe nodes", PATIENCE_S),
        (waits("ContainerCreating", ""), "Pending ContainerCreating after 120 s", "kubectl get events", PATIENCE_S),
    ],
)
def test_a_pod_that_does_not_start(
    server: ApiServer, look: Look, clock: Clock, kubelet: Any, seen: str, remedy: str, patience: float
) -> None:
    """The reason is told, sooner where waiting cannot help, and the pod is deleted."""
    server.kubelet = kubelet
    found = row(look(clock.waiting), "pod of a trial")
    assert (found.verdict, found.seen) == (Verdict.missing, seen)
    assert remedy in "\n".join(found.remedy)
    assert clock.now <= patience
    assert server.changes[-1].startswith("DELETE")


def test_another_programs_image(server: ApiServer, look: Look, clock: Clock) -> None:
    """An image that has no such module is told with its last words."""
    server.kubelet = ended("Traceback\nNo module named components.cluster_check", code=1)
    found = row(look(clock.waiting), "pod of a trial")
    assert found.seen == (f"{IMAGE} ended with exit code 1 (Error), saying: No module named components.cluster_check")


def test_a_pod_that_is_refused(server: ApiServer, look: Look, clock: Clock) -> None:
    """A quota's refusal is quoted, and nothing is deleted."""
    server.refusals[f"POST {PODS}"] = (403, "exceeded quota: q, requested: cpu=100m")
    found = row(look(clock.waiting), "pod of a trial")
    assert found.seen == "the cluster refuses to create pods in autogan: exceeded quota: q, requested: cpu=100m"
    assert server.changes == [f"POST {PODS}"]


def test_who_may_make_no_pods(server: ApiServer, look: Look, clock: Clock) -> None:
    """It is a row like any other right that is missing."""
    server.forbidden.add(f"POST {PODS}")
    assert row(look(clock.waiting), "pods in autogan").verdict is Verdict.unknown


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        (AUTOGAN, "there is no namespace autogan"),
        (f"{AUTOGAN}/serviceaccounts/autogan-trial", "there is no account autogan-trial"),
        (f"{AUTOGAN}/configmaps/autogan", "there is no ConfigMap autogan"),
    ],
)
def test_what_cannot_run_is_not_tried(server: ApiServer, look: Look, clock: Clock, gone: str, reason: str) -> None:
    """Where it is known that the pod could not run, none is made."""
    del server.objects[gone]
    assert row(look(clock.waiting), "pod of a trial").seen == f"not tried: {reason}"
    assert server.changes == []


def test_an_interrupt_leaves_no_pod(server: ApiServer, connection: Callable[[], Cluster]) -> None:
    """Ctrl-C while waiting deletes the pod, too."""

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look_from_inside(connection(), Target(), Waiting(lambda _: None, sleep=interrupt))
    assert [each for each in server.objects if each.startswith(PODS)] == []


def test_the_image_is_the_one_of_the_data(server: ApiServer, connection: Callable[[], Cluster]) -> None:
    """Without --image it is what the Job prepare-data runs, and else the manifests' own."""
    assert image_of_trials(connection(), Target()) == IMAGE
    spec = {"template": {"spec": {"containers": [{"image": "registry.test/runtime:1"}]}}}
    server.put("/apis/batch/v1/namespaces/autogan/jobs/prepare-data", spec=spec)
    assert image_of_trials(connection(), Target()) == "registry.test/runtime:1"
    assert image_of_trials(connection(), Target(image="mine:1")) == "mine:1"


def test_without_a_pod(server: ApiServer, look: Look) -> None:
    """Then there is no such topic."""
    assert rows(look(), "pod of a trial") == []
