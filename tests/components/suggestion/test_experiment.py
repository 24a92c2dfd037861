"""What an Experiment may say, and the sentence for what it may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kubeflow.katib import katib_api_pb2 as api

from autogan_core.config import SearchConfig
from autogan_core.errors import ConfigError
from autogan_core.search_space import SearchSpace
from autogan_kubeflow.components.suggestion.experiment import parse_experiment
from tests.components.katib import experiment


def test_the_full_space_and_settings() -> None:
    """The paper's space and defaults come out of an Experiment that lists them, the budget less the derivations."""
    request = parse_experiment(
        experiment(
            93,
            controller_steps="30",
            num_candidates="10",
            top_k="5",
            training_draws="128",
            controller__hidden_dim="100",
            controller__learning_rate="3.5e-4",
            controller__adam_betas="[0.0, 0.9]",
            seed="7",
        )
    )
    assert request.space == SearchSpace.full(3)
    assert request.config == SearchConfig()
    assert request.config.iterations == 90
    assert request.seed == 7


def test_policy_and_levels() -> None:
    """The baselines are settings; a single level derives once, so one trial less goes to deriving."""
    request = parse_experiment(experiment(10, policy="random", levels="single"))
    assert (request.config.policy, request.config.levels, request.config.iterations) == ("random", "single", 9)


def test_learning_rule_and_growth() -> None:
    """They are settings like the others; null is even growth."""
    request = parse_experiment(
        experiment(
            68,
            growth="[15, 20, 30]",
            controller__baseline="released",
            controller__advantage="normalised",
            controller__passes="2",
            controller__objective="released",
        )
    )
    controller = request.config.controller
    assert request.config.stage_iterations(3) == [15, 20, 30]
    assert (controller.baseline, controller.advantage) == ("released", "normalised")
    assert (controller.passes, controller.objective) == (2, "released")
    assert parse_experiment(experiment(9, growth="null")).config.growth is None


def test_a_narrowed_space() -> None:
    """Lists in nasConfig are the search space."""
    wanted = experiment()
    operation(wanted, "up").feasible_space.list[:] = ["nearest"]
    operation(wanted, "skip").feasible_space.list[:] = ["without"]
    space = parse_experiment(wanted).space
    assert [cell.size for cell in space.cells] == [12, 12, 12]
    assert space.cells[2].ups == ("nearest",)


def operation(wanted: api.Experiment, name: str) -> api.ParameterSpec:
    [found] = [o for o in wanted.spec.nas_config.operations.operation if o.operation_type == name]
    return found.parameter_specs.parameters[0]


def setting(name: str, value: str) -> Callable[[api.Experiment], None]:
    def change(wanted: api.Experiment) -> None:
        kept = [s for s in wanted.spec.algorithm.algorithm_settings if s.name != name]
        del wanted.spec.algorithm.algorithm_settings[:]
        wanted.spec.algorithm.algorithm_settings.extend([*kept, api.AlgorithmSetting(name=name, value=value)])

    return change


def options(name: str, *values: str) -> Callable[[api.Experiment], None]:
    def change(wanted: api.Experiment) -> None:
        operation(wanted, name).feasible_space.list[:] = values

    return change


def assign(path: str, value: object) -> Callable[[api.Experiment], None]:
    def change(wanted: api.Experiment) -> None:
        *parents, last = path.split(".")
        target = wanted.spec
        for parent in parents:
            target = getattr(target, parent)
        setattr(target, last, value)

    return change


def half_a_discriminator(wanted: api.Experiment) -> None:
    added = wanted.spec.nas_config.operations.operation.add(operation_type="discriminator-kernel")
    parameter = added.parameter_specs.parameters.add(name="kernel", parameter_type=api.CATEGORICAL)
    parameter.feasible_space.list.append("5x5")


def rename(wanted: api.Experiment) -> None:
    wanted.spec.nas_config.operations.operation[1].operation_type = "activation"


def drop(wanted: api.Experiment) -> None:
    del wanted.spec.nas_config.operations.operation[2]


def twice(wanted: api.Experiment) -> None:
    wanted.spec.nas_config.operations.operation.add().CopyFrom(wanted.spec.nas_config.operations.operation[0])


def two_parameters(wanted: api.Experiment) -> None:
    wanted.spec.nas_config.operations.operation[0].parameter_specs.parameters.add()


def doubled_setting(wanted: api.Experiment) -> None:
    wanted.spec.algorithm.algorithm_settings.add(name="top_k", value="2")


def plain_parameters(wanted: api.Experiment) -> None:
    wanted.spec.parameter_specs.parameters.add(name="lr")


