"""Values of options that cannot be used."""

from __future__ import annotations

import pytest

from autogan_core.cli.main import main


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["sample", "--count", "many"], "'--count': 'many' is not a whole number"),
        (["sample", "--count", "-3"], "'--count': -3 is out of range; give 1 or more"),
        (["run", "--seed=1.5"], "'--seed': '1.5' is not a whole number"),
        (["sample", "--checkpoint=first"], "'--checkpoint': 'first' is not one of 'best', 'last'"),
        (["reproduce", "--seeds", "0"], "'--seeds': 0 is out of range; give 1 or more"),
    ],
)
def test_the_value_and_what_it_may_be_are_told(capsys: pytest.CaptureFixture[str], given: list[str], told: str) -> None:
    """The message names the option, quotes the value and says what is expected, in our words."""
    with pytest.raises(SystemExit) as stop:
        main(given)
    assert stop.value.code == 2
    message = " ".join(capsys.readouterr().err.split())
    assert told in message
    assert "Input should" not in message and "Value error" not in message
