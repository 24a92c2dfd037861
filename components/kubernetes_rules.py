"""What Kubernetes and the kernel of its nodes take: names, labels, taints, quantities and environments.

The API server says most of this too, but only once everything is sent, and in the words of its own fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from autogan_core.errors import ConfigError

LONGEST_STRING = (128 << 10) - 1
"""Bytes of ``NAME=value``: the kernel's MAX_ARG_STRLEN, which counts the zero byte behind it."""
LARGEST_ENVIRONMENT = 1 << 20
"""Bytes of all variables. The kernel takes 2 MiB with the arguments, and etcd 1.5 MiB of the object that holds them."""
_POINTER = 8
"""Bytes that the kernel counts for each string beside it."""
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_PART = re.compile(r"[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?")
_QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|[MGTPE]|[KMGTPE]i)?")
_TAINT = re.compile(r"(?P<key>[^=:]+)(=(?P<value>[^=:]*))?(:(?P<effect>NoSchedule|PreferNoSchedule|NoExecute))?")


def check_name(name: str, field: str) -> str:
    """Checks the name of a namespace, a queue or another object (RFC 1123 label).

    Args:
        name: the name.
        field: what it stands in, for the message.

    Returns:
        ``name``, if it is one.

    Raises:
        ConfigError: it is none.
    """
    if not _NAME.fullmatch(name) or len(name) > 63:
        raise ConfigError(
            f"{field} is {name!r}; write a name of at most 63 lower-case letters, digits and '-', a letter or digit "
            "first and last"
        )
    return name


def check_long_name(name: str, field: str) -> str:
    """Like `check_name` for objects whose names may have dots: accounts and PriorityClasses (RFC 1123 subdomain)."""
    if len(name) > 253 or not all(_NAME.fullmatch(part) for part in name.split(".")):
        raise ConfigError(
            f"{field} is {name!r}; write a name of at most 253 lower-case letters, digits, '-' and '.', a letter or "
            "digit first and last"
        )
    return name


def is_label_key(key: str) -> bool:
    """Whether a text can be the key of a label, a taint or a resource: ``name`` or ``domain/name``."""
    domain, slash, name = key.rpartition("/")
    if slash and not (len(domain) <= 253 and all(_NAME.fullmatch(part) for part in domain.split("."))):
        return False
    return bool(_PART.fullmatch(name)) and len(name) <= 63


def is_label_value(value: str) -> bool:
    """Whether a text can be the value of a label or a taint."""
    return value == "" or bool(_PART.fullmatch(value)) and len(value) <= 63


def parse_label(text: str, field: str) -> tuple[str, str]:
    """Parses ``key=value``.

    Returns:
        Key and value.

    Raises:
        ConfigError: it is no label.
    """
    key, separator, value = text.partition("=")
    if not separator or not is_label_key(key) or not is_label_value(value):
        raise ConfigError(
            f"{field} is {text!r}; write key=value, such as pool=search, each of at most 63 letters, digits, '-', '_' "
            "and '.'"
        )
    return key, value


def parse_toleration(taint: str) -> dict[str, str]:
    """Parses a taint as kubectl writes it: ``key[=value][:effect]``.

    Returns:
        The toleration of it, as Kubernetes takes it.

    Raises:
        ConfigError: it is no taint.
    """
    match = _TAINT.fullmatch(taint)
    if match is None or not is_label_key(match["key"]) or not is_label_value(match["value"] or ""):
        raise ConfigError(
            f"the toleration is {taint!r}; write a taint as kubectl does, such as pool=search:NoSchedule or pool, with "
            "the effect NoSchedule, PreferNoSchedule or NoExecute"
        )
    value = match["value"]
    operator = {"operator": "Exists"} if value is None else {"operator": "Equal", "value": value}
    return {"key": match["key"], **operator, **({"effect": match["effect"]} if match["effect"] else {})}


def check_quantity(amount: str, field: str) -> str:
    """Checks an amount of a resource.

    Returns:
        ``amount``, if it is a quantity above 0.

    Raises:
        ConfigError: it is none.
    """
    if not _QUANTITY.fullmatch(amount) or not re.search("[1-9]", amount):
        raise ConfigError(f"{field} is {amount!r}; write a Kubernetes quantity above 0, such as 4 or 16Gi")
    return amount


def environment_troubles(variables: Mapping[str, str]) -> Iterator[str]:
    """What the kernel would refuse when it starts the container: "argument list too long", without the name.

    Args:
        variables: of one container.

    Yields:
        A sentence for each variable that is too long, then one if all together are.
    """
    sizes = {name: len(f"{name}={value}".encode(errors="replace")) for name, value in variables.items()}
    for name, size in sizes.items():
        if size > LONGEST_STRING:
            yield f"{name} has {size:,} bytes, but no process can start with a variable above {LONGEST_STRING:,}"
    total = sum(size + 1 + _POINTER for size in sizes.values())
    if total > LARGEST_ENVIRONMENT:
        yield f"the variables have {total:,} bytes together, which is above {LARGEST_ENVIRONMENT:,}"
