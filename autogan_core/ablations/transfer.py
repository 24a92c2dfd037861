"""``transfer``: architectures found on one data set, trained on another (paper, section 4.2 and Table 2)."""

from __future__ import annotations

from autogan_core.ablations import contenders
from autogan_core.ablations.contenders import FOUND, Contenders
from autogan_core.ablations.figures.bars import score_panels
from autogan_core.ablations.figures.figures import intervals_figure
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.pages.published_tables import paper_table
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import arms_json, comparison_sentences, protocol_words
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.trainings import Found, TrainedFromScratch
from autogan_core.ablations.suite.variants import MLAS
from autogan_core.metrics.protocols import find_score
from autogan_core.report.published import PUBLISHED
from autogan_core.report.words import DATA_NAMES

NAME = "transfer"
_GIVEN = ("paper-top1", "sn-gan")


def computations(suite: Suite) -> list[Computation]:
    """Trainings on the target's data: the paper's best, SN-GAN's generator, and what each seed's search found."""
    return [*contenders.by_seed(_contenders(suite))]


def finding(suite: Suite) -> Finding:
    """Final scores on the target's data."""
    trained, inputs = _contenders(suite), suite.inputs(target=True)
    arms = contenders.outcomes(trained)
    target, own = suite.data(target=True).name, suite.data().name
    real = find_score(inputs.real_scores, "is")
    names = DATA_NAMES.get(own, own), DATA_NAMES.get(target, target)
    return Finding(
        name=NAME,
        title=f"Transfer from {names[0]} to {names[1]}",
        paper="The architecture found on CIFAR-10 reaches IS 9.16 and FID 31.01 on STL-10 (SN-GAN: 9.10 and 40.1), "
        "so it does not overfit its data set (section 4.2, Table 2).",
        here=f"Trained on {names[1]}: {comparison_sentences(arms, FOUND)}",
        figure=intervals_figure(
            score_panels(arms, real.value if real else None), f"Final scores of transferred architectures on {names[1]}"
        ),
        caption=f"Trained from scratch on {names[1]}; {FOUND} means: by the search on {names[0]} of the same seed. "
        f"Best checkpoint: {protocol_words(arms)}. Small dots: single seeds. Dotted: the Inception score of real "
        f"images{f' ({real.protocol})' if real else ''}.",
        command=suite.command_for(NAME),
        samples=contenders.samples(trained, inputs.dataset, suite.plan.seeds[0]),
        tables=(
            contenders.contenders_table(trained, suite.plan.target_config(suite.plan.seeds[0])),
            *((paper_table(target),) if target in PUBLISHED else ()),
        ),
        data={"from": own, "to": target, "outcomes": arms_json(arms)},
    )


def _contenders(suite: Suite) -> Contenders:
    found = [
        TrainedFromScratch(suite, Found(Search(suite, MLAS, seed)), seed, on_target=True) for seed in suite.plan.seeds
    ]
    return {**contenders.given(suite, _GIVEN, on_target=True), FOUND: found}
