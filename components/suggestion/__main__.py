"""Starts the service: ``python -m components.suggestion --help``."""

from __future__ import annotations

import autogan_kubeflow.components.termination  # noqa: F401  (first: the imports below take seconds)

# isort: split
import os

# One thread: the network is far too small for more, and waiting threads would eat the container's CPU limit. It is
# read when numpy is first imported, hence its place here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from autogan_kubeflow.components.suggestion.server import main  # noqa: E402

main()
