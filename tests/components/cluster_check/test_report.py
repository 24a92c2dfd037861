"""The findings as people and programs read them."""

from __future__ import annotations

from rich.console import Console

from autogan_kubeflow.components.cluster_check.base.finding import Repair, missing, ok, unknown, warning
from autogan_kubeflow.components.cluster_check.catalogue import Topic
from autogan_kubeflow.components.cluster_check.report import plain, remedies, summary, table

TOPICS = [
    Topic("programs", (ok("Katib", "v0.19.0"), warning("GPUs", "[none]", "kubectl get nodes"))),
    Topic(
        "namespace",
        (
            missing("namespace autogan", "there is none", "a", "b", repair=Repair("make it", lambda: None)),
            unknown("nodes", "not permitted to look at nodes (who could: a cluster administrator)"),
        ),
    ),
]


def test_the_table_numbers_what_is_to_be_mended() -> None:
    """A topic is named once; text in brackets is not taken for markup; numbers lead to the commands."""
    console = Console(width=100)
    with console.capture() as capture:
        console.print(table(TOPICS))
    lines = [" ".join(line.split()) for line in capture.get().splitlines()]
    assert lines[0] == "what is seen mend"
    assert lines[1:4] == [
        "programs Katib ok v0.19.0",
        "GPUs warning [none] 1",
        "namespace namespace autogan missing there is none 2",
    ]
    assert list(remedies(TOPICS)) == [
        "1. GPUs",
        "   kubectl get nodes",
        "2. namespace autogan (--fix does it)",
        "   a",
        "   b",
    ]


def test_a_narrow_terminal_loses_no_character() -> None:
    """What is too long is broken, not cut."""
    console = Console(width=40)
    with console.capture() as capture:
        console.print(table([Topic("x", (ok("image", "registry.test/team/" + "a" * 60 + ":0.1.0"),))]))
    assert "".join(capture.get().split()).endswith("a" * 20 + ":0.1.0") and "…" not in capture.get()


def test_the_summary_counts() -> None:
    """What may not be looked at is said only where there is something."""
    assert summary(TOPICS) == ("1 as they should be, 1 to be mended, 1 to look at, 1 that you may not look at")
    assert summary(TOPICS[:1]) == "1 as they should be, 0 to be mended, 1 to look at"


def test_programs_get_plain_values() -> None:
    """One object for each row."""
    assert plain(TOPICS)[2] == {
        "topic": "namespace",
        "what": "namespace autogan",
        "is": "missing",
        "seen": "there is none",
        "mend": ["a", "b"],
        "fix": True,
    }
