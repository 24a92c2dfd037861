"""The search: pure, replayed, indifferent to order, tolerant of failures, and able to learn."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autogan_core.config import ControllerConfig, DiscriminatorSpaceConfig, SearchConfig
from autogan_core.errors import ConfigError
from autogan_core.history import Assignment, Record
from autogan_core.presets import load_config
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.search_space import NAMED, SWITCH, Architecture, Cell, CellSpace, SearchSpace

SPACE = SearchSpace.full()
SMALL = SearchConfig(
    iterations=6,
    controller_steps=3,
    num_candidates=4,
    top_k=2,
    training_draws=5,
    controller=ControllerConfig(hidden_dim=8, learning_rate=1e-2),
)


def fake_reward(architecture: Architecture) -> float:
    """Any fixed function of the architecture."""
    return random.Random(str(architecture)).uniform(1, 9)


def succeed(assignment: Assignment, reward: Callable[[Architecture], float] = fake_reward) -> Record:
    return Record(assignment, tuple(reward(a) for a in assignment.candidates))


def play(
    config: SearchConfig = SMALL,
    seed: int = 0,
    fails: Callable[[int], bool] = lambda slot: False,
    reward: Callable[[Architecture], float] = fake_reward,
    space: SearchSpace = SPACE,
) -> tuple[MultiLevelSearch, list[Record]]:
    """A whole search with a simulated trainer."""
    search, history = MultiLevelSearch(space, config, seed), list[Record]()
    while not search.finished(history):
        [assignment] = search.ask(history, len(history))
        failed = Record(assignment, failure="the simulated trainer failed")
        history.append(failed if fails(len(history)) else succeed(assignment, reward))
    return search, history


def test_the_papers_budget() -> None:
    """By default 30 iterations and a derivation in each of 3 stages, with 30 candidates, 10 derived, 5 kept."""
    search = MultiLevelSearch(SPACE, SearchConfig(), 0)
    assert search.num_slots == 93
    assert search.iterations_per_stage() == [30, 30, 30]
    [first] = search.ask([], 0)
    assert (first.slot, first.stage, first.phase) == (0, 0, "search")
    assert len(first.candidates) == 30
    assert len(first.training) == 128


def options(space: SearchSpace, architectures: Sequence[Architecture], start: int) -> list[Counter[int]]:
    """How often each option of each token of the cells from ``start`` on occurs."""
    added = [
        [
            choice
            for cells, cell in zip(space.cells[start:], a.cells[start:], strict=False)
            for choice in cells.choices(cell)
        ]
        for a in architectures
    ]
    return [Counter(token) for token in zip(*added, strict=True)]


@pytest.mark.parametrize("levels", ["multi", "single"])
@pytest.mark.parametrize("draws", [1, 12, 31])
def test_balanced_training_gives_every_option_its_share(levels: Literal["multi", "single"], draws: int) -> None:
    """Every option of a new cell's token comes equally often, in any beginning of the list at most once more than
    another; beams too; the list is a multiple of 12 long, the smallest with which that goes."""
    config = SMALL.model_copy(
        update={"shared_training": "balanced", "training_draws": draws, "levels": levels, "iterations": 6}
    )
    search, history = play(config)
    for record in history:
        training, stage = record.assignment.training, record.assignment.stage
        if record.assignment.phase == "derive":
            assert not training
            continue
        start, end = search.depths[stage : stage + 2]
        multiple = 6 if end == 1 or (levels, end) == ("multi", 2) else 12
        assert len(training) == -(-draws // multiple) * multiple
        for token, cell_options in zip(
            options(SPACE, training, start), (n for c in SPACE.cells[start:end] for n in c.option_counts), strict=True
        ):
            assert set(token.values()) == {len(training) // cell_options}
            assert len(token) == cell_options
        for length in (1, 5, len(training) - 1):
            for token in options(SPACE, training[:length], start):
                assert max(token.values()) - min(token.values()) <= 1
        beams = Counter(a.cells[:start] for a in training)
        assert max(beams.values()) - min(beams.values()) <= 1


@pytest.mark.parametrize("how", ["uniform", "balanced"])
def test_training_that_does_not_ask_the_policy(how: Literal["uniform", "balanced"]) -> None:
    """The shared weights train on the same architectures whatever the rewards were, all of which extend the beams, and
    on others in each slot; candidates are those of the policy. Uniform draws reach all options, about equally often."""
    config = SMALL.model_copy(update={"shared_training": how, "training_draws": 600})
    usual, own = (MultiLevelSearch(SPACE, c, 0) for c in (SMALL, config))
    [first], [assignment] = usual.ask([], 0), own.ask([], 0)
    assert assignment.candidates == first.candidates
    [after], [other] = own.ask([succeed(assignment)], 1), own.ask([succeed(assignment, lambda a: -fake_reward(a))], 1)
    assert after.training == other.training != assignment.training
    for token in options(SPACE, assignment.training, 0):
        expected = len(assignment.training) / len(token)
        assert all(count == pytest.approx(expected, rel=0.3) for count in token.values())
    search, history = play(config)
    for record in history:
        depth = search.depths[record.assignment.stage]
        beams = {beam.architecture.cells for beam in search.beams(history[: record.assignment.slot])} or {()}
        assert {a.cells[:depth] for a in record.assignment.training} <= (beams if depth else {()})


def test_phases_stages_and_shapes_of_a_whole_search() -> None:
    """Every stage searches, then derives; depths grow; derived candidates are distinct and extend the beams."""
    search, history = play()
    assert len(history) == search.num_slots == 9
    assert [(r.assignment.stage, r.assignment.phase) for r in history] == [
        (stage, phase) for stage in range(3) for phase in ("search", "search", "derive")
    ]
    for record in history:
        assignment = record.assignment
        assert len(assignment.candidates) == (4 if assignment.phase == "derive" else 3)
        assert len(assignment.training) == (0 if assignment.phase == "derive" else 5)
        assert all(a.depth == assignment.stage + 1 and a in SPACE for a in assignment.candidates)
        if assignment.phase == "derive":
            assert len(set(assignment.candidates)) == len(assignment.candidates)
        if assignment.stage:
            kept = {b.architecture for b in search.beams(history[: 3 * assignment.stage])}
            assert {a.prefix(assignment.stage) for a in (*assignment.candidates, *assignment.training)} <= kept


def test_beams_are_the_best_distinct_candidates() -> None:
    """The best K of the derivation, best first, of the latest derived stage; none before."""
    search, history = play()
    assert search.beams(history[:2]) == ()
    for derived in (2, 5, 8):
        ranked = sorted(history[derived].scored, key=lambda pair: -pair[1])[:2]
        assert [(b.architecture, b.reward) for b in search.beams(history[: derived + 1])] == ranked
        assert search.beams(history[: derived + 2]) == search.beams(history[: derived + 1])


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(0, 8))
def test_order_and_repetition_do_not_matter(rng: random.Random, slot: int) -> None:
    """Shuffled, doubled and later records give the same assignment, in a fresh search or a used one."""
    used, history = play()
    shuffled = [*history, *rng.choices(history, k=4)]
    rng.shuffle(shuffled)
    [expected] = used.ask(history[:slot], slot)
    assert expected == history[slot].assignment
    fresh = MultiLevelSearch(SPACE, SMALL, 0)
    for search in (used, fresh, fresh):
        assert search.ask(shuffled, slot) == [expected]
        assert search.ask(history[:slot], slot) == [expected]


def test_equal_rewards_give_equal_assignments_and_other_seeds_others() -> None:
    """Two searches of one seed agree throughout; another seed differs from the first draw."""
    _, one = play(seed=1)
    _, two = play(seed=1)
    _, other = play(seed=2)
    assert one == two
    assert one[0].assignment.candidates != other[0].assignment.candidates


def test_another_process_gives_the_same_answer() -> None:
    """A process with another hash seed and thread count asks the same from the same history."""
    _, history = play()
    script = (
        "import sys; from tests.core.search.test_mlas import *; "
        "print(hash('x'), file=sys.stderr); print([r.assignment for r in play()[1]])"
    )
    environment = {"PYTHONHASHSEED": "123", "PYTHONPATH": ".", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == str([r.assignment for r in history])


@settings(max_examples=40)
@given(st.sets(st.integers(0, 13)), st.integers(3, 9))
def test_budgets_with_failures(failed: set[int], iterations: int) -> None:
    """Whatever fails, every stage trains before it derives, derives once successfully, and the budget is kept to
    unless failures at a stage's end eat it up."""
    config = SMALL.model_copy(update={"iterations": iterations})
    search, history = play(config, fails=failed.__contains__)
    good = [r.assignment for r in history if r.failure is None]
    assert [a.slot for a in good] == sorted({a.slot for a in good})
    for stage in range(3):
        phases = [a.phase for a in good if a.stage == stage]
        assert phases.count("derive") == 1
        assert phases[-1] == "derive"
        assert "search" in phases
    assert len(history) <= search.num_slots + len([r for r in history if r.failure is not None])
    if not failed & set(range(search.num_slots)):
        assert len(history) == search.num_slots
    assert len(search.beams(history)) == 2


