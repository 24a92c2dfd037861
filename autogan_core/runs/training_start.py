"""What a training of a run starts from: fresh weights, or those of the run's search."""

from __future__ import annotations

import logging

from autogan_core.errors import ConfigError
from autogan_core.runs.run_records import RunRecords
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.warm_start import start_from_search
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.workspace import Workspace

logger = logging.getLogger(__name__)


def start_training(gan: GAN, architecture: Architecture, records: RunRecords, workspace: Workspace) -> None:
    """Puts the search's weights into an untrained GAN, if the settings want that and there has been a search.

    Args:
        gan: of the architecture.
        architecture: what is to be trained.
        records: of the run.
        workspace: of the run.

    Raises:
        ConfigError: the settings want them, and the search is not finished.
    """
    if records.config.retrain.start == "scratch":
        return
    history = records.history
    if not history:
        logger.info("%s is trained from scratch: there is no search in %s", architecture, records.location)
    elif not records.mlas.finished(history):
        raise ConfigError(
            f"the search in {records.location} is not finished, and retrain.start=shared goes on with the weights "
            "that it ends with; run 'autogan search' first"
        )
    else:
        start_from_search(gan, architecture, workspace)
