"""What `payoff` claims, on made-up outcomes and records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from autogan_core.ablations.equal_cost.arm_record import ArmRecord, Point
from autogan_core.ablations.equal_cost.equal_cost import Spent
from autogan_core.ablations.equal_cost.payoff_tables import (
    PayoffArms,
    arms_table,
    at_equal_length,
    choices_table,
    claims,
    comparison_table,
    comparisons,
    equal_length_table,
    half_to_all,
    macs_unit,
)
from autogan_core.ablations.pages.statistics import paired_ratio
from autogan_core.training.cost import Cost
from tests.core.ablations.equal_cost.fake_arm import FakeArm, arm_record

OURS = (10.0, 11.0, 9.0, 10.5)


def arms(**fids: Sequence[float]) -> PayoffArms:
    """Arms of these FIDs, one for each seed, whose Inception scores are 10 less a tenth of them."""
    return {
        name: [FakeArm(seed, fid, 10 - fid / 10) for seed, fid in enumerate(of_arm)] for name, of_arm in fids.items()
    }


def test_the_ratio_is_of_the_logarithms_and_corrected() -> None:
    """Against two arms each interval has the level 97.5 %, so that both hold in 95 %."""
    twice = [2.1 * fid for fid in OURS[:3]] + [2 * OURS[3]]
    compared = comparisons(arms(found=OURS, twice=twice, same=OURS))
    assert list(compared) == ["twice", "same"]
    assert compared["twice"].ratio == paired_ratio(OURS, twice, comparisons=2)
    assert compared["twice"].ratio.high is not None and compared["twice"].ratio.high < 0.6
    assert compared["twice"].fid.value == pytest.approx(sum(a - b for a, b in zip(OURS, twice, strict=True)) / 4)
    assert compared["twice"].seeds_for_fid == 2
    assert compared["same"].seeds_for_fid is None


def test_only_seeds_with_both_scores_are_paired() -> None:
    """A training that failed leaves its seed out."""
    made = arms(found=OURS, other=(20.0, 21.0, 19.0, 1000.0))
    failed = {**made, "other": [*made["other"][:3], FakeArm(3, failure="diverged")]}
    assert comparisons(failed)["other"].ratio == paired_ratio(OURS[:3], (20.0, 21.0, 19.0))


def test_claims_are_what_the_intervals_carry() -> None:
    """Better by both scores, worse by both, and not told apart, each in its own words and with its interval."""
    made = arms(found=OURS, poor=[3 * f for f in OURS], rich=[f / 3 for f in OURS], alike=(9.0, 12.0, 8.0, 12.0))
    words = claims(comparisons(made), "found")
    fid, inception = words.split(" By Inception score ")
    assert fid.startswith("By FID found is better than poor (0.33 [0.33, 0.33]); is worse than rich (3.00 ")
    assert fid.endswith("is not told apart from alike.")
    assert inception.startswith("found is better than poor (")
    assert "is worse than rich (-" in inception
    assert inception.endswith("is not told apart from alike.")


def test_one_seed_claims_nothing() -> None:
    """There are numbers and no interval."""
    made = arms(found=OURS[:1], poor=[90.0])
    assert claims(comparisons(made), "found") == (
        "By FID found is not told apart from poor. By Inception score found is not told apart from poor."
    )
    [row] = comparison_table(comparisons(made), "found").rows
    assert row == ("poor", "0.11", "-80.00", "8.00", "–", "–", "1")


def test_the_table_states_its_correction() -> None:
    """How many comparisons there are, and by which test."""
    table = comparison_table(comparisons(arms(found=OURS, poor=[3 * f for f in OURS], same=OURS)), "found")
    assert "the 2 of a score hold in 95 % of cases (Student's t, Bonferroni)" in table.caption
    assert table.rows[0][1].endswith("] (better)")


def test_chosen_generators_are_compared_where_both_were_validated_last() -> None:
    """At the longest common training of each seed, by the ratio of FIDs there; an arm without any is left out."""

    def trained(*course: tuple[int, float]) -> ArmRecord:
        return replace(arm_record([(1e12, 5.0)]), course=course)

    records = {
        "found": [trained((10, 8.0), (20, 4.0)), trained((10, 6.0), (20, 5.0))],
        "longer": [trained((10, 9.0), (20, 8.0), (40, 1.0)), trained((10, 12.0), (15, 2.0))],
        "of an earlier version": [trained(), trained()],
    }
    compared = at_equal_length(records)
    assert list(compared) == ["longer"]
    assert compared["longer"].steps == 15  # 20 and 10
    assert compared["longer"].ratio == paired_ratio([4.0, 6.0], [8.0, 12.0], comparisons=2)
    [row] = equal_length_table(compared, "found", "8 images").rows
    assert row == ("longer", "15", "0.50 [0.50, 0.50] (better)", "2")


def test_costs_are_means_beside_the_share_of_ours() -> None:
    """Steps, images, multiply-accumulates and minutes, and where the chosen generators came from."""
    found = [
        FakeArm(0, 10.0, 5.0, arm_record([(4e12, 20.0), (8e12, 10.0)], origin="beam")),
        FakeArm(1, 11.0, 5.0, arm_record([(4e12, 20.0), (8e12, 5.0)], origin="incumbent sn-gan")),
    ]
    other = [FakeArm(seed, 9.0, 5.0, arm_record([(4e12, 4.0)], trainings=1)) for seed in (0, 1)]
    ours, theirs = arms_table({"found": found, "other": other}).rows
    assert ours[0] == "found"
    assert ours[3:] == (
        "beam 1, incumbent sn-gan 1",
        *("4", "8", "20", "10", "300", "8", "100.0", "2.0"),
        "0.35 [0.00, 28.90]",
    )
    assert (theirs[3], theirs[9], theirs[10], theirs[12]) == ("given", "4", "50.0", "–")
    assert [row[:4] for row in choices_table({"found": found, "other": other}).rows] == [
        ("0", "found", "1011-10011-10103", "beam"),
        ("1", "found", "1011-10011-10103", "incumbent sn-gan"),
    ]


def test_a_flat_end_is_one() -> None:
    """The best by all of the cost over the best by half of it; seeds without a generator by then are left out."""
    flat = arm_record([(1.0, 5.0), (4.0, 5.0)])
    falling = arm_record([(1.0, 8.0), (2.0, 7.0), (4.0, 3.5)])
    late = arm_record([(3.0, 9.0), (4.0, 1.0)])
    assert half_to_all([flat]).value == 1
    assert half_to_all([falling]).value == pytest.approx(0.5)
    assert half_to_all([late]).count == 0
    assert half_to_all([flat, falling, late]).count == 2


@pytest.mark.parametrize(("macs", "unit"), [(3.2e15, "10¹⁵"), (9.99e14, "10¹²"), (1e6, "10⁶"), (10.0, "")])
def test_units_leave_handy_numbers(macs: float, unit: str) -> None:
    """From 1 to below 1,000."""
    scale, written = macs_unit(macs)
    assert written == unit
    assert 1 <= macs / scale < 1000


def test_a_record_without_a_generator_says_why() -> None:
    """It counts as nothing in tables."""
    spent = Spent(Cost(1, 1, 1), 1.0)
    record = ArmRecord(None, "", 0, 2, Spent(), (Point(spent, 1.0, 2.0),), spent, 1.0, "every training diverged: NaN")
    arm = FakeArm(0, failure=record.failure, made_up=record)
    [row] = arms_table({"found": [arm]}).rows
    assert row[1:4] == ("–", "–", "nothing")
