"""The searches that the ablations compare: the paper's, and the same with one thing changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variant:
    """A search that the ablations compare, as changes of the paper's."""

    name: str
    """Names its folder."""
    words: str
    """The variant's name in tables and legends."""
    overrides: tuple[str, ...] = ()
    """What it changes in the configuration."""
    probed: bool = False
    """Whether every slot's weights are scored by both scores (Figure 8)."""
    compared: bool = False
    """Whether draws of the policy are scored beside uniform ones before each derivation."""
    incumbents: bool = True
    """Whether known architectures enter the pool of its successive halving; if not, candidates take their places."""


MLAS = Variant("mlas", "MLAS (the paper's)", probed=True, compared=True)
SLAS = Variant("slas", "SLAS", ("search.levels=single",))
NO_RESET = Variant("no-reset", "without resetting", ("search.dynamic_reset.enabled=false",))
FID_REWARD = Variant("fid-reward", "1 / FID as reward", ("search.reward.score=inverse-fid",), probed=True)
RANDOM_SHARED = Variant("random-shared", "random, shared weights", ("search.policy=random",), incumbents=False)
RANDOM_POLICY = Variant("random-policy", "random draws", ("search.policy=random",))
OFF_POLICY = Variant("off-policy", "off-policy learning", ("search.policy=off-policy",))
EVOLUTION = Variant(
    "evolution",
    "ageing evolution",
    ("search.policy=evolution", "search.evolution.population=24", "search.evolution.tournament=6"),
)
WIDE = Variant(
    "wide",
    "wide space",
    (
        "search.space.norm=[none, bn, in, gn, ln]",
        "search.space.up=[bilinear, nearest, deconv, pixel-shuffle]",
        "search.space.kernel=[3x3, 1x1, 5x5, separable, modulated]",
        "search.space.end=[none, attention]",
    ),
)
BOTH_NETWORKS = Variant("both-networks", "both networks", ("search.networks=both", "search.reward.adaptation_steps=4"))
