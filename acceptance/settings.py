"""The settings of an acceptance test: cluster, namespaces, images and bucket."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.katib_experiments import IMAGE
from autogan_kubeflow.components.registration.entry import DEFAULT_IMAGE

NAMESPACE = "autogan-acceptance"
ROOT = Path(__file__).resolve().parents[1]
"""The repository; what is tested are its own manifests."""

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,27}[a-z0-9])?")
"""Experiments are called after it, and their names have at most 40 characters."""
_STORE = re.compile(r"gs://[a-z0-9][-_.a-z0-9]+(/.*)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelinesAccess:
    """The address of Kubeflow Pipelines, and the owner of the runs."""

    namespace: str = "kubeflow"
    """The namespace of the installation; without profiles also that of its runs' pods."""
    host: str | None = None
    """Address of its API; None forwards a port to the service ``ml-pipeline``."""
    token_file: Path | None = None
    """Holds a bearer token."""
    profile: str | None = None
    """Namespace of the runs, where Kubeflow has profiles."""

    @property
    def pods_namespace(self) -> str:
        """The namespace of the steps' pods."""
        return self.profile or self.namespace

    @property
    def account(self) -> str:
        """The account that the steps' pods run as."""
        return "default-editor" if self.profile else "pipeline-runner"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """One acceptance test.

    Raises:
        ConfigError: a name or URI that Kubernetes or the storage would refuse, or no store.
    """

    folder: Path
    """The folder of manifests, evidence and report."""
    namespace: str = NAMESPACE
    """Made for the test, and deleted with everything in it."""
    suggestion_image: str = DEFAULT_IMAGE
    """Image of the suggestion service."""
    runtime_image: str = IMAGE
    """Image of prepare-data, trials and pipeline steps."""
    store: str | None = None
    """``gs://bucket/prefix``, below which the test makes a folder of its own; None for an emulator in the cluster."""
    emulator_image: str | None = None
    """Image of fake-gcs-server, where there is no bucket."""
    gcs_key: Path | None = None
    """A service account's key for the bucket."""
    google_account: str | None = None
    """The Google service account that pods act as by workload identity."""
    pull_secret: Path | None = None
    """A Docker ``config.json`` with the registry's credentials."""
    katib_namespace: str = "kubeflow"
    """The namespace of Katib and the training operator."""
    search_settings: tuple[str, ...] = ()
    """``section.key=value`` each, on top of the Experiment's; none: the Experiment is the committed one."""
    pipelines: PipelinesAccess | None = PipelinesAccess()
    """None skips the pipelines."""
    token: str = field(default_factory=lambda: secrets.token_hex(4))
    """Tells this test's folder in the bucket from all others."""

    def __post_init__(self) -> None:
        if not _NAMESPACE.fullmatch(self.namespace):
            raise ConfigError(
                f"the namespace is '{self.namespace}'; write at most 29 lower-case letters, digits and '-', such as "
                f"{NAMESPACE}"
            )
        if self.store is not None and not _STORE.fullmatch(self.store):
            raise ConfigError(f"the store is '{self.store}'; write gs://bucket or gs://bucket/prefix")
        if self.store is None and not self.emulator_image:
            raise ConfigError(
                "there is no bucket to work on; give STORE=gs://bucket/prefix, or FAKE_GCS_IMAGE, the image of "
                "fake-gcs-server, for an emulator in the cluster"
            )
        if self.store is None and (self.gcs_key or self.google_account):
            raise ConfigError("credentials were given, but no bucket; give STORE=gs://bucket/prefix too")

    @property
    def experiment(self) -> str:
        """Name of the Experiment, unique in the cluster as long as the namespace is."""
        return f"mlas-smoke-{self.namespace}"

    @property
    def store_uri(self) -> str:
        """The run store of this test alone."""
        if self.store is None:
            return "gs://autogan/acceptance"
        return f"{self.store.rstrip('/')}/{self.namespace}-{self.token}"

    @property
    def emulator_host(self) -> str | None:
        """Address of the emulator for pods of any namespace; None where the bucket is a real one."""
        return None if self.store else f"http://fake-gcs-server.{self.namespace}:4443"
