"""The search on Katib: an Experiment created, followed to its end, and its history read back from its trials."""

from autogan_kubeflow.components.katib_search.api import ExperimentsAPI
from autogan_kubeflow.components.katib_search.connection import default_namespace
from autogan_kubeflow.components.katib_search.errors import ClusterAccessError, ExperimentFailedError, TimedOutError
from autogan_kubeflow.components.katib_search.ownership import remove_own
from autogan_kubeflow.components.katib_search.results import KatibSearch
from autogan_kubeflow.components.katib_search.search import ExperimentRequest, finish, search_with_katib
from autogan_kubeflow.components.katib_search.waiting import Waiting

__all__ = [
    "ClusterAccessError",
    "ExperimentFailedError",
    "ExperimentRequest",
    "ExperimentsAPI",
    "KatibSearch",
    "TimedOutError",
    "Waiting",
    "default_namespace",
    "finish",
    "remove_own",
    "search_with_katib",
]
