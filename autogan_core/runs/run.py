"""One run: a folder of the run store that holds its configuration, history, weights and scores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property

from autogan_core.config import Config, ScoresConfig
from autogan_core.errors import AutoGANError, NonFiniteLossError
from autogan_core.history import Record
from autogan_core.runs.folder.claims import Claims, NoClaims
from autogan_core.runs.folder.phase_times import PhaseTimes
from autogan_core.runs.folder.run_config import MadeRun, keep_config, made_run
from autogan_core.runs.halving.halving import Rung, largest_pool, rungs, unusable_incumbents
from autogan_core.runs.local_search import AssignmentRunner, search_records
from autogan_core.runs.run_generators import RunGenerators
from autogan_core.runs.scoring.evaluating import Evaluator
from autogan_core.runs.scoring.final_scores import Evaluation, FinalScores, ask, evaluate
from autogan_core.runs.scoring.inputs import Inputs
from autogan_core.runs.training_start import start_training
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search.stage import Beam
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.shared_gan.warm_start import keep_weights
from autogan_core.storage import RunStore
from autogan_core.training.derived_gan import DerivedGAN
from autogan_core.training.design import searched
from autogan_core.training.failures import keep_failure
from autogan_core.training.validation import TrainingResult, stored_training
from autogan_core.training.workspace import Workspace

logger = logging.getLogger(__name__)

GRID_IMAGES = 64


class Run(RunGenerators):
    """The phases of a run. Each continues where an earlier process left off, and returns at once when it is done.

    Several processes may work in one run at the same time: one at most searches, and one at most trains an
    architecture, which their claims see to.
    """

    def __init__(
        self,
        store: RunStore,
        config: Config,
        world: World,
        monitor: Monitor,
        get_inputs: Callable[[], Inputs],
        protocol: ScoresConfig | None = None,
        claims: Claims | None = None,
    ) -> None:
        """Opens the run, or makes it.

        Args:
            store: the run's own folder.
            config: what to do.
            world: the ranks that work together, each on its device; rank 0 alone makes the run.
            monitor: receives progress and measurements.
            get_inputs: images, features and reference; called once, when a phase needs them.
            protocol: how to evaluate what the run has trained; None: by the protocol in ``config``. Under another one
                nothing can be searched or trained.
            claims: keep other processes from the search or training that this one is at; None: something else does.

        Raises:
            ConfigError: the folder holds a run of another configuration; the message lists the differences.
        """
        self.world, self.monitor, self._get_inputs = world, monitor, get_inputs
        made = keep_config(store, config) if world.is_main else made_run(store)
        super().__init__(store, config, made or MadeRun(config, config.fingerprint()), world.device)
        asked = config if protocol is None else config.under(protocol)
        self.evaluator = Evaluator(config, asked, lambda: self.inputs, world.device)
        self._times, self._claims = PhaseTimes(store), claims or NoClaims()

    @cached_property
    def inputs(self) -> Inputs:
        """Images, features and reference, loaded once."""
        return self._get_inputs()

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace of the run's trainings, with its images loaded."""
        return self.inputs.workspace(
            self.config, self._store, self.world, self.monitor, self._made.identity, self._draw_size
        )

    def shared_gan(self, stop: Callable[[], bool] = lambda: False) -> SharedGAN:
        """Restores the shared GAN from the run's folder.

        Args:
            stop: whether to store the progress and give up: see `SharedGAN`.

        Returns:
            A GAN that loads the committed weights when it is first used.
        """
        return SharedGAN(self.workspace, stop=stop)

    def keep_history(self, history: Sequence[Record]) -> None:
        """Stores the history of a search that was done elsewhere."""
        self._history_file.write(history)

    def keep_weights(self, source: RunStore) -> None:
        """Stores the shared weights of a search that was done elsewhere: see `warm_start.keep_weights`."""
        keep_weights(source, self._store)

    def search(
        self, trials: Callable[[SharedGAN], AssignmentRunner] = lambda shared_gan: shared_gan
    ) -> tuple[Beam, ...]:
        """Searches to the end, or goes on with a search.

        Args:
            trials: what runs the assignments on the shared GAN: it alone, or something that also measures it.

        Returns:
            The last stage's beams, best first.

        Raises:
            BusyError: another process searches here.
            AutoGANError: too many slots failed in a row.
        """
        for _ in self.search_records(trials):
            pass
        return self.beams()

    def search_records(
        self, trials: Callable[[SharedGAN], AssignmentRunner] = lambda shared_gan: shared_gan
    ) -> Iterator[Record]:
        """Searches, or goes on with a search, and yields each slot's record once it is stored.

        Args:
            trials: see `search`.

        Yields:
            What was assigned in the slot, and its candidates' rewards; nothing if the search is finished.

        Raises:
            BusyError: another process searches here.
            AutoGANError: too many slots failed in a row.
        """
        if self.mlas.finished(self.history):
            return
        self.evaluator.require_own(f"the search in {self.location}")
        with self._claims.claimed("search"), self._times.measured("search"):
            failures = self.config.search.max_failures
            yield from search_records(self.mlas, trials(self.shared_gan()), self._history_file, failures, self.monitor)

    def retrain(self, architectures: Sequence[Architecture]) -> list[TrainingResult]:
        """Trains each architecture to the end, even those that fall out in a halving.

        Returns:
            The trainings, in the order of ``architectures``.

        Raises:
            BusyError: another process trains one of them.
            NonFiniteLossError: a training diverged.
        """
        milestones, architectures = self._milestones(), list(map(self._fitting, architectures))
        for architecture in architectures:
            self._require_trained(architecture, self.config.retrain.generator_iterations)
        with self._times.measured("retrain"):
            return [self._train(self._derived(a), milestones=milestones) for a in architectures]

    def train_to(self, architecture: Architecture, rung: Rung, of: int | None = None) -> TrainingResult | None:
        """Trains an entrant to a rung's end, starting from its checkpoint.

        A divergence is stored, so that no process tries it again. Several processes may train different entrants of a
        rung at the same time.

        Args:
            architecture: what is trained.
            rung: where it stops.
            of: how many rungs there are; None: as many as the run's own pool makes.

        Returns:
            The training; None when it has diverged.

        Raises:
            BusyError: another process trains it.
            NonFiniteLossError: the training diverged, and the run does not halve.
        """
        architecture = self._fitting(architecture)
        if self.config.retrain.halves and self.failure(architecture) is not None:
            return None
        self._require_trained(architecture, rung.iterations)
        derived, count = self._derived(architecture), of or len(self.rungs())
        place = f"rung {rung.index + 1} of {count}: " if count > 1 else ""
        try:
            with self._times.measured("retrain"):
                title = f"{place}training {derived.name}"
                return self._train(derived, rung.iterations, milestones=self._milestones(), title=title)
        except NonFiniteLossError as error:
            if not self.config.retrain.halves:
                raise
            logger.warning("%s falls out in rung %d: %s", architecture, rung.index + 1, error)
            keep_failure(self._store, derived.state_name, str(error))
            return None

    def halve(self) -> list[Architecture]:
        """Trains the pool rung by rung in this process.

        Without halving, it trains the best beams to the end.

        Returns:
            The finalists, best first.

        Raises:
            BusyError: another process trains an entrant.
            ConfigError: the search is not finished.
            NonFiniteLossError: a training diverged, and the run does not halve.
            AutoGANError: all trainings diverged.
        """
        for name, reason in unusable_incumbents(self.config).items():
            logger.warning("the incumbent %s is left out: %s", name, reason)
        for rung in self.rungs():
            for architecture in self.ladder().pending(rung):
                self.train_to(architecture, rung)
        ladder = self.ladder()
        finalists = ladder.finalists()
        if not finalists:
            causes = sorted({cause for entrant in ladder.pool if (cause := ladder.failure(entrant.architecture))})
            raise AutoGANError(f"every training in {self.location} diverged: {'; '.join(causes)}")
        return finalists

    def _train(
        self, derived: DerivedGAN, until: int | None = None, *, milestones: Collection[int], title: str | None = None
    ) -> TrainingResult:
        with self._claims.claimed(derived.state_name):
            return derived.train(until, milestones=milestones, title=title)

    def _milestones(self) -> set[int]:
        """The ends of the rungs, at which all trainings are validated: one outside the pool may enter a rung later."""
        return {rung.iterations for rung in rungs(self.config.retrain, largest_pool(self.config))}

    def evaluate(self, architectures: Sequence[Architecture]) -> dict[Architecture, FinalScores]:
        """Scores each architecture's best and last checkpoint by the final protocol, once for each checkpoint.

        Scores by other protocols are kept. A report shows those first whose protocol was evaluated under last.

        Returns:
            Scores of both checkpoints by architecture, as it is trained.

        Raises:
            StateError: an architecture has not been trained in this folder.
        """
        architectures = list(map(self._fitting, architectures))
        with self._times.measured("evaluate"):
            found = {architecture: self.final_scores(architecture) for architecture in architectures}
        for architecture in found:
            ask(self._store, f"retrain/{architecture}", self.config.scores, self.evaluator.protocol)
        return found

    def keep_files(self, files: Mapping[str, bytes]) -> None:
        """Stores files for people, such as the report, in the run's folder."""
        for name, content in files.items():
            self._store.write(name, content)

    @property
    def seconds(self) -> dict[str, float]:
        """Phase -> wall time that it took, over all processes."""
        return self._times.read()

    def _derived(self, architecture: Architecture) -> DerivedGAN:
        design = searched(architecture)
        return DerivedGAN(
            design, self.workspace, start=lambda gan: start_training(gan, architecture, self, self.workspace)
        )

    def final_scores(self, architecture: Architecture) -> FinalScores:
        """One architecture's scores, computed unless they are stored for the checkpoints that there are."""
        return self.evaluation(architecture).scores

    def evaluation(self, architecture: Architecture) -> Evaluation:
        """The same with what belongs to them. Raises like `evaluate`."""
        return evaluate(self._derived(self._fitting(architecture)), self.workspace, self.evaluator)

    def _require_trained(self, architecture: Architecture, iterations: int) -> None:
        """Raises ConfigError if so many iterations would take training under another protocol than the run's own."""
        training = stored_training(self._store, architecture) if self.evaluator.differences else None
        if training is None or training.last.iteration < iterations:
            self.evaluator.require_own(f"the training of {architecture} in {self.location}")
