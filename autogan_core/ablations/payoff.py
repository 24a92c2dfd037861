"""``payoff``: does the search pay, at equal total cost? It is compared with all that people could do instead.

On every seed each arm gets what ours spends on its search and its trainings, counted in multiply-accumulates: random
search on shared weights, random search from scratch, and known generators as so much longer a training.
"""

from __future__ import annotations

from autogan_core.ablations import contenders
from autogan_core.ablations.equal_cost.arm_record import ArmRecord
from autogan_core.ablations.equal_cost.arm_run import ArmRun
from autogan_core.ablations.equal_cost.arms_finding import arms_finding
from autogan_core.ablations.equal_cost.paid_arm import GivenArm, ScratchArm
from autogan_core.ablations.equal_cost.payoff_tables import Comparison, claims, comparisons, half_to_all
from autogan_core.ablations.equal_cost.searched_arm import SearchedArm
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.trainings import Given
from autogan_core.ablations.suite.variants import MLAS, RANDOM_SHARED

NAME = "payoff"
FOUND = "found"
_GIVEN = {
    "sn-gan": "SN-GAN's generator",
    "paper-top1": "paper's top 1",
    "paper-top2": "paper's top 2",
    "paper-top3": "paper's top 3",
    "e2gan": "E2GAN's generator",
    "wgan-gp": "WGAN-GP",
    "dcgan": "DCGAN",
}
"""Known generators and their names in words, in the order of tables and figure; the first is always compared."""


def computations(suite: Suite) -> list[Computation]:
    """Lists the work of the ablation.

    Returns:
        All arms on every seed, seed by seed.

    Raises:
        ConfigError: the plan's generators have another number of cells than the known ones.
    """
    for seed in suite.plan.seeds:
        for name in _chosen(suite):  # before hours of searching
            Given(name).design(suite.plan.config(seed))
    return contenders.by_seed(_arms(suite))


def finding(suite: Suite) -> Finding:
    """Final scores at equal cost, and how good each arm's best generator was on the way."""
    arms, config = _arms(suite), suite.plan.config(suite.plan.seeds[0])
    compared = comparisons(arms)
    records = {name: [arm.record() for arm in of_arm] for name, of_arm in arms.items()}
    return arms_finding(
        suite,
        arms,
        compared,
        name=NAME,
        title="Does the search pay?",
        paper="The search's cost is left out of the comparison with hand-crafted GANs (section 4.1, Table 1); random "
        "search gets as much time, and each architecture an early-stopped training or shared weights (section 4.3.5).",
        here=_here(records, compared),
        caption=_caption(suite, config.retrain.validation_images),
        more={"half_to_all": {name: half_to_all(of_arm).to_json() for name, of_arm in records.items()}},
    )


def _arms(suite: Suite) -> dict[str, list[ArmRun]]:
    seeds = suite.plan.seeds
    found = [SearchedArm(Search(suite, MLAS, seed)) for seed in seeds]
    return {
        FOUND: [*found],
        "random on shared weights": [SearchedArm(Search(suite, RANDOM_SHARED, seed)) for seed in seeds],
        "random from scratch": [ScratchArm(ours) for ours in found],
        **{words: [GivenArm(ours, Given(name)) for ours in found] for name, words in _chosen(suite).items()},
    }


def _chosen(suite: Suite) -> dict[str, str]:
    """Known generators that the budget asks for, and their names in words."""
    chosen = ("sn-gan", *suite.plan.budget.payoff_arms)
    return {name: words for name, words in _GIVEN.items() if name in chosen}


def _here(records: dict[str, list[ArmRecord]], compared: dict[str, Comparison]) -> str:
    ours = records[FOUND]
    share = sum(record.searched.macs for record in ours) / sum(record.total.macs for record in ours)
    flat = half_to_all(ours)
    end = (
        f" From half of it to all, its best FID on the way fell to {flat.text()} of what it was." if flat.count else ""
    )
    failed = [
        f"{name} has nothing to show on {len(lost)} of {len(of_arm)} seeds: {lost[0].failure}."
        for name, of_arm in records.items()
        if (lost := [record for record in of_arm if record.trained is None])
    ]
    return " ".join([claims(compared, FOUND), f"{100 * share:.0f} % of its cost is the search.{end}", *failed])


def _caption(suite: Suite, validation_images: int) -> str:
    return (
        f"FID of the best generator that an arm has trained so far, on {validation_images:,} images drawn on the way, "
        "against all that it has spent by then: search, trainings that fell out and scoring included. Bold lines: the "
        f"geometric mean over {suite.plan.seed_words}, from when every seed has a generator; shaded: from the best to "
        "the worst seed. Bars below: the searches. Each arm gets the multiply-accumulates of the one that is found, on "
        "the same seed; random search from scratch spends them on successive halving of a larger pool and on longer "
        "trainings, known generators on one long training."
    )
