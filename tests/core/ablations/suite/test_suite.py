"""Which settings the experiments run with, and what changes on the data to transfer to."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.ablations.suite.budget import load_budget
from autogan_core.ablations.suite.suite import TARGETS, Plan, Suite
from autogan_core.config import Config
from autogan_core.data import TRAINING_IMAGES
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config, preset_names
from autogan_core.runs.scoring.inputs import Inputs
from autogan_core.runtime.monitor import Monitor
from tests.core.ablations.tiny_suite import inverted_digits_preset, tiny_plan, tiny_suite
from tests.core.tiny import CPU


def plan(preset: str, *overrides: str, budget: str = "full", target: str | None = None) -> Plan:
    return Plan(preset, budget, load_budget(budget), (0, 1, 2), overrides, target)


def no_inputs(config: Config) -> Inputs:
    raise AssertionError("features and reference are not needed")


def changed(base: Config, other: Config) -> dict[str, object]:
    """Settings of ``other`` that are not those of ``base``."""
    old = base.flat()
    return {key: value for key, value in other.flat().items() if value != old[key]}


def test_cifar10_transfers_to_stl10_as_in_the_paper() -> None:
    """48x48 images of STL-10 from a map of 6x6, no other change, and the paper's numbers; no image is read."""
    config = plan("cifar10").target_config(0)
    assert changed(plan("cifar10").config(0), config) == {"data.name": "stl10", "model.bottom_width": 6}
    assert config.model.image_size == 48
    assert (config.retrain.generator_iterations, config.retrain.generator_channels) == (50_000, 256)
    assert (config.scores.num_images, config.scores.features) == (50_000, "inception")


def test_the_target_gives_data_channels_features_and_width_alone(tmp_path: Path) -> None:
    """A target preset's training and latent settings stay behind; what makes its images fit comes along."""
    target = inverted_digits_preset(tmp_path)
    found = plan("cifar10", "search.top_k=7", target=str(target))
    assert changed(found.config(1), found.target_config(1)) == {
        "data.name": "npz",
        "data.path": str(tmp_path / "inverted.npz"),
        "model.image_channels": 1,
        "model.bottom_width": 2,
        "scores.features": "classifier",
    }


@pytest.mark.parametrize(
    ("overrides", "budget", "width"), [((), "full", 4), ((), "short", 2), (("model.bottom_width=3",), "full", 3)]
)
def test_a_bottom_width_that_the_plan_sets_stays(overrides: tuple[str, ...], budget: str, width: int) -> None:
    """From an override or from the budget; otherwise it is the target preset's."""
    assert plan("digits", *overrides, budget=budget).target_config(0).model.bottom_width == width


def test_the_budget_limits_the_target_images_not_the_plan() -> None:
    """``target_images`` replaces ``data.max_images`` on the target, also when it is all of them."""
    assert plan("digits", budget="short").target_config(0).data.max_images == 200
    assert plan("digits", "data.max_images=20").config(0).data.max_images == 20
    assert plan("digits", "data.max_images=20").target_config(0).data.max_images is None


def test_target_path_goes_to_the_target_alone() -> None:
    """``--target-path`` says where the target's images lie, ``data.path`` where the others do."""
    budget = load_budget("full")
    found = Plan("cifar10", "full", budget, (0,), ("data.path=cifar",), None, Path("stl"))
    assert found.config(0).data.path == Path("cifar")
    assert found.target_config(0).data.path == Path("stl")


def test_an_unknown_target_says_what_to_do(tmp_path: Path) -> None:
    """A preset of one's own has no usual target."""
    preset = inverted_digits_preset(tmp_path)
    with pytest.raises(ConfigError, match="nobody said where to transfer .*inverted.yaml: name a preset by --target"):
        plan(str(preset)).target_config(0)


def test_every_published_data_set_has_a_target() -> None:
    """And none is transferred to itself. For images of one's own somebody has to name the target."""
    published = [name for name in preset_names() if load_config(name).data.name in TRAINING_IMAGES]
    assert sorted(TARGETS) == published
    assert all(target in TARGETS and target != preset for preset, target in TARGETS.items())


def test_seeds_and_overrides_reach_the_configuration() -> None:
    """Later settings win: budget, then overrides, then what a variant changes; the seed is the run's."""
    found = plan("digits", "search.iterations=5", budget="short")
    assert found.config(3).seed == 3
    assert found.config(3).search.iterations == 5
    assert found.config(3, "search.iterations=7").search.iterations == 7
    assert found.config(3).search.controller_steps == 3  # the budget's, in place of the preset's 8


@pytest.mark.parametrize(("seeds", "words"), [((4,), "seed 4"), ((2, 3, 4), "3 seeds (2 to 4)")])
def test_seeds_in_words(seeds: tuple[int, ...], words: str) -> None:
    """As captions name them."""
    assert tiny_plan(seeds=seeds).seed_words == words


def test_full_budget_changes_no_setting_of_the_preset() -> None:
    """The paper's numbers are the preset's, untouched."""
    assert plan("cifar10").config(0) == load_config("cifar10", seed=0)


def test_inputs_are_loaded_once_for_all_seeds(tmp_path: Path) -> None:
    """Both data sets by the configuration of the first seed, however often they are asked for."""
    loaded: list[Config] = []
    real = tiny_suite(tmp_path)

    def load(config: Config) -> Inputs:
        loaded.append(config)
        return real.inputs()

    found = Suite(plan("digits", budget="short"), tmp_path, CPU, Monitor(), load, "")
    for _ in range(2):
        found.inputs()
        found.inputs(target=True)
    assert [(config.data.name, config.seed) for config in loaded] == [("digits", 0), ("fashion-mnist", 0)]
    assert found.data().name == "digits"
    assert found.data(target=True).name == "fashion-mnist"


@pytest.mark.parametrize(
    ("preset", "overrides", "count"),
    [
        ("cifar10", (), 50_000),  # no image is read for it
        ("stl10", ("data.max_images=300",), 300),
        ("digits", ("data.max_images=9999",), 1_797),
    ],
)
def test_number_of_images(preset: str, overrides: tuple[str, ...], count: int, tmp_path: Path) -> None:
    """What the publisher says, or fewer when the plan says so."""
    assert Suite(plan(preset, *overrides), tmp_path, CPU, Monitor(), no_inputs, "").num_images == count


def test_number_of_images_of_a_file_is_counted(tmp_path: Path) -> None:
    """An archive of unknown size is read for it."""
    preset = inverted_digits_preset(tmp_path)
    found = plan(str(preset), "data.max_images=123")
    assert Suite(found, tmp_path, CPU, Monitor(), no_inputs, "").num_images == 123


def test_command_repeats_the_options(tmp_path: Path) -> None:
    """The experiment's name, and behind it the options as they were given."""
    assert tiny_suite(tmp_path).command_for("proxy") == "autogan reproduce proxy --preset x"
