"""Ageing evolution."""

from __future__ import annotations

from autogan_core.config.ranges import Count
from autogan_core.config.section import Section


class EvolutionConfig(Section):
    """What ``search.policy=evolution`` breeds from (Real et al., AAAI 2019). Not in the paper."""

    population: Count = 64
    """Scored candidates of the stage that live: the latest. Real et al.: 100 of 20,000."""
    tournament: Count = 16
    """Members among which the parent of a child is the best. Real et al.: 25."""

    def check(self) -> None:
        """See `Section.check`."""
        if self.tournament > self.population:
            raise ValueError(f"tournament ({self.tournament}) must be at most population ({self.population})")
