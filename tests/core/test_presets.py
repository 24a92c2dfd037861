"""Presets, overrides and the command line that stands for a configuration."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from autogan_core.config import parse_config
from autogan_core.errors import ConfigError
from autogan_core.presets import command_for, load_config, preset_names


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


def test_the_command_for_a_configuration_gives_it_again() -> None:
    """Reading the command line's own words back leads to the same configuration."""
    config = load_config("digits", ["data.path=a b", "training.adam_betas=[0.5, 0.9]", "data.max_images=null"], seed=3)
    words = shlex.split(command_for(config))
    assert words[:6] == ["autogan", "run", "--preset", "digits", "--seed", "3"]
    assert words[6::2] == ["--set", "--set"]
    assert load_config("digits", words[7::2], seed=3) == config
