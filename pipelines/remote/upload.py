"""A compiled pipeline as one of those that the web interface offers. Importing this module imports kfp."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kfp_server_api

from autogan_kubeflow.pipelines.remote.connection import Server, quiet
from autogan_kubeflow.pipelines.remote.specification import in_package


def upload(server: Server, pipeline: str, package: Path) -> str:
    """Uploads a compiled pipeline under its name, as a new version if there is one of that name.

    The web interface shows the description that comes with the request, and not the one in the file.

    Args:
        server: where to.
        pipeline: its name.
        package: the compiled pipeline, YAML.

    Returns:
        Where the web interface shows it.

    Raises:
        ConfigError: the file is not this pipeline, compiled.
        PipelinesError: refused or unreachable.
    """
    description = in_package(package, pipeline)["pipelineInfo"].get("description", "")
    pipeline_id = _existing(server, pipeline) or _create(server, pipeline, description)
    with quiet():
        version = server.client.upload_pipeline_version(
            str(package), f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}", pipeline_id=pipeline_id, description=description
        )
    return server.page(f"pipelines/details/{pipeline_id}/version/{version.pipeline_version_id}")


def _existing(server: Server, name: str) -> str | None:
    query = json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})
    found: Any = next(server.everything(server.client.list_pipelines, "pipelines", filter=query), None)
    return found and str(found.pipeline_id)


def _create(server: Server, name: str, description: str) -> str:
    created = server.client.create_pipeline(
        kfp_server_api.V2beta1Pipeline(
            name=name, display_name=name, description=description, namespace=server.namespace
        )
    )
    return str(created.pipeline_id)
