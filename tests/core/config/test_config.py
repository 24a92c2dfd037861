"""The paper's defaults, and how configurations are compared."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogan_core.config import (
    ADDED,
    LOCATIONS,
    MAY_CHANGE,
    PROTOCOL,
    TOLD_BY_IMAGES,
    Config,
    SearchConfig,
    known_settings,
    parse_config,
    parse_stored,
)
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_core.search_space import Architecture, SearchSpace

PAPER = {
    "model.bottom_width": 4,
    "model.num_cells": 3,
    "model.repeated_cells": 0,
    "model.image_channels": 3,
    "model.latent_dim": 128,
    "training.discriminator_batch": 64,
    "training.generator_batch": 128,
    "training.n_critic": 5,
    "training.generator_lr": 2e-4,
    "training.discriminator_lr": 2e-4,
    "training.adam_betas": [0.0, 0.9],
    "training.precision": "auto",
    "training.checkpointing": False,
    "search.policy": "reinforce",
    "search.levels": "multi",
    "search.networks": "generator",
    "search.discriminator.kernel": ["3x3", "1x1", "5x5", "separable"],
    "search.discriminator.down": ["average", "max", "strided"],
    "search.discriminator.shortcut": ["without", "with"],
    "search.discriminator.end": ["none", "attention"],
    "search.space.conv": ["post", "pre"],
    "search.space.norm": ["none", "bn", "in"],
    "search.space.up": ["bilinear", "nearest", "deconv"],
    "search.space.shortcut": ["without", "with"],
    "search.space.skip": ["without", "with"],
    "search.evolution.population": 64,
    "search.evolution.tournament": 16,
    "search.space.kernel": ["3x3"],
    "search.space.end": ["none"],
    "search.space.loss": [],
    "search.iterations": 90,
    "search.growth": None,
    "search.shared_epochs": 15,
    "search.warm_up_epochs": 0.0,
    "search.shared_training": "policy",
    "search.controller_steps": 30,
    "search.num_candidates": 10,
    "search.top_k": 5,
    "search.training_draws": 128,
    "search.generator_channels": 128,
    "search.discriminator_channels": 64,
    "search.max_failures": 3,
    "search.controller.hidden_dim": 100,
    "search.controller.learning_rate": 3.5e-4,
    "search.controller.adam_betas": [0.0, 0.9],
    "search.controller.entropy_weight": 1e-4,
    "search.controller.baseline": "moving-average",
    "search.controller.baseline_decay": 0.9,
    "search.controller.advantage": "plain",
    "search.controller.passes": 1,
    "search.controller.objective": "reinforce",
    "search.dynamic_reset.enabled": True,
    "search.dynamic_reset.window": 500,
    "search.dynamic_reset.threshold": 1e-3,
    "search.dynamic_reset.statistic": "variance",
    "search.reward.score": "inception-score",
    "search.reward.num_images": 5000,
    "search.reward.splits": 10,
    "search.reward.penalty_per_gflop": 0.0,
    "search.reward.statistics": "recalibrated",
    "search.reward.recalibration_images": 512,
    "retrain.start": "scratch",
    "search.reward.adaptation_steps": 0,
    "retrain.num_architectures": 5,
    "retrain.pool": None,
    "retrain.incumbents": [],
    "retrain.generator_iterations": 50_000,
    "retrain.generator_channels": 256,
    "retrain.discriminator_channels": 128,
    "retrain.ema_decay": 0.999,
    "retrain.validate_every": 2500,
    "retrain.validation_images": 10_000,
    "scores.features": "inception",
    "scores.inception_weights": None,
    "scores.precision": "auto",
    "scores.num_images": 50_000,
    "scores.splits": 10,
    "scores.batch_size": 500,
}

CIFAR10 = {
    "preset": "cifar10",
    "seed": 0,
    "cpu_threads": None,
    "data.name": "cifar10",
    "data.path": None,
    "data.max_images": None,
    "model.classes": 0,
    "training.loss": "hinge",
    "training.augmentation": "none",
    "training.adaptive_images": 100_000,
    "training.mirror": False,
    "data.layout": "usual",
    "data.background": "white",
    "data.unusable": "refuse",
    "data.fingerprint": None,
}


def test_the_papers_experiment_is_pinned() -> None:
    """Every default of the cifar10 preset is the paper's value, or the released scripts' where the paper is silent."""
    assert load_config("cifar10").flat() == CIFAR10 | PAPER


def test_image_sizes() -> None:
    """Bottom width and cells decide the size: 32, 48 and 16 pixels."""
    sizes = {name: load_config(name).model.image_size for name in ("cifar10", "stl10", "fashion-mnist", "digits")}
    assert sizes == {"cifar10": 32, "stl10": 48, "fashion-mnist": 32, "digits": 16}
    assert [load_config("stl10").model.image_size_at(depth) for depth in (1, 2, 3)] == [12, 24, 48]


@pytest.mark.parametrize(("name", "size", "depth"), [("folder-64", 64, 4), ("folder-128", 128, 5)])
def test_larger_images_are_searched_for_at_32(name: str, size: int, depth: int) -> None:
    """The last cell repeats; what is trained of an architecture has all cells, whichever form it comes in."""
    config = load_config(name)
    model, found = config.model, Architecture.parse("sn-gan")
    assert (model.image_size, model.depth, model.image_size_at(model.num_cells)) == (size, depth, 32)
    assert config.search_space().num_cells == 3
    completed = model.completed(found)
    assert completed.depth == depth and completed.prefix(3) == found
    assert model.completed(completed) == completed
    assert load_config("cifar10").model.completed(found) is not completed
    assert load_config("cifar10").model.completed(found) == found


def test_locations_do_not_make_another_run() -> None:
    """Where data and weights lie is no difference; every other setting is, and is listed with both values."""
    config = load_config("cifar10")
    moved = load_config("cifar10", ["data.path=/elsewhere", "scores.inception_weights=/w.pth"])
    assert moved.fingerprint() == config.fingerprint()
    assert config.differences(moved) == []
    changed = load_config("cifar10", ["search.top_k=4", "retrain.num_architectures=2"])
    assert changed.fingerprint() != config.fingerprint()
    assert config.differences(changed) == ["retrain.num_architectures: 5 -> 2", "search.top_k: 5 -> 4"]


def test_only_these_settings_may_change_in_a_run() -> None:
    """Each says so where it is defined; all others decide results, and are told as differences."""
    others = {"cpu_threads", "search.max_failures", "scores.batch_size", "training.checkpointing"}
    assert LOCATIONS | TOLD_BY_IMAGES | others == MAY_CHANGE
    assert {"data.path", "scores.inception_weights"} == LOCATIONS
    assert {"data.layout", "data.background", "data.unusable"} == TOLD_BY_IMAGES
    assert known_settings() > MAY_CHANGE
    config = load_config("cifar10")
    assert config.differences(load_config("cifar10", ["cpu_threads=3", "scores.batch_size=7"])) == []


def test_the_protocol_of_final_scores_can_be_another_ones() -> None:
    """Images, splits, features and precision are taken over and nothing else is; they are differences all the same."""
    assert {f"scores.{name}" for name in ("num_images", "splits", "features", "precision")} == PROTOCOL
    config, other = load_config("cifar10"), load_config("digits", ["scores.num_images=300", "scores.batch_size=7"])
    under = config.under(other.scores)
    assert config.differences(under) == ["scores.features: inception -> classifier", "scores.num_images: 50000 -> 300"]
    assert under.scores.batch_size == 500
    assert under.under(config.scores) == config


def test_how_images_are_read_is_told_by_the_images() -> None:
    """Their own fingerprint tells a change that matters, so that these settings make no other run."""
    config = load_config("cifar10")
    other = load_config("cifar10", ["data.layout=plain", "data.background=stored"])
    assert other.fingerprint() == config.fingerprint() and config.differences(other) == []


@pytest.mark.parametrize(
    ("background", "colour"),
    [("white", (255, 255, 255)), ("black", (0, 0, 0)), ("rgb(1, 20,255)", (1, 20, 255)), ("stored", None)],
)
def test_background_colours(background: str, colour: tuple[int, int, int] | None) -> None:
    """A name, three numbers, or none."""
    assert load_config("digits", [f"data.background={background}"]).data.background_colour == colour


@pytest.mark.parametrize("background", ["pink", "rgb(0, 0, 256)", "'#ffffff'"])
def test_other_backgrounds_are_refused(background: str) -> None:
    """The message lists what there is."""
    with pytest.raises(
        ConfigError, match=r"^data.background: must be white, grey, black, 'rgb\(R, G, B\)' .* stored, not"
    ):
        load_config("digits", [f"data.background={background}"])


def test_a_path_that_no_run_can_store_is_refused() -> None:
    """Bytes that are no UTF-8 are told before anything is written."""
    tree = load_config("digits").model_dump(mode="json")
    tree["data"]["path"] = "a\udcff"
    with pytest.raises(ConfigError, match=r"^data.path: is not encoded in UTF-8"):
        parse_config(tree)


def test_growth_shares_out_the_iterations() -> None:
    """The released schedules come out exactly, in 90 and 65 iterations or in fewer; null shares them out evenly."""
    search = load_config("cifar10").search
    assert search.stage_iterations(3) == [30, 30, 30]
    for growth, iterations, expected in (
        ((25, 30, 35), 90, [25, 30, 35]),
        ((15, 20, 30), 65, [15, 20, 30]),
        ((15, 20, 30), 9, [2, 3, 4]),
        ((1, 1, 1), 4, [1, 2, 1]),
    ):
        shared = search.model_copy(update={"growth": growth, "iterations": iterations})
        assert shared.stage_iterations(3) == expected
    single = SearchConfig(levels="single", growth=(3,), iterations=7)
    assert single.stage_iterations(3) == [7]


@given(st.lists(st.floats(0.05, 20), min_size=1, max_size=5), st.integers(1, 500))
def test_growth_keeps_to_its_proportions(growth: list[float], iterations: int) -> None:
    """The stages' iterations add up, and each is within one of its share, unless a stage would have none."""
    search = SearchConfig(growth=tuple(growth), iterations=iterations)
    try:
        counts = search.stage_iterations(len(growth))
    except ConfigError:
        assert min(growth) / sum(growth) * iterations < 1 or iterations < len(growth)
        return
    assert sum(counts) == iterations
    assert all(abs(n - part / sum(growth) * iterations) <= 1 for n, part in zip(counts, growth, strict=True))


