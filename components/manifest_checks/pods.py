"""Checks of pods: hardened, bounded, and with an image that means the same tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from autogan_kubeflow.components.image_names import image_trouble
from autogan_kubeflow.components.kubernetes_rules import environment_troubles, is_label_key, is_label_value
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping
from autogan_kubeflow.components.shared_places import store_trouble

_QUANTITY = re.compile(r"\d+(\.\d+)?(m|[kMGTPE]|[KMGTPE]i)?")
_VERSION = re.compile(r"v?\d+(\.\d+)+([-+.\w]*)")
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})


def check_pod(template: Mapping[str, Any], where: str) -> Iterator[str]:
    """Checks a pod template.

    Args:
        template: what stands under ``template``: labels and the pod's spec.
        where: name of the pod for the messages.

    Yields:
        A sentence for each problem.
    """
    spec = mapping(template, "spec")
    yield from check_labels(mapping(template, "metadata", "labels"), where)
    yield from _check_pod_security(spec, where)
    yield from _check_volumes(spec, where)
    containers = [*items(spec, "initContainers"), *items(spec, "containers")]
    if not items(spec, "containers"):
        yield f"{where} has no container; write one under spec.containers"
    for container in containers:
        name = f"{where}, container '{container.get('name')}'"
        yield from _check_image(container, name)
        yield from _check_command(container, name)
        yield from check_environment(container, name)
        yield from _check_resources(container, name)
        yield from _check_container_security(container, name)


def check_trial_pod(template: Mapping[str, Any], where: str, container: str) -> Iterator[str]:
    """Problems of the template of a trial's pods, in which ``container`` trains; otherwise like `check_pod`."""
    containers = items(template, "spec", "containers")
    if container not in {item.get("name") for item in containers}:
        yield f"{where}: one container must be named '{container}'"
    if "/tmp" not in {mount.get("mountPath") for item in containers for mount in items(item, "volumeMounts")}:
        yield f"{where}: mount an emptyDir at /tmp; the root file system is read-only"
    if dig(template, "metadata", "labels", "sidecar.istio.io/inject") != "false":
        yield f'{where}: label sidecar.istio.io/inject must be "false", in quotes; a sidecar would outlive the trial'
    if type(dig(template, "spec", "terminationGracePeriodSeconds")) is not int:
        yield f"{where}: write terminationGracePeriodSeconds; a checkpoint may take longer than the default 30"
    if dig(template, "spec", "automountServiceAccountToken"):
        yield f"{where}: automountServiceAccountToken must be false; a trial does not call the Kubernetes API"
    yield from check_pod(template, where)


def check_labels(labels: Mapping[str, Any], where: str) -> Iterator[str]:
    """Problems of labels, which the API server would refuse with the whole object."""
    for key, value in labels.items():
        if not is_label_key(str(key)) or not isinstance(value, str) or not is_label_value(value):
            yield (
                f"{where}: the label {key}: {value!r} must be a string in quotes, key and value of at most 63 letters, "
                "digits, '-', '_' and '.'"
            )


def check_environment(container: Mapping[str, Any], where: str) -> Iterator[str]:
    """Problems of a container's variables: a run store that pods cannot share, and more than the kernel takes."""
    variables = {str(item.get("name")): str(item["value"]) for item in items(container, "env") if "value" in item}
    for trouble in environment_troubles(variables):
        yield f"{where}: {trouble}"
    store = variables.get("AUTOGAN_STORE")
    if store is not None and (reason := store_trouble(store)):
        yield f"{where}: AUTOGAN_STORE is {store!r}, which {reason}"