def fewer_metrics(wanted: api.Experiment) -> None:
    del wanted.spec.objective.additional_metric_names[-1]


def double_type(wanted: api.Experiment) -> None:
    operation(wanted, "norm").parameter_type = api.DOUBLE


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rename, "operations has the operation 'activation'; there are conv, norm, up, shortcut, skip"),
        (drop, "operations has no 'up'; add it with one categorical parameter whose list is some of bilinear, nearest"),
        (half_a_discriminator, "operations has no 'discriminator-down'; add it with one categorical .* average, max"),
        (twice, "operations has 'conv' twice; join their lists"),
        (two_parameters, "'conv' has 2 parameters; it takes exactly one"),
        (double_type, "'norm' has a parameter of type double; set parameterType: categorical"),
        (options("norm"), "'norm' has an empty feasibleSpace.list; name at least one of none, bn, in"),
        (options("norm", "bn", "layer"), "'norm' lists 'layer'; its options are none, bn, in"),
        (options("norm", "bn", "bn"), "'norm' lists 'bn' twice"),
        (assign("nas_config.graph_config.num_layers", 0), "numLayers is 0; set it to the generator's number of cells"),
        (assign("nas_config.graph_config.num_layers", 40), "numLayers is 40; set it to .* 1 to 8"),
        (plain_parameters, "spec.parameters must be empty"),
        (setting("shared_epochs", "3"), "algorithmSettings has 'shared_epochs'; the settings are seed, policy"),
        (setting("policy", "greedy"), "algorithmSettings: policy is 'greedy'; set it to one of reinforce, random"),
        (setting("levels", "double"), "algorithmSettings: levels is 'double'; set it to one of multi, single"),
        (setting("top_k", "0"), "algorithmSettings: top_k is 0; set it to a whole number from 1"),
        (setting("top_k", "[1"), r"top_k is '\[1', which is no value"),
        (setting("top_k", "9"), r"num_candidates is 4; it must be at least top_k \(9\)"),
        (setting("seed", "-1"), "seed is '-1'; set it to a whole number from 0 on"),
        (setting("seed", "one"), "seed is 'one'"),
        (
            setting("controller.baseline_decay", "1.0"),
            "controller.baseline_decay is 1.0; set it to a number from 0 to below 1",
        ),
        (
            setting("growth", "[1, 2]"),
            "algorithmSettings: search.growth has 2 numbers; give one for each of the 3 stages",
        ),
        (setting("growth", "[1, 9, 9]"), "leaves stage 1 of 6 iterations none; .*iterations: maxTrialCount less 3"),
        (
            setting("controller.baseline", "mean"),
            "algorithmSettings: controller.baseline is 'mean'; set it to one of moving-average, slot-mean",
        ),
        (doubled_setting, "algorithmSettings has 'top_k' twice; keep one"),
        (
            assign("parallel_trial_count", 2),
            "parallelTrialCount is 2; set it to 1: each trial goes on from the weights",
        ),
        (assign("max_trial_count", 5), "maxTrialCount is 5; set it to at least 6: each of the 3 stages needs"),
        (assign("early_stopping.algorithm_name", "medianstop"), "earlyStopping is 'medianstop'; remove it"),
        (
            assign("objective.goal", 0.99),
            "objective.goal is 0.99; remove it: Katib would end the search with the first",
        ),
        (
            setting("training_draws", "9000"),
            "training_draws is 9000, whose architectures have 153,000 bytes, but a tri",
        ),
        (setting("training_draws", "7000"), "9 trials with training_draws 7000 and 4 candidates each make assignments"),
        (assign("objective.type", api.MINIMIZE), "objective.type is minimize; set it to maximize"),
        (assign("objective.objective_metric_name", "loss"), "objectiveMetricName is 'loss'; trials report inception"),
        (
            fewer_metrics,
            r"additionalMetricNames has no 'reward-03'; list reward-00 to reward-03, one for each candidate",
        ),
    ],
)
def test_each_mistake_has_its_sentence(change: Callable[[api.Experiment], None], message: str) -> None:
    """Field, value and remedy, in one sentence."""
    wanted = experiment()
    change(wanted)
    with pytest.raises(ConfigError, match=message) as caught:
        parse_experiment(wanted)
    assert "\n" not in str(caught.value)


def test_class_conditional_normalisation_is_an_option() -> None:
    """An Experiment lists it beside the paper's; the space has it in every cell."""
    wanted = experiment()
    operation(wanted, "norm").feasible_space.list[:] = ["none", "bn", "in", "cbn"]
    space = parse_experiment(wanted).space
    assert [cell.size for cell in space.cells] == [48, 96, 192]