def test_a_failed_derivation_is_asked_again() -> None:
    """The slot after a failed derivation derives the same stage, with other draws and no training."""
    _, history = play(fails=lambda slot: slot == 2)
    assert [r.assignment.phase for r in history[:4]] == ["search", "search", "derive", "derive"]
    assert history[3].assignment.stage == 0
    assert history[4].assignment.stage == 1
    assert len(history) == 9


def test_a_failed_search_slot_is_simply_missing() -> None:
    """The slot after a failure is the same, but for its number, as if the failed one had not been told."""
    search, history = play()
    failed = [history[0], Record(history[1].assignment, failure="killed")]
    assert search.ask(failed, 2) == search.ask(history[:1], 2)


def test_strange_records_leave_no_trace() -> None:
    """Foreign architectures, other stages, and rewards that are missing or not finite change nothing."""
    search, history = play()
    expected = search.ask(history[:4], 4)
    stage_2 = Assignment(3, 2, "search", (NAMED["paper-top1"],))
    foreign = Assignment(3, 1, "search", (NAMED["paper-top1"].prefix(2), NAMED["paper-top1"].prefix(1)))
    unscored = Record(history[3].assignment, (None, float("nan"), float("inf")))
    for record in (Record(stage_2, (9.0,)), Record(foreign, (9.0, 9.0)), unscored):
        assert search.ask([*history[:3], record], 4) == search.ask(history[:3], 4)
        # A success for the same slot wins over what cannot be used; a rival success is ordered, not summed.
        if not record.scored:
            assert search.ask([record, *history[:4]], 4) == expected


