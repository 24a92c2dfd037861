"""TrainJobs of Kubeflow Trainer as trials: the same search in the same pods, and checks that can fail."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from autogan_core.presets import load_config
from autogan_kubeflow.components.exit_status import PERMANENT, PREEMPTED, RETRY
from autogan_kubeflow.components.katib_experiments import (
    EXPERIMENTS,
    Placement,
    build_experiment,
    build_runtime,
    manifests,
)
from autogan_kubeflow.components.manifest_checks import check_document
from tests.components.katib_experiments.test_builder import command, pod_of
from tests.components.manifest_checks.test_manifests import GONE, changed

TEMPLATE = "spec/trialTemplate"
JOB = f"{TEMPLATE}/trialSpec/spec"
NODE = "spec/template/spec/replicatedJobs/0"
NODE_JOB = f"{NODE}/template/spec"
POD = f"{NODE_JOB}/template/spec"


def node_job(runtime: dict[str, Any]) -> dict[str, Any]:
    """The spec of the Job that a runtime makes."""
    [job] = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    spec: dict[str, Any] = job["template"]["spec"]
    return spec


@pytest.fixture(scope="module")
def runtime() -> dict[str, Any]:
    """A right runtime of trials with a worker each."""
    made = build_runtime("mine", Placement(job="trainjob", workers=1))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def experiment() -> dict[str, Any]:
    """A right Experiment of TrainJobs."""
    return build_experiment("mine", load_config("digits"), Placement(job="trainjob", workers=1))


def test_pytorch_jobs_need_no_runtime() -> None:
    """Only the Experiment is printed, as ever."""
    assert build_runtime("x", Placement()) is None
    assert [document["kind"] for document in manifests(EXPERIMENTS["mlas-smoke"], "x")] == ["Experiment"]


@pytest.mark.parametrize("from_scratch", [False, True])
@pytest.mark.parametrize("placement", [{}, {"workers": 2, "device": "cpu"}, {"store": "gs://bucket/p"}])
def test_both_jobs_run_the_same_pods(from_scratch: bool, placement: dict[str, Any]) -> None:
    """A TrainJob's pod, its environment put into the runtime's as Trainer does, is the PyTorchJob's but for names."""
    config = load_config("digits")
    master = pod_of(build_experiment("x", config, Placement(**placement), from_scratch=from_scratch))
    theirs = Placement(job="trainjob", **placement)
    experiment = build_experiment("x", config, theirs, from_scratch=from_scratch)
    runtime = build_runtime("x", theirs, from_scratch=from_scratch)
    assert runtime is not None
    pod = node_job(runtime)["template"]["spec"]
    [container] = pod["containers"]
    trainer = experiment["spec"]["trialTemplate"]["trialSpec"]["spec"]["trainer"]
    merged = {item["name"]: item["value"] for item in [*container["env"], *trainer["env"]]}
    assert merged == {item["name"]: item["value"] for item in master["containers"][0]["env"]}
    assert pod.pop("restartPolicy") == "Never"
    for field in ("name", "env"):
        del container[field], master["containers"][0][field]
    assert pod == master


def test_katib_finds_rank_0_and_the_end(experiment: dict[str, Any]) -> None:
    """Container, labels and conditions are those that Katib 0.19 takes for a TrainJob by default."""
    template = experiment["spec"]["trialTemplate"]
    assert template["primaryContainerName"] == "node"
    assert template["primaryPodLabels"] == {
        "jobset.sigs.k8s.io/replicatedjob-name": "node",
        "batch.kubernetes.io/job-completion-index": "0",
    }
    assert template["successCondition"] == 'status.conditions.#(type=="Complete")#|#(status=="True")#'
    assert template["failureCondition"] == 'status.conditions.#(type=="Failed")#|#(status=="True")#'


def test_the_train_job_names_its_runtime(experiment: dict[str, Any], runtime: dict[str, Any]) -> None:
    """The runtime lies in the Experiment's namespace, under its name, with as many pods as the trial has ranks."""
    reference = experiment["spec"]["trialTemplate"]["trialSpec"]["spec"]["runtimeRef"]
    assert (reference["kind"], reference["name"]) == (runtime["kind"], runtime["metadata"]["name"])
    assert runtime["metadata"]["namespace"] == experiment["metadata"]["namespace"]
    assert runtime["spec"]["mlPolicy"] == {"numNodes": 2, "torch": {}}


