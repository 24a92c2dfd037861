"""docs/pipelines.md: its tables are the forms, its commands parse, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from autogan_core.storage import DirectoryStore
from autogan_kubeflow.components.pipeline_run.form import RESERVED
from autogan_kubeflow.components.pipeline_run.record import PipelineRun, StepRecord
from autogan_kubeflow.pipelines.catalogue import PIPELINES, compiled
from autogan_kubeflow.pipelines.cli.pipeline import pipeline as pipeline_commands
from autogan_kubeflow.pipelines.parameters import read_arguments, read_parameters
from tests.pipelines.fake_kfp_api import FakeKfp, step_rows

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "pipelines.md"
TEXT = PAGE.read_text()


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    [body] = re.findall(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return str(body)


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")] for line in lines[2:]]


def tables(title: str) -> list[list[list[str]]]:
    """The rows of each table in a section."""
    return [rows(part) for part in section(TEXT, title).split("\n\n") if part.startswith("|")]


def form(pipeline: str) -> list[list[str]]:
    """The table that shows a pipeline's form: label, default, drop-down, meaning and example of each field."""
    return rows(section(TEXT, f"The form of {pipeline}"))


def fields(pipeline: str) -> dict[str, list[str]]:
    """The same by field, without the labels."""
    return {cells[0].strip("`").partition(" - ")[0]: cells[1:] for cells in form(pipeline)}


def shown(value: Any) -> str:
    """A value of the compiled file as the UI shows it, and the page writes that."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    return f"`{value}`" if value else "empty"


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_tables_are_the_forms_as_the_ui_shows_them(pipeline: str) -> None:
    """Labels of name and type by the alphabet, defaults, and drop-downs are those of the compiled file, which KFP's UI
    (frontend/src/components/NewRunParametersV2.tsx) makes its form of."""
    types = {"STRING": "string", "NUMBER_INTEGER": "integer", "NUMBER_DOUBLE": "double", "BOOLEAN": "boolean"}
    assert [cells[:3] for cells in form(pipeline)] == [
        [
            f"`{name} - {types[definition['parameterType']]}`",
            shown(definition["defaultValue"]),
            ", ".join(shown(choice) for choice in definition.get("literals", ())),
        ]
        for name, definition in sorted(read_parameters(compiled(pipeline)).items())
    ]


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_field_is_explained(pipeline: str) -> None:
    """Each has a meaning, and an example."""
    assert all(len(cells) == 5 and cells[3] and cells[4] for cells in form(pipeline))


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_example_is_accepted(pipeline: str) -> None:
    """An example is a value that its field takes, and not its default."""
    for name, (default, _, _, example) in fields(pipeline).items():
        assert example != default
        given = [f"{name}={example.strip('`')}", *(["data_set=cifar10"] if name == "data_files_uri" else [])]
        assert name in read_arguments(pipeline, given)


def commands(program: str) -> list[list[str]]:
    """The lines of all code blocks that call a program, as words without comments."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True)) and words[0] == program]


def test_every_autogan_command_is_one() -> None:
    """Each parses, with options and arguments that there are; nothing is run."""
    known = vars(typer.main.get_command(pipeline_commands))["commands"]
    found = commands("autogan")
    assert {words[2] for words in found} == set(known)
    for _, group, name, *arguments in found:
        assert group == "pipeline"
        known[name].make_context(name, list(arguments))


def test_the_parameters_of_every_command_are_accepted() -> None:
    """What a command gives by --param is checked as the command would."""
    given = [words for words in commands("autogan") if "--param" in words]
    assert given
    for words in given:
        values = [value for option, value in zip(words, words[1:], strict=False) if option == "--param"]
        assert read_arguments(words[3], values)


def test_links_lead_to_headings_and_files() -> None:
    """Every link's file is there, and its heading in it."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", TEXT.replace("\n", " "))
    assert len(links) > 10
    for name, anchor in links:
        target = (PAGE.parent / name).resolve() if name else PAGE
        assert target.is_file(), name
        assert not anchor or anchor in _anchors(target), (name, anchor)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_folder_of_the_store_is_explained() -> None:
    """Those that a run's folder must not take the name of all have a row."""
    places = [cells[0].strip("`") for cells in tables("Where the artifacts lie")[0]]
    assert {place.partition("/")[0] for place in places} - {"<run>"} == set(RESERVED)


def test_every_artifact_is_explained() -> None:
    """The table has each step of both pipelines under its display name, with its artifacts and their types."""
    explained = {
        cells[0]: dict(re.findall(r"`(\w+)` \((\w+)\)", cells[1])) for cells in tables("Where the artifacts lie")[1]
    }
    made: dict[str, dict[str, str]] = {}
    for pipeline in PIPELINES:
        spec = next(yaml.safe_load_all(compiled(pipeline).read_text()))
        for dag in (spec["root"], *spec["components"].values()):
            for task in dag.get("dag", {}).get("tasks", {}).values():
                component = spec["components"][task["componentRef"]["name"]]
                if "executorLabel" in component and (found := component["outputDefinitions"].get("artifacts")):
                    types = {
                        name: a["artifactType"]["schemaTitle"].removeprefix("system.") for name, a in found.items()
                    }
                    made[re.sub(r"rung \d", "rung N", task["taskInfo"]["name"])] = types
    assert explained == made


def test_the_output_of_status_is_as_shown(
    autogan: Callable[..., str], fake: FakeKfp, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's example, line for line, from a run of the compiled pipeline with the nodes that KFP makes."""
    [example] = re.findall(r"^```\n(mlas-search .*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    title, _, *_ = example.splitlines()
    autogan("submit", "mlas-search", "--file", str(compiled("mlas-search")), "--run-name", title.partition(": ")[0])
    [run] = fake.runs
    rows = [
        *step_rows("prepare-data", "SUCCEEDED", 1, 45),
        *step_rows("search", "SUCCEEDED", 2, 161),
        *step_rows("choose-finalists", "SUCCEEDED", 4, 8),
        *step_rows("retrain", "SUCCEEDED", 5, 80),
        *step_rows("retrain", "FAILED", 6, 30),
        *step_rows("evaluate", "SUCCEEDED", 7, 15),
        *step_rows("summarize", "SUCCEEDED", 8, 6),
    ]
    times = {"created_at": "2026-11-22T10:00:00Z", "finished_at": "2026-11-22T10:09:00Z"}
    run |= times | {"state": "FAILED", "run_details": {"task_details": rows}}
    run["runtime_config"] = {"parameters": {"run_store_uri": str(tmp_path)}, "pipeline_root": "gs://my-bucket/kfp"}
    title = "Train 1011-10011-10103 to 50,000 steps"
    failed = StepRecord.begin("retrain-1011-10011-10103", "", 3, 3, title).fail(
        "was killed by SIGKILL, perhaps for want of memory"
    )
    PipelineRun(DirectoryStore(tmp_path), run["run_id"]).note(failed)
    monkeypatch.setenv("KF_PIPELINES_UI_ENDPOINT", "http://localhost:8080")
    assert autogan("status", run["run_id"]) == example.replace("RUN_ID", run["run_id"])
