"""Whether Katib knows our algorithm, and what happens to Experiments if it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.cluster_check.base.cluster import APPS, KATIB, Cluster, NotPermittedError
from autogan_kubeflow.components.cluster_check.base.finding import Finding, Repair, missing, note, ok, warning
from autogan_kubeflow.components.cluster_check.base.target import Target
from autogan_kubeflow.components.cluster_check.checks.versions import KATIB_INSTALL, TRAINER
from autogan_kubeflow.components.katib_protocol import ALGORITHM
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping
from autogan_kubeflow.components.registration.entry import suggestion_entry
from autogan_kubeflow.components.registration.katib_config import KEY, TRIAL_RESOURCE, KatibConfig

_SUBJECT = f"algorithm {ALGORITHM}"


def check_registration(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """The entry in ``katib-config``, and the kinds of jobs that Katib watches."""
    text = _text(cluster, target.katib_namespace)
    if text is None:
        yield missing(_SUBJECT, f"no ConfigMap katib-config with {KEY} in {target.katib_namespace}", KATIB_INSTALL)
        return
    try:
        config = KatibConfig(text)
    except ConfigError as error:
        yield missing(_SUBJECT, str(error))
        return
    yield from _entry(cluster, target, config.entry)
    if config.warning() is None:
        kinds = dig(yaml.safe_load(text), "init", "controller", "trialResources")
        watched = [kind for kind in map(str, kinds) if kind.startswith(("PyTorchJob.", "TrainJob."))]
        yield ok("kinds of trials", f"Katib watches {' and '.join(watched)}")
        if len(watched) == 1 and cluster.get(TRAINER) is not None:
            yield note("kinds of trials", "Trainer v2 is there, but Katib does not watch TrainJob: PyTorchJob only")
    else:
        yield missing(
            "kinds of trials",
            f"init.controller.trialResources of katib-config does not list {TRIAL_RESOURCE}",
            f"kubectl edit configmap katib-config --namespace {target.katib_namespace}",
            f"kubectl rollout restart deployment/katib-controller --namespace {target.katib_namespace}",
        )


def check_services(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """The suggestion services that run, against the image that is registered: Katib never updates one."""
    registered = registered_entry(cluster, target.katib_namespace)
    if registered is None:
        return
    services = _services(cluster, target.namespace)
    old = {name: image for name, image in services.items() if image != registered["image"]}
    for name, image in old.items():
        yield warning(
            f"suggestion service of {name}",
            f"runs {image}, not the registered {registered['image']}; Katib never updates it",
            "# to renew it, delete the Experiment and apply it again",
            f"kubectl delete experiment {name} --namespace {target.namespace}",
        )
    if not old:
        yield ok("suggestion services", "none runs another image than the registered one")


def registered_entry(cluster: Cluster, katib_namespace: str) -> dict[str, Any] | None:
    """Our entry as it stands in the cluster; None if there is none that can be read."""
    text = _text(cluster, katib_namespace)
    try:
        return KatibConfig(text).entry if text is not None else None
    except ConfigError:
        return None


def experiments_of_ours(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    """Experiments with our algorithm, in the whole cluster if the user may look there, else in one namespace."""
    try:
        found = cluster.items(f"{KATIB}/experiments")
    except NotPermittedError:
        found = cluster.items(f"{KATIB}/namespaces/{namespace}/experiments")
    return [each for each in found if dig(each, "spec", "algorithm", "algorithmName") == ALGORITHM]


def _services(cluster: Cluster, namespace: str) -> dict[str, str]:
    """The image of each suggestion service of ours, by its Experiment's name."""
    found = {}
    for each in cluster.items(f"{APPS}/namespaces/{namespace}/deployments"):
        owners = [
            str(o.get("name")) for o in items(each, "metadata", "ownerReferences") if o.get("kind") == "Suggestion"
        ]
        if dig(each, "metadata", "name") in [f"{owner}-{ALGORITHM}" for owner in owners]:
            [image, *_] = [str(c.get("image")) for c in items(each, "spec", "template", "spec", "containers")] or [""]
            found[owners[0]] = image
    return found


def _entry(cluster: Cluster, target: Target, entry: dict[str, Any] | None) -> Iterator[Finding]:
    wanted = target.suggestion_image
    if entry is None:
        seen = "not registered"
        if there := experiments_of_ours(cluster, target.namespace):
            names = ", ".join(f"{e['metadata'].get('namespace')}/{e['metadata']['name']}" for e in there[:5])
            seen += f", though Experiments of it exist ({names}): they can neither go on nor be deleted"
        image = wanted or next(iter(_services(cluster, target.namespace).values()), None)
        yield missing(_SUBJECT, seen, _command(target, image), repair=_registering(cluster, target, wanted))
        return
    image = str(entry.get("image"))
    try:
        standard = suggestion_entry(wanted or image)
    except ConfigError as error:
        yield warning(_SUBJECT, str(error), _command(target, None))
        return
    if wanted not in (None, image):
        seen = f"registered with {image}, not with {wanted}"
    elif entry != standard:
        keys = sorted(key for key in entry.keys() | standard.keys() if entry.get(key) != standard.get(key))
        seen = f"registered with {image}, in other words than this version's ({', '.join(keys)})"
    else:
        yield ok(_SUBJECT, f"registered with {image}")
        return
    image = wanted or image
    yield warning(_SUBJECT, seen, _command(target, image), repair=_registering(cluster, target, image))


def _command(target: Target, image: str | None) -> str:
    where = "" if target.katib_namespace == "kubeflow" else f" --namespace {target.katib_namespace}"
    return f"autogan katib register --image {image or 'REGISTRY/suggestion:TAG'}{where}"


def _registering(cluster: Cluster, target: Target, image: str | None) -> Repair | None:
    if image is None:
        return None
    path = _path(target.katib_namespace)

    def register() -> None:
        config_map = cluster.fresh(path) or {}
        data = mapping(config_map, "data")
        text = KatibConfig(str(data.get(KEY))).with_entry(suggestion_entry(image))
        cluster.replace(path, {**config_map, "data": {**data, KEY: text}})

    return Repair(f"register the algorithm {ALGORITHM} with {image} in {target.katib_namespace}/katib-config", register)


def _text(cluster: Cluster, namespace: str) -> str | None:
    text = dig(cluster.get(_path(namespace)), "data", KEY)
    return text if isinstance(text, str) else None


def _path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/katib-config"