def test_asking_for_several_slots() -> None:
    """Several slots at once get their own draws from the same policy; past a stage's end they derive it."""
    search, history = play()
    assignments = search.ask(history[:1], 1, count=3)
    assert [(a.slot, a.stage, a.phase) for a in assignments] == [(1, 0, "search"), (2, 0, "derive"), (3, 0, "derive")]
    assert assignments[0] == history[1].assignment
    first, second = search.ask([], 0, count=2)
    assert first.candidates != second.candidates


def test_slots_beyond_the_plan_derive_the_last_stage_again() -> None:
    """More budget means more candidates: new draws each time, which compete with the beams that were found."""
    search, history = play()
    found = search.beams(history)
    [more] = search.ask(history, 9)
    assert (more.slot, more.stage, more.phase) == (9, 2, "derive")
    assert set(more.candidates) != set(history[8].assignment.candidates)
    worse = Record(more, tuple(-1.0 for _ in more.candidates))
    assert search.beams([*history, worse]) == found
    better = Record(more, (100.0, *(-1.0 for _ in more.candidates[1:])))
    assert [b.architecture for b in search.beams([*history, better])] == [more.candidates[0], found[0].architecture]


def test_single_level_searches_the_full_depth_in_one_stage() -> None:
    """SLAS: one stage, one derivation, every candidate complete; the derived ones are distinct."""
    search, history = play(SMALL.model_copy(update={"levels": "single"}))
    assert len(history) == search.num_slots == 7
    assert search.iterations_per_stage() == [6]
    assert [r.assignment.phase for r in history] == ["search"] * 6 + ["derive"]
    assert all(a.depth == 3 and r.assignment.stage == 0 for r in history for a in r.assignment.candidates)
    assert len(set(history[-1].assignment.candidates)) == 4
    ranked = sorted(history[-1].scored, key=lambda pair: -pair[1])[:2]
    assert [(b.architecture, b.reward) for b in search.beams(history)] == ranked
    assert search.max_entropy(0) == pytest.approx(math.log(36 * 72 * 144), abs=1e-9)


