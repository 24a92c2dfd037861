"""Kustomize overlays: the committed manifests' objects in the test's namespace, with its images and its bucket."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import yaml

from acceptance.documents import HOSTNAME, PULL_SECRET, SETTINGS_VARIABLE, trial_pod_spec
from acceptance.settings import ROOT, Settings
from autogan_kubeflow.components.katib_experiments import manifests, recipe
from autogan_kubeflow.components.katib_experiments.render import render

RECIPE = "mlas-smoke"
EPOCHS = 6
"""Epochs of each trial's training, in place of the recipe's one: a trial must last long enough to be hit in its middle.
"""
EMULATOR = ROOT / "acceptance" / "emulator"

_TRIAL = "/spec/trialTemplate/trialSpec/spec/pytorchReplicaSpecs/Master/template/spec"
_JOB = "/spec/template/spec"


def write_base(settings: Settings, node: str | None = None) -> Path:
    """Writes an overlay on ``manifests/overlays/cpu-smoke``: namespace, accounts, policies, ConfigMap, prepare-data.

    Args:
        settings: of the test.
        node: name of the node that computes; None leaves it to the scheduler.

    Returns:
        The folder to apply.
    """
    literals = [f"AUTOGAN_STORE={settings.store_uri}"]
    resources, components = [ROOT / "manifests" / "overlays" / "cpu-smoke"], []
    patches = [_patch("Job", "prepare-data", *_placed(_JOB, settings.runtime_image, node))]
    if settings.emulator_host:
        literals.append(f"STORAGE_EMULATOR_HOST={settings.emulator_host}")
        resources.append(EMULATOR)
        patches.append(_patch("Pod", "fake-gcs-server", *_emulator(settings)))
    if settings.gcs_key:
        components.append(ROOT / "manifests" / "credentials" / "key-secret")
    if settings.google_account:
        components.append(ROOT / "manifests" / "credentials" / "workload-identity")
        annotation = {"iam.gke.io/gcp-service-account": settings.google_account}
        patches.append(_patch("ServiceAccount", "autogan-(trial|pipeline)", _add("/metadata/annotations", annotation)))
    if settings.pull_secret:
        secrets = _add("/imagePullSecrets", [{"name": PULL_SECRET}])
        patches.append(_patch("ServiceAccount", "autogan-.*", secrets))
    overlay = {
        "configMapGenerator": [{"name": "autogan", "namespace": "autogan", "behavior": "merge", "literals": literals}],
        "generatorOptions": {"disableNameSuffixHash": True},
        "patches": patches,
    }
    return _overlay(settings, "base", resources, components, overlay)


def write_experiment(settings: Settings, node: str | None = None) -> Path:
    """Writes an overlay on ``manifests/experiments``, of which `RECIPE` alone is to be applied.

    Args:
        settings: of the test; with ``search_settings`` the Experiment is written anew, as ``autogan katib experiment
            --set`` does.
        node: name of the node that computes; None leaves it to the scheduler.

    Returns:
        The folder to apply.
    """
    experiments = _experiments(settings)
    changes = [
        {"op": "replace", "path": "/metadata/name", "value": settings.experiment},
        *_placed(_TRIAL, settings.runtime_image, node),
        _longer(yaml.safe_load((experiments / f"{RECIPE}.yaml").read_text())),
    ]
    overlay = {"patches": [_patch("Experiment", RECIPE, *changes) | {"options": {"allowNameChange": True}}]}
    return _overlay(settings, "experiment", [experiments], [], overlay)


def _experiments(settings: Settings) -> Path:
    """A folder whose kustomization has the Experiment of `RECIPE`."""
    committed = ROOT / "manifests" / "experiments"
    if not settings.search_settings:
        return committed
    folder = _folder(settings, "changed")
    documents = manifests(recipe(RECIPE), RECIPE, settings.search_settings)
    (folder / f"{RECIPE}.yaml").write_text(render(documents, f"{RECIPE} with {', '.join(settings.search_settings)}"))
    _write(folder, {"resources": [f"{RECIPE}.yaml"], "components": _relative([committed.parent / "images"], folder)})
    return folder


def selected(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The Experiment of `RECIPE` among the objects that `write_experiment`'s overlay makes."""
    [found] = [d for d in documents if d["metadata"]["labels"].get("app.kubernetes.io/instance") == RECIPE]
    return found


def _placed(pod_spec: str, image: str, node: str | None) -> list[dict[str, Any]]:
    pinned = [_add(f"{pod_spec}/nodeSelector", {HOSTNAME: node})] if node else []
    return [{"op": "replace", "path": f"{pod_spec}/containers/0/image", "value": image}, *pinned]


def _longer(experiment: dict[str, Any]) -> dict[str, Any]:
    """The change that gives each trial's training more epochs."""
    [container] = trial_pod_spec(experiment)["containers"]
    index, told = next((i, v["value"]) for i, v in enumerate(container["env"]) if v["name"] == SETTINGS_VARIABLE)
    kept = [line for line in told.splitlines() if not line.startswith("search.shared_epochs=")]
    value = "\n".join([*kept, f"search.shared_epochs={EPOCHS}"])
    return {"op": "replace", "path": f"{_TRIAL}/containers/0/env/{index}/value", "value": value}


def _emulator(settings: Settings) -> list[dict[str, Any]]:
    host = str(settings.emulator_host)
    arguments = ["-external-url", host, "-public-host", host.removeprefix("http://")]
    changes = [_add("/spec/containers/0/args/-", argument) for argument in arguments]
    return [{"op": "replace", "path": "/spec/containers/0/image", "value": settings.emulator_image}, *changes]


def _add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def _patch(kind: str, name: str, *changes: dict[str, Any]) -> dict[str, Any]:
    return {"target": {"kind": kind, "name": name}, "patch": json.dumps(changes)}


def _folder(settings: Settings, name: str) -> Path:
    folder = (settings.folder / "manifests" / name).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _relative(paths: list[Path], folder: Path) -> list[str]:
    return [os.path.relpath(path, folder) for path in paths]  # kustomize takes no absolute ones


def _overlay(
    settings: Settings, name: str, resources: list[Path], components: list[Path], overlay: dict[str, Any]
) -> Path:
    folder = _folder(settings, name)
    document = {
        "namespace": settings.namespace,
        "resources": _relative(resources, folder),
        **({"components": _relative(components, folder)} if components else {}),
        **overlay,
    }
    _write(folder, document)
    return folder


def _write(folder: Path, document: dict[str, Any]) -> None:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({**head, **document}, sort_keys=False))
