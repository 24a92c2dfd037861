"""Who proposes in a stage: the generator's policy or, in turns, that of either network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autogan_core.config import SearchConfig
from autogan_core.runtime.seeding import derive_seed
from autogan_core.search.controller import Hidden, Ints
from autogan_core.search.proposing import Drawn, proposer

States = tuple[Hidden | None, Hidden | None]
"""What the policies of generator and discriminator leave for the next stage's."""


class Turns:
    """The policies of a stage; where the discriminator is searched too, each network has one of its own.

    They learn in turns, from slots whose candidates differ in their own network alone: the other network is held, as
    it scored best in its own latest turn (until then, as it is drawn once). So neither is paid for what the other did.
    AdversarialNAS alternates in the same way (Gao et al., CVPR 2020); EAGAN searches the one network first, then the
    other (Ying et al., ECCV 2022). A turn ends with the first slot that is learned from.
    """

    def __init__(
        self,
        option_counts: tuple[Sequence[int], Sequence[int]],
        beams: int,
        search: SearchConfig,
        seed: int,
        stage: int,
        starts: States | None,
    ) -> None:
        """Makes policies that have learned nothing yet.

        Args:
            option_counts: of the generator's tokens, and of the discriminator's, if it is searched.
            beams: that cells may extend.
            search: the settings.
            seed: of the run.
            stage: from 0.
            starts: what the former stage's policies have left; None in the first stage.
        """
        generator, discriminator = option_counts
        first, second = starts or (None, None)
        self._generator = proposer(generator, beams, search, seed, stage, first)
        self._discriminator = (
            proposer(discriminator, beams, search, derive_seed(seed, "discriminator"), stage, second)
            if discriminator
            else None
        )
        self._split = len(generator)
        self._discriminators_turn = False
        self._best_generator: tuple[int, Ints] | None = None
        self._best_discriminator: Ints | None = None

    def candidates(self, count: int, rng: np.random.Generator) -> Drawn:
        """Draws of the network whose turn it is, the other network held."""
        beams, generators = self._generator.sample(count, rng)
        if self._discriminator is None:
            return beams, generators
        if self._discriminators_turn:
            beam, held = self._best_generator or (beams[0], generators[0])
            beams, generators = np.full_like(beams, beam), np.tile(held, (count, 1))
        discriminators = self._discriminator.sample(count, rng, beams)[1]
        if not self._discriminators_turn:
            held = discriminators[0] if self._best_discriminator is None else self._best_discriminator
            discriminators = np.tile(held, (count, 1))
        return beams, np.hstack([generators, discriminators])

    def sample(self, count: int, rng: np.random.Generator) -> Drawn:
        """Independent draws of all networks."""
        beams, generators = self._generator.sample(count, rng)
        return beams, self._paired(beams, generators, rng)

    def draw_distinct(self, count: int, rng: np.random.Generator) -> Drawn:
        """Different generators, with a discriminator each; all there are, if fewer than ``count``."""
        beams, generators = self._generator.draw_distinct(count, rng)
        return beams, self._paired(beams, generators, rng)

    def learn(self, beams: Ints, choices: Ints, rewards: Sequence[float]) -> None:
        """Teaches the policy whose turn it is what the N candidates of a slot scored."""
        generators, discriminators = np.split(choices, [self._split], axis=1)
        best = int(np.argmax(rewards))
        if self._discriminator is not None and self._discriminators_turn:
            self._discriminator.learn(beams, discriminators, rewards)
            self._best_discriminator = discriminators[best]
        else:
            self._generator.learn(beams, generators, rewards)
            self._best_generator = int(beams[best]), generators[best]
        self._discriminators_turn = not self._discriminators_turn

    def entropy(self, count: int, rng: np.random.Generator) -> float:
        """Entropy of a draw of all networks in nats, estimated on ``count`` of them."""
        entropy = self._generator.entropy(count, rng)
        return entropy if self._discriminator is None else entropy + self._discriminator.entropy(count, rng)

    def states(self, beams: Ints, choices: Ints) -> States:
        """What the next stage's policies start from, a row for each of N choices."""
        generators, discriminators = np.split(choices, [self._split], axis=1)
        judging = None if self._discriminator is None else self._discriminator.states(beams, discriminators)
        return self._generator.states(beams, generators), judging

    def _paired(self, beams: Ints, generators: Ints, rng: np.random.Generator) -> Ints:
        if self._discriminator is None:
            return generators
        return np.hstack([generators, self._discriminator.sample(len(beams), rng, beams)[1]])
