"""The findings' files and the two pages: complete, escaped, each written as a whole and the pages last."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autogan_core.ablations.figures.figures import Bar, BarPanel, intervals_figure
from autogan_core.ablations.pages import page
from autogan_core.ablations.pages.finding import Finding, Table
from autogan_core.ablations.pages.page import findings_html, findings_markdown, write_findings
from autogan_core.ablations.pages.statistics import mean
from tests.core.report.test_html import Structure

TITLE = "Results on <digits> & more"
FACTS = {"Device": "CPU, 2 threads", "Data": "digits <8×8> & 1,797 images"}
FILES = ("data.json", "paragraph.md", "figure.svg")
SVG = "{http://www.w3.org/2000/svg}"


def finding(name: str, title: str) -> Finding:
    """A finding over three seeds, with markup in its texts."""
    arms = {"with <reset> & sharing": (6.1, 6.4, 6.2), "without": (5.9, 6.3, 6.0)}
    bars = tuple(Bar(arm, values, mean(values)) for arm, values in arms.items())
    return Finding(
        name=name,
        title=title,
        paper="A reset helps (Figure 9): it raises the reward & saves time.",
        here="The difference is +0.17 [-0.01, +0.35] <no difference shown>.",
        figure=intervals_figure([BarPanel("Reward", "Inception score", bars)], "Rewards"),
        caption="500 images, 5 splits, classifier features; 3 seeds; 95 % intervals of the mean (Student's t).",
        command=f"autogan reproduce {name} --preset digits --seeds 0,1,2 > log",
        tables=(
            Table(
                ("Arm", "Reward | IS", "Architecture"),
                (
                    ("with <reset> & sharing", "6.23 [5.85, 6.61]", "1011-10011-10103"),
                    ("without", "6.07 [5.55, 6.58]", "0020-01210-02200"),
                ),
                "Mean over 3 seeds & its interval.",
            ),
        ),
        data={"arms": {"without": [5.9, 6.3, 6.0], "with": [6.1, 6.4, 6.2]}, "architectures": ["×", None]},
    )


@pytest.fixture(scope="module")
def findings() -> tuple[Finding, ...]:
    """Two; the second has no table."""
    return (
        finding("dynamic-reset", "Dynamic reset <on & off>"),
        replace(finding("mlas-vs-slas", "MLAS against SLAS"), tables=()),
    )


@pytest.fixture(scope="module")
def folder(findings: tuple[Finding, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where they were written to."""
    path = tmp_path_factory.mktemp("run") / "new" / "results"
    assert write_findings(findings, FACTS, path, TITLE) == path / "index.html"
    return path


