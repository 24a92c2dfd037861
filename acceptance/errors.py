"""Errors that end the acceptance test."""

from __future__ import annotations

from autogan_core.errors import AutoGANError


class AcceptanceError(AutoGANError):
    """The cluster lacks something or does not do what it should; the message says what, and what to do about it."""
