"""The checks can fail: every rule has an Experiment that breaks it."""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest
import yaml

from autogan_core.config import RewardScore
from autogan_kubeflow.components.katib_experiments import EXPERIMENTS, Placement, from_recipe
from autogan_kubeflow.components.katib_protocol import SCRATCH_OBJECTIVES
from autogan_kubeflow.components.manifest_checks import check_document, check_text
from autogan_kubeflow.components.manifest_checks.pods import check_pod

GONE = object()
STORE = {"name": "AUTOGAN_STORE"}
TEMPLATE = "spec/trialTemplate"
JOB = f"{TEMPLATE}/trialSpec"
MASTER = f"{JOB}/spec/pytorchReplicaSpecs/Master"
POD = f"{MASTER}/template/spec"
CONTAINER = f"{POD}/containers/0"
DIGEST = "registry.test:5000/team/autogan@sha256:" + "0" * 64


def changed(tree: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a tree with the value at a path replaced, added, or taken out (`GONE`); ``~`` is a slash in a key."""
    tree = copy.deepcopy(tree)
    inner: Any = tree
    *way, last = (key.replace("~", "/") for key in path.split("/"))
    for key in way:
        inner = inner[int(key)] if isinstance(inner, list) else inner[key]
    if isinstance(inner, list):
        inner[int(last) : int(last) + 1] = [] if value is GONE else [value]
    elif value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return tree


@pytest.fixture(scope="module")
def experiment() -> dict[str, Any]:
    """A right Experiment with workers."""
    placement = Placement(device="cpu", cpu="1", memory="2Gi", workers=1)
    return from_recipe(EXPERIMENTS["mlas-smoke"], "mlas-smoke", placement=placement)


@pytest.fixture(scope="module")
def scratch() -> dict[str, Any]:
    """A right Experiment of Katib's own algorithm."""
    return from_recipe(EXPERIMENTS["random-scratch-cifar10"], "random-scratch")


SEARCH_MUTATIONS = [
    ("metadata/name", "Upper", "metadata.name must be"),
    ("metadata/name", "x" * 41, "metadata.name must be"),
    ("metadata/namespace", GONE, "metadata.namespace is missing"),
    ("metadata/labels/app.kubernetes.io~component", "search", "Katib would write it over the Master's label"),
    ("metadata/namespace", "My NS", "metadata.namespace is 'My NS'; write a name of at most 63 lower-case letters"),
    ("metadata/labels/team", "x" * 64, "metadata: the label team: "),
    ("spec/maxTrialCount", GONE, "maxTrialCount must be written"),
    ("spec/maxTrialCount", 5, "set it to at least 6: each of the 3 stages needs a trial that searches and one that"),
    ("spec/parallelTrialCount", GONE, "parallelTrialCount must be written"),
    ("spec/parallelTrialCount", 2, "the suggestion service refuses it: parallelTrialCount is 2; set it to 1"),
    ("spec/maxFailedTrialCount", GONE, "maxFailedTrialCount must be written"),
    ("spec/maxFailedTrialCount", 10, "maxFailedTrialCount must be written and lie from 0 to maxTrialCount (9)"),
    ("spec/resumePolicy", GONE, "resumePolicy must be one of"),
    ("spec/objective/type", "minimize", "objective.type must be maximize"),
    ("spec/objective/goal", 9.5, "objective.goal is 9.5; remove it: Katib would end the search with the first trial"),
    ("spec/objective/goal", 0, "objective.goal is 0; remove it"),
    ("spec/objective/objectiveMetricName", GONE, "objectiveMetricName is missing"),
    ("spec/objective/objectiveMetricName", "fid", "objectiveMetricName must be 'inception-score'"),
    ("spec/objective/additionalMetricNames/1", "reward-00", "must not repeat a name"),
    ("spec/objective/additionalMetricNames/3", GONE, "must be reward-00 to reward-03"),
    ("spec/objective/metricStrategies", GONE, "metricStrategies must name 'inception-score'"),
    ("spec/objective/metricStrategies/2", GONE, "metricStrategies must name 'reward-01'"),
    ("spec/objective/metricStrategies/2/value", "max", "metricStrategies must name 'reward-01' with value latest"),
    ("spec/objective/metricStrategies/2/name", "loss", "metricStrategies names 'loss'"),
    ("spec/metricsCollectorSpec", GONE, "collector.kind must be Push or StdOut, not None"),
    ("spec/metricsCollectorSpec/collector/kind", "StdOut", "AUTOGAN_METRICS must be 'print'"),
    ("spec/parameters", [], "needs either nasConfig (our algorithm) or parameters"),
    ("spec/nasConfig", GONE, "needs either nasConfig"),
    ("spec/nasConfig/operations/4", GONE, "nasConfig.operations has no 'skip'; add it"),
    ("spec/nasConfig/operations/0/parameters/0/feasibleSpace/list", [], "at least one option"),
    ("spec/nasConfig/operations/3/parameters/0/feasibleSpace/list/0", False, "option False must be a string"),
    ("spec/nasConfig/operations/0/parameters/0/feasibleSpace/list/0", 'po"st', "must be a string of A-Z"),
    (
        "spec/nasConfig/operations/1/parameters/0/feasibleSpace/list/2",
        GONE,
        "nasConfig must be the trials' search space",
    ),
    ("spec/nasConfig/graphConfig/numLayers", 2, "nasConfig must be the trials' search space"),
    ("spec/algorithm/algorithmSettings/0/value", 0, "algorithmSettings must be strings"),
    ("spec/algorithm/algorithmSettings/0/value", "1", "'seed' is '1', but AUTOGAN_PRESET and AUTOGAN_SET give '0'"),
    ("spec/algorithm/algorithmSettings/2", GONE, "'levels' is None"),
    ("spec/algorithm/algorithmSettings/2/value", "single", "'levels' is 'single'"),
    ("spec/algorithm/algorithmSettings/0/name", "sed", "'sed' is '0'"),
    (f"{CONTAINER}/env/7/value", "cifar", "AUTOGAN_PRESET and AUTOGAN_SET are refused: there is no preset 'cifar'"),
    (f"{CONTAINER}/env/8/value", "search.levels=single", "'levels' is 'multi'"),
    (
        f"{CONTAINER}/env/8/value",
        "data.name=folder",
        "data.name is 'folder', whose images trials know by data.fingerpr",
    ),
    (f"{CONTAINER}/env/8/value", "data.path=/home/me", "data.path is '/home/me', which is on this machine, and trials"),
]
TEMPLATE_MUTATIONS = [
    (f"{TEMPLATE}/primaryContainerName", GONE, "primaryContainerName must be 'pytorch'"),
    (f"{TEMPLATE}/successCondition", GONE, "trialTemplate.successCondition must be"),
    (f"{TEMPLATE}/failureCondition", "status.failed", "trialTemplate.failureCondition must be"),
    (f"{TEMPLATE}/primaryPodLabels", GONE, "primaryPodLabels must be"),
    (f"{TEMPLATE}/configMap", {}, "either trialSpec or configMap"),
    (f"{JOB}/kind", "Job", "PyTorchJob or a trainer.kubeflow.org/v1alpha1 TrainJob, not kubeflow.org/v1 Job"),
    (f"{JOB}/metadata", {"name": "x"}, "trialSpec.metadata.name must go"),
    (f"{TEMPLATE}/trialParameters/1", GONE, "lack a reference to 'run'"),
    (f"{TEMPLATE}/trialParameters/1/reference", "runs", "refer to 'runs', which the algorithm does not assign"),
    (f"{TEMPLATE}/trialParameters/2/reference", "run", "reference 'run' occurs 2 times"),
    (f"{TEMPLATE}/trialParameters/2/name", "run", "name 'run' occurs 2 times"),
    (f"{TEMPLATE}/trialParameters/2/reference", "", "every entry needs a reference"),
    (f"{TEMPLATE}/trialParameters/0/reference", "${trialSpec.UID}", "'${trialSpec.UID}' is no meta reference"),
    (f"{TEMPLATE}/trialParameters/1/name", "runs", "trialParameter 'runs' is not used"),
    (
        f"{MASTER}/template/metadata/labels/x",
        "${trialParameters.y}",
        "uses ${trialParameters.y}, which trialParameters",
    ),
    (f"{CONTAINER}/args", ["${trialParameters.run}"], "placeholders belong into env"),
    (f"{MASTER}/replicas", GONE, "Master.replicas must be written and be 1"),
    (f"{MASTER}/replicas", 2, "Master.replicas must be written and be 1"),
    (f"{MASTER}/replicas", True, "Master.replicas must be written and be 1"),
    (f"{JOB}/spec/pytorchReplicaSpecs/Worker/replicas", 0, "Worker.replicas must be 1 or more"),
    (f"{JOB}/spec/pytorchReplicaSpecs/Chief", {}, "there are only Master and Worker"),
    (f"{JOB}/spec/runPolicy/ttlSecondsAfterFinished", 60, "must be at least 86400, or go, not 60"),
    (f"{JOB}/spec/runPolicy/activeDeadlineSeconds", GONE, "activeDeadlineSeconds is missing"),
    (f"{JOB}/spec/runPolicy/cleanPodPolicy", "None", "cleanPodPolicy must be Running"),
    (f"{MASTER}/restartPolicy", "OnFailure", "Master.restartPolicy must be ExitCode"),
    (f"{JOB}/spec/pytorchReplicaSpecs/Worker/restartPolicy", GONE, "Worker.restartPolicy must be ExitCode"),
    (f"{CONTAINER}/name", "trainer", "one container must be named 'pytorch'"),
    (f"{JOB}/spec/pytorchReplicaSpecs/Worker/template/spec/containers/0/name", "w", "Worker: one container must be"),
    (f"{MASTER}/template/metadata/labels/sidecar.istio.io~inject", False, 'inject must be "false", in quotes'),
    (f"{POD}/terminationGracePeriodSeconds", GONE, "write terminationGracePeriodSeconds"),
]
POD_MUTATIONS = [
    (f"{POD}/securityContext/runAsNonRoot", GONE, "runAsNonRoot must be true"),
    (f"{POD}/securityContext/runAsUser", 0, "runAsUser must be the number of a user or group other than root, not 0"),
    (f"{POD}/securityContext/fsGroup", GONE, "fsGroup must be"),
    (f"{POD}/securityContext/seccompProfile/type", "Unconfined", "seccompProfile.type must be RuntimeDefault"),
    (f"{POD}/hostNetwork", True, "hostNetwork must go"),
    (f"{POD}/serviceAccountName", GONE, "name a serviceAccountName"),
    (f"{POD}/automountServiceAccountToken", GONE, "write automountServiceAccountToken: false, or true"),
    (f"{POD}/automountServiceAccountToken", True, "Master: automountServiceAccountToken must be false"),
    (f"{CONTAINER}/securityContext/allowPrivilegeEscalation", GONE, "allowPrivilegeEscalation must be false"),
    (f"{CONTAINER}/securityContext/readOnlyRootFilesystem", GONE, "readOnlyRootFilesystem must be true"),
    (f"{CONTAINER}/securityContext/capabilities", {"drop": ["ALL"], "add": ["X"]}, "must drop [ALL] and add none"),
    (f"{CONTAINER}/securityContext/privileged", True, "privileged must go"),
    (f"{POD}/volumes/0", {"name": "tmp", "hostPath": {"path": "/"}}, "'tmp' must not be a hostPath"),
    (f"{POD}/volumes/0/emptyDir", {}, "'tmp' needs emptyDir.sizeLimit"),
    (f"{POD}/volumes/1/name", "cash", "there is no volume 'cache' to mount at /cache"),
    (f"{CONTAINER}/volumeMounts/0", GONE, "mount an emptyDir at /tmp"),
    (f"{CONTAINER}/command", GONE, "write the command"),
    (f"{CONTAINER}/command", ["/bin/sh", "-c", "python -m components.trial"], "runs a shell"),
    (f"{CONTAINER}/command", ["python", 3], "must be strings only"),
    (f"{CONTAINER}/image", GONE, "has no image"),
    (
        f"{CONTAINER}/image",
        "registry.example/r:1.2",
        "image 'registry.example/r:1.2' names the placeholder registry.ex",
    ),
    (f"{CONTAINER}/image", "Registry/My App:1.2", "is no image reference; write registry/name:tag"),
    (f"{CONTAINER}/env/11", STORE | {"value": "s3://b/p"}, "AUTOGAN_STORE is 's3://b/p', which has the scheme s3://"),
    (f"{CONTAINER}/env/11", STORE | {"value": "gs://"}, "AUTOGAN_STORE is 'gs://', which names no bucket; write gs://"),
    (
        f"{CONTAINER}/env/11",
        STORE | {"value": "runs"},
        "AUTOGAN_STORE is 'runs', which is a folder, and pods share none",
    ),
    (f"{CONTAINER}/env/11", {"name": "X", "value": "x" * (128 << 10)}, "X has 131,074 bytes, but no process can start"),
    (f"{MASTER}/template/metadata/labels/a b", "x", "Master: the label a b: 'x' must be a string in quotes"),
    (f"{CONTAINER}/resources/limits/memory", GONE, "resources.limits.memory is missing"),
    (f"{CONTAINER}/resources/requests", GONE, "resources.requests.cpu is missing"),
    (f"{CONTAINER}/resources/limits/cpu", 1, 'resources.limits.cpu must be a quantity in quotes, such as "1", not 1'),
    (f"{CONTAINER}/resources/limits/memory", "2GB", "resources.limits.memory must be a quantity"),
    (f"{CONTAINER}/resources/limits/nvidia.com~gpu", "1", "requests and limits must be equal"),
    (f"{POD}/containers", [], "has no container"),
]


@pytest.mark.parametrize(("path", "value", "message"), [*SEARCH_MUTATIONS, *TEMPLATE_MUTATIONS, *POD_MUTATIONS])
def test_every_rule_can_fail(experiment: dict[str, Any], path: str, value: Any, message: str) -> None:
    """One thing is wrong, and the check says which; the Experiment before the change has no problem."""
    assert check_document(experiment) == []
    problems = check_document(changed(experiment, path, value))
    assert any(message in problem for problem in problems), problems
    assert all(problem.startswith("Experiment ") for problem in problems)


@pytest.mark.parametrize(
    "image",
    ["autogan", "autogan:latest", "autogan:main", "registry.test:5000/autogan", "autogan:1", "autogan@sha256:12"],
)
def test_images_that_may_change_are_refused(experiment: dict[str, Any], image: str) -> None:
    """No tag, a moving tag and half a digest all name different images over time."""
    [problem] = check_document(changed(experiment, f"{CONTAINER}/image", image))
    assert f"image '{image}' must have a version as its tag" in problem


@pytest.mark.parametrize("image", [DIGEST, "registry.test:5000/autogan:0.1.0", "autogan:v1.2.3-cu130"])
def test_images_that_stay_are_taken(experiment: dict[str, Any], image: str) -> None:
    """A version or a whole digest, on a registry with a port too."""
    assert check_document(changed(experiment, f"{CONTAINER}/image", image)) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("spec/parameters/0", GONE, "refer to 'cell1-conv', which the algorithm does not assign"),
        ("spec/parameters/0/name", "x", "lack a reference to 'x'"),
        ("spec/parameters/0/feasibleSpace/list/0", GONE, "parameters must be the trials' search space"),
        ("spec/algorithm/algorithmName", "autogan", "this algorithm searches spec.nasConfig"),
    ],
)
def test_rules_of_own_parameters_can_fail(scratch: dict[str, Any], path: str, value: Any, message: str) -> None:
    """For Katib's own algorithms the assignments are the parameters, one by one."""
    assert check_document(scratch) == []
    problems = check_document(changed(scratch, path, value))
    assert any(message in problem for problem in problems), problems