def test_files_are_complete(folder: Path) -> None:
    """Three files for each finding and the two pages; nothing temporary is left."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    each = {f"{name}/{file}" for name in ("dynamic-reset", "mlas-vs-slas") for file in FILES}
    assert names == {"index.html", "results.md", *each}


def test_data_are_kept_and_sorted(folder: Path, findings: tuple[Finding, ...]) -> None:
    """The raw numbers come back; keys are sorted, so that a repeated run can be compared line by line."""
    text = (folder / "dynamic-reset/data.json").read_text()
    assert json.loads(text) == findings[0].data
    assert text.index('"architectures"') < text.index('"arms"') < text.index('"with"') < text.index('"without"')
    assert '\n  "arms": {\n' in text


def test_figure_stands_alone(folder: Path) -> None:
    """An SVG file with a namespace, a size and a white sheet below everything."""
    root = ElementTree.parse(folder / "dynamic-reset/figure.svg").getroot()
    assert root.tag == f"{SVG}svg"
    assert {"width", "height", "viewBox"} < set(root.attrib)
    assert (root[0].tag, root[0].get("fill")) == (f"{SVG}rect", "#ffffff")


def test_paragraph_says_both(folder: Path) -> None:
    """What the paper found and what was found here, as Markdown."""
    assert (folder / "dynamic-reset/paragraph.md").read_text() == (
        "**The paper:** A reset helps (Figure 9): it raises the reward \\& saves time.\n\n"
        "**Here:** The difference is +0.17 \\[-0.01, +0.35\\] \\<no difference shown\\>.\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        "# Results on \\<digits\\> \\& more\n\n- Device: CPU, 2 threads\n- Data: digits \\<8×8\\> \\& 1,797 images\n\n",
        "\n- [Dynamic reset \\<on \\& off\\>](#dynamic-reset)\n- [MLAS against SLAS](#mlas-vs-slas)\n",
        '\n<a id="dynamic-reset"></a>\n\n## Dynamic reset \\<on \\& off\\>\n\n**The paper:** A reset helps',
        "\n\n![Dynamic reset \\<on \\& off\\>](dynamic-reset/figure.svg)\n\n*Figure:* 500 images, 5 splits,",
        "\n\n*Table:* Mean over 3 seeds \\& its interval.\n\n| Arm | Reward \\| IS | Architecture |\n| --- |",
        "\n| with \\<reset\\> \\& sharing | 6.23 \\[5.85, 6.61\\] | 1011-10011-10103 |\n",
        "\n```sh\nautogan reproduce mlas-vs-slas --preset digits --seeds 0,1,2 > log\n```\n",
        "[dynamic-reset/data.json](dynamic-reset/data.json)",
    ],
)
def test_markdown_says(folder: Path, words: str) -> None:
    """Facts, contents, both sides of each finding, figure, tables, command and the way to the numbers."""
    assert words in (folder / "results.md").read_text()


def test_markdown_refers_to_files_that_exist(folder: Path) -> None:
    """Every relative link of the page leads to one of the files, and every anchor to a finding."""
    text = (folder / "results.md").read_text()
    targets = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert len(targets) == 2 * 3
    for target in targets:
        assert f'<a id="{target[1:]}">' in text if target.startswith("#") else (folder / target).is_file()


def test_html_is_self_contained(folder: Path) -> None:
    """Tags nest; figures are inline; all that the page refers to is within it; the contents lead to every finding."""
    source = (folder / "index.html").read_text()
    structure = Structure()
    structure.feed(source)
    assert structure.open == []
    assert structure.sections == ["dynamic-reset", "mlas-vs-slas"]
    assert all(reference.startswith("#") for reference in structure.references)
    assert structure.references[:2] == ["#dynamic-reset", "#mlas-vs-slas"]
    assert source.count("<svg ") == 2


@pytest.mark.parametrize(
    "words",
    [
        TITLE,
        "Device CPU, 2 threads Data digits <8×8> & 1,797 images",
        "The paper: A reset helps (Figure 9): it raises the reward & saves time.",
        "Here: The difference is +0.17 [-0.01, +0.35] <no difference shown>.",
        "with <reset> & sharing 6.23 [5.85, 6.61] 1011-10011-10103",
        "500 images, 5 splits, classifier features; 3 seeds; 95 % intervals of the mean (Student's t).",
        "Mean over 3 seeds & its interval.",
        "autogan reproduce dynamic-reset --preset digits --seeds 0,1,2 > log",
        "dynamic-reset/data.json",
    ],
)
def test_html_says(folder: Path, words: str) -> None:
    """The same as the other page; every text is shown as it is."""
    structure = Structure()
    structure.feed((folder / "index.html").read_text().replace("</dt>", " </dt>"))
    assert words in structure.words


def test_numbers_stand_on_the_right(folder: Path) -> None:
    """Of three columns the second holds numbers; names and architectures stay on the left."""
    source = (folder / "index.html").read_text()
    assert source.count('<th class="num">Reward | IS</th>') == 1
    assert source.count('<td class="num">') == 2
    assert '<td class="num">6.07 [5.55, 6.58]</td>' in source


def test_pages_are_written_last(findings: tuple[Finding, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees a new page finds all that it shows."""
    written: list[str] = []
    monkeypatch.setattr(page, "write_atomically", lambda path, content: written.append(path.name))
    write_findings(findings, FACTS, tmp_path, TITLE)
    assert written == [*FILES, *FILES, "results.md", "index.html"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_lacks_are_refused(findings: tuple[Finding, ...], tmp_path: Path, number: float) -> None:
    """Nothing is written then, not even the findings before."""
    broken = replace(findings[1], data={"arms": [{"fid": number}]})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_findings((findings[0], broken), FACTS, tmp_path, TITLE)
    assert list(tmp_path.iterdir()) == []


def test_no_findings_make_pages_too() -> None:
    """Title and facts stand alone."""
    assert findings_markdown((), {}, "Results") == "# Results\n"
    structure = Structure()
    structure.feed(findings_html((), FACTS, "Results"))
    assert (structure.open, structure.sections) == ([], [])
    assert "CPU, 2 threads" in structure.words