def _check_pod_security(spec: Mapping[str, Any], where: str) -> Iterator[str]:
    context = mapping(spec, "securityContext")
    if context.get("runAsNonRoot") is not True:
        yield f"{where}: securityContext.runAsNonRoot must be true"
    for key in ("runAsUser", "runAsGroup", "fsGroup"):
        value = context.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            yield f"{where}: securityContext.{key} must be the number of a user or group other than root, not {value!r}"
    if dig(context, "seccompProfile", "type") != "RuntimeDefault":
        yield f"{where}: securityContext.seccompProfile.type must be RuntimeDefault"
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"{where}: {key} must go; the pod needs nothing of its node"
    if not spec.get("serviceAccountName"):
        yield f"{where}: name a serviceAccountName; the default account may have any right"
    if not isinstance(spec.get("automountServiceAccountToken"), bool):
        yield f"{where}: write automountServiceAccountToken: false, or true if the pod calls the Kubernetes API"


def _check_container_security(container: Mapping[str, Any], where: str) -> Iterator[str]:
    context = mapping(container, "securityContext")
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{where}: securityContext.allowPrivilegeEscalation must be false"
    if context.get("readOnlyRootFilesystem") is not True:
        yield f"{where}: securityContext.readOnlyRootFilesystem must be true"
    if dig(context, "capabilities", "drop") != ["ALL"] or dig(context, "capabilities", "add"):
        yield f"{where}: securityContext.capabilities must drop [ALL] and add none"
    if context.get("privileged"):
        yield f"{where}: securityContext.privileged must go"


def _check_volumes(spec: Mapping[str, Any], where: str) -> Iterator[str]:
    volumes = items(spec, "volumes")
    for volume in volumes:
        if "hostPath" in volume:
            yield f"{where}: volume '{volume.get('name')}' must not be a hostPath"
        if "emptyDir" in volume and not isinstance(dig(volume, "emptyDir", "sizeLimit"), str):
            yield f"{where}: volume '{volume.get('name')}' needs emptyDir.sizeLimit, a string such as 1Gi"
    for container in items(spec, "containers"):
        mounted = {mount.get("name"): mount.get("mountPath") for mount in items(container, "volumeMounts")}
        for missing in mounted.keys() - {volume.get("name") for volume in volumes}:
            yield f"{where}: there is no volume '{missing}' to mount at {mounted[missing]}"


def _check_image(container: Mapping[str, Any], where: str) -> Iterator[str]:
    image = container.get("image")
    if not isinstance(image, str) or not image:
        yield f"{where} has no image"
        return
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest) if digest else not _VERSION.fullmatch(tag):
        yield f"{where}: image '{image}' must have a version as its tag, such as 0.1.0, or a digest; others may change"
    elif trouble := image_trouble(image):
        yield f"{where}: image '{image}' {trouble}"


def _check_command(container: Mapping[str, Any], where: str) -> Iterator[str]:
    command = container.get("command")
    if not isinstance(command, list) or not command:
        yield f"{where}: write the command; without one Katib has to ask the registry for it"
        return
    words = [*command, *(container.get("args") or [])]
    if str(command[0]).rpartition("/")[2] in _SHELLS or "-c" in words:
        yield f"{where}: the command {words} runs a shell, which keeps SIGTERM from the program; call it directly"
    if not all(isinstance(word, str) for word in words):
        yield f"{where}: the command {words} must be strings only"


def _check_resources(container: Mapping[str, Any], where: str) -> Iterator[str]:
    requests, limits = mapping(container, "resources", "requests"), mapping(container, "resources", "limits")
    for kind, amounts in (("requests", requests), ("limits", limits)):
        for name in ("cpu", "memory"):
            if name not in amounts:
                yield f"{where}: resources.{kind}.{name} is missing"
        for name, amount in amounts.items():
            if not isinstance(amount, str) or not _QUANTITY.fullmatch(amount):
                yield f'{where}: resources.{kind}.{name} must be a quantity in quotes, such as "1", not {amount!r}'
    for name in requests.keys() | limits.keys():
        if "/" in name and requests.get(name) != limits.get(name):
            yield f"{where}: {name} cannot be overcommitted, so requests and limits must be equal"