@pytest.mark.parametrize("score", get_args(RewardScore))
def test_trials_report_the_objective(score: RewardScore) -> None:
    """On shared weights any reward can be the objective; training from scratch reports only two of them."""
    overrides = [f"search.reward.score={score}"]
    shared = from_recipe(EXPERIMENTS["mlas-smoke"], "mlas", overrides)
    assert shared["spec"]["objective"]["objectiveMetricName"] == score
    assert check_document(shared) == []
    problems = check_document(from_recipe(EXPERIMENTS["random-scratch-cifar10"], "random", overrides))
    assert bool(problems) == (score not in SCRATCH_OBJECTIVES)
    assert all("but trials that train from scratch report inception-score, inverse-fid, log-fid" in p for p in problems)


def test_equal_numbers_may_be_written_differently(experiment: dict[str, Any]) -> None:
    """A person's 7.0e-3 agrees with the configuration's 0.007."""
    index = [item["name"] for item in experiment["spec"]["algorithm"]["algorithmSettings"]].index(
        "controller.learning_rate"
    )
    assert check_document(changed(experiment, f"spec/algorithm/algorithmSettings/{index}/value", "7.0e-3")) == []


@pytest.mark.parametrize("broken", ["{}", "spec: 3", "spec: {trialTemplate: [1], objective: {}}", "metadata: []"])
def test_nothing_is_too_broken_to_report(broken: str) -> None:
    """An Experiment without form gives sentences, no exception."""
    count, problems = check_text(f"kind: Experiment\n{broken if broken != '{}' else ''}")
    assert count == 1
    assert len(problems) >= 10


def test_pods_of_other_kinds_are_checked() -> None:
    """A Job's pod obeys the same rules; what makes no pods has none to check."""
    job = {"kind": "Job", "metadata": {"name": "j"}, "spec": {"template": {"spec": {"containers": [{"name": "c"}]}}}}
    problems = check_document(job)
    assert "Job j: pod, container 'c' has no image" in problems
    assert len(problems) == len(list(check_pod(job["spec"]["template"], "pod"))) >= 10  # type: ignore[index]
    assert check_text(yaml.safe_dump({"kind": "ConfigMap", "metadata": {"name": "m"}})) == (1, [])
