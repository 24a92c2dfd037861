"""Advice: any images, device and time give settings that are valid, fit, and have a reason each."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autogan_core.errors import ConfigError, DataError
from autogan_core.first_run.advice import FEW_IMAGES, LEAST_IMAGES
from tests.core.first_run.made_up import advised, expected, findings, machine, reasons


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(LEAST_IMAGES, 200_000),
    side=st.sampled_from((8, 16, 31, 32, 47, 64, 100, 128, 4000)),
    gpu=st.booleans(),
    hours=st.floats(0.01, 100),
    speed=st.floats(0.1, 1000),
    classes=st.sampled_from(({}, {"cat": 20, "dog": 12}, {"cat": 16, "dog": 3}, {"cat": 5000, "dog": 5000})),
    grey=st.booleans(),
)
def test_any_advice_is_a_run(
    count: int, side: int, gpu: bool, hours: float, speed: float, classes: dict[str, int], grey: bool
) -> None:
    """The settings are valid; images are not enlarged; batches and scored images suit the data set; every decision has
    a reason; and the run keeps to its time, but where the features of the images or the least that makes sense take
    longer."""
    found = findings(count, side, classes=classes, grey=grey)
    decisions = advised(found, machine(gpu=gpu), hours, speed=speed)
    config = decisions.config()
    assert config.model.image_size <= side and config.model.image_channels == (1 if grey else 3)
    assert max(config.training.discriminator_batch, config.training.generator_batch) <= found.used(config)
    assert config.scores.features == ("classifier" if sum(n >= 10 for n in classes.values()) > 1 else "inception")
    assert all(reason.strip() and not reason.endswith(".") for reason in reasons(decisions).values())
    time = expected(decisions, found, speed)
    if config.retrain.generator_iterations > 80 and time.preparation < 1800 * hours:
        assert time.total <= 3600 * hours * 1.05


def test_a_mixture_of_sizes_is_not_enlarged() -> None:
    """The size is the largest that three in four reach; what is smaller is left out, and the reason counts it."""
    decisions = advised(findings(200, sides=(20,) * 16 + (40,) * 184), hours=10)
    assert decisions.config().model.image_size == 32 and decisions.config().data.unusable == "leave-out"
    assert reasons(decisions)["model.bottom_width"].startswith("32x32 pixels: 92 % of the images have at least 40; the")
    decisions = advised(findings(200, sides=(20,) * 60 + (40,) * 140), hours=10)
    assert decisions.config().model.image_size == 16


@pytest.mark.parametrize(("hours", "speed", "size", "width"), [(0.2, 1, 32, 16), (4, 1, 64, 16), (40, 1, 64, 32)])
def test_time_buys_size_and_then_width(hours: float, speed: float, size: int, width: int) -> None:
    """With little time images are smaller than they could be, and the reason says so."""
    decisions = advised(findings(side=500), hours=hours, speed=speed)
    config = decisions.config()
    assert (config.model.image_size, config.retrain.generator_channels) == (size, width)
    told = "64x64 would leave too few steps" if size < 64 else "on a CPU larger ones take days"
    assert told in reasons(decisions)["model.bottom_width"]


def test_a_gpu_gets_large_images_and_the_papers_widths() -> None:
    """A fast device with eight hours takes 128x128 pixels."""
    config = advised(findings(50_000, 300), machine(gpu=True, inception=True), speed=20_000).config()
    assert config.model.image_size == 128 and config.retrain.generator_channels == 256
    assert config.scores.num_images == 50_000 and config.training.discriminator_batch == 64


def test_what_does_not_fit_into_the_memory_is_not_taken() -> None:
    """Nothing that needs more than four fifths of the memory is chosen while something smaller fits."""
    from autogan_core.first_run.advice import advise
    from tests.core.first_run.made_up import measures

    made = measures(speed=1000)
    tight = type(made)(made.iteration_seconds, made.estimate, lambda c, n: 100.0 * c.retrain.generator_channels)
    config = advise(findings(side=500), machine(mebibytes=2500.0), 10, {}, tight).config()
    assert config.retrain.generator_channels == 16 and config.model.image_size == 64


@pytest.mark.parametrize(("count", "augmentation"), [(FEW_IMAGES - 1, "adaptive"), (FEW_IMAGES, "none")])
def test_few_images_are_augmented(count: int, augmentation: str) -> None:
    """Below the threshold the discriminator sees changed images; mirroring is nobody's to decide but the person's."""
    config = advised(findings(count)).config()
    assert config.training.augmentation == augmentation and not config.training.mirror


def test_few_images_of_a_class_are_judged_by_inception_if_it_is_at_hand() -> None:
    """Else by a classifier, with a warning in the reason."""
    assert advised(on=machine(inception=True), found=findings(150)).config().scores.features == "inception"
    assert "from 75 images a class it learns little" in reasons(advised(findings(150)))["scores.features"]


def test_what_is_given_stands_and_the_rest_follows() -> None:
    """A given size, width and budget are kept, marked, and what depends on them agrees."""
    chosen = {"model.bottom_width": 2, "model.num_cells": 2, "retrain.num_architectures": 4, "scores.num_images": 300}
    decisions = advised(hours=1, given=chosen)
    config = decisions.config()
    assert {key: config.flat()[key] for key in chosen} == chosen
    assert [d.setting for d in decisions if d.given] == list(chosen)
    assert config.search.top_k >= 4 and config.search.stage_iterations(2)
    assert advised(given={"search.top_k": 2, "search.num_candidates": 3}).config().search.top_k == 2
    assert advised(hours=0.2, given={"retrain.pool": 1}).config().retrain.num_architectures == 1
    with pytest.raises(ConfigError, match=r"retrain.num_architectures \(3\) exceeds search.top_k \(2\)"):
        advised(given={"retrain.num_architectures": 3, "search.top_k": 2})


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (findings(12), "12 usable images, of which a generator would learn nothing but to repeat them"),
        (findings(40, sides=(4,) * 39 + (50,)), r"1 usable image \(39 have fewer than 8x8 pixels\)"),
        (findings(0), "0 usable images"),
    ],
)
def test_too_little_is_refused(found: object, told: str) -> None:
    """The sentence counts what can be used and says how many are needed."""
    with pytest.raises(DataError, match=f"{told}.*collect at least 32"):
        advised(found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("classes", "unlabelled", "drawn", "told"),
    [
        ({"cat": 1000, "dog": 1000}, 0, 2, "your 2 classes, each of which"),
        ({"cat": 999, "dog": 5000}, 0, 0, "a class of 999 images is too small"),
        ({"cat": 3000, "dog": 3000}, 7, 2, "7 images without a label are learnt from all the same"),
        ({f"{k}": 1000 for k in range(101)}, 0, 0, "101 classes are too many"),
        ({}, 0, 0, "there are no classes"),
    ],
)
def test_classes_are_drawn_one_by_one_where_they_can_be(
    classes: dict[str, int], unlabelled: int, drawn: int, told: str
) -> None:
    """Labels are learnt if every class has enough images; the reason says what is missing."""
    found = findings(sum(classes.values()) + unlabelled or 300, 32, classes=classes, unlabelled=unlabelled)
    decisions = advised(found, machine(inception=True))
    config = decisions.config()
    assert config.model.classes == drawn and ("cbn" in config.search.space.norm) == bool(drawn)
    assert told in reasons(decisions)["model.classes"]
    assert config.retrain.incumbents == (("1311-13110-13110",) if drawn else ("sn-gan",))


def test_classes_that_are_given_up_take_their_normalisation_with_them() -> None:
    """model.classes=0 leaves the paper's space."""
    config = advised(findings(400), given={"model.classes": 0}).config()
    assert (config.model.classes, config.search.space.norm) == (0, ("none", "bn", "in"))
