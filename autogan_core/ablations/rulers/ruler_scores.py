"""What every ruler says of the study's architectures on the shared weights that a search ends with."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autogan_core.ablations.rulers.final_weights import FinalWeights
from autogan_core.ablations.rulers.recording_extractor import RecordingExtractor
from autogan_core.ablations.rulers.rulers import STATISTICS_WORDS, Ruler, adaptations, image_counts
from autogan_core.ablations.rulers.scratch_curves import uniform_architectures
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.searches import Search
from autogan_core.metrics.scores import Scores
from autogan_core.search_space import Architecture
from autogan_core.storage import DirectoryStore, RunStore, read_document, write_document
from autogan_core.training.cost import Cost

REPEATS = 2
"""Times that an architecture is scored, each with other latent vectors and batches: how far they lie apart is the
ruler's noise."""
REPEATED = 20
"""The first so many architectures are scored repeatedly, the others once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One set of images of one architecture, scored in all ways."""

    repeat: int
    statistics: str
    steps: int
    images: int
    scores: Scores | None
    """None where one of them is not finite."""
    seconds: float
    """Time that adapting, drawing and extracting features took; the scores themselves are not counted."""

    def of(self, ruler: Ruler) -> bool:
        """Whether it is what a ruler reads."""
        return (self.statistics, self.steps, self.images) == (ruler.statistics, ruler.steps, ruler.images)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Reading:
        """The inverse of `to_json`."""
        scores = tree["scores"]
        return cls(**{**tree, "scores": None if scores is None else Scores(**scores)})


@dataclass(frozen=True)
class RulerScores:
    """All readings on one search's final weights, kept architecture by architecture."""

    search: Search

    @property
    def name(self) -> str:
        """See `Computation.name`."""
        return f"proxy/{self.search.variant.name}/seed-{self.search.seed}"

    @property
    def needs(self) -> Sequence[Computation]:
        """See `Computation.needs`."""
        return (self.search,)

    def cost(self) -> Cost:
        """See `Computation.cost`."""
        suite = self.search.suite
        n_critic, images = self.search.config.training.n_critic, image_counts(suite.plan)[-1]
        sets = (Cost.of_steps(steps, n_critic) + Cost(scored_images=images) for steps in adaptations(suite.plan))
        wanted = suite.plan.budget.proxy_architectures
        return sum(sets, Cost()) * (len(STATISTICS_WORDS) * (wanted + (REPEATS - 1) * min(wanted, REPEATED)))

    def done(self) -> bool:
        """See `Computation.done`."""
        return not self._missing()

    def run(self) -> None:
        """See `Computation.run`."""
        search, suite = self.search, self.search.suite
        recorder = RecordingExtractor(suite.inputs().extractor)
        weights = FinalWeights(search, recorder)
        wanted, missing = suite.plan.budget.proxy_architectures, self._missing()
        with suite.monitor.task(f"{self.name}: scoring on shared weights", wanted, wanted - len(missing)) as task:
            for architecture in missing:
                found = [reading.to_json() for reading in self._read(weights, recorder, architecture)]
                write_document(self._store, _file(architecture), {"readings": found})
                task.advance()

    def readings(self) -> dict[Architecture, list[Reading]]:
        """All readings of each architecture; only once it is done."""
        return {
            architecture: [
                Reading.from_json(found) for found in read_document(self._store, _file(architecture))["readings"]
            ]
            for architecture in uniform_architectures(self.search.suite.plan)
        }

    def _read(
        self, weights: FinalWeights, recorder: RecordingExtractor, architecture: Architecture
    ) -> Iterator[Reading]:
        """Draws the most images once for each way of making them; fewer images are the first of these."""
        suite, reward = self.search.suite, self.search.config.search.reward
        inputs, counts = suite.inputs(), image_counts(suite.plan)
        repeats = range(REPEATS if architecture in uniform_architectures(suite.plan)[:REPEATED] else 1)
        for repeat, statistics, steps in itertools.product(repeats, STATISTICS_WORDS, adaptations(suite.plan)):
            protocol = reward.model_copy(
                update={"statistics": statistics, "adaptation_steps": steps, "num_images": counts[-1]}
            )
            recorder.start()
            whole = weights.score(architecture, "proxy", repeat, protocol=protocol)
            for images in counts:
                scores = None
                if math.isfinite(whole.inception_score):  # else adapting failed, or the images are spoilt
                    found = recorder.scores(images, reward.splits, inputs.reference, inputs.real_features)
                    scores = found if _finite(found) else None
                yield Reading(repeat, statistics, steps, images, scores, recorder.seconds(images))

    def _missing(self) -> list[Architecture]:
        return [a for a in uniform_architectures(self.search.suite.plan) if not self._store.exists(_file(a))]

    @property
    def _store(self) -> RunStore:
        return DirectoryStore(self.search.suite.folder / self.name)


def _file(architecture: Architecture) -> str:
    return f"{architecture}.json"


def _finite(scores: Scores) -> bool:
    distances = (scores.fid, scores.kid)
    return math.isfinite(scores.inception_score) and all(d is not None and math.isfinite(d) for d in distances)
