"""Read access to a run's results, without a device, images or torch's 500 MB."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.history import Record
from autogan_core.metrics.final_protocol import FinalProtocol
from autogan_core.report.results.decided import Decided
from autogan_core.runs.folder.decided_file import read_decided
from autogan_core.runs.halving.halving import Entrant, Rung, searched_pool
from autogan_core.runs.halving.ladder import Ladder
from autogan_core.runs.local_search import HistoryFile
from autogan_core.runs.scoring.final_scores import Evaluation, FinalScores, stored_evaluations
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.search.stage import Beam
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.storage import RunStore
from autogan_core.training.failures import failure
from autogan_core.training.validation import stored_training


class RunRecords:
    """A run as its folder tells it; nothing is computed."""

    def __init__(self, store: RunStore, config: Config) -> None:
        """Reads from a run's folder; nothing is read yet.

        Args:
            store: the run's own folder.
            config: the run's.
        """
        self.config, self._store = config, store

    @property
    def location(self) -> str:
        """The run's folder: a path or a URI."""
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
        """The architectures that the run found.

        Returns:
            With halving the finalists, else the ``retrain.num_architectures`` best beams; best first.

        Raises:
            ConfigError: the search is not finished.
            StateError: the halving is not.
        """
        if self.config.retrain.halves:
            return self.finalists()
        best = self.beams()[: self.config.retrain.num_architectures]
        return [self.config.model.completed(beam.architecture) for beam in best]

    def beams(self) -> tuple[Beam, ...]:
        """The beams that the finished search kept, as they were searched: see `ModelConfig.completed`.

        Returns:
            Architectures with their rewards, best first.

        Raises:
            ConfigError: the search is not finished.
        """
        history = self.history
        if not self.mlas.finished(history):
            raise ConfigError(
                f"the search in {self.location} is not finished; run 'autogan search' first, or name an ARCH"
            )
        return self.mlas.beams(history)

    def pool(self) -> list[Entrant]:
        """The entrants of the first rung; without halving, the best beams. Raises like `beams`."""
        return searched_pool(self.config, self.beams(), self.history)

    def ladder(self, pool: Sequence[Entrant] | None = None) -> Ladder:
        """Reads how far the trainings of a pool have come. Raises like `pool`.

        Args:
            pool: None for the run's own.

        Returns:
            The pool's ladder.
        """
        return Ladder(self._store, self.config.retrain, self.pool() if pool is None else pool)

    def failure(self, architecture: Architecture) -> str | None:
        """The reason why an architecture's training diverged; None if it did not."""
        return failure(self._store, f"retrain/{architecture}")

    def rungs(self) -> tuple[Rung, ...]:
        """The rungs of the pool, first to last; without halving one. Raises like `pool`."""
        return self.ladder().rungs

    def entrants(self, rung: Rung) -> list[Architecture]:
        """The architectures that enter a rung of the run's own pool.

        Returns:
            For the first rung the pool in its order, for later ones the promoted, best first.

        Raises:
            ConfigError: the search is not finished.
            StateError: a training of an earlier rung has not come to its end there; the message says which.
        """
        return self.ladder().entrants(rung)

    def finalists(self) -> list[Architecture]:
        """The architectures that are trained to the end, the lowest FID there first. Raises like `entrants`."""
        return self.ladder().finalists()

    def trained(self) -> list[Architecture]:
        """Every architecture that has been trained in this folder, however far, sorted."""
        names = self._store.folders("retrain")
        return [Architecture.parse(name) for name in names if self._store.exists(f"retrain/{name}/state.json")]

    def worth_scoring(self) -> list[Architecture]:
        """The architectures to score by the final protocol by default.

        With halving, architectures that fell out of the pool are not among them.

        Returns:
            Without halving all trained architectures, sorted. With it the finalists, best first, once they are known,
            then those that were trained by name outside the pool.
        """
        if not self.config.retrain.halves or not self.searched:
            return self.trained()
        ladder = self.ladder()
        pool = {entrant.architecture for entrant in ladder.pool}
        finalists = ladder.finalists() if ladder.finished else []
        return [*finalists, *(architecture for architecture in self.trained() if architecture not in pool)]

    def evaluated(self) -> dict[Architecture, FinalScores]:
        """The stored scores by the run's own protocol; where its classifier has been another one, by the latest one."""
        scores = self.config.scores
        own = (FinalProtocol.of(scores, None), FinalProtocol.of_earlier(scores, None))
        found = {
            architecture: [e for e in evaluations if any(e.protocol.alike(protocol) for protocol in own)]
            for architecture, evaluations in self.evaluations().items()
        }
        latest = max((e for evaluations in found.values() for e in evaluations), key=lambda e: e.asked, default=None)
        return {
            architecture: evaluation.scores
            for architecture, evaluations in found.items()
            for evaluation in evaluations
            if latest is not None and evaluation.protocol == latest.protocol
        }

    def evaluations(self) -> dict[Architecture, tuple[Evaluation, ...]]:
        """The stored scores of the checkpoints that there are, by whatever protocols.

        Returns:
            By architecture, for those that have any; of each the protocol asked for last first.
        """
        found = {}
        for architecture in self.trained():
            training = stored_training(self._store, architecture)
            stored = stored_evaluations(self._store, f"retrain/{architecture}", self.config.scores)
            if training and (current := tuple(e for e in stored if e.scores.of(training))):
                found[architecture] = current
        return found

    @property
    def decided(self) -> Decided | None:
        """The advice that the run follows; None if a person has chosen its settings."""
        return read_decided(self._store)

    def has_file(self, name: str) -> bool:
        """Whether a file of that name lies in the run's folder."""
        return self._store.exists(name)
