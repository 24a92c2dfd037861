"""What a run has come to, for those who only read: it takes no device, no images and none of torch's 500 MB."""

from __future__ import annotations

from functools import cached_property

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.final_scores import FinalScores, stored_scores
from autogan_core.history import Record
from autogan_core.mlas import Beam, MultiLevelSearch
from autogan_core.search import HistoryFile
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.storage import RunStore


class RunRecords:
    """A run as its folder tells it; nothing is computed."""

    def __init__(self, store: RunStore, config: Config) -> None:
        """Args:
        store: the run's own folder.
        config: the run's.
        """
        self.config, self._store = config, store

    @property
    def location(self) -> str:
        """Where the run lies: a folder or a URI."""
        return self._store.location("").rstrip("/")

    @cached_property
    def space(self) -> SearchSpace:
        """The search space."""
        return self.config.search_space()

    @cached_property
    def mlas(self) -> MultiLevelSearch:
        """The search."""
        return MultiLevelSearch(self.space, self.config.search, self.config.seed)

    @property
    def _history_file(self) -> HistoryFile:
        return HistoryFile(self._store)

    @property
    def history(self) -> list[Record]:
        """The search's records so far."""
        return self._history_file.read()

    @property
    def searched(self) -> bool:
        """Whether the search is finished."""
        return self.mlas.finished(self.history)

    def found(self) -> list[Architecture]:
        """The architectures that the search found, best first, as many as are to be retrained.

        Raises:
            ConfigError: the search is not finished.
        """
        return [beam.architecture for beam in self.beams()[: self.config.retrain.num_architectures]]

    def beams(self) -> tuple[Beam, ...]:
        """What the finished search kept, best first. Raises like `found`."""
        history = self.history
        if not self.mlas.finished(history):
            raise ConfigError(
                f"the search in {self.location} is not finished; run 'autogan search' first, or name an ARCH"
            )
        return self.mlas.beams(history)

    def trained(self) -> list[Architecture]:
        """Every architecture that has been trained in this folder, sorted."""
        names = self._store.folders("retrain")
        return [Architecture.parse(name) for name in names if self._store.exists(f"retrain/{name}/state.json")]

    def evaluated(self) -> dict[Architecture, FinalScores]:
        """The scores that are stored, whatever they are of."""
        stored = {
            architecture: stored_scores(self._store, f"retrain/{architecture}") for architecture in self.trained()
        }
        return {architecture: scores for architecture, scores in stored.items() if scores is not None}

    def has_file(self, name: str) -> bool:
        """Whether a file of that name lies in the run's folder."""
        return self._store.exists(name)
