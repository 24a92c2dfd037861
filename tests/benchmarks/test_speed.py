"""The whole benchmark at its smallest: it runs to the end and reports what it promises."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from autogan_core.runtime.distributed import World
from benchmarks import speed
from benchmarks.ceilings import measure_ceilings
from benchmarks.profiling import GROUPS, group_of
from benchmarks.scaling import Rates, measure, rates_table
from benchmarks.sizes import load_size
from benchmarks.tables import duration
from tests.core.tiny import OVERRIDES

CPU = torch.device("cpu")
TINY = [
    *OVERRIDES,
    *("model.bottom_width=2", "model.num_cells=2", "cpu_threads=1", "scores.features=classifier"),
    "search.iterations=2",
]


def run(*arguments: str) -> str:
    app = Typer()
    app.command()(speed.main)
    settings = [part for setting in TINY for part in ("--set", setting)]
    budget = ["--device", "cpu", "--seconds", "0.05", "--repeats", "2", "--architectures", "2"]
    command = [*arguments, *budget, *settings]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speed, "measure_ceilings", functools.partial(measure_ceilings, size=64))
        result = CliRunner().invoke(app, command, env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run at both sizes writes."""
    out = tmp_path_factory.mktemp("speed") / "speed.json"
    output = run("--sizes", "both", "--out", str(out))
    for title in ("demo, float32", "paper, float32", "demo, extrapolated", "paper, extrapolated"):
        assert title in output
    tree: dict[str, Any] = json.loads(out.read_text())
    return tree


def test_report_describes_the_machine(report: dict[str, Any]) -> None:
    """Device, versions, threads and ceilings are there."""
    assert report["device"] == "CPU, 1 thread"
    assert report["torch"] == torch.__version__
    assert report["load_average"] >= 0
    for size in report["sizes"].values():
        assert size["threads"] == 1
        assert all(rate > 0 for rate in size["ceilings"]["flops"].values())
        assert size["settings"]["search.generator_channels"] == 4


@pytest.mark.parametrize("name", ["demo", "paper"])
def test_report_has_every_part_of_every_stage(report: dict[str, Any], name: str) -> None:
    """Each part has both variants' timings, a ratio of their medians and a share of the ceiling that fit together."""
    size = report["sizes"][name]
    assert [stage["stage"] for stage in size["stages"]] == [1, 2]
    parts = [stage[part] for stage in size["stages"] for part in ("discriminator_step", "generator_step", "reward")]
    for part in [*parts, size["retraining_iteration"]]:
        assert 0 < part["product"]["low"] <= part["product"]["median"] <= part["product"]["high"]
        assert part["ratio"] == pytest.approx(part["plain"]["median"] / part["product"]["median"])
        rate = part["flops"] / part["product"]["median"]
        assert part["share_of_matrix_rate"] == pytest.approx(rate / size["ceilings"]["flops"]["float32"])


@pytest.mark.parametrize("name", ["demo", "paper"])
def test_report_extrapolates_and_measures_iterations(report: dict[str, Any], name: str) -> None:
    """Whole runs are what their steps come to, and short search iterations were run as well."""
    size = report["sizes"][name]
    assert all(stage["search_iteration_measured_s"] > 0 for stage in size["stages"])
    for variant in ("product", "plain"):
        totals = size["extrapolated"][variant]
        assert totals["retraining_s"] == pytest.approx(6 * size["retraining_iteration"][variant]["median"])
        derivations = [4 * stage["reward"][variant]["median"] for stage in size["stages"]]
        assert totals["search_s"] == pytest.approx(sum(totals["search_iteration_s"]) + sum(derivations))


def test_profile_says_where_the_time_goes(tmp_path: Path) -> None:
    """Both tables are printed, convolutions among them, and the traces are Chrome's."""
    output = run("--sizes", "demo", "--profile", str(tmp_path))
    assert "training steps, by group" in output
    assert "aten::convolution_backward" in output
    traces = sorted(tmp_path.iterdir())
    assert len(traces) == 2
    assert all(json.loads(trace.read_text())["traceEvents"] for trace in traces)


@pytest.mark.parametrize(
    ("operator", "group"),
    [
        ("aten::convolution_backward", "convolution"),
        ("sm90_xmma_fprop_implicit_gemm_bf16", "convolution"),
        ("aten::native_batch_norm", "normalisation"),
        ("aten::bmm", "matrix product"),
        ("aten::_fused_adam_", "optimiser"),
        ("aten::copy_", "copies and layout"),
        ("aten::threshold_backward", "elementwise"),
        ("aten::upsample_bilinear2d", "resampling and pooling"),
        ("autograd::engine", "other"),
    ],
)
def test_operators_are_grouped(operator: str, group: str) -> None:
    """Operators and kernels end up with what they are for."""
    assert group_of(operator) == group
    assert group == "other" or group in dict(GROUPS)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.5e-5, "45 µs"), (0.00452, "4.52 ms"), (12.34, "12.3 s"), (1800.0, "30 min"), (154_800.0, "43 h")],
)
def test_durations_in_words(seconds: float, text: str) -> None:
    """Three digits and the unit that suits."""
    assert duration(seconds) == text


def test_ceilings_are_rates() -> None:
    """Both precisions of matrix products and the copy have finite positive rates."""
    ceilings = measure_ceilings(CPU, size=64)
    assert set(ceilings.flops) == {"float32", "bfloat16"}
    assert all(0 < rate < math.inf for rate in (*ceilings.flops.values(), ceilings.bytes_per_second))


def test_scaling_of_one_process() -> None:
    """Both phases run in a world of one, and its rates are the ones that others are compared with."""
    alone = measure(load_size("demo", TINY), World.single(CPU), seconds=0.0)
    assert (alone.size, alone.processes) == ("demo", 1)
    assert alone.steps_per_second > 0
    pair = Rates("demo", 2, 1.5 * alone.steps_per_second, 2 * alone.rewards_per_second)
    console = Console(width=200, record=True)
    console.print(rates_table([alone, pair], "CPU"))
    last = console.export_text().splitlines()[-2]
    assert "1.50" in last
    assert "2.00" in last
