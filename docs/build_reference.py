"""Builds the API reference from the docstrings; any warning is an error.

python docs/build_reference.py build/docs
"""

from __future__ import annotations

import importlib
import inspect
import sys
import typing
import warnings
from pathlib import Path

import pdoc
from pdoc import extract, render

PACKAGES = ("autogan_core", "autogan_kubeflow")


def main(output: Path) -> None:
    """Writes the pages below ``output``."""
    warnings.filterwarnings("error", category=UserWarning, module="pdoc")
    for name in extract.walk_specs(PACKAGES):
        _resolve_named_tuples(name)
    render.configure(docformat="google", footer_text="AutoGAN on Kubeflow", math=False)
    pdoc.pdoc(*PACKAGES, output_directory=output)
    print(f"API reference: {output / 'index.html'} ({sum(1 for _ in output.rglob('*.html'))} pages, no warnings)")


def _resolve_named_tuples(name: str) -> None:
    """Evaluates the postponed annotations of a module's named tuples, which pdoc looks up in the wrong namespace."""
    for _, cls in inspect.getmembers(importlib.import_module(name), inspect.isclass):
        if cls.__module__ == name and issubclass(cls, tuple) and hasattr(cls, "_fields"):
            cls.__new__.__annotations__ = typing.get_type_hints(cls)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
