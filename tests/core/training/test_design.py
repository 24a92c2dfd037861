"""What a searched architecture is trained as, and the baselines beside it."""

from __future__ import annotations

import pytest

from autogan_core.baselines import BASELINES
from autogan_core.search_space import NAMED
from autogan_core.training.adversarial.losses import HINGE
from autogan_core.training.design import Design, searched
from tests.core.tiny import CPU, tiny_config

DESIGNS = [searched(NAMED["paper-top1"]), *(build(3) for build in BASELINES.values())]


def test_a_searched_design_is_the_papers() -> None:
    """Named by its text, with hinge loss, spectral norm and the run's own training settings."""
    config = tiny_config()
    design = searched(NAMED["paper-top1"])
    assert (design.name, design.architecture) == ("1011-10011-10103", NAMED["paper-top1"])
    gan = design.gan(config, CPU, 0)
    assert gan.loss(design.architecture) is HINGE
    assert gan.training is config.training
    assert "spectral_norm.left" in gan.discriminator.state_dict()


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_every_design_counts_its_generator(design: Design) -> None:
    """Its parameters are those of the generator that it builds; weights follow from the seed alone."""
    config = tiny_config()
    one, again, other = (design.gan(config, CPU, seed) for seed in (0, 0, 1))
    assert design.parameters(config) == sum(p.numel() for p in one.generator.parameters())
    assert design.macs(config) > design.parameters(config)
    states = [gan.generator.project.weight.tolist() for gan in (one, again, other)]
    assert states[0] == states[1] != states[2]


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_steps_cost_more_than_the_generators_passes(design: Design) -> None:
    """A discriminator step has one of the generator for each image of its batch, a generator step three; what is on
    top of them is the discriminator's, and the same for an image of either network up to the batches' sizes."""
    config = tiny_config()
    cost, training, macs = design.step_macs(config), design.training(config), design.macs(config)
    judged = cost.discriminator / training.discriminator_batch - macs
    passes = {"wgan-gp": 12}.get(design.name, 6)
    assert judged > 0
    assert cost.generator / training.generator_batch - 3 * macs == pytest.approx(2 * judged / passes)


def test_names_are_those_of_the_table() -> None:
    """Each baseline goes by its key, and no two designs share a title."""
    assert [design.name for design in DESIGNS[1:]] == list(BASELINES)
    assert len({design.title for design in DESIGNS}) == len(DESIGNS)
