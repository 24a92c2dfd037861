"""The pipelines that ship, and how each becomes a file."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.pipeline_run.form import CHOICES
from autogan_kubeflow.pipelines.placement import PipelinePlacement

PIPELINES = ("mlas-search", "transfer-evaluation")
COMPILED = Path(__file__).parent / "compiled"


def compiled(pipeline: str) -> Path:
    """Locates the committed YAML of a pipeline, compiled with the default placement.

    Returns:
        The file's path.

    Raises:
        ConfigError: there is no such pipeline.
    """
    return COMPILED / f"{check_pipeline(pipeline).replace('-', '_')}.yaml"


def build(pipeline: str, placement: PipelinePlacement) -> Any:
    """A pipeline as kfp takes it. Raises like `compiled`."""
    from autogan_kubeflow.pipelines.mlas_search import mlas_search
    from autogan_kubeflow.pipelines.transfer_evaluation import transfer_evaluation

    makers: dict[str, Callable[[PipelinePlacement], Any]] = dict(
        zip(PIPELINES, (mlas_search, transfer_evaluation), strict=True)
    )
    maker = makers[check_pipeline(pipeline)]
    # kfp looks through the whole call stack for each setting of each step. A thread's is short, which takes a tenth.
    with ThreadPoolExecutor(1) as short_stack:
        made = short_stack.submit(maker, placement).result()
    _add_choices(made.pipeline_spec)
    return made


def _add_choices(specification: Any) -> None:
    """Turns fields with a fixed set of values into drop-downs, which KFP's SDK has no way to say."""
    for name, parameter in specification.root.input_definitions.parameters.items():
        for choice in CHOICES.get(name, ()):
            literal = parameter.literals.add()
            if isinstance(choice, bool):
                literal.bool_value = choice
            else:
                literal.string_value = choice


def compile_to(pipeline: str, placement: PipelinePlacement, path: Path) -> None:
    """Writes a pipeline as YAML. Raises like `compiled`."""
    from kfp.compiler import Compiler

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.draft.yaml")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Compiler().compile(build(pipeline, placement), str(draft))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def check_pipeline(pipeline: str) -> str:
    """Checks a pipeline's name.

    Returns:
        ``pipeline``, if there is one of this name.

    Raises:
        ConfigError: there is no such pipeline.
    """
    if pipeline not in PIPELINES:
        raise ConfigError(f"there is no pipeline '{pipeline}'; choose one of {', '.join(PIPELINES)}")
    return pipeline
