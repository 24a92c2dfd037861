"""The test as a whole: what ends it, and what it leaves."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from io import StringIO

import pytest
from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from acceptance import claim, registered
from acceptance.cluster import Cluster
from acceptance.errors import AcceptanceError
from acceptance.remains import take_away
from acceptance.runner import AcceptanceTest
from acceptance.settings import Settings
from tests.acceptance.fake_api_server import FakeApiServer


class Begun(AcceptanceTest):
    """A test that is stopped when its search runs."""

    end: type[BaseException] = KeyboardInterrupt

    def _preconditions(self) -> None: ...

    def _parts(self) -> None:
        with self._part("search"):
            registered.register(self._cluster, self._settings.namespace, claim.claim(self._cluster, self._settings))
            if self.end is KeyboardInterrupt:
                signal.raise_signal(signal.SIGTERM)
            raise self.end("no room")


@pytest.mark.parametrize("end", [KeyboardInterrupt, AcceptanceError, ApiException])
def test_a_test_that_is_stopped_or_fails_leaves_nothing(
    cluster: Cluster, server: FakeApiServer, settings: Settings, end: type[BaseException]
) -> None:
    """SIGTERM ends it as Ctrl-C does; the report says what became of it."""
    before = dict(server.objects)
    text = server.katib_config
    test = Begun(cluster, settings)
    test.end = end
    report = test.run(keep=False)
    outcome = "stopped" if end is KeyboardInterrupt else "failed"
    assert (report.phases[0].outcome, report.stopped, report.passed) == (outcome, outcome == "stopped", False)
    assert [phase.name for phase in report.phases] == ["search", "taken away"]
    assert server.objects.keys() == before.keys() and server.katib_config == text


def test_what_is_kept_is_taken_away_later(
    cluster: Cluster, server: FakeApiServer, settings: Settings, said: StringIO
) -> None:
    """Nothing is deleted, and the command that does it is printed."""
    test = Begun(cluster, replace(settings, namespace="mine"))
    test.end = AcceptanceError
    test.run(keep=True)
    assert not any(request.startswith("DELETE") for request in server.requests)
    assert "make acceptance-clean NAMESPACE=mine" in said.getvalue()
    assert "the namespace is gone" in take_away(cluster, "mine", None)


def test_where_something_is_missing_nothing_is_made(
    cluster: Cluster, server: FakeApiServer, settings: Settings
) -> None:
    """The report says what, and there is nothing to take away."""
    server.denied = {"namespaces"}
    report = AcceptanceTest(cluster, settings).run(keep=False)
    assert [(phase.name, phase.outcome) for phase in report.phases] == [("preconditions", "failed")]
    assert server.requests == []
    report.write(settings.folder)
    stored = json.loads((settings.folder / "report.json").read_text())
    assert not stored["passed"] and "you may not create namespaces" in stored["phases"][0]["note"]
