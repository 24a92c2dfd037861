"""Where the steps of a pipeline run: image, resources, nodes. Constants of a compiled pipeline, not fields of its form.

KFP drops a GPU limit that comes from a whole-number parameter without a word, and cannot pass limits into loops.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from autogan_core.errors import ConfigError
from components.experiments import IMAGE
from components.experiments.trial_pod import KEY_FOLDER

_QUANTITY = re.compile(r"\d+(\.\d+)?(m|[kMGTPE]i?)?")
_SETTINGS = ("AUTOGAN_STORE", "GOOGLE_APPLICATION_CREDENTIALS")
"""Keys of the ConfigMap ``autogan`` that steps read where it exists in their namespace."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelinePlacement:
    """Constants that ``autogan pipeline compile`` takes."""

    image: str = IMAGE
    """Of all steps, and of the trials of a Katib search; with a version tag or, better, a digest."""
    gpus: int = 1
    """GPUs of each step that computes, and of each trial; 0 for CPUs only."""
    gpu_type: str = "nvidia.com/gpu"
    """Name of the GPU resource."""
    search_gpus: int = 0
    """GPUs of the search step itself: 0 where it only follows a Katib Experiment, 1 for searches with backend local."""
    cpu: str = "4"
    """CPU cores of each step that computes, and of each trial's pods; a Kubernetes quantity."""
    memory: str = "16Gi"
    """Memory of the same; a Kubernetes quantity."""
    scratch: str = "20Gi"
    """Most that a step may keep on its node's disk, where a data set is unpacked too; a Kubernetes quantity."""
    node_selector: tuple[str, ...] = ()
    """``key=value`` labels of the nodes for the steps that compute."""
    tolerations: tuple[str, ...] = ("nvidia.com/gpu",)
    """Keys of taints that steps with a GPU tolerate."""
    parallel: int = 0
    """Trainings at a time; 0 for all at once."""
    retries: int = 2
    """Further attempts after a node or network failed; what fails for good is not repeated."""
    store: str = ""
    """Default of the form's field ``store``."""

    def __post_init__(self) -> None:
        for name in ("gpus", "search_gpus", "parallel", "retries"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must be 0 or more, not {getattr(self, name)}")
        for name in ("cpu", "memory", "scratch"):
            if not _QUANTITY.fullmatch(getattr(self, name)):
                raise ConfigError(f"{name} is '{getattr(self, name)}'; write a Kubernetes quantity such as 4 or 16Gi")
        for label in self.node_selector:
            if not re.fullmatch(r"[^=\s]+=[^=\s]*", label):
                raise ConfigError(f"the node selector is '{label}'; write key=value")
        if not re.fullmatch(r"\S+", self.image):
            raise ConfigError(f"the image is '{self.image}'; write registry/name:tag or registry/name@sha256:...")


def place_small(task: Any, placement: PipelinePlacement) -> Any:
    """Places a step that only reads and writes a little."""
    return _place(task, placement, cpu="1", memory="4Gi", gpus=0)


def place_computing(task: Any, placement: PipelinePlacement, gpus: int | None = None) -> Any:
    """Places a step that computes, on ``placement.gpus`` GPUs unless another number is given."""
    from kfp import kubernetes

    for label in placement.node_selector:
        key, _, value = label.partition("=")
        kubernetes.add_node_selector(task, key, value)
    gpus = placement.gpus if gpus is None else gpus
    return _place(task, placement, cpu=placement.cpu, memory=placement.memory, gpus=gpus)


def _place(task: Any, placement: PipelinePlacement, *, cpu: str, memory: str, gpus: int) -> Any:
    from kfp import kubernetes

    task.set_container_image(placement.image)
    task.set_cpu_request(cpu).set_cpu_limit(cpu).set_memory_request(memory).set_memory_limit(memory)
    if gpus:
        task.set_accelerator_type(placement.gpu_type).set_accelerator_limit(gpus)
        for key in placement.tolerations:
            kubernetes.add_toleration(task, key=key, operator="Exists", effect="NoSchedule")
    if placement.retries:
        task.set_retry(placement.retries, backoff_duration="30s", backoff_factor=2, backoff_max_duration="600s")
    for name, value in _environment(placement).items():
        task.set_env_variable(name, value)
    kubernetes.use_config_map_as_env(task, "autogan", {name: name for name in _SETTINGS}, optional=True)
    kubernetes.use_field_path_as_env(task, "AUTOGAN_JOB", "metadata.labels['pipeline/runid']")
    kubernetes.use_secret_as_volume(task, "autogan-gcs-key", KEY_FOLDER, optional=True)
    kubernetes.empty_dir_mount(task, "tmp", "/tmp", size_limit="4Gi")
    kubernetes.empty_dir_mount(task, "cache", "/cache", size_limit=placement.scratch)
    kubernetes.set_security_context(task, run_as_user=1000, run_as_group=1000, run_as_non_root=True)
    return task


def _environment(placement: PipelinePlacement) -> dict[str, str]:
    return {
        "OMP_WAIT_POLICY": "PASSIVE",  # spinning threads starve each other on a pod's few cores
        "AUTOGAN_TRIAL_IMAGE": placement.image,
        "AUTOGAN_TRIAL_DEVICE": "cuda" if placement.gpus else "cpu",
        "AUTOGAN_TRIAL_CPU": placement.cpu,
        "AUTOGAN_TRIAL_MEMORY": placement.memory,
        "AUTOGAN_TRIAL_SCRATCH": placement.scratch,
    }
