"""Katib's suggestion controller as katib-contract.md describes it: what it sends, keeps and leaves out."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

import grpc
from kubeflow.katib import katib_api_pb2 as api
from kubeflow.katib import katib_api_pb2_grpc as api_grpc

from autogan_core.config import SearchConfig, SpaceConfig
from autogan_kubeflow.components.katib_protocol import reward_names

SMALL_SETTINGS = {
    "controller_steps": "3",
    "num_candidates": "4",
    "top_k": "2",
    "training_draws": "5",
    "controller.hidden_dim": "8",
    "controller.learning_rate": "1e-2",
}


def experiment(max_trial_count: int = 9, name: str = "mlas", **settings: str) -> api.Experiment:
    """A small Experiment as the service receives it."""
    values = {key.replace("__", "."): value for key, value in (SMALL_SETTINGS | settings).items()}
    steps = SearchConfig(controller_steps=int(values["controller_steps"]), num_candidates=int(values["num_candidates"]))
    operations = [
        api.Operation(
            operation_type=kind,
            parameter_specs=api.Operation.ParameterSpecs(
                parameters=[
                    api.ParameterSpec(
                        name=kind, parameter_type=api.CATEGORICAL, feasible_space=api.FeasibleSpace(list=options)
                    )
                ]
            ),
        )
        for kind, options in SpaceConfig()
        if options
    ]
    return api.Experiment(
        name=name,
        spec=api.ExperimentSpec(
            objective=api.ObjectiveSpec(
                type=api.MAXIMIZE,
                objective_metric_name="inception-score",
                additional_metric_names=reward_names(steps),
            ),
            algorithm=api.AlgorithmSpec(
                algorithm_name="autogan",
                algorithm_settings=[api.AlgorithmSetting(name=k, value=v) for k, v in values.items()],
            ),
            parallel_trial_count=1,
            max_trial_count=max_trial_count,
            nas_config=api.NasConfig(
                graph_config=api.GraphConfig(num_layers=3), operations=api.NasConfig.Operations(operation=operations)
            ),
        ),
    )


@dataclass
class Katib:
    """The part of a control plane that talks to one Experiment's suggestion service.

    Trials are sent in random order, with their metrics in random order, among strangers; MetricsUnavailable ones are
    not sent at all, though they have used up a suggestion.
    """

    experiment: api.Experiment
    rng: random.Random
    suggested: int = 0
    trials: list[api.Trial] = field(default_factory=list)
    strangers: list[api.Trial] = field(default_factory=list)

    def request(self, count: int = 1) -> api.GetSuggestionsRequest:
        """What GetSuggestions is called with, with the numbers as after ``suggested`` suggestions."""
        visible = [t for t in self.trials if t.status.condition != api.TrialStatus.METRICSUNAVAILABLE]
        sent = [*visible, *self.strangers]
        self.rng.shuffle(sent)
        return api.GetSuggestionsRequest(
            experiment=self.experiment,
            trials=sent,
            current_request_number=count,
            total_request_number=self.suggested + count,
        )

    def ask(self, channel: grpc.Channel) -> dict[str, str]:
        """One suggestion, stored as Katib stores it. The call may be lost and repeated, and a twin must be equal.

        Raises:
            grpc.RpcError: the service refused or cannot be reached.
        """
        stub = api_grpc.SuggestionStub(channel)
        reply = stub.GetSuggestions(self.request(), timeout=60)
        if self.rng.random() < 0.3:  # the status update conflicted: the reply is discarded, and asked for again
            again = stub.GetSuggestions(self.request(), timeout=60)
            assert again == reply
        assert len(reply.parameter_assignments) == 1
        assert not reply.HasField("algorithm")
        self.suggested += 1
        return {a.name: a.value for a in reply.parameter_assignments[0].assignments}

    def create(self, parameters: dict[str, str]) -> api.Trial:
        """A trial with a random name, as Katib gives when the service gives none."""
        name = f"{self.experiment.name}-{self.rng.getrandbits(32):08x}"
        self.trials.append(trial(name, parameters))
        return self.trials[-1]

    def finish(self, trial: api.Trial, metrics: dict[str, str]) -> None:
        """The trial's job succeeded and its metrics were collected; without an objective they are unavailable."""
        available = "inception-score" in metrics
        status = api.TrialStatus.SUCCEEDED if available else api.TrialStatus.METRICSUNAVAILABLE
        trial.status.condition = status
        if available:
            names = ["inception-score", *self.experiment.spec.objective.additional_metric_names]
            self.rng.shuffle(names)
            observed = [api.Metric(name=name, value=metrics.get(name, "unavailable")) for name in names]
            trial.status.observation.CopyFrom(api.Observation(metrics=observed))

    def fail(self, trial: api.Trial) -> None:
        """The trial's job failed; it has no observation."""
        trial.status.condition = api.TrialStatus.FAILED


def trial(name: str, parameters: dict[str, str], start_time: str = "2026-01-01T00:00:00Z") -> api.Trial:
    """A running trial."""
    assignments = [api.ParameterAssignment(name=key, value=value) for key, value in parameters.items()]
    return api.Trial(
        name=name,
        spec=api.TrialSpec(parameter_assignments=api.TrialSpec.ParameterAssignments(assignments=assignments)),
        status=api.TrialStatus(start_time=start_time, condition=api.TrialStatus.RUNNING),
    )


def trial_environment(manifest: dict[str, Any], name: str, parameters: dict[str, str]) -> dict[str, str]:
    """The environment of a trial's master container, after Katib has pasted the assignment into the template.

    ``envFrom`` is left out: what the ConfigMap says is up to whoever starts the process.
    """
    template = manifest["spec"]["trialTemplate"]
    pasted = json.dumps(template["trialSpec"])
    for parameter in template["trialParameters"]:
        reference = parameter["reference"]
        value = name if reference == "${trialSpec.Name}" else parameters[reference]
        pasted = pasted.replace(f"${{trialParameters.{parameter['name']}}}", value)
    assert "${" not in pasted
    [container] = json.loads(pasted)["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"]
    return {variable["name"]: variable["value"] for variable in container["env"]}
