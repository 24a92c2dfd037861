"""Whether somebody cancelled a pipeline run, asked of its Workflow: KFP's own word for it does not tell.

The state that KFP hands to an exit handler comes from its metadata store, where a cancelled run and one whose pod has
vanished are both still ``RUNNING`` (pipelines, ``resolveInputParameter`` in backend/src/v2/driver/resolve.go). But to
cancel a run KFP sets ``activeDeadlineSeconds: 0`` on its Workflow, which it labels with the run's id
(``GetTerminatePatch`` in backend/src/common/util/execution_spec.go; v2_template.go).
"""

from __future__ import annotations

import logging
from typing import Any

from kubernetes import client  # type: ignore[import-untyped]

from autogan_core.errors import ConfigError
from components.katib_search.answers import CALL_ERRORS, message, outage
from components.katib_search.connection import connect, default_namespace

logger = logging.getLogger(__name__)

RUN_LABEL = "pipeline/runid"
_TIMEOUT_S = 10.0


def run_was_cancelled(
    run_id: str, api_client: client.ApiClient | None = None, namespace: str | None = None
) -> bool | None:
    """Whether a pipeline run was cancelled. It never raises.

    Args:
        run_id: KFP's id of the run.
        api_client: to the pod's cluster; None for one with the pod's service account.
        namespace: of the run's pods; None for the service account's.

    Returns:
        None if it cannot be told: there is no such Workflow, no permission to list workflows, or no API server.
    """
    try:
        answer = client.CustomObjectsApi(api_client or connect()).list_namespaced_custom_object(
            group="argoproj.io",
            version="v1alpha1",
            namespace=namespace or default_namespace(),
            plural="workflows",
            label_selector=f"{RUN_LABEL}={run_id}",
            _request_timeout=_TIMEOUT_S,
        )
        return _cancelled(answer)
    except ConfigError as error:
        reason = str(error)
    except CALL_ERRORS as error:
        reason = outage(error) or message(error)
    logger.warning("cannot tell whether the pipeline run was cancelled: %s", reason)
    return None


def _cancelled(answer: Any) -> bool | None:
    items = answer.get("items") if isinstance(answer, dict) else None
    if not items:
        return None
    return any(item.get("spec", {}).get("activeDeadlineSeconds") == 0 for item in items)
