"""``autogan reproduce``, as a person meets it: its short form to the end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from autogan_core.ablations.catalogue import ABLATIONS
from autogan_core.cli.reproduce import NAMES
from tests.core.ablations.tiny_suite import digest, inverted_digits_preset
from tests.core.cli.test_main import autogan

SMALLER = (
    "data.max_images=48",
    "model.latent_dim=8",
    "training.discriminator_batch=16",
    "training.generator_batch=16",
    "search.controller_steps=2",
    "search.num_candidates=2",
    "search.training_draws=3",
    "search.generator_channels=4",
    "search.discriminator_channels=4",
    "search.reward.num_images=32",
    "search.reward.recalibration_images=16",
    "search.controller.hidden_dim=8",
    "retrain.generator_iterations=2",
    "retrain.validate_every=1",
    "retrain.generator_channels=4",
    "retrain.discriminator_channels=4",
    "retrain.validation_images=32",
    "scores.num_images=32",
    "scores.batch_size=32",
)
"""On top of the short budget: as little as there can be."""
SHARED = ("searches", "trainings", "work")
"""Folders of what experiments share."""
PROXY = ("proxy/scratch", "proxy/mlas", "proxy/uniform")
"""Folders of what `proxy` alone computes, beside its findings."""
PAYOFF = "payoff/seed-0"
"""Folder of what `payoff` alone computes on one seed."""

pytestmark = pytest.mark.timeout(600)  # the first test waits for all experiments; a busy machine takes its time


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a preset to transfer to; one cache for the module, so that classifiers are trained once."""
    folder = tmp_path_factory.mktemp("experiments")
    inverted_digits_preset(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGAN_CACHE", str(folder / "cache"))
        patch.setenv("COLUMNS", "200")
        yield folder


def options(base: Path, run_dir: str, *, seeds: int = 2) -> list[str]:
    """Options of the short form on digits, in a folder of ``base``."""
    settings = [part for override in SMALLER for part in ("--set", override)]
    plan = ["--preset", "digits", "--budget", "short", "--seeds", str(seeds), "--target", str(base / "inverted.yaml")]
    return ["reproduce", *plan, "--run-dir", str(base / run_dir), "--device", "cpu", *settings]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the working directory, and no images in the cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture(scope="module")
def finished(base: Path) -> Path:
    """A folder in which all experiments have come to their end."""
    started = time.monotonic()
    done = autogan(*options(base, "all"))
    assert done.returncode == 0, done.stderr
    (base / "seconds").write_text(str(time.monotonic() - started))
    (base / "stdout").write_text(done.stdout)
    return base / "all"


@pytest.mark.slow
def test_every_experiment_leaves_data_figure_and_paragraph(finished: Path) -> None:
    """The short form runs to the end; each experiment has its three files, and its paragraph is printed too."""
    stdout = (finished.parent / "stdout").read_text()
    for name in NAMES:
        assert read_data(finished, name)
        assert (finished / name / "figure.svg").read_text().startswith("<svg")
        assert (finished / name / "paragraph.md").read_text() in stdout
    assert stdout.rstrip().endswith(f"page: {finished / 'index.html'}")


@pytest.mark.slow
def test_the_pages_name_every_experiment_and_its_command(finished: Path) -> None:
    """Both pages have each experiment's heading, figure and the command that repeats it, and say what was done."""
    markdown, html = (finished / "results.md").read_text(), (finished / "index.html").read_text()
    assert "- Data: digits, 48 images of 16 pixels" in markdown
    assert "budget short, 2 seeds (0 to 1)" in markdown
    assert "Computing time: " in markdown
    for name in NAMES:
        [heading] = re.findall(rf'<a id="{name}"></a>\n\n## (.+)', markdown)
        assert heading in html
        assert f"({name}/figure.svg)" in markdown
        for page in (markdown, html):
            assert f"autogan reproduce {name} --preset digits --budget short --seeds 2 --set data.max_images=48" in page
    assert [("<svg" in section) for section in html.split("<section id=")[1:]] == [True] * len(NAMES)


@pytest.mark.slow
def test_paired_differences_follow_from_the_raw_scores(finished: Path) -> None:
    """A sentence of the paragraph says what the outcomes in data.json come to, for both scores."""
    outcomes = read_data(finished, "random-search")["outcomes"]
    ours, theirs = (outcomes[arm]["outcomes"] for arm in ("AutoGAN (MLAS)", "random, shared weights"))
    words = (finished / "random-search" / "paragraph.md").read_text()
    for score in ("inception_score", "fid"):
        difference = sum(a[score] - b[score] for a, b in zip(ours, theirs, strict=True)) / 2
        assert f" {difference:+.2f}" in words


@pytest.mark.slow
def test_payoff_spends_the_same_on_every_arm_without_shared_weights(finished: Path) -> None:
    """Ten arms in the short form, each with its points; known generators get no more than ours, and hardly less."""
    data = read_data(finished, "payoff")
    arms = data["arms"]
    assert len(arms) == 10 and all(len(of_arm) == 2 for of_arm in arms.values())
    assert set(data["comparisons"]) == set(arms) - {"found"}
    for name, of_arm in arms.items():
        for ours, arm in zip(arms["found"], of_arm, strict=True):
            share = arm["total"]["macs"] / ours["total"]["macs"]
            assert share == 1 if name == "found" else share > 0.5
            assert arm["points"][-1]["spent"] == arm["total"]
            assert (arm["searched"]["macs"] > 0) == (name in ("found", "random on shared weights"))
            assert name.startswith("random") or share <= 1


@pytest.mark.slow
def test_the_same_command_again_does_nothing_anew(base: Path, finished: Path) -> None:
    """No run, ledger or result changes, it takes less than half the time, and the pages are written again."""
    kept = {name: digest(finished / name) for name in (*SHARED, *PROXY, PAYOFF)}
    assert all(kept.values())
    data = {name: (finished / name / "data.json").read_bytes() for name in NAMES}
    page = (finished / "index.html").stat().st_mtime_ns
    started = time.monotonic()
    assert autogan(*options(base, "all")).returncode == 0
    assert time.monotonic() - started < float((base / "seconds").read_text()) / 2
    assert {name: digest(finished / name) for name in (*SHARED, *PROXY, PAYOFF)} == kept
    assert {name: (finished / name / "data.json").read_bytes() for name in NAMES} == data
    assert (finished / "index.html").stat().st_mtime_ns > page


@pytest.mark.slow
def test_one_experiment_keeps_the_others_on_the_page(base: Path, finished: Path) -> None:
    """A later command for one experiment alone still shows all that are done in the folder."""
    done = autogan(*options(base, "all"), "observations")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("**Here:**") == 1
    markdown = (finished / "results.md").read_text()
    assert all(f'<a id="{name}"></a>' in markdown for name in NAMES)


@pytest.mark.slow
def test_dry_run_of_a_finished_folder_shows_what_is_done(base: Path, finished: Path) -> None:
    """Every piece of work is marked as done, and not a file changes."""
    before = digest(finished)
    done = autogan(*options(base, "all"), "--dry-run")
    pieces = r" *(searches|trainings|proxy|payoff)/"
    rows = [line.split() for line in done.stdout.splitlines() if re.match(pieces, line)]
    assert len(rows) > 40
    assert {row[1] for row in rows} == {"yes"}
    assert digest(finished) == before


@pytest.mark.slow
def test_another_plan_is_refused_in_the_same_folder(base: Path, finished: Path) -> None:
    """A setting that differs from those of the runs there ends in status 1 and the difference; nothing changes."""
    before = digest(finished)
    refused = autogan(*options(base, "all"), "--set", "search.top_k=1")
    assert refused.returncode == 1
    assert "search.top_k: 2 -> 1" in refused.stderr
    assert digest(finished) == before


@pytest.mark.slow
def test_a_killed_process_changes_no_result(base: Path, finished: Path) -> None:
    """SIGKILL in the middle of a search, then the same command: the data of a process that nobody stopped."""
    command = [*options(base, "killed"), "observations"]
    process = subprocess.Popen(
        [sys.executable, "-m", "autogan_core.cli", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    history = base / "killed" / "searches" / "mlas" / "seed-0" / "history.jsonl"
    deadline = time.monotonic() + 120
    while not history.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert 0 < len(history.read_bytes().splitlines()) < 6
    assert autogan(*command).returncode == 0
    assert read_data(base / "killed", "observations") == read_data(finished, "observations")


def test_dry_run_prints_pieces_and_totals_and_writes_nothing(here: Path) -> None:
    """The paper's size in numbers, without its images: 90 iterations of 15 epochs of 782 steps, and what they score."""
    done = autogan("reproduce", "--preset", "cifar10", "--dry-run")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if re.match(r" *\S+/", line)}
    scored = (90 * 30 + 3 * 10 + 93 * 4 + 3 * 2 * 30) * 5000
    assert rows["searches/mlas/seed-2"] == ["1,055,700", "211,140", f"{scored:,}"]
    assert rows["transfers/stl10/seed-0/paper-top1"] == ["250,000", "50,000", "300,000"]
    totals = [sum(int(row[place].replace(",", "")) for row in rows.values()) for place in range(3)]
    plan = done.stdout.split("plan: ")[1]
    assert plan.startswith(f"{', '.join(NAMES)} on 3 seeds (0 to 2): {len(rows)} pieces of work, {totals[0]:,} discr")
    assert f"{totals[1]:,} generator steps, {totals[2]:,} images scored" in plan
    assert yaml.safe_load(done.stdout[: done.stdout.index("work  ")])["search"]["iterations"] == 90
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["mlas-vs-slsa"], 1, "there is no experiment 'mlas-vs-slsa'; did you mean 'mlas-vs-slas'?"),
        (["42"], 1, "there is no experiment '42'; choose of comparison, transfer"),
        (["proxy", "--budget", "tiny"], 1, "there is no budget 'tiny'; choose one of short, reduced, study, full"),
        (["proxy", "--preset", "cifar"], 1, "there is no preset 'cifar'"),
        (["proxy", "--set", "serach.top_k=1"], 1, "did you mean 'search.top_k'"),
        (["proxy", "--seeds", "0"], 2, "--seeds"),
        (["proxy", "--preset", "cifar10"], 1, "data.path"),
    ],
)
def test_mistakes_end_in_one_message(here: Path, arguments: list[str], status: int, message: str) -> None:
    """No traceback: what is wrong, the value seen and what to do, with a failing status; nothing is computed."""
    done = autogan("reproduce", *arguments)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not [path for path in here.rglob("*") if path.is_file()]


def test_help_names_experiments_and_budgets() -> None:
    """Every experiment and every budget, and the command that reproduces the paper's tables."""
    text = re.sub(r"(?<=-) ", "", " ".join(autogan("reproduce", "--help").stdout.split()))  # lines break at hyphens
    assert all(name in text for name in NAMES)
    assert all(f"{budget}: " in text for budget in ("short", "reduced", "full"))
    assert "autogan reproduce comparison transfer --preset cifar10 --set data.path=CIFAR10 --target-path STL10" in text


def test_the_command_line_knows_exactly_the_experiments_that_there_are() -> None:
    """Names that --help lists, without importing torch, are those of the modules, in their order."""
    assert list(NAMES) == list(ABLATIONS)


def read_data(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / name / "data.json").read_text())
    return content
