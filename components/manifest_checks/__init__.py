"""Checks of manifests: what Katib, the jobs' controllers and our own rules ask, told without a cluster."""

from autogan_kubeflow.components.manifest_checks.manifests import check_document, check_text

__all__ = ["check_document", "check_text"]
