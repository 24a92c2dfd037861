"""What Kubernetes and the kernel take, at the edges."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.kubernetes_rules import (
    LONGEST_STRING,
    check_long_name,
    check_name,
    check_quantity,
    environment_troubles,
    is_label_key,
    parse_label,
    parse_toleration,
)


@pytest.mark.parametrize("name", ["a", "0", "my-team", "a" * 63])
def test_names_that_are_taken(name: str) -> None:
    """Up to 63 characters; longer ones only where names may have dots."""
    assert check_name(name, "x") == name == check_long_name(name, "x")
    assert check_long_name(f"{name}.{name}", "x")


@pytest.mark.parametrize("name", ["", "a" * 64, "A", "a b", "-a", "a-", "a_b", "a.b", "a\n", "é"])
def test_names_that_are_not(name: str) -> None:
    """The sentence has the field and the value."""
    with pytest.raises(ConfigError, match="^namespace is .*; write a name of at most 63 lower-case letters"):
        check_name(name, "namespace")


@pytest.mark.parametrize(
    ("key", "good"),
    [("pool", True), ("nvidia.com/gpu", True), ("a/b/c", False), ("/x", False), ("x/", False), ("A" * 64, False)],
)
def test_label_keys(key: str, good: bool) -> None:
    """A name, with a domain before it or not."""
    assert is_label_key(key) == good


def test_labels_and_taints() -> None:
    """As kubectl writes them; no part may hold what separates them."""
    assert parse_label("pool=", "x") == ("pool", "")
    assert parse_toleration("pool") == {"key": "pool", "operator": "Exists"}
    assert parse_toleration("a=b:NoExecute") == {"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute"}
    for text in ("pool=a=b", "a:Never", "a b", "", ":NoSchedule"):
        with pytest.raises(ConfigError, match="the toleration is"):
            parse_toleration(text)


@pytest.mark.parametrize(("amount", "good"), [("4", True), ("0.5", True), ("500m", True), ("16Gi", True), ("2k", True)])
def test_quantities_that_are_taken(amount: str, good: bool) -> None:
    """Those of Kubernetes."""
    assert (check_quantity(amount, "cpu") == amount) == good


@pytest.mark.parametrize("amount", ["", "0", "0Gi", "16GB", "16gi", "2Ki i", "-1", "1e3", "four", "2ki"])
def test_quantities_that_are_not(amount: str) -> None:
    """Nothing, and units of other places."""
    with pytest.raises(ConfigError, match="cpu is .*; write a Kubernetes quantity above 0"):
        check_quantity(amount, "cpu")


def test_the_longest_variable_is_the_kernels() -> None:
    """A process starts with the longest variable that is taken, and not with one a byte longer."""
    for size, starts in ((LONGEST_STRING, True), (LONGEST_STRING + 1, False)):
        value = "x" * (size - len("LONG="))
        assert (list(environment_troubles({"LONG": value})) == []) == starts
        if starts:
            subprocess.run([sys.executable, "-c", ""], env={"LONG": value}, check=True)
        else:
            with pytest.raises(OSError, match="Argument list too long"):
                subprocess.run([sys.executable, "-c", ""], env={"LONG": value}, check=True)


def test_all_variables_have_a_limit_too() -> None:
    """Ten of a hundred KiB are taken, eleven are not."""
    variables = {f"V{i}": "x" * (100 << 10) for i in range(11)}
    [trouble] = environment_troubles(variables)
    assert "the variables have 1,126,533 bytes together, which is above 1,048,576" in trouble
    del variables["V0"]
    assert list(environment_troubles(variables)) == []
