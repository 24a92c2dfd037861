"""Permanent errors of an Experiment; the transient one is `components.exit_status.ClusterUnavailableError`."""

from __future__ import annotations

from autogan_core.errors import AutoGANError


class ClusterAccessError(AutoGANError):
    """The API server refuses: no permission, no such namespace, or no Katib. Trying again does not help."""


class ExperimentFailedError(AutoGANError):
    """The Experiment failed, was deleted while it was followed, or ended without a whole search."""


class TimedOutError(AutoGANError):
    """The Experiment took longer than it was allowed to."""
