"""What a unit of cost is worth, against counts by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.ablations.equal_cost.equal_cost import Prices, Spent, search_spent, slot_prices, training_prices
from autogan_core.baselines import BASELINES
from autogan_core.errors import StateError
from autogan_core.history import Assignment
from autogan_core.metrics.complexity import discriminator_macs, generator_macs
from autogan_core.metrics.features.extractor_macs import extractor_macs
from autogan_core.search_space import NAMED, Architecture
from autogan_core.storage import DirectoryStore, read_document, write_document
from autogan_core.training.cost import Cost
from autogan_core.training.design import searched
from tests.core.ablations.tiny_suite import tiny_search
from tests.core.tiny import tiny_config

TOP1, SN_GAN = NAMED["paper-top1"], NAMED["sn-gan"]


def test_prices_multiply_and_what_was_spent_adds_up() -> None:
    """Steps and images times their prices, and sums of both."""
    prices = Prices(discriminator_step=100.0, generator_step=10.0, scored_image=1.0)
    spent = prices.spent(Cost(1, 2, 3))
    assert spent == Spent(Cost(1, 2, 3), 123.0)
    assert spent + prices.spent(Cost(1, 0, 0)) == Spent(Cost(2, 2, 3), 223.0)


def test_a_training_is_paid_by_its_networks_and_batches() -> None:
    """Of the retraining's widths: five real and generated images forwards and backwards, seven through both networks;
    half an image more for batch norm with each one that is scored."""
    config = tiny_config(
        "training.discriminator_batch=5",
        "training.generator_batch=7",
        "retrain.generator_channels=6",
        "retrain.validation_images=64",
        "search.reward.recalibration_images=32",
        "scores.features=classifier",
    )
    prices = training_prices(config, searched(TOP1))
    generator, discriminator = generator_macs(TOP1, config.model, 6), discriminator_macs(config.model, 4, 2)
    assert prices.discriminator_step == 5 * (generator + 6 * discriminator)
    assert prices.generator_step == 7 * (3 * generator + 2 * discriminator)
    assert prices.scored_image == 1.5 * generator + extractor_macs("classifier", config.model)


def test_baselines_have_prices_of_their_own() -> None:
    """WGAN-GP's penalty makes its critic's step dearer than that of the same network without one."""
    config = tiny_config("training.discriminator_batch=64", "training.generator_batch=128")
    prices = {name: training_prices(config, build(3)) for name, build in BASELINES.items()}
    assert len({price.discriminator_step for price in prices.values()}) == len(BASELINES)
    wider = tiny_config("training.discriminator_batch=64", "retrain.generator_channels=2")  # as its width is scaled
    plain = training_prices(wider, searched(SN_GAN)).discriminator_step
    assert prices["wgan-gp"].discriminator_step > 1.5 * plain


@pytest.mark.parametrize("statistics", ["recalibrated", "running"])
def test_a_slot_is_paid_by_the_mean_of_its_draws(statistics: str) -> None:
    """Steps on the mean of the architectures drawn for training, images on that of the different candidates, both of
    the stage's size; recalibration costs images, running statistics none."""
    config = tiny_config(f"search.reward.statistics={statistics}")
    first, second, third = (Architecture.parse(text) for text in ("1011-10011", "1121-11210", "0000-00000"))
    prices = slot_prices(config, Assignment(3, 1, "search", (third, third, first), (first, second, second)))
    macs = {a: generator_macs(a, config.model, 4) for a in (first, second, third)}
    discriminator = discriminator_macs(config.model, 4, 1)
    trained = (macs[first] + 2 * macs[second]) / 3
    assert prices.discriminator_step == pytest.approx(16 * (trained + 6 * discriminator), abs=16)
    assert prices.generator_step == pytest.approx(16 * (3 * trained + 2 * discriminator), abs=48)
    image = (macs[third] + macs[first]) / 2 * (2 if statistics == "recalibrated" else 1)
    assert prices.scored_image == image + extractor_macs(config.scores.features, config.model)


def test_a_derivation_has_no_training() -> None:
    """Its images are those of the candidates."""
    config = tiny_config()
    prices = slot_prices(config, Assignment(1, 0, "derive", (TOP1.prefix(1),)))
    assert prices.scored_image > generator_macs(TOP1.prefix(1), config.model, 4)


def test_a_search_is_the_sum_of_its_slots(tmp_path: Path) -> None:
    """Steps and images are those that were made, probes left out, and every slot has its stage's prices."""
    search = tiny_search(tmp_path)
    search.run()
    history = search.open().history
    spent = search_spent(search.config, history, search.store)
    steps = 2 * 4  # two iterations of an epoch of 64 images in batches of 16
    images = sum(len(set(record.assignment.candidates)) for record in history) * 32
    assert spent.cost == Cost(steps, steps // 2, images)
    prices = [slot_prices(search.config, record.assignment) for record in history]
    assert prices[0].discriminator_step < prices[2].discriminator_step
    expected = sum(4 * p.discriminator_step + 2 * p.generator_step for p in (prices[0], prices[2]))
    assert spent.macs > expected


def test_a_search_that_was_not_counted_is_refused(tmp_path: Path) -> None:
    """Slots of earlier versions have no cost, and nobody may take them for free."""
    search = tiny_search(tmp_path)
    search.run()
    store = DirectoryStore(tmp_path / "suite" / search.name)
    [name] = sorted(path.name for path in (tmp_path / "suite" / search.name / "trials").iterdir())[:1]
    document = read_document(store, f"trials/{name}")
    write_document(store, f"trials/{name}", {key: value for key, value in document.items() if key != "cost"})
    with pytest.raises(StateError, match="slot 0 in .* earlier version"):
        search_spent(search.config, search.open().history, search.store)
