"""Presets, overrides and the command line that stands for a configuration."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from autogan_core.config import ADDED, parse_config
from autogan_core.errors import ConfigError
from autogan_core.presets import command_for, load_config, preset_names, variant_names

OTHERS = {
    "search.growth": "[1, 2, 3]",
    "search.controller.baseline": "slot-mean",
    "search.controller.advantage": "normalised",
    "search.controller.passes": "2",
    "search.controller.objective": "released",
    "search.shared_training": "balanced",
    "search.warm_up_epochs": "1.5",
    "search.reward.statistics": "running",
    "search.reward.adaptation_steps": "3",
    "retrain.start": "shared",
    "retrain.pool": "7",
    "retrain.incumbents": "[sn-gan]",
}
"""For every setting that was added a value that is not the paper's."""


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
        ("search.growth=[1, 2]", "search.growth has 2 numbers; give one for each of the 3 stages, or null"),
        ("search.growth=[1, 0, 1]", "search.growth.1: .*greater than 0, not 0"),
        (
            "search.growth=[1, 1, 500]",
            r"search.growth \[1.0, 1.0, 500.0\] leaves stage 1 of 90 iterations none; give it",
        ),
        ("search.controller.baseline=mean", "search.controller.baseline: .*'leave-one-out' or 'released', not 'mean'"),
        ("search.controller.passes=0", "search.controller.passes: .*greater than 0, not 0"),
        ("variant=mine", "there is no variant 'mine'; choose one of paper, released"),
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


@pytest.mark.parametrize("section", ["baseline=slot-mean", "baseline=leave-one-out", "advantage=normalised"])
def test_a_lone_candidate_has_nothing_to_be_compared_with(section: str) -> None:
    """What compares the candidates of an iteration needs two; the random policy compares none."""
    overrides = [f"search.controller.{section}", "search.controller_steps=1"]
    with pytest.raises(ConfigError, match=r"search\.controller_steps is 1, but .* score at least 2"):
        load_config("digits", overrides)
    assert load_config("digits", [*overrides, "search.policy=random"]).search.controller_steps == 1


def test_a_variant_is_a_group_of_overrides_in_its_place() -> None:
    """It changes what is set before it, not what is set after it, and leaves the rest of its sections alone."""
    config = load_config("digits", ["search.controller.passes=3", "variant=released", "search.growth=[1, 1, 2]"])
    assert (config.search.controller.passes, config.search.growth) == (1, (1.0, 1.0, 2.0))
    assert (config.search.controller.baseline, config.search.controller.objective) == ("released", "released")
    assert config.search.controller.learning_rate == load_config("digits").search.controller.learning_rate
    assert load_config("digits").search.controller.baseline == "slot-mean"


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("variant", variant_names())
def test_variants_fit_every_preset_and_are_no_setting(preset: str, variant: str) -> None:
    """Each can be applied to each, and the command for the configuration names settings only."""
    config = load_config(preset, [f"variant={variant}"], seed=1)
    words = shlex.split(command_for(config))
    assert not any(word.startswith("variant=") for word in words)
    assert load_config(preset, words[7::2], seed=1) == config


def test_the_papers_variant_sets_all_that_was_added_since() -> None:
    """A newer setting that the variant left to its default would change it with the next default."""
    flattened = load_config("cifar10", [*(f"{key}={other}" for key, other in OTHERS.items()), "variant=paper"]).flat()
    assert {key: flattened[key] for key in ADDED} == ADDED
    assert OTHERS.keys() == ADDED.keys()
