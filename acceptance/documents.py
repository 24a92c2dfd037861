"""Objects that the test adds to the product's own: pods that try an image, search locally, and empty the bucket.

Each is the product's own pod with another command, so that it has the same resources, rights and restrictions.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from autogan_core.config import Config
from autogan_kubeflow.components.katib_experiments.settings import overrides
from autogan_kubeflow.components.manifest_checks.tree import mapping
from autogan_kubeflow.components.registration.entry import suggestion_entry

HOSTNAME = "kubernetes.io/hostname"
"""The label with a node's name."""
PULL_SECRET = "registry"
"""The Secret with the registry's credentials in the test's namespace."""
SETTINGS_VARIABLE = "AUTOGAN_SET"
"""What a trial's overrides are called in its environment."""
RUN_FOLDER = "/tmp/run"  # an emptyDir of the pod

_TEMPLATE = ("spec", "trialTemplate", "trialSpec", "spec", "pytorchReplicaSpecs", "Master", "template")
_EMPTY_FOLDER = """
import pathlib, sys
from autogan_core.storage import open_store
store, _, folder = sys.argv[1].rpartition("/")
open_store(store, pathlib.Path("/cache")).delete_folder(folder)
"""


def trial_pod_spec(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """The spec of a trial's pod in an Experiment."""
    return copy.deepcopy(dict(mapping(experiment, *_TEMPLATE, "spec")))


def trial_settings(experiment: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The preset and the overrides of an Experiment's trials."""
    [container] = trial_pod_spec(experiment)["containers"]
    told = {variable["name"]: variable["value"] for variable in container["env"]}
    return told["AUTOGAN_PRESET"], told[SETTINGS_VARIABLE].splitlines()


def trial_image_pod(experiment: Mapping[str, Any], namespace: str, image: str) -> dict[str, Any]:
    """A pod with a trial's resources that starts the trial's program, which only prints its help."""
    spec = trial_pod_spec(experiment)
    [container] = spec["containers"]
    container |= {"image": image, "args": ["--help"], "env": [], "envFrom": []}
    return _pod("try-runtime-image", namespace, spec)


def suggestion_image_pod(namespace: str, image: str) -> dict[str, Any]:
    """A pod with the suggestion service's resources that starts its program, which only prints its help."""
    entry = suggestion_entry(image)
    fields = ("image", "command", "resources", "securityContext")
    container = {"name": "suggestion", "args": ["--help"], **{field: entry[field] for field in fields}}
    return _pod("try-suggestion-image", namespace, {"automountServiceAccountToken": False, "containers": [container]})


def local_search_pod(experiment: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """Builds a pod that runs ``autogan search`` with an Experiment's settings and prints its history.

    It runs a trial's image on a trial's node with a trial's resources, and uses neither Katib nor the bucket: rewards
    equal to the last bit can be asked only of equal programs on equal processors.

    Args:
        experiment: as it is applied.
        config: of its trials.

    Returns:
        The pod's manifest.
    """
    spec = trial_pod_spec(experiment)
    [trial] = spec["containers"]
    settings = [argument for setting in overrides(config) for argument in ("--set", setting)]
    common = {key: trial[key] for key in ("image", "resources", "securityContext", "volumeMounts")}
    search = ["--preset", config.preset, *settings, "--run-dir", RUN_FOLDER, "--device", "cpu"]
    spec["initContainers"] = [
        {
            "name": "search",
            **common,
            "command": ["python", "-m", "autogan_core.cli", "search", *search],
            "env": [{"name": "AUTOGAN_CACHE", "value": "/cache"}],
        }
    ]
    spec["containers"] = [{"name": "history", **common, "command": ["cat", f"{RUN_FOLDER}/history.jsonl"]}]
    return _pod("local-search", experiment["metadata"]["namespace"], spec)


def empty_bucket_pod(prepare_data: Mapping[str, Any], store_uri: str) -> dict[str, Any]:
    """Builds a pod that deletes the test's folder of the bucket with the account that filled it.

    Args:
        prepare_data: the Job as it is in the cluster, whose account, image and credentials are used.
        store_uri: the folder.

    Returns:
        The pod's manifest.
    """
    template = copy.deepcopy(dict(mapping(prepare_data, "spec", "template")))
    spec = template["spec"]
    [container] = spec["containers"]
    container |= {"command": ["python", "-c", _EMPTY_FOLDER, store_uri]}
    pod = _pod("empty-bucket", prepare_data["metadata"]["namespace"], spec, spec["serviceAccountName"])
    # The network policies let this component reach the storage.
    pod["metadata"]["labels"]["app.kubernetes.io/component"] = "prepare-data"
    return pod


def _pod(name: str, namespace: str, spec: dict[str, Any], account: str = "default") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/name": "autogan", "sidecar.istio.io/inject": "false"},
        },
        "spec": spec | {"restartPolicy": "Never", "serviceAccountName": account},
    }
