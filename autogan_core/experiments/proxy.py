"""``proxy``: are scores on the shared weights worth anything? (paper, section 4.3.1 and Figure 7)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from autogan_core.config import Config
from autogan_core.distributed import World
from autogan_core.experiments.figures import ScatterGroup, scatter_figure
from autogan_core.experiments.finding import Finding, Table
from autogan_core.experiments.searches import Search, steps_per_epoch
from autogan_core.experiments.short_training import short_training, train_short
from autogan_core.experiments.statistics import MIN_FOR_CORRELATION, Estimate, rank_correlation, share
from autogan_core.experiments.suite import Suite
from autogan_core.experiments.variants import MLAS
from autogan_core.experiments.work import Work
from autogan_core.monitor import Monitor
from autogan_core.report.protocols import reward_protocol
from autogan_core.search_space import Architecture
from autogan_core.shared_gan import SharedGAN
from autogan_core.storage import DirectoryStore, RunStore, read_document, write_document
from autogan_core.training.cost import Cost

NAME = "proxy"
_PAPER = (
    "Architectures that the search derived were trained from scratch for 30 epochs. Their Inception scores "
    "correlate with those on the shared weights (Spearman 0.779), which are lower (section 4.3.1, Figure 7)."
)


@dataclass(frozen=True, slots=True)
class Pair:
    """An architecture's Inception scores, both by the reward's protocol."""

    seed: int
    architecture: str
    shared: float
    """On the weights that all architectures share, at the end of the search."""
    scratch: float
    """After training from scratch."""


@dataclass(frozen=True)
class SharedScores:
    """Scores of some architectures of a finished search on its shared weights.

    They are those that the last derivation scored, and further draws of the policy that the last iteration trained on.
    """

    search: Search

    @property
    def name(self) -> str:
        """See `Work.name`."""
        return f"proxy/seed-{self.search.seed}/shared"

    @property
    def needs(self) -> Sequence[Work]:
        """See `Work.needs`."""
        return (self.search,)

    def cost(self) -> Cost:
        """See `Work.cost`."""
        plan = self.search.suite.plan
        return Cost(scored_images=plan.budget.proxy_architectures * self.search.config.search.reward.num_images)

    def done(self) -> bool:
        """See `Work.done`."""
        return self.store.exists("shared.json")

    def run(self) -> None:
        """See `Work.run`."""
        search, suite = self.search, self.search.suite
        run, inputs = search.open(), suite.inputs()
        scorer, world = inputs.scorer(search.config), World.single(suite.device)
        store = DirectoryStore(suite.folder / search.name)
        shared_gan = SharedGAN(search.config, run.space, inputs.dataset, scorer, store, world, Monitor())
        chosen = self._architectures()
        scores = shared_gan.score(chosen, "proxy")
        pairs = zip(chosen, scores, strict=True)
        found = {str(a): s.inception_score for a, s in pairs if math.isfinite(s.inception_score)}
        write_document(self.store, "shared.json", found)

    def scores(self) -> dict[Architecture, float]:
        """Architecture -> Inception score; only once it is done."""
        return {Architecture.parse(a): score for a, score in read_document(self.store, "shared.json").items()}

    @property
    def store(self) -> RunStore:
        """Where these scores lie, and the trainings from scratch."""
        return DirectoryStore(self.search.suite.folder / "proxy" / f"seed-{self.search.seed}")

    def _architectures(self) -> list[Architecture]:
        history = self.search.open().history
        derived = [a for a, _ in history[-1].scored]
        drawn = [a for record in reversed(history) for a in record.assignment.training if a.depth == derived[0].depth]
        return list(dict.fromkeys([*derived, *drawn]))[: self.search.suite.plan.budget.proxy_architectures]


@dataclass(frozen=True)
class ScratchScore:
    """One of these architectures, trained from scratch for the budget's epochs."""

    shared: SharedScores
    number: int

    @property
    def name(self) -> str:
        """See `Work.name`."""
        return f"proxy/seed-{self.shared.search.seed}/{self.number}"

    @property
    def needs(self) -> Sequence[Work]:
        """See `Work.needs`."""
        return (self.shared,)

    @property
    def config(self) -> Config:
        """Of the training."""
        search = self.shared.search
        plan = search.suite.plan
        steps = plan.budget.proxy_epochs * steps_per_epoch(search.suite, search.config)
        return short_training(plan, search.seed, math.ceil(steps / search.config.training.n_critic))

    def cost(self) -> Cost:
        """See `Work.cost`."""
        retrain, n_critic = self.config.retrain, self.config.training.n_critic
        iterations = retrain.generator_iterations
        return Cost(iterations * n_critic, iterations, retrain.validation_images)

    def done(self) -> bool:
        """See `Work.done`."""
        return self.shared.store.exists(self._file)

    def run(self) -> None:
        """See `Work.run`. There may be fewer architectures than the budget asks for, and one may diverge."""
        architectures = list(self.shared.scores())
        found: dict[str, Any] = {"architecture": None}
        if self.number < len(architectures):
            architecture = architectures[self.number]
            training = train_short(self.shared.search.suite, self.config, architecture, self.name)
            if training is not None:
                found = {"architecture": str(architecture), "inception_score": training.last.inception_score}
        write_document(self.shared.store, self._file, found)

    def pair(self) -> Pair | None:
        """Both scores of its architecture; only once it is done. None: there is none."""
        found = read_document(self.shared.store, self._file)
        if found["architecture"] is None:
            return None
        shared = self.shared.scores()[Architecture.parse(found["architecture"])]
        return Pair(self.shared.search.seed, found["architecture"], shared, found["inception_score"])

    @property
    def _file(self) -> str:
        return f"{self.number}.json"


