"""Values of settings: read from text by the setting's type, and what is allowed in words.

YAML would read the folders ``2024``, ``yes`` and ``photos #1`` as a number, a boolean and ``photos``. What a text means
is known from the setting alone: for a path or a word it is the text itself.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from autogan_core.config.ranges import OneOf

NOTHING = frozenset({"", "none", "null"})
"""How people write that a setting has no value, in small letters."""
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_BOUNDS = {"ge": "from", "gt": "above", "le": "up to", "lt": "to below"}
_ITEM = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|[^,]+)\s*(?:,|$)""")


def from_text(annotation: Any, text: str) -> Any:
    """The plain value that a text is for a setting of this type.

    Args:
        annotation: the setting's type, such as ``int | None``.
        text: what somebody wrote. For a path or a word it is the value; in double quotes it is read as JSON, so that a
            folder can be called ``null``.

    Returns:
        The value; the text itself where it is none of the type, for the validation to refuse.
    """
    kind, options = _origin(annotation), _options(annotation)
    word = text.strip()
    if type(None) in options and word.lower() in NOTHING:
        return None
    if kind is Union:
        read = (from_text(option, text) for option in options if option is not type(None))
        return next((value for value in read if not isinstance(value, str)), _unquoted(text))
    if kind is Literal:
        return next((option for option in options if str(option) == _unquoted(word)), word)
    if kind is tuple:
        return [from_text(item, part) for item, part in zip(_item_types(options), _parts(word), strict=False)]
    if kind is bool:
        return _BOOLEANS.get(word.lower(), text)
    if kind in (int, float):
        return _number(kind, word)
    return _unquoted(text)


def from_plain(annotation: Any, value: Any) -> Any:
    """The same for a text or a list of texts, as files have them; anything else stays as it is."""
    if isinstance(value, list) and _origin(_without_none(annotation)) is tuple:
        items = _item_types(_options(_without_none(annotation)))
        return [from_plain(item, part) for item, part in zip(items, value, strict=False)]
    return from_text(annotation, value) if isinstance(value, str) else value


def allowed(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """What a setting of this type may be, in words that follow "set it to"."""
    kind, options, bounds = _origin(annotation), _options(annotation), [*_metadata(annotation), *metadata]
    if kind is Union:
        words = [allowed(option, metadata) for option in options if option is not type(None)]
        return ", or ".join([*dict.fromkeys(words), *(["null"] if type(None) in options else [])])
    if kind is Literal:
        return f"one of {', '.join(map(str, options))}"
    if kind is tuple:
        return f"a list{'' if Ellipsis in options else f' of {len(options)}'}, each {allowed(options[0])}"
    if kind is bool:
        return "true or false"
    if kind in (int, float):
        return f"{'a whole number' if kind is int else 'a number'}{_range(bounds)}"
    for bound in bounds:
        if isinstance(bound, OneOf):
            return f"one of {', '.join(bound.options)} (others need the package installed that has them)"
    pattern = next((bound.pattern for bound in bounds if getattr(bound, "pattern", None)), None)
    return f"a text that matches {pattern}" if pattern else "a path" if kind is not str else "a text"


def _range(bounds: Iterable[Any]) -> str:
    found = {name: value for bound in bounds for name in _BOUNDS if (value := getattr(bound, name, None)) is not None}
    words = [f"{_BOUNDS[name]} {_written(found[name])}" for name in _BOUNDS if name in found]
    return f" {' '.join(words)}" if words else ""


def _written(bound: float) -> str:
    return f"{int(bound) if float(bound).is_integer() else bound:,}"


def _number(kind: type, word: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        pass
    try:
        number = float(word)  # 1e3 counts
    except ValueError:
        return word
    return int(number) if number.is_integer() else word


def _parts(word: str) -> Iterator[str]:
    """The items of a list in brackets, or without."""
    if (word[:1], word[-1:]) in (("[", "]"), ("(", ")")):
        word = word[1:-1]
    for found in _ITEM.finditer(word):
        part = found.group(1).strip()
        yield part[1:-1] if part[:1] == part[-1:] == "'" else part


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text


def _item_types(options: tuple[Any, ...]) -> Iterator[Any]:
    """One type for each item of a tuple, and further ones for items too many, which the validation counts."""
    if Ellipsis not in options:
        yield from options
    while True:
        yield options[0]


def _origin(annotation: Any) -> Any:
    """`Union`, `Literal`, `tuple`, or the type itself."""
    bare = _bare(annotation)
    origin = get_origin(bare)
    return Union if origin is types.UnionType else origin or bare


def _options(annotation: Any) -> tuple[Any, ...]:
    return get_args(_bare(annotation))


def _bare(annotation: Any) -> Any:
    return _bare(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def _without_none(annotation: Any) -> Any:
    options = _options(annotation)
    if _origin(annotation) is Union and type(None) in options:
        return next(option for option in options if option is not type(None))
    return annotation


def _metadata(annotation: Any) -> Iterator[Any]:
    for found in get_args(annotation)[1:] if get_origin(annotation) is Annotated else ():
        yield from found.metadata if isinstance(found, FieldInfo) else [found]
