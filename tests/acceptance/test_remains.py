"""Taking away: everything, in an order that Katib can bear, and whatever happened before."""

from __future__ import annotations

import re

import pytest

from acceptance import claim, registered
from acceptance.cluster import Cluster
from acceptance.errors import AcceptanceError
from acceptance.remains import take_away
from acceptance.settings import Settings
from autogan_core.errors import ConfigError
from tests.acceptance.fake_api_server import EXPERIMENTS, KATIB_CONFIG, FakeApiServer

NAMESPACE = "/api/v1/namespaces/autogan-acceptance"
EXPERIMENT = f"{EXPERIMENTS}/namespaces/autogan-acceptance/experiments/mlas-smoke-autogan-acceptance"
ALGORITHM = {"algorithm": {"algorithmName": "autogan"}}


def make(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """What a test has made when its search runs."""
    registered.register(cluster, settings.namespace, claim.claim(cluster, settings))
    server.put(EXPERIMENT, spec=ALGORITHM)


def test_everything_goes_and_the_experiments_first(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """Without the algorithm Katib would let no Experiment go; the namespace with the note is last."""
    before = dict(server.objects)
    make(cluster, server, settings)
    server.requests.clear()
    words = take_away(cluster, settings.namespace, None)
    assert words == "Katib's configuration is as before, without autogan; the namespace is gone"
    assert server.requests == [f"DELETE {EXPERIMENT}", f"PUT {KATIB_CONFIG}", f"DELETE {NAMESPACE}"]
    assert server.objects.keys() == before.keys()
    assert take_away(cluster, settings.namespace, None).startswith("there is no namespace")


def test_somebody_else_s_namespace_is_left_alone(cluster: Cluster, server: FakeApiServer) -> None:
    """Nothing is touched."""
    server.put(NAMESPACE)
    with pytest.raises(ConfigError, match="was not made by an acceptance test"):
        take_away(cluster, "autogan-acceptance", None)
    assert server.requests == []


def test_while_an_experiment_stays_the_algorithm_and_the_note_do(
    cluster: Cluster, server: FakeApiServer, settings: Settings
) -> None:
    """A later attempt can still finish: nothing that it needs was taken away."""
    make(cluster, server, settings)
    server.stuck = {EXPERIMENT}
    with pytest.raises(
        AcceptanceError, match=r"Experiments: not done after .* then run 'make acceptance-clean"
    ) as told:
        take_away(cluster, settings.namespace, None)
    assert "being deleted: mlas-smoke-autogan-acceptance" in str(told.value)
    server.stuck = set()
    assert re.search(r"as before.*gone", take_away(cluster, settings.namespace, None))


def test_a_failure_in_the_middle_keeps_the_note(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """The rest is done, and the namespace goes when a later attempt has done what was left."""
    make(cluster, server, settings)
    server.refused = {f"PUT {KATIB_CONFIG}"}
    with pytest.raises(AcceptanceError, match="you may not update it"):
        take_away(cluster, settings.namespace, None)
    assert EXPERIMENT not in server.objects and NAMESPACE in server.objects
    server.refused = set()
    assert "as before" in take_away(cluster, settings.namespace, None)
