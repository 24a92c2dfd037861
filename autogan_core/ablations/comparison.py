"""``comparison``: the paper's architectures beside hand-crafted GANs, trained alike (section 4.1, Table 1)."""

from __future__ import annotations

from autogan_core.ablations import contenders
from autogan_core.ablations.contenders import FOUND, Contenders
from autogan_core.ablations.figures.bars import score_panels
from autogan_core.ablations.figures.figures import intervals_figure
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.pages.published_tables import later_table, paper_table
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import arms_json, difference_table, protocol_words, summary_sentences
from autogan_core.ablations.suite.searches import Retraining, Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import MLAS
from autogan_core.baselines import BASELINES
from autogan_core.metrics.protocols import find_score

NAME = "comparison"
_GIVEN = ("paper-top1", "paper-top2", "paper-top3", "sn-gan", *BASELINES)
_OURS = (FOUND, "paper-top1")
"""What is compared with all others: what the search finds on these very images, and what the paper's found."""


def computations(suite: Suite) -> list[Computation]:
    """Trainings of the paper's three architectures, of the baselines, and of what each seed's search found."""
    return [*contenders.by_seed(_contenders(suite))]


def finding(suite: Suite) -> Finding:
    """Final scores of all of them, beside the published ones."""
    trained, inputs = _contenders(suite), suite.inputs()
    arms = contenders.outcomes(trained)
    real = find_score(inputs.real_scores, "is")
    return Finding(
        name=NAME,
        title="Beside hand-crafted GANs",
        paper="The three discovered architectures reach IS 8.55, 8.42 and 8.41 and FID 12.42, 13.67 and 13.87 on "
        "CIFAR-10, better in FID than all hand-crafted GANs, among them SN-GAN, whose generator lies in the search "
        "space (section 4.1, Table 1).",
        here=summary_sentences(arms, *_OURS),
        figure=intervals_figure(score_panels(arms, real.value if real else None), "Final scores of all contenders"),
        caption="All trained from scratch on the same images, for as many generator steps, and scored alike: "
        f"{protocol_words(arms)}. Small dots: single seeds. Dotted: the Inception score of real images"
        f"{f' ({real.protocol})' if real else ''}. Baselines keep their papers' networks, losses, optimisers and "
        "critic steps; widths, batches and learning rates are scaled as the budget scales AutoGAN's.",
        command=suite.command_for(NAME),
        samples=contenders.samples(trained, inputs.dataset, suite.plan.seeds[0]),
        tables=(
            contenders.contenders_table(trained, suite.plan.config(suite.plan.seeds[0])),
            *(difference_table(arms, ours) for ours in _OURS),
            paper_table(suite.data().name),
            later_table(),
        ),
        data={"outcomes": arms_json(arms)},
    )


def _contenders(suite: Suite) -> Contenders:
    found = [Retraining(Search(suite, MLAS, seed)) for seed in suite.plan.seeds]
    return {**contenders.given(suite, _GIVEN, on_target=False), FOUND: found}
