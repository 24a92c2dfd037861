"""Decisions and what is given."""

from __future__ import annotations

from autogan_core.first_run.decisions import Decisions
from autogan_core.presets import load_config


def test_what_is_given_stands_and_a_later_decision_replaces_an_earlier_one() -> None:
    """Both are known by their reasons, and a copy goes its own way."""
    decisions = Decisions({"search.top_k": 6})
    assert decisions.decide("search.top_k", 7, "because") == 6
    assert decisions.decide("seed", 1, "first") == 1
    other = decisions.copy()
    assert other.decide("seed", 2, "second") == 2
    assert [(d.setting, d.value, d.reason, d.given) for d in other] == [
        ("search.top_k", 6, "given", True),
        ("seed", 2, "second", False),
    ]
    assert decisions.config().seed == 1 and other.config().seed == 2


def test_overrides_give_the_same_configuration() -> None:
    """Texts for the command line, and values, mean the same; lists and nothing too."""
    decisions = Decisions({"retrain.incumbents": ["sn-gan"], "retrain.pool": None, "data.path": "/photos #1"})
    decisions.decide("training.generator_lr", 5e-4, "small")
    assert load_config("cifar10", decisions.overrides()) == decisions.config()
