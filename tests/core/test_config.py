"""The paper's defaults, and how settings are changed, refused and compared."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from autogan_core.config import Config, parse_config
from autogan_core.errors import ConfigError
from autogan_core.presets import command_for, load_config, preset_names

PAPER = {
    "model.bottom_width": 4,
    "model.num_cells": 3,
    "model.image_channels": 3,
    "model.latent_dim": 128,
    "training.discriminator_batch": 64,
    "training.generator_batch": 128,
    "training.n_critic": 5,
    "training.generator_lr": 2e-4,
    "training.discriminator_lr": 2e-4,
    "training.adam_betas": [0.0, 0.9],
    "search.iterations": 90,
    "search.shared_epochs": 15,
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
    "search.controller.baseline_decay": 0.9,
    "search.dynamic_reset.enabled": True,
    "search.dynamic_reset.window": 500,
    "search.dynamic_reset.threshold": 1e-3,
    "search.dynamic_reset.statistic": "variance",
    "search.reward.score": "inception-score",
    "search.reward.num_images": 5000,
    "search.reward.splits": 10,
    "search.reward.penalty_per_gflop": 0.0,
    "search.reward.recalibration_images": 512,
    "retrain.num_architectures": 5,
    "retrain.generator_iterations": 50_000,
    "retrain.generator_channels": 256,
    "retrain.discriminator_channels": 128,
    "retrain.ema_decay": 0.999,
    "retrain.validate_every": 2500,
    "retrain.validation_images": 10_000,
    "scores.features": "inception",
    "scores.inception_weights": None,
    "scores.num_images": 50_000,
    "scores.splits": 10,
    "scores.batch_size": 500,
}


def test_the_papers_experiment_is_pinned() -> None:
    """Every default of the cifar10 preset is the paper's value, or the released scripts' where the paper is silent."""
    own = {
        "preset": "cifar10",
        "seed": 0,
        "cpu_threads": None,
        "data.name": "cifar10",
        "data.path": None,
        "data.max_images": None,
    }
    assert load_config("cifar10").flat() == own | PAPER


def test_image_sizes() -> None:
    """Bottom width and cells decide the size: 32, 48 and 16 pixels."""
    sizes = {name: load_config(name).model.image_size for name in ("cifar10", "stl10", "fashion-mnist", "digits")}
    assert sizes == {"cifar10": 32, "stl10": 48, "fashion-mnist": 32, "digits": 16}
    assert [load_config("stl10").model.stage_image_size(stage) for stage in range(3)] == [12, 24, 48]


@pytest.mark.parametrize("name", preset_names())
def test_presets_load_and_round_trip(name: str) -> None:
    """Every preset is valid, and its stored form reads back to the same configuration and fingerprint."""
    config = load_config(name)
    again = parse_config(config.model_dump(mode="json"))
    assert again == config
    assert again.fingerprint() == config.fingerprint()


def test_overrides_are_yaml_and_the_last_wins() -> None:
    """Numbers, lists, null and words are read as YAML; other settings keep their values."""
    config = load_config(
        "cifar10",
        [
            "search.iterations=6",
            "search.iterations=9",
            "training.adam_betas=[0.5, 0.99]",
            "data.path=images",
            "search.reward.score=inverse-fid",
        ],
        seed=4,
    )
    assert config.search.iterations == 9
    assert config.training.adam_betas == (0.5, 0.99)
    assert config.data.path == Path("images")
    assert config.search.reward.score == "inverse-fid"
    assert config.seed == 4
    assert config.search.shared_epochs == 15


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("search.iteration=5", "no setting 'search.iteration'; did you mean 'search.iterations'"),
        ("serach.iterations=5", "did you mean 'search.iterations'"),
        ("search=5", "no setting 'search'"),
        ("search.iterations", "--set takes section.key=value, not 'search.iterations'"),
        ("search.iterations=many", "search.iterations: .*valid integer.*not 'many'"),
        ("search.iterations=0", "search.iterations: .*greater than 0, not 0"),
        ("search.iterations=2", "search.iterations is 2, but each of the 3 stages needs one"),
        ("search.top_k=11", r"num_candidates \(10\) must be at least search.top_k \(11\)"),
        ("retrain.num_architectures=6", "exceeds search.top_k"),
        ("search.reward.num_images=19", "at least twice"),
        ("retrain.ema_decay=1.0", r"ema_decay must lie in \[0, 1\)"),
        ("search.controller.baseline_decay=-0.1", "baseline_decay must lie in"),
        ("data.name=imagenet", "data.name: .*'imagenet'"),
        ("training.generator_lr=.nan", "training.generator_lr"),
        ("model.image_channels=2", "model.image_channels"),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(override: str, message: str) -> None:
    """The error names the key, the value and, for an unknown key, the nearest known one."""
    with pytest.raises(ConfigError, match=message) as caught:
        load_config("cifar10", [override])
    assert "\n" not in str(caught.value)


def test_unknown_presets_and_keys_in_files(tmp_path: Path) -> None:
    """A preset that does not exist lists those that do; a preset file's unknown key names its neighbour."""
    with pytest.raises(ConfigError, match="choose one of cifar10, digits, fashion-mnist, stl10"):
        load_config("cifar")
    with pytest.raises(ConfigError, match="no preset file"):
        load_config("missing.yaml")
    path = tmp_path / "mine.yaml"
    path.write_text("data: {name: folder, path: images}\nmodel: {latent: 5}\n")
    with pytest.raises(ConfigError, match=r"no setting 'model.latent'; did you mean 'model.latent_dim'"):
        load_config(str(path))
    path.write_text("- 1\n")
    with pytest.raises(ConfigError, match="must be a mapping"):
        load_config(str(path))


def test_locations_do_not_make_another_run() -> None:
    """Where data and weights lie is no difference; every other setting is, and is listed with both values."""
    config = load_config("cifar10")
    moved = load_config("cifar10", ["data.path=/elsewhere", "scores.inception_weights=/w.pth"])
    assert moved.fingerprint() == config.fingerprint()
    assert config.differences(moved) == []
    changed = load_config("cifar10", ["search.top_k=4", "retrain.num_architectures=2"])
    assert changed.fingerprint() != config.fingerprint()
    assert config.differences(changed) == ["retrain.num_architectures: 5 -> 2", "search.top_k: 5 -> 4"]


def test_the_command_for_a_configuration_gives_it_again() -> None:
    """Reading the command line's own words back leads to the same configuration."""
    config = load_config("digits", ["data.path=a b", "training.adam_betas=[0.5, 0.9]", "data.max_images=null"], seed=3)
    words = shlex.split(command_for(config))
    assert words[:6] == ["autogan", "run", "--preset", "digits", "--seed", "3"]
    assert words[6::2] == ["--set", "--set"]
    assert load_config("digits", words[7::2], seed=3) == config


def test_configurations_are_immutable() -> None:
    """No setting can be assigned."""
    config: Any = load_config("cifar10")
    with pytest.raises(ValueError, match="frozen"):
        config.search.iterations = 5
    assert isinstance(config, Config)
