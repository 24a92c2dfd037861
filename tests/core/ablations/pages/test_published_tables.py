"""Published numbers in tables of their own."""

from __future__ import annotations

import pytest

from autogan_core.ablations.pages.published_tables import later_table, paper_table


@pytest.mark.parametrize(("data", "number", "rows"), [("cifar10", 1, 15), ("stl10", 2, 7)])
def test_every_row_is_marked_as_published(data: str, number: int, rows: int) -> None:
    """With its source, under the paper's table number, and without a note on other images."""
    table = paper_table(data)
    assert len(table.rows) == rows
    assert all(row[-1].startswith("published: ") for row in table.rows)
    assert f"as the paper's Table {number} collects it" in table.caption
    assert "not comparable" not in table.caption


def test_the_papers_own_rows() -> None:
    """Tables 1 and 2's rows of AutoGAN, digit for digit; a dash where the paper has no number."""
    cifar10, stl10 = ({row[0]: row[1:3] for row in paper_table(data).rows} for data in ("cifar10", "stl10"))
    assert cifar10["AutoGAN-top1"] == ("8.55 ± .10", "12.42")
    assert cifar10["AutoGAN-top2"] == ("8.42 ± .07", "13.67")
    assert cifar10["AutoGAN-top3"] == ("8.41 ± .11", "13.87")
    assert stl10["AutoGAN"] == ("9.16 ± .12", "31.01")
    assert cifar10["DCGAN"] == ("6.64 ± .14", "–")
    assert cifar10["Dist-GAN"] == ("–", "17.61 ± .30")


def test_other_data_get_table_1_and_a_warning() -> None:
    """Nobody published scores on digits; the caption says that the numbers do not compare."""
    assert paper_table("digits").rows == paper_table("cifar10").rows
    assert "Other images and features than here: not comparable with the rows above." in paper_table("digits").caption


def test_later_searches_stand_in_a_table_of_their_own() -> None:
    """AutoGAN first; costs and scores as published, all with their sources, none without."""
    table = later_table()
    assert table.rows[0] == (
        "AutoGAN",
        "generator, by reinforcement learning",
        "8.55 ± .10 / 12.42",
        "9.16 ± .12 / 31.01",
        "43 h, GPU not named",
        table.rows[0][-1],
    )
    assert all(len(row) == len(table.headers) for row in table.rows)
    assert all(row[-1].startswith("published: ") for row in table.rows)
    assert {row[0]: row[2] for row in table.rows}["AlphaGAN"] == "– / –"
