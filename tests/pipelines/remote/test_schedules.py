"""Schedules: one of a name, whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogan_core.errors import ConfigError
from autogan_kubeflow.pipelines.remote.connection import Server
from autogan_kubeflow.pipelines.remote.cron import Cron
from autogan_kubeflow.pipelines.remote.runs import Order
from autogan_kubeflow.pipelines.remote.schedules import Schedule, apply, remove
from tests.pipelines.fake_kfp_api import NAME, FakeKfp, failure, package_text

WEEKLY = "0 0 3 * * MON"


def schedule(package: Path, cron: str = WEEKLY, **arguments: Any) -> Schedule:
    """The schedule 'weekly'."""
    order = Order(pipeline=NAME, package=package, arguments=arguments, experiment="autogan")
    return Schedule(name="weekly", order=order, cron=Cron.parse(cron), max_concurrency=1)


def applied(server: Server, wanted: Schedule) -> str:
    """What `apply` reports."""
    lines: list[str] = []
    apply(server, wanted, lines.append)
    return "\n".join(lines)


def test_schedule_explains_itself_and_is_created(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """Words, three dates and the time zone; one recurring run at a time, which catches nothing up."""
    output = autogan("schedule", NAME, "--cron", WEEKLY, "--param", "top_k=3", "--max-concurrency", "2")
    assert "At 03:00 on Monday; next: Mon 20" in output
    assert output.count("03:00:00") == 3
    assert "CRON_SCHEDULE_TIMEZONE" in output
    (made,) = fake.recurringruns
    assert f"created the schedule '{NAME}': {made['recurring_run_id']}" in output
    assert made["trigger"] == {"cron_schedule": {"cron": WEEKLY}}
    assert (made["display_name"], made["mode"], made["no_catchup"], made["max_concurrency"]) == (
        NAME,
        "ENABLE",
        True,
        "2",
    )
    assert made["runtime_config"]["parameters"] == {"top_k": "3"}
    assert made["description"].startswith("At 03:00 on Monday.")


def test_the_same_schedule_again_is_left_alone(server: Server, fake: FakeKfp, package: Path) -> None:
    """Nothing is written the second time."""
    applied(server, schedule(package, top_k=3))
    before = list(fake.written)
    assert "nothing to change" in applied(server, schedule(package, top_k=3))
    assert fake.written == before


def test_a_changed_schedule_replaces_the_old(server: Server, fake: FakeKfp, package: Path) -> None:
    """One remains, the new one; what changed is told; the new one is made before the old is deleted."""
    applied(server, schedule(package, top_k=3, seed=1))
    (old,) = fake.recurringruns
    package.write_text(package_text(image="two"))
    output = applied(server, schedule(package, "0 0 4 * * MON", top_k=5))
    (new,) = fake.recurringruns
    assert new["recurring_run_id"] != old["recurring_run_id"]
    assert [request.split("/")[0] for request in fake.written[-2:]] == ["POST recurringruns", "DELETE recurringruns"]
    for line in (
        f"cron: {WEEKLY} -> 0 0 4 * * MON",
        "top_k: 3 -> 5",
        "seed: 1 -> its default",
        "the pipeline itself has changed",
        f"deleted the former {old['recurring_run_id']}",
    ):
        assert f"  {line}" in output.splitlines()
    assert "max_concurrency" not in output and "pipeline_root" not in output


@pytest.mark.parametrize("change", ["experiment", "service_account", "caching", "pipeline_root", "max_concurrency"])
def test_every_setting_counts(server: Server, fake: FakeKfp, package: Path, change: str) -> None:
    """A schedule that differs in any one setting is another, also where the server fills in defaults."""
    applied(server, schedule(package))
    order = {"pipeline": NAME, "package": package, "arguments": {}, "experiment": "autogan"}
    values = {"experiment": "other", "service_account": "sa", "caching": False, "pipeline_root": "gs://bucket"}
    if change in values:
        order[change] = values[change]
    concurrency = 2 if change == "max_concurrency" else 1
    wanted = Schedule(name="weekly", order=Order(**order), cron=Cron.parse(WEEKLY), max_concurrency=concurrency)  # type: ignore[arg-type]
    assert "replaced" in applied(server, wanted)
    assert len(fake.recurringruns) == 1


def test_a_schedule_that_was_switched_off_is_made_anew(server: Server, fake: FakeKfp, package: Path) -> None:
    """Switched on again it would start at once with a date that it missed."""
    applied(server, schedule(package))
    fake.recurringruns[0]["mode"] = "DISABLE"
    assert "it was switched off, and is on again" in applied(server, schedule(package))
    assert [each["mode"] for each in fake.recurringruns] == ["ENABLE"]


def test_a_kill_between_creation_and_deletion_is_mended(
    server: Server, fake: FakeKfp, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two schedules are left, of which the next call deletes the old and keeps the new, also if killed again."""

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    applied(server, schedule(package))
    (old,) = fake.recurringruns
    for _ in range(2):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(type(server.client), "delete_recurring_run", killed)
            applied(server, schedule(package, "0 0 4 * * MON"))
        assert len(fake.recurringruns) == 2
    new = next(each for each in fake.recurringruns if each is not old)
    applied(server, schedule(package, "0 0 4 * * MON"))
    assert fake.recurringruns == [new]