def test_configurations_are_immutable() -> None:
    """No setting can be assigned."""
    config: Any = load_config("cifar10")
    with pytest.raises(ValueError, match="frozen"):
        config.search.iterations = 5
    assert isinstance(config, Config)


def test_the_search_space_can_be_narrowed() -> None:
    """Shorter lists leave fewer architectures, whatever their order; the full lists are the paper's space."""
    assert load_config("cifar10").search_space() == SearchSpace.full()
    config = load_config(
        "cifar10", ["search.space.norm=[in, bn]", "search.space.up=[nearest]", "search.space.skip=[with]"]
    )
    space = config.search_space()
    assert [cell.size for cell in space.cells] == [2 * 2 * 2] * 3
    assert space.cells[2].norms == ("bn", "in")
    assert space.cells[2].skips == ((True,), (True,))


def test_newer_settings_leave_older_runs_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored settings that lack the newer ones get the values of their time, whatever is given for these by now, and
    at those values the newer ones do not count in the fingerprint; at others they do."""
    config = load_config("cifar10")
    older = config.model_dump(mode="json")
    for key in ADDED:
        *sections, name = key.split(".")
        section = older
        for part in sections:
            section = section[part]
        del section[name]
    stored = parse_stored(older)
    assert {key: stored.flat()[key] for key in ADDED} == ADDED
    changed = load_config("cifar10", ["search.reward.adaptation_steps=3"])
    assert changed.fingerprint() != stored.fingerprint()
    monkeypatch.setattr("autogan_core.config.config.ADDED", {})
    assert parse_config(older) == config


@pytest.mark.parametrize("value", ["[]", "[bn, bn]"])
def test_an_empty_or_repeating_space_is_refused(value: str) -> None:
    """The message names the list and what it must hold."""
    with pytest.raises(ConfigError, match=r"search\.space\.norm must list different options, at least one, not"):
        load_config("cifar10", [f"search.space.norm={value}"])


def test_a_single_level_search_needs_one_iteration() -> None:
    """Its one stage needs no iteration per cell."""
    assert load_config("cifar10", ["search.levels=single", "search.iterations=1"]).search.stage_depths(3) == [3]


def test_added_settings_leave_stored_runs_as_they_are() -> None:
    """A configuration from before a setting was added is read with the value that it ran with, and has the fingerprint
    that its weights were stored under; any other value is another run."""
    stored: dict[str, Any] = {}
    for key, value in (CIFAR10 | PAPER).items():
        *sections, name = key.split(".")
        section = stored
        for part in sections:
            section = section.setdefault(part, {})
        if key not in ADDED:
            section[name] = value
    config = parse_stored(stored)
    assert {key: value for key, value in config.flat().items() if key in ADDED} == ADDED
    assert config.fingerprint() == "ba2bf1d6e0a588c7b2e875b70eae9b377d39158585b05e8a54750dd83e5bfe80"
    stored["retrain"]["pool"] = 6
    assert parse_stored(stored).fingerprint() != config.fingerprint()


@pytest.mark.parametrize("change", ["model.bottom_width=1", "search.dynamic_reset.window=1", "search.top_k=99"])
def test_what_a_stored_run_has_is_not_refused(change: str) -> None:
    """A new run with a value out of today's ranges, or against another setting, is refused; one whose own version took
    that value opens with it."""
    config, (key, value) = load_config("cifar10").model_dump(mode="json"), change.split("=")
    *sections, name = key.split(".")
    functools.reduce(lambda section, part: section[part], sections, config)[name] = int(value)
    with pytest.raises(ConfigError, match=name):
        parse_config(config)
    assert parse_stored(config).flat()[key] == int(value)


def test_as_many_are_trained_to_the_end_as_enter_the_pool() -> None:
    """Incumbents count beside the beams; without a pool the beams are all there is."""
    pooled = ["search.top_k=1", "retrain.pool=null", "retrain.incumbents=[sn-gan]"]
    assert load_config("digits", [*pooled, "retrain.num_architectures=2"]).retrain.halves
    with pytest.raises(ConfigError, match=r"num_architectures \(3\) exceeds the pool \(2\)"):
        load_config("digits", [*pooled, "retrain.num_architectures=3"])
    with pytest.raises(ConfigError, match=r"num_architectures \(2\) exceeds search.top_k \(1\)"):
        load_config("digits", ["search.top_k=1", "variant=paper"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("retrain.pool=1", r"pool \(1\) must be at least num_architectures \(2\)"),
        ("retrain.incumbents=[sn-gan, sngan]", r"incumbents holds 'sngan': there is no architecture named 'sngan'"),
        ("retrain.incumbents=[2011-10011-10103]", r"incumbents holds '2011-10011-10103': cell 1 .*position 1"),
    ],
)
def test_pools_that_make_no_sense_are_refused(override: str, message: str) -> None:
    """The message names the setting, and the incumbent that is none."""
    with pytest.raises(ConfigError, match=message):
        load_config("digits", [override])


@pytest.mark.parametrize("network", ["generator_channels", "discriminator_channels"])
def test_going_on_from_shared_weights_needs_their_width(network: str) -> None:
    """The message says what to set; with equal widths, and from scratch, nothing is refused."""
    wide = f"retrain.{network}=64"
    with pytest.raises(ConfigError, match=rf"retrain\.{network} is 64 and search\.{network} is 16; set .*=16, or"):
        load_config("digits", [wide, "retrain.start=shared"])
    assert load_config("digits", ["retrain.start=shared"]).retrain.start == "shared"
    assert load_config("digits", [wide]).retrain.start == "scratch"
