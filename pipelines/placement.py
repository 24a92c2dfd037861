"""Where the steps of a pipeline run: image, resources, nodes. Constants of a compiled pipeline, not fields of its form.

KFP drops a GPU limit that comes from a whole-number parameter without a word, and cannot pass limits into loops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.image_names import check_image
from autogan_kubeflow.components.katib_experiments import IMAGE
from autogan_kubeflow.components.katib_experiments.trial_pod import KEY_FOLDER
from autogan_kubeflow.components.kubernetes_rules import (
    check_long_name,
    check_name,
    check_quantity,
    is_label_key,
    parse_label,
)
from autogan_kubeflow.components.shared_places import check_shared_store
from autogan_kubeflow.components.step_runtime.attempts import NODE_VARIABLE, RETRIES_VARIABLE

_SETTINGS = (
    "AUTOGAN_STORE",
    "AUTOGAN_USER_PROJECT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "STORAGE_EMULATOR_HOST",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
)
"""Keys of the ConfigMap ``autogan`` that steps read, where they and it exist in the steps' namespace."""
_FIELDS = {
    "AUTOGAN_JOB": "metadata.labels['pipeline/runid']",
    NODE_VARIABLE: "metadata.annotations['workflows.argoproj.io/node-name']",
}
"""What a step learns about its pod."""
_YEAR = "31536000s"
_GPU_TAINT = "nvidia.com/gpu"


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelinePlacement:
    """Constants that ``autogan pipeline compile`` takes."""

    image: str = IMAGE
    """The image of all steps, and of the trials of a Katib search; with a version tag or, better, a digest."""
    gpus: int = 1
    """GPUs of each step that computes, and of each trial; 0 for CPUs only."""
    gpu_type: str = "nvidia.com/gpu"
    """Name of the GPU resource."""
    prepare_gpus: int = 0
    """GPUs of Prepare data: 0 lets it run on any node; 1 makes the reference statistics of a large data set a matter of
    minutes instead of an hour or more, once for each data set."""
    backend: Literal["katib", "local"] = "katib"
    """Default of the form's field ``search_backend``, and what the search step reserves. katib: little, as it
    only follows the Experiment; it may use ``cpu`` and ``memory``, so that a small search with backend local works too.
    local: ``gpus``, ``cpu`` and ``memory``, as it computes itself."""
    cpu: str = "4"
    """CPU cores of each step that computes, and of each trial's pods; a Kubernetes quantity."""
    memory: str = "16Gi"
    """Memory of the same; a Kubernetes quantity."""
    scratch: str = "20Gi"
    """Most that a step may keep on its node's disk, where a data set is unpacked too; a Kubernetes quantity."""
    node_selector: tuple[str, ...] = ()
    """``key=value`` labels of the nodes for trials and steps with a GPU; with ``gpus`` 0 for all that compute."""
    tolerations: tuple[str, ...] = (_GPU_TAINT,)
    """Keys of taints that trials, and steps with a GPU, tolerate."""
    trial_queue: str = ""
    """Kueue's LocalQueue that admits each trial of a Katib search, in the Experiment's namespace; empty for none."""
    trial_priority_class: str = ""
    """PriorityClass of the trials' pods; empty for the cluster's default."""
    parallel: int = 0
    """Trainings at a time; 0 for all at once."""
    rungs: int = 5
    """Most rungs of successive halving that a run may have, from 2; 5 halve a pool of 16 down to 1. Unused ones cost no
    pods."""
    retries: int = 2
    """Further attempts after a node, a process or the network failed; what fails for good is not repeated."""
    store: str = ""
    """Default of the form's field ``run_store_uri``."""

    def __post_init__(self) -> None:
        for name in ("gpus", "prepare_gpus", "parallel", "retries"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must be 0 or more, not {getattr(self, name)}")
        if self.rungs < 2:
            raise ConfigError(f"rungs must be 2 or more, not {self.rungs}")
        for name in ("cpu", "memory", "scratch"):
            check_quantity(getattr(self, name), name)
        if self.backend not in ("katib", "local"):
            raise ConfigError(f"backend is '{self.backend}'; set it to one of katib, local")
        for label in self.node_selector:
            parse_label(label, "the node selector")
        for key in self.tolerations:
            if not is_label_key(key):
                raise ConfigError(
                    f"the toleration is {key!r}; write the key of a taint alone, such as dedicated: every value of it "
                    "is tolerated, with the effect NoSchedule"
                )
        if not is_label_key(self.gpu_type):
            raise ConfigError(f"gpu_type is {self.gpu_type!r}; write the name of a resource, such as {_GPU_TAINT}")
        check_image(self.image, "the image")
        if self.trial_queue:
            check_name(self.trial_queue, "trial_queue")
        if self.trial_priority_class:
            check_long_name(self.trial_priority_class, "trial_priority_class")
        if self.store:
            check_shared_store(self.store, "store")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Needs:
    """The resources of a step. Its requests are guaranteed; it may use up to its limits if there is room."""

    gpus: int = 0
    cpu: str
    cpu_limit: str
    memory: str
    memory_limit: str
    computes: bool = False


def place_summary(task: Any, placement: PipelinePlacement) -> Any:
    """Places the step that must always find room: what it leaves undone nobody does. It imports no torch."""
    return _place(task, placement, _Needs(cpu="100m", cpu_limit="1", memory="256Mi", memory_limit="512Mi"))


def place_small(task: Any, placement: PipelinePlacement) -> Any:
    """Places a step that only reads and writes a little."""
    return _place(task, placement, _Needs(cpu="250m", cpu_limit="1", memory="1Gi", memory_limit="4Gi"))


def place_preparing(task: Any, placement: PipelinePlacement) -> Any:
    """Places the step that fetches images and computes their statistics, mostly once for each data set."""
    if placement.prepare_gpus:
        return _place(task, placement, _full(placement, placement.prepare_gpus))
    return _place(task, placement, _sparing(placement, memory="2Gi"))


def place_searching(task: Any, placement: PipelinePlacement) -> Any:
    """Places the step that searches, or follows the Experiment that does."""
    if placement.backend == "local":
        return place_computing(task, placement)
    return _place(task, placement, _sparing(placement, memory="1Gi"))


def place_computing(task: Any, placement: PipelinePlacement) -> Any:
    """Places a step that computes."""
    return _place(task, placement, _full(placement, placement.gpus))


def _full(placement: PipelinePlacement, gpus: int) -> _Needs:
    return _Needs(
        gpus=gpus,
        cpu=placement.cpu,
        cpu_limit=placement.cpu,
        memory=placement.memory,
        memory_limit=placement.memory,
        computes=True,
    )


def _sparing(placement: PipelinePlacement, *, memory: str) -> _Needs:
    """The resources of a step that seldom needs its limits: small requests, full limits."""
    from kubernetes.utils.quantity import parse_quantity  # type: ignore[import-untyped]

    return _Needs(
        cpu=min("250m", placement.cpu, key=parse_quantity),
        cpu_limit=placement.cpu,
        memory=min(memory, placement.memory, key=parse_quantity),
        memory_limit=placement.memory,
        computes=True,
    )


def _place(task: Any, placement: PipelinePlacement, needs: _Needs) -> Any:
    from kfp import kubernetes

    task.set_container_image(placement.image)
    task.set_cpu_request(needs.cpu).set_cpu_limit(needs.cpu_limit)
    task.set_memory_request(needs.memory).set_memory_limit(needs.memory_limit)
    if needs.gpus:
        task.set_accelerator_type(placement.gpu_type).set_accelerator_limit(needs.gpus)
        for key in placement.tolerations:
            kubernetes.add_toleration(task, key=key, operator="Exists", effect="NoSchedule")
    if needs.gpus or (needs.computes and not placement.gpus):
        for label in placement.node_selector:
            key, _, value = label.partition("=")
            kubernetes.add_node_selector(task, key, value)
    if placement.retries:
        # For pods that are lost; a step repeats itself (see `attempts`). What KFP calls the longest pause is Argo's
        # maxDuration: after so long it makes no other pod, and stops the one that it has made.
        task.set_retry(placement.retries, backoff_duration="30s", backoff_factor=2, backoff_max_duration=_YEAR)
    for name, value in _environment(placement).items():
        task.set_env_variable(name, value)
    kubernetes.use_config_map_as_env(task, "autogan", {name: name for name in _SETTINGS}, optional=True)
    for name, path in _FIELDS.items():
        kubernetes.use_field_path_as_env(task, name, path)
    kubernetes.use_secret_as_volume(task, "autogan-gcs-key", KEY_FOLDER, optional=True)
    kubernetes.empty_dir_mount(task, "tmp", "/tmp", size_limit="4Gi")
    kubernetes.empty_dir_mount(task, "cache", "/cache", size_limit=placement.scratch)
    kubernetes.set_security_context(task, run_as_user=1000, run_as_group=1000, run_as_non_root=True)
    return task


def _environment(placement: PipelinePlacement) -> dict[str, str]:
    tolerated = [
        f"{key}:NoSchedule" for key in placement.tolerations if key != _GPU_TAINT
    ]  # trials add that themselves
    chosen = {
        "AUTOGAN_TRIAL_QUEUE": placement.trial_queue,
        "AUTOGAN_TRIAL_PRIORITY_CLASS": placement.trial_priority_class,
        "AUTOGAN_TRIAL_NODE_SELECTOR": ",".join(placement.node_selector),
        "AUTOGAN_TRIAL_TOLERATIONS": ",".join(tolerated),
    }
    return {
        "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads starve each other on a pod's few cores
        RETRIES_VARIABLE: str(placement.retries),
        "AUTOGAN_TRIAL_IMAGE": placement.image,
        "AUTOGAN_TRIAL_DEVICE": "cuda" if placement.gpus else "cpu",
        "AUTOGAN_TRIAL_CPU": placement.cpu,
        "AUTOGAN_TRIAL_MEMORY": placement.memory,
        "AUTOGAN_TRIAL_SCRATCH": placement.scratch,
        **{name: value for name, value in chosen.items() if value},
    }
