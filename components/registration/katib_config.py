"""Edits Katib's configuration, ``katib-config.yaml``, and leaves every byte that is not ours as it is.

A YAML library's round trip keeps comments and order, but not always indents, quotes and line breaks. So the text is
parsed only to find the lines of an entry, and changed as text; parsing it again shows that nothing else changed.
"""

from __future__ import annotations

import copy
from typing import Any

import yaml

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.katib_protocol import ALGORITHM

KEY = "katib-config.yaml"
API_VERSION = "config.kubeflow.org/v1beta1"
KIND = "KatibConfig"
TRIAL_RESOURCE = "PyTorchJob.v1.kubeflow.org"


class KatibConfig:
    """One text of Katib's configuration (schema of Katib 0.17 to 0.19).

    Args:
        text: what stands under the key ``katib-config.yaml``.

    Raises:
        ConfigError: it is no KatibConfig of the known version, or has no list of suggestion services.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._data = _load(text)
        found = (self._data.get("apiVersion"), self._data.get("kind")) if isinstance(self._data, dict) else None
        if found != (API_VERSION, KIND):
            what = f"{found[1]} of {found[0]}" if found else f"a {type(self._data).__name__}"
            raise ConfigError(
                f"this is not Katib's configuration ({KIND} of {API_VERSION}) but {what}; "
                f"give the text of the key '{KEY}' as Katib 0.17 to 0.19 installs it"
            )
        entries = _at(self._data, "runtime", "suggestions")
        if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
            raise ConfigError(
                "runtime.suggestions in Katib's configuration is not a list with entries to add ours to; "
                "install Katib's own configuration first"
            )
        self._entries: list[dict[str, Any]] = entries

    @property
    def entry(self) -> dict[str, Any] | None:
        """Our entry as it stands there; the last one if there are several, as Katib takes it."""
        ours = self._ours()
        return self._entries[ours[-1]] if ours else None

    def warning(self) -> str | None:
        """The obstacle to our trials although the algorithm is registered; None if there is none."""
        kinds = _at(self._data, "init", "controller", "trialResources")
        if isinstance(kinds, list) and TRIAL_RESOURCE in kinds:
            return None
        return (
            f"init.controller.trialResources does not list {TRIAL_RESOURCE}, so Katib cannot watch our trials; add it "
            "there, see that the training operator 1.9 is installed, and restart the deployment katib-controller"
        )

    def with_entry(self, entry: dict[str, Any]) -> str:
        """Adds ``entry`` behind the others, or in place of our existing one.

        Returns:
            The new text; all else in it is unchanged.

        Raises:
            ConfigError: there are several of ours, or the text is written in a form that is not edited here.
        """
        ours = self._ours()
        if len(ours) > 1:
            raise ConfigError(
                f"runtime.suggestions has {len(ours)} entries '{ALGORITHM}', of which Katib takes the last; "
                "take them out with 'remove', then add again"
            )
        if ours and self._entries[ours[0]] == entry:
            return self.text
        items, indent = self._items()
        block = [" " * indent + line for line in yaml.safe_dump([entry], sort_keys=False).splitlines(keepends=True)]
        if ours:
            index, (start, stop) = ours[0], _span(items[ours[0]])
        else:
            index, start = len(self._entries), self._end(items[-1], indent)
            stop = start
        wanted = [*self._entries[:index], entry, *self._entries[index + 1 :]]
        return self._checked(self._spliced([(start, stop, block)]), wanted)

    def without_entry(self) -> str:
        """Removes our entries.

        Returns:
            The new text; the same text if there is none.

        Raises:
            ConfigError: the text is written in a form that is not edited here.
        """
        ours = self._ours()
        if not ours:
            return self.text
        items, _ = self._items()
        others = [entry for entry in self._entries if entry.get("algorithmName") != ALGORITHM]
        return self._checked(self._spliced([(*_span(items[index]), []) for index in ours]), others)

    def _ours(self) -> list[int]:
        return [index for index, entry in enumerate(self._entries) if entry.get("algorithmName") == ALGORITHM]

    def _items(self) -> tuple[list[yaml.Node], int]:
        """The entries' places in the text, and the column of their dashes."""
        node: Any = yaml.compose(self.text, Loader=yaml.SafeLoader)
        for key in ("runtime", "suggestions"):
            node = next(value for name, value in node.value if name.value == key)
        return node.value, node.start_mark.column

    def _end(self, item: yaml.Node, indent: int) -> int:
        """The line behind ``item`` and behind the comments that are indented like its content."""
        lines = self.text.splitlines()
        line = _span(item)[1]
        while line < len(lines) and lines[line].lstrip().startswith("#") and _indent(lines[line]) > indent:
            line += 1
        return line

    def _spliced(self, changes: list[tuple[int, int, list[str]]]) -> str:
        """The text with lines start to stop of each change replaced; it ends in a line break if it did before."""
        lines = [line if line.endswith(("\n", "\r")) else line + "\n" for line in self.text.splitlines(keepends=True)]
        for start, stop, block in reversed(changes):
            lines[start:stop] = block
        joined = "".join(lines)
        return joined if self.text.endswith("\n") else joined.removesuffix("\n")

    def _checked(self, text: str, entries: list[dict[str, Any]]) -> str:
        wanted = copy.deepcopy(self._data)
        wanted["runtime"]["suggestions"] = entries
        try:
            result = yaml.safe_load(text)
        except yaml.YAMLError:
            result = None
        if result != wanted:
            raise ConfigError(
                "runtime.suggestions in Katib's configuration is written in a form that cannot be edited line "
                "by line (in one line, or with anchors); write it as one '- algorithmName: ...' block per entry"
            )
        return text


def _load(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"Katib's configuration is not valid YAML ({reason}); mend it first") from error


def _at(data: Any, *keys: str) -> Any:
    """The value under the nested keys; None if there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _span(item: yaml.Node) -> tuple[int, int]:
    """First line of an entry, and the line behind its last. Comments and blank lines that follow it are not its own."""
    last: Any = item
    while isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
        last = last.value[-1]
        last = last[1] if isinstance(last, tuple) else last
    end = last.end_mark
    # A block scalar ends at the start of the line behind it.
    behind = end.line if end.column == 0 and end.line > last.start_mark.line else end.line + 1
    return item.start_mark.line, behind


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