@pytest.mark.parametrize("levels", ["multi", "single"])
def test_the_random_policy_is_uniform_and_learns_nothing(levels: str) -> None:
    """Its draws depend on no reward but through the beams, and its entropy stays the maximum."""
    config = SMALL.model_copy(update={"policy": "random", "levels": levels})
    search, history = play(config)
    _, flattered = play(config, reward=lambda a: 9.0 - fake_reward(a))
    stage_0 = [r.assignment.candidates for r in history if r.assignment.stage == 0]
    assert stage_0 == [r.assignment.candidates for r in flattered if r.assignment.stage == 0]
    for slot in range(len(history)):
        stage = history[slot].assignment.stage
        assert search.entropy(history, slot) == pytest.approx(search.max_entropy(stage), abs=1e-9)


def test_too_few_iterations_are_refused() -> None:
    """Each stage needs an iteration."""
    with pytest.raises(ConfigError, match=r"search\.iterations is 2"):
        MultiLevelSearch(SPACE, SearchConfig(iterations=2), 0)


def test_a_small_space_derives_all_it_has() -> None:
    """When the policy has fewer cells than candidates are wanted, each is derived once."""
    space = SearchSpace.only(NAMED["paper-top1"])
    search, history = play(space=space)
    assert all(len(r.assignment.candidates) == 1 for r in history if r.assignment.phase == "derive")
    assert [b.architecture for b in search.beams(history)] == [NAMED["paper-top1"]]


@pytest.mark.parametrize("levels", ["multi", "single"])
def test_a_loss_is_chosen_once(levels: Literal["multi", "single"]) -> None:
    """The first stage chooses it, further ones keep their beam's; the search learns which is rewarded, and is replayed
    from its history."""
    space = SearchSpace(SPACE.cells, ("hinge", "wasserstein", "relativistic"))
    config = SMALL.model_copy(update={"levels": levels, "iterations": 45, "controller_steps": 8})

    def likes_wasserstein(architecture: Architecture) -> float:
        return float(architecture.loss == "wasserstein") + fake_reward(architecture) / 100

    search, history = play(config, space=space, reward=likes_wasserstein)
    first = [a.loss for r in history[:3] for a in r.assignment.candidates]
    assert set(first) == {"hinge", "wasserstein", "relativistic"}
    assert {beam.architecture.loss for beam in search.beams(history)} == {"wasserstein"}
    kept: set[str | None] = set()
    for record in history:
        if record.assignment.stage:
            assert {a.loss for a in record.assignment.candidates} <= kept
        if record.assignment.phase == "derive":
            kept = {beam.architecture.loss for beam in search.beams(history[: record.assignment.slot + 1])}
    again = MultiLevelSearch(space, config, 0)
    assert again.ask(history, 20) == [history[20].assignment]


BOTH = SearchSpace.uniform(3, CellSpace(), SWITCH, discriminator=DiscriminatorSpaceConfig().cell())


