"""Where Katib's configuration lives: in a ConfigMap of the cluster, or in a file that is applied later."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any, NoReturn, Protocol

from kubernetes import client  # type: ignore[import-untyped]
from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]
from urllib3.exceptions import HTTPError

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.registration.cluster import REFUSALS, TIMEOUT_S, ClusterError, connect, reason
from autogan_kubeflow.components.registration.katib_config import KEY

logger = logging.getLogger(__name__)

CONFIG_MAP = "katib-config"
ATTEMPTS = 5
_CONFLICT = 409

Edit = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Change:
    """A text before and after an edit."""

    before: str
    after: str

    def diff(self) -> str:
        """Unified diff, empty if nothing changed."""
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        lines = unified_diff(before, after, f"{KEY} (now)", f"{KEY} (new)")
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


class ConfigSource(Protocol):
    """Holds one text of Katib's configuration."""

    def read(self) -> str:
        """The text as it is now."""
        ...

    def update(self, edit: Edit) -> Change:
        """Writes what ``edit`` makes of the text, or nothing if it makes no difference."""
        ...


class ConfigMapSource:
    """The ConfigMap ``katib-config`` of a cluster: the one whose pod this is, else that of the current kubectl context.

    Args:
        namespace: where Katib is installed.

    Raises:
        ClusterError: there is neither a pod's service account nor a usable kubeconfig.
    """

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._api = client.CoreV1Api(connect())

    def __str__(self) -> str:
        return f"{self.namespace}/{CONFIG_MAP} at {self._api.api_client.configuration.host}"

    def read(self) -> str:
        """Reads Katib's configuration from the cluster.

        Returns:
            The text of the ConfigMap's field.

        Raises:
            ClusterError: see `ClusterError`.
            ConfigError: the ConfigMap has another layout than that of Katib 0.17 to 0.19.
        """
        return self._text(self._get())

    def update(self, edit: Edit) -> Change:
        """Applies ``edit`` to the text in the cluster, and again if somebody else wrote in between.

        Returns:
            The texts before and after; they are equal if there was nothing to do.

        Raises:
            ClusterError: see `ClusterError`; or somebody else wrote in between `ATTEMPTS` times.
            ConfigError: the ConfigMap has another layout, or ``edit`` refused.
        """
        for attempt in range(1, ATTEMPTS + 1):
            config_map = self._get()
            before = self._text(config_map)
            change = Change(before, edit(before))
            if change.before == change.after or self._replace(config_map, change.after):
                return change
            logger.info("%s changed in between (attempt %d of %d); reading it again", self, attempt, ATTEMPTS)
        raise ClusterError(
            f"{self} was changed by somebody else in each of {ATTEMPTS} attempts; "
            "find out which program keeps writing it, then run this again"
        )

    def _get(self) -> Any:
        try:
            return self._api.read_namespaced_config_map(CONFIG_MAP, self.namespace, _request_timeout=TIMEOUT_S)
        except REFUSALS as error:
            self._refuse(error, "read")

    def _text(self, config_map: Any) -> str:
        data: dict[str, str] = config_map.data or {}
        if KEY not in data:
            raise ConfigError(
                f"{self} has no key '{KEY}' but {', '.join(sorted(data)) or 'nothing'}, as in Katib before 0.16; "
                "install Katib 0.18 or 0.19"
            )
        return data[KEY]

    def _replace(self, config_map: Any, text: str) -> bool:
        """Whether it was written. The resource version that was read goes along, so a lost race shows as a conflict."""
        config_map.data[KEY] = text
        try:
            self._api.replace_namespaced_config_map(CONFIG_MAP, self.namespace, config_map, _request_timeout=TIMEOUT_S)
        except REFUSALS as error:
            if isinstance(error, ApiException) and error.status == _CONFLICT:
                return False
            self._refuse(error, "update")
        return True

    def _refuse(self, error: ApiException | HTTPError, verb: str) -> NoReturn:
        forbidden = f"you may not {verb} it; ask for the verbs get and update on this ConfigMap, or use --file"
        missing = "there is none; install Katib 0.18 or 0.19 first, or say where it is with --namespace"
        raise ClusterError(f"ConfigMap {self}: {reason(error, forbidden, missing)}") from error


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file with the text, as it lies in a GitOps repository."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def read(self) -> str:
        """The file's text. Raises ConfigError if there is no such file, or it is not text."""
        try:
            return self.path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path} cannot be read ({error}); give Katib's {KEY}") from error

    def update(self, edit: Edit) -> Change:
        """Replaces the file, whole or not at all. Raises ConfigError as `read` does, or if ``edit`` refused."""
        before = self.read()
        change = Change(before, edit(before))
        if change.before != change.after:
            self._write(change.after)
        return change

    def _write(self, text: str) -> None:
        # Not autogan_core.storage's: that imports torch, which the small image lacks.
        descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
                os.fchmod(file.fileno(), self.path.stat().st_mode)
            os.replace(temporary, self.path)
        finally:
            Path(temporary).unlink(missing_ok=True)
