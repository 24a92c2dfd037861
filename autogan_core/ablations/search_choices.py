"""``search-choices``: what the paper leaves to others, at equal total cost: a wider space, both networks, policies.

On every seed each arm gets what the paper's search spends with its trainings, counted in multiply-accumulates.
"""

from __future__ import annotations

from autogan_core.ablations import contenders
from autogan_core.ablations.equal_cost.arm_run import ArmRun
from autogan_core.ablations.equal_cost.arms_finding import arms_finding
from autogan_core.ablations.equal_cost.payoff_tables import claims, comparisons
from autogan_core.ablations.equal_cost.searched_arm import MatchedArm, SearchedArm, at_cost_of
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import BOTH_NETWORKS, EVOLUTION, MLAS, OFF_POLICY, RANDOM_POLICY, WIDE

NAME = "search-choices"
PAPER = "the paper's"
_OTHERS = (WIDE, BOTH_NETWORKS, RANDOM_POLICY, OFF_POLICY, EVOLUTION)


def computations(suite: Suite) -> list[Computation]:
    """All arms on every seed, seed by seed."""
    return contenders.by_seed(_arms(suite))


def finding(suite: Suite) -> Finding:
    """Final scores at equal cost, and how good each arm's best generator was on the way."""
    arms = _arms(suite)
    compared = comparisons(arms)
    return arms_finding(
        suite,
        arms,
        compared,
        name=NAME,
        title="A wider space, both networks, other policies",
        paper="Attention, style-based generators, other losses and the discriminator are left to future work (section "
        "5); its successors searched more (AdversarialNAS, EAGAN) or learned otherwise (E2GAN).",
        here=claims(compared, PAPER),
        caption=_caption(suite),
    )


def _arms(suite: Suite) -> dict[str, list[ArmRun]]:
    ours = [SearchedArm(Search(suite, MLAS, seed)) for seed in suite.plan.seeds]
    others = {
        variant.words: [MatchedArm(at_cost_of(found.search, variant), found) for found in ours] for variant in _OTHERS
    }
    return {PAPER: [*ours], **{words: [*arms] for words, arms in others.items()}}


def _caption(suite: Suite) -> str:
    return (
        "FID of the best generator that each way to search has trained so far, against all that it has spent by then. "
        f"Bold lines: the geometric mean over {suite.plan.seed_words}; bars below: the searches. Each gets the "
        "multiply-accumulates of the paper's on the same seed: dearer ones have fewer iterations and shorter "
        "trainings, and what is left in the end lengthens the finalist's. Policies search the paper's space. Where "
        "both networks are searched, each candidate is adapted a little, which tells their discriminators apart."
    )