@pytest.mark.parametrize(
    ("status", "action"),
    [(PERMANENT, "FailJob"), (2, "FailJob"), (127, "FailJob"), (RETRY, "Count"), (PREEMPTED, "Count"), (137, "Count")],
)
def test_exit_statuses_mean_what_they_mean_in_a_pytorch_job(runtime: dict[str, Any], status: int, action: str) -> None:
    """What another try cannot mend ends the trial; a signal or lost storage starts a new pod, within a limit."""
    job = node_job(runtime)
    rules = [rule for rule in job["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
    taken = [rule["action"] for rule in rules if status in rule["onExitCodes"]["values"]]
    assert (taken or ["Count"]) == [action]
    assert {rule["onExitCodes"]["operator"] for rule in rules} == {"In"}
    assert job["backoffLimit"] > 6 and job["activeDeadlineSeconds"] == Placement().deadline_seconds


def test_command_prints_the_runtime_first() -> None:
    """One stream for kubectl apply: what a trial refers to is there before the Experiment is."""
    status, out, err = command(
        "experiment", "mlas-smoke", "--job", "trainjob", "--workers", "1", "--image", "registry.test/r:1.2"
    )
    assert (status, err) == (0, "")
    runtime, experiment = yaml.safe_load_all(out)
    assert (runtime["kind"], experiment["kind"]) == ("TrainingRuntime", "Experiment")
    assert runtime["spec"]["mlPolicy"]["numNodes"] == 2
    assert node_job(runtime)["template"]["spec"]["containers"][0]["image"] == "registry.test/r:1.2"
    assert "Katib's trialResources" in out and "TrainJob.v1alpha1.trainer.kubeflow.org" in out


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (f"{TEMPLATE}/primaryContainerName", "pytorch", "primaryContainerName must be 'node', not 'pytorch'"),
        (f"{TEMPLATE}/successCondition", GONE, "trialTemplate.successCondition must be"),
        (f"{TEMPLATE}/primaryPodLabels", {"training.kubeflow.org/job-role": "master"}, "primaryPodLabels must be"),
        (f"{TEMPLATE}/trialSpec/apiVersion", "trainer.kubeflow.org/v2", "TrainJob, not trainer.kubeflow.org/v2"),
        (f"{JOB}/runtimeRef/kind", "Runtime", "runtimeRef must have a kind, TrainingRuntime or"),
        (f"{JOB}/runtimeRef/name", GONE, "and a name, not"),
        (f"{JOB}/trainer/numProcPerNode", GONE, "numProcPerNode must be 1"),
        (f"{JOB}/trainer/numProcPerNode", "auto", "numProcPerNode must be 1"),
        (f"{JOB}/trainer/args", ["${trialParameters.run}"], "placeholders belong into env"),
        (f"{JOB}/trainer/env/0", {"name": "PET_NNODES", "value": "2"}, "PET_NNODES must go"),
        (f"{JOB}/trainer/env/1", GONE, "trialParameter 'run' is not used"),
        (f"{JOB}/trainer/env/7/value", "cifar", "AUTOGAN_PRESET and AUTOGAN_SET are refused"),
        (f"{JOB}/trainer/env/9/value", "print", "AUTOGAN_METRICS must be 'push'"),
    ],
)
def test_rules_of_the_train_job_can_fail(experiment: dict[str, Any], path: str, value: Any, message: str) -> None:
    """One thing is wrong, and the check says which."""
    assert check_document(experiment) == []
    problems = check_document(changed(experiment, path, value))
    assert any(message in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("spec/mlPolicy/torch", GONE, "mlPolicy.torch must be there"),
        (f"{NODE}/name", "worker", "replicatedJobs must be one named 'node'"),
        (f"{NODE}/template/metadata", GONE, "label trainer.kubeflow.org/trainjob-ancestor-step must be trainer"),
        (f"{NODE_JOB}/activeDeadlineSeconds", GONE, "activeDeadlineSeconds is missing"),
        (f"{NODE_JOB}/backoffLimit", GONE, "write backoffLimit"),
        (f"{NODE_JOB}/podFailurePolicy", GONE, "must fail the job at exit status [1, 2, 126, 127]"),
        (
            f"{NODE_JOB}/podFailurePolicy/rules/1/onExitCodes/values/1",
            138,
            "must not fail the job at exit status [138]",
        ),
        (f"{POD}/restartPolicy", "OnFailure", "restartPolicy must be Never"),
        (f"{POD}/containers/0/name", "pytorch", "one container must be named 'node'"),
        (f"{POD}/containers/0/image", "autogan:latest", "must have a version as its tag"),
        (f"{POD}/securityContext/runAsNonRoot", GONE, "runAsNonRoot must be true"),
        (f"{POD}/terminationGracePeriodSeconds", GONE, "write terminationGracePeriodSeconds"),
    ],
)
def test_rules_of_the_runtime_can_fail(runtime: dict[str, Any], path: str, value: Any, message: str) -> None:
    """One thing is wrong, and the check says which."""
    assert check_document(runtime) == []
    problems = check_document(changed(runtime, path, value))
    assert any(message in problem for problem in problems), problems
    assert all(problem.startswith("TrainingRuntime mine: ") for problem in problems)