def test_all_former_ones_go_whatever_the_page_size(server: Server, fake: FakeKfp, package: Path) -> None:
    """Leftovers beyond the first page of the listing are found, and one deleted meanwhile by another is no error."""
    fake.page_size = 1
    applied(server, schedule(package))
    fake.recurringruns += [fake.recurringruns[0] | {"recurring_run_id": f"left-{n}"} for n in range(3)]
    fake.instead["DELETE"] = [failure(404, "gone")]
    applied(server, schedule(package, "0 0 4 * * MON"))
    assert len(fake.recurringruns) == 2  # the new one, and the one that the fake did not really delete
    applied(server, schedule(package, "0 0 4 * * MON"))
    assert [each["trigger"]["cron_schedule"]["cron"] for each in fake.recurringruns] == ["0 0 4 * * MON"]


def begun(fake: FakeKfp, schedule_id: str) -> None:
    """Gives a schedule a run of each kind, and another schedule one."""
    states = {"waits": "PENDING", "runs": "RUNNING", "done": "SUCCEEDED"}
    of_it = [
        {"run_id": name, "display_name": f"weekly {name}", "state": state, "recurring_run_id": schedule_id}
        for name, state in states.items()
    ]
    other = of_it[0] | {"run_id": "other", "recurring_run_id": "another schedule"}
    fake.runs += [each | {"created_at": "2026-01-01T00:00:00Z"} for each in (*of_it, other)]


@pytest.mark.parametrize("change", ["replaced", "removed"])
def test_runs_under_way_survive_their_schedule(server: Server, fake: FakeKfp, package: Path, change: str) -> None:
    """The garbage collector is kept from taking them with the schedule that owns them, and they are named."""
    applied(server, schedule(package))
    (old,) = fake.recurringruns
    begun(fake, old["recurring_run_id"])
    lines: list[str] = []
    if change == "replaced":
        apply(server, schedule(package, "0 0 4 * * MON"), lines.append)
    else:
        remove(server, "weekly", lines.append)
    assert old not in fake.recurringruns
    assert fake.killed == []
    assert [each["state"] for each in fake.runs] == ["PENDING", "RUNNING", "SUCCEEDED", "PENDING"]
    assert [line for line in lines if "goes on" in line] == [
        "  its run waits (weekly waits) goes on",
        "  its run runs (weekly runs) goes on",
    ]


@pytest.mark.parametrize("more", [["--cron", "0 0 4 * * MON"], ["--remove"]])
def test_runs_under_way_are_cancelled_if_asked(autogan: Callable[..., str], fake: FakeKfp, more: list[str]) -> None:
    """By KFP's own means, before the schedule goes, so that their last step cleans up; one that has just ended is no
    error."""
    autogan("schedule", NAME, "--cron", WEEKLY)
    begun(fake, fake.recurringruns[0]["recurring_run_id"])
    fake.instead["POST"] = [] if "--cron" in more else [failure(400, "Row not found")]
    output = autogan("schedule", NAME, *more, "--cancel-runs")
    assert "cancelled its run waits (weekly waits)" in output and "cancelled its run runs (weekly runs)" in output
    states = [each["state"] for each in fake.runs]
    assert states == ["CANCELING" if "--cron" in more else "PENDING", "CANCELING", "SUCCEEDED", "PENDING"]
    assert (fake.killed, "other" in output) == ([], False)
    assert [request.split("/")[0] for request in fake.written[-3:]] == [
        "POST runs",
        "POST runs",
        "DELETE recurringruns",
    ]


def test_others_schedules_are_not_touched(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """A recurring run of that name that was made by hand is refused; of other names, ignored."""
    by_hand = {"recurring_run_id": "h", "display_name": NAME, "created_at": "2026-01-01T00:00:00Z", "mode": "ENABLE"}
    fake.recurringruns.append(dict(by_hand))
    for more in (["--cron", WEEKLY], ["--remove"]):
        with pytest.raises(ConfigError, match="did not make \\(h\\); choose another --name"):
            autogan("schedule", NAME, *more)
    assert fake.written == []
    autogan("schedule", NAME, "--cron", WEEKLY, "--name", "mine")
    assert "deleted the schedule 'mine'" in autogan("schedule", NAME, "--remove", "--name", "mine")
    assert "nothing to delete" in autogan("schedule", NAME, "--remove", "--name", "mine")
    assert fake.recurringruns == [by_hand]