@pytest.mark.parametrize("policy", get_args(SearchConfig.model_fields["policy"].annotation))
@pytest.mark.parametrize("levels", ["multi", "single"])
def test_networks_are_searched_in_turns(policy: str, levels: str) -> None:
    """The candidates of a slot differ in one network; the other is what scored best in its latest turn. Beams are
    pairs, training draws both networks, and the search is replayed from its history."""
    config = SMALL.model_copy(update={"policy": policy, "levels": levels, "iterations": 12})
    search, history = play(config, space=BOTH, fails=lambda slot: slot in (2, 7))
    held: dict[tuple[int, str], Architecture] = {}
    turns: dict[int, list[str]] = {}
    for record in history:
        candidates, stage = record.assignment.candidates, record.assignment.stage
        new = slice(stage if levels == "multi" else 0, None)
        generators, discriminators = {a.cells[new] for a in candidates}, {a.discriminator[new] for a in candidates}
        if record.assignment.phase == "derive":
            assert len({a.cells for a in candidates}) == len(candidates) == 4
        elif record.scored:
            assert len({a.discriminator for a in record.assignment.training}) > 1
            turn, other = ("generator", "discriminator") if len(discriminators) == 1 else ("discriminator", "generator")
            turns.setdefault(stage, []).append(turn)
            assert 1 in (len(generators), len(discriminators))
            if best := held.get((stage, other)):
                kept = {best.cells[new]} if turn == "discriminator" else {best.discriminator[new]}
                assert kept == (generators if turn == "discriminator" else discriminators)
            held[stage, turn] = max(record.scored, key=lambda pair: pair[1])[0]
    for taken in turns.values():
        assert taken == ["generator", "discriminator"] * (len(taken) // 2) + ["generator"] * (len(taken) % 2)
    beams = search.beams(history)
    assert len(beams) == 2 and all(beam.architecture in BOTH for beam in beams)
    again = MultiLevelSearch(BOTH, config, 0)
    assert [again.ask(history, slot)[0] for slot in range(len(history))] == [r.assignment for r in history]


def test_the_discriminators_policy_learns_in_its_turns() -> None:
    """A reward that likes one choice of the discriminator fills the beams with it, and those of the generator too."""
    config = SMALL.model_copy(update={"iterations": 90, "controller_steps": 8, "num_candidates": 12})

    def likes(architecture: Architecture) -> float:
        judged = sum(cell.kernel == "5x5" for cell in architecture.discriminator)
        return (judged + sum(cell.conv == "pre" for cell in architecture.cells)) / architecture.depth

    search, history = play(config, space=BOTH, reward=likes)
    for beam in search.beams(history):
        assert {cell.kernel for cell in beam.architecture.discriminator} == {"5x5"}
        assert {cell.conv for cell in beam.architecture.cells} == {"pre"}
    stage = [r for r in history if r.assignment.stage == 2 and r.assignment.phase == "search"]
    drawn = [a.discriminator[-1].kernel == "5x5" for r in stage[-6:] for a in r.assignment.training]
    assert sum(drawn) / len(drawn) > 0.4  # a quarter at first


def test_beams_feed_the_next_controller() -> None:
    """The next stage's policy starts from the beams' hidden vectors: other beams move its fresh distribution."""
    search, history = play()
    derived = history[2]
    flipped = Record(derived.assignment, tuple(-r for r in derived.rewards if r is not None))
    entropies = [search.entropy(h, 3) for h in (history[:3], [*history[:2], flipped])]
    assert abs(entropies[0] - entropies[1]) > 1e-9
    assert entropies[0] == search.entropy(history[:3], 3)


PINNED = {
    "paper": (
        [
            "1210 0110 1200",
            "1101 0110 0100",
            "0100 0110 0211 1211",
            "0110-01101 0110-00001 0110-12200",
            "0211-00110 0211-11011 0211-01210",
            "0211-10001 0211-02100 0110-01211 0110-12111",
            "0110-12111-11100 0211-10001-02010 0211-10001-10010",
            "0110-12111-12100 0110-12111-11111 0110-12111-00112",
            "0110-12111-02011 0211-10001-00203 0211-10001-01210 0110-12111-02113",
        ],
        4.840206862938153,
    ),
    "released": (
        [
            "1210 0110 1200",
            "0120 0201 1100 1221",
            "1221-01201 0120-02201 0120-01001",
            "0120-01101 0120-01101 0120-12200",
            "1221-01001 1221-02101 1221-11010 0120-10101",
            "1221-11010-02003 0120-10101-11211 1221-11010-01213",
            "1221-11010-11000 0120-10101-02010 0120-10101-10010",
            "1221-11010-12100 1221-11010-11111 1221-11010-00102",
            "1221-11010-02011 0120-10101-00203 1221-11010-02110 0120-10101-01013",
        ],
        4.850267152992276,
    ),
}
"""Candidates of each slot of `play` under a variant, and the policy's last entropy."""


@pytest.mark.parametrize("variant", PINNED)
def test_variants_reproduce_their_histories(variant: str) -> None:
    """The same seed and rewards ask the same from slot to slot: ``paper`` what was asked before there were variants."""
    settings = ("iterations=6", "controller_steps=3", "num_candidates=4", "top_k=2", "training_draws=5")
    controller = ("controller.hidden_dim=8", "controller.learning_rate=1e-2")
    small = [f"search.{setting}" for setting in (*settings, *controller)]
    config = load_config("cifar10", ["retrain.num_architectures=2", *small, f"variant={variant}"])
    search, history = play(config.search)
    asked = [" ".join(map(str, r.assignment.candidates)) for r in history]
    expected, entropy = PINNED[variant]
    assert asked == expected
    assert search.entropy(history, 8) == pytest.approx(entropy, abs=1e-9)


def test_growth_decides_when_a_stage_ends() -> None:
    """Each stage derives after its share of the iterations; the slots in all stay the same."""
    search, history = play(SMALL.model_copy(update={"growth": (1.0, 3.0, 2.0)}))
    assert search.iterations_per_stage() == [1, 3, 2]
    assert len(history) == search.num_slots == 9
    assert [r.assignment.slot for r in history if r.assignment.phase == "derive"] == [1, 5, 8]


@pytest.mark.parametrize("baseline", ["slot-mean", "leave-one-out", "released"])
def test_baselines_of_the_slot_ignore_its_level(baseline: str) -> None:
    """A level that moves from slot to slot changes no assignment, as it does with the moving average."""

    def asked(baseline: str, steps: float) -> list[Assignment]:
        controller = SMALL.controller.model_copy(update={"baseline": baseline, "learning_rate": 1e-2})
        search, history = (
            MultiLevelSearch(SPACE, SMALL.model_copy(update={"controller": controller}), 0),
            list[Record](),
        )
        for slot in range(9):
            [assignment] = search.ask(history, slot)
            history.append(succeed(assignment, lambda a: fake_reward(a) + steps * len(history)))
        return [record.assignment for record in history]

    assert asked(baseline, 64.0) == asked(baseline, 0.0)
    assert asked("moving-average", 64.0) != asked("moving-average", 0.0)


TARGET = Cell("pre", "none", "nearest", True)


def closeness(architecture: Architecture) -> float:
    """How many of the target's four choices the last cell has."""
    cell = architecture.cells[-1]
    return sum(
        (cell.conv == TARGET.conv, cell.norm == TARGET.norm, cell.up == TARGET.up, cell.shortcut == TARGET.shortcut)
    )


def test_a_rewarded_architecture_is_found_more_often_than_by_chance() -> None:
    """Rewarded for closeness to one cell, the controller's draws hit it far more often than the uniform 1 in 36."""
    space = SearchSpace(SPACE.cells[:1])
    config = SearchConfig(iterations=30, controller_steps=10, controller=ControllerConfig(learning_rate=2e-3))
    hits = {}
    for name, lr in (("learning", 2e-3), ("random", 1e-12)):
        tuned = config.model_copy(update={"controller": ControllerConfig(learning_rate=lr)})
        search, history = play(tuned, reward=closeness, space=space)
        late = [a for r in history[15:-1] for a in r.assignment.candidates]
        hits[name] = sum(a.cells == (TARGET,) for a in late) / len(late)
        if name == "learning":
            assert search.beams(history)[0].architecture.cells == (TARGET,)
    assert hits["random"] < 0.1
    assert hits["learning"] > 0.4


def test_samples_show_what_the_policy_has_learned() -> None:
    """Rewarded for pre-activation: nearly all of its samples have it, and half of the uniform ones, on the same beams;
    asking changes nothing."""
    config = SMALL.model_copy(update={"iterations": 60, "controller_steps": 20})

    def prefers_pre(architecture: Architecture) -> float:
        return float(architecture.cells[-1].conv == "pre")

    search, history = play(config, reward=prefers_pre)
    first, second = (next(i for i, r in enumerate(history) if r.assignment.stage == stage) for stage in (1, 2))
    learned, uniform = (search.sample(history, second - 1, 400, uniform=uniform) for uniform in (False, True))
    beams = {beam.architecture.cells for beam in search.beams(history[:first])}
    assert {a.cells[:1] for a in learned} == {a.cells[:1] for a in uniform} == beams
    share, uniform_share = (sum(a.cells[-1].conv == "pre" for a in drawn) / 400 for drawn in (learned, uniform))
    assert share > 0.8
    assert 0.4 < uniform_share < 0.6  # 4 standard errors
    fresh = MultiLevelSearch(SPACE, config, 0)
    assert fresh.sample(history[: second - 1], second - 1, 400, uniform=False) == learned
    assert fresh.sample(history, second - 1, 400, uniform=True) == uniform


def test_entropy_starts_uniform_and_falls_with_learning() -> None:
    """The measured entropy is near the maximum before any reward and lower after many."""
    space = SearchSpace(SPACE.cells[:1])
    config = SearchConfig(iterations=30, controller_steps=10, controller=ControllerConfig(learning_rate=2e-3))
    search, history = play(config, reward=closeness, space=space)
    assert search.max_entropy(0) == pytest.approx(3.58351893845611, abs=1e-12)
    assert 0.99 * search.max_entropy(0) < search.entropy(history, 0) <= search.max_entropy(0)
    assert search.entropy(history, 30) < 0.8 * search.max_entropy(0)