def works(suite: Suite) -> list[Work]:
    """A search for each seed, its architectures' scores on the shared weights, and their trainings."""
    return [work for seed in suite.plan.seeds for work in _scratch_scores(suite, seed)]


def finding(suite: Suite) -> Finding:
    """Both scores of each architecture, and how their ranks agree."""
    budget = suite.plan.budget
    pairs = [p for seed in suite.plan.seeds for w in _scratch_scores(suite, seed) if (p := w.pair()) is not None]
    seeds = dict.fromkeys(pair.seed for pair in pairs)  # without those on which every training diverged
    by_seed = {seed: [pair for pair in pairs if pair.seed == seed] for seed in seeds}
    correlations = {seed: _correlation(of_seed) for seed, of_seed in by_seed.items()}
    known = [estimate.value for estimate in correlations.values() if not math.isnan(estimate.value)]
    within, pooled = fmean(known) if known else None, _correlation(pairs)
    lower = share(sum(pair.shared < pair.scratch for pair in pairs), len(pairs))
    config = suite.plan.config(suite.plan.seeds[0])
    protocol = reward_protocol(config.search.reward, config.scores)
    epochs = f"{budget.proxy_epochs} epoch{'s' if budget.proxy_epochs > 1 else ''}"
    return Finding(
        name=NAME,
        title="Scores on shared weights as a proxy",
        paper=_PAPER,
        here=_here(pooled, within, lower, epochs, len(seeds)),
        figure=_figure(by_seed, epochs, pooled),
        caption="Each point is an architecture: the last derivation's of the search on each seed, or a draw of its "
        f"last policy. Both scores: {protocol}. Interval: 95 %, bootstrap over the pairs (BCa).",
        command=suite.command_for(NAME),
        tables=(_table(correlations, by_seed),),
        data={
            "pairs": [asdict(pair) for pair in pairs],
            "epochs": budget.proxy_epochs,
            "spearman": pooled.to_json(),
            "spearman_by_seed": {str(seed): estimate.to_json() for seed, estimate in correlations.items()},
            "mean_of_seeds": within,
            "shared_is_lower": lower.to_json(),
        },
    )


def _scratch_scores(suite: Suite, seed: int) -> list[ScratchScore]:
    shared = SharedScores(Search(suite, MLAS, seed))
    return [ScratchScore(shared, number) for number in range(suite.plan.budget.proxy_architectures)]


def _correlation(pairs: Sequence[Pair]) -> Estimate:
    return rank_correlation([pair.shared for pair in pairs], [pair.scratch for pair in pairs])


def _figure(by_seed: dict[int, list[Pair]], epochs: str, pooled: Estimate) -> str:
    groups = [ScatterGroup(f"seed {seed}", tuple((p.shared, p.scratch) for p in ps)) for seed, ps in by_seed.items()]
    labels = "Inception score on the shared weights", f"Inception score after {epochs} from scratch"
    description = "Inception scores of architectures on the shared weights and after training from scratch"
    return scatter_figure(groups, *labels, f"Spearman, all pairs: {pooled.text()}", description) if groups else ""


def _here(pooled: Estimate, within: float | None, lower: Estimate, epochs: str, seeds: int) -> str:
    if not pooled.count:
        return "Every training from scratch diverged."
    agreement = "The ranks agree" if pooled.excludes(0) and pooled.value > 0 else "No agreement of the ranks is shown"
    if pooled.excludes(0) and pooled.value < 0:
        agreement = "The ranks disagree"
    searches = f"; within each of {seeds} searches it is {within:.2f} on average" if within is not None else ""
    return (
        f"{agreement}: Spearman's correlation of the scores on the shared weights with those after {epochs} "
        f"from scratch is {pooled.text()} over {pooled.count} architectures{searches}. The score on the shared "
        f"weights is the lower one in {100 * lower.value:.0f} % of them."
    )


def _table(correlations: dict[int, Estimate], by_seed: dict[int, list[Pair]]) -> Table:
    rows = tuple(
        (
            str(seed),
            str(estimate.count),
            estimate.text(),
            f"{fmean(pair.shared for pair in by_seed[seed]):.2f}",
            f"{fmean(pair.scratch for pair in by_seed[seed]):.2f}",
        )
        for seed, estimate in correlations.items()
    )
    headers = ("Seed", "Architectures", "Spearman", "Mean score, shared", "Mean score, from scratch")
    caption = f"Each search by itself. Fewer than {MIN_FOR_CORRELATION} architectures give no interval."
    return Table(headers, rows, caption)
