"""The search space: its size, and that every written form reads back."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogan_core.errors import ConfigError
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, NORMALISATIONS, UP_SAMPLINGS
from autogan_core.search_space import (
    CONVS,
    LOSSES,
    NAMED,
    SWITCH,
    Architecture,
    Cell,
    CellSpace,
    DiscriminatorCell,
    DiscriminatorCellSpace,
    SearchSpace,
)

EVERYTHING = CellSpace(
    norms=tuple(NORMALISATIONS), ups=tuple(UP_SAMPLINGS), kernels=tuple(CONVOLUTIONS), ends=tuple(CELL_ENDS)
)


def cells(index: int) -> st.SearchStrategy[Cell]:
    skips = st.tuples(*[st.booleans()] * index)
    options = [st.sampled_from([*words]) for words in (CONVS, NORMALISATIONS, UP_SAMPLINGS)]
    extras = [st.sampled_from([*words]) for words in (CONVOLUTIONS, CELL_ENDS)]
    return st.builds(Cell, *options, st.booleans(), skips, *extras)


architectures = st.integers(1, 6).flatmap(
    lambda depth: st.builds(
        Architecture, st.tuples(*(cells(i) for i in range(depth))), st.sampled_from([None, *LOSSES])
    )
)


def test_sizes_are_the_papers() -> None:
    """36, 72 and 144 cells; 36, 2,592 and 373,248 architectures after each stage."""
    space = SearchSpace.full()
    assert [cell.size for cell in space.cells] == [36, 72, 144]
    assert [space.size(depth) for depth in (1, 2, 3)] == [36, 2592, 373248]
    assert space.size() == 373248


def test_enumeration_is_complete_and_distinct() -> None:
    """Enumerating the first two cells gives each of their 2,592 architectures once, all inside the space."""
    space = SearchSpace.full()
    listed = list(space.enumerate(2))
    assert len(listed) == len(set(listed)) == 2592
    assert all(architecture in space for architecture in listed)
    assert sum(1 for _ in itertools.islice(space.enumerate(), 1000)) == 1000


@given(architectures)
def test_compact_text_round_trips(architecture: Architecture) -> None:
    """Reading the compact text gives the same architecture, at any depth."""
    assert Architecture.parse(str(architecture)) == architecture


@given(architectures)
def test_readable_text_round_trips(architecture: Architecture) -> None:
    """Reading the words gives the same architecture, at any depth."""
    assert Architecture.parse(architecture.readable) == architecture


@given(architectures)
def test_choices_round_trip(architecture: Architecture) -> None:
    """Token indices and cells are each other's inverse in the full space."""
    full = SearchSpace.uniform(architecture.depth, EVERYTHING, SWITCH)
    for space, cell in zip(full.cells, architecture.cells, strict=True):
        assert space.cell(space.choices(cell)) == cell


def test_what_the_papers_cells_do_not_have_is_written_behind_them() -> None:
    """The paper's cells keep their text; another convolution and an end follow as two symbols, or as words."""
    first, second = Architecture.parse("1011x40-14311x01").cells
    assert (first.kernel, first.end, second.kernel, second.end) == ("modulated", "none", "3x3", "attention")
    assert (second.norm, second.up, second.skips) == ("gn", "pixel-shuffle", (True,))
    readable = "pre none nearest modulated shortcut | pre gn pixel-shuffle attention shortcut skip:1"
    assert Architecture((first, second)).readable == readable
    assert str(Architecture.parse("1011x00")) == "1011"


def test_a_loss_ends_an_architecture() -> None:
    """Its symbol is the last group, its word the last of the readable text; prefixes and repetitions keep it."""
    architecture = Architecture.parse("1011-10011-lw")
    assert architecture == Architecture(NAMED["paper-top1"].cells[:2], "wasserstein")
    assert architecture.readable == f"{NAMED['paper-top1'].prefix(2).readable} | wasserstein"
    assert str(architecture.prefix(1)) == "1011-lw" and str(architecture.repeated(1)) == "1011-10011-10011-lw"
    assert architecture != NAMED["paper-top1"].prefix(2)


def test_losses_multiply_the_space() -> None:
    """A space with two losses has each architecture with both, and still holds those that leave it to the settings."""
    cell = CellSpace(("pre",), ("none", "bn"), ("nearest",), (True,))
    space = SearchSpace.uniform(2, cell, (False,), ("hinge", "relativistic"))
    listed = list(space.enumerate())
    assert space.size() == len(set(listed)) == 8
    assert all(architecture in space for architecture in listed)
    assert Architecture(listed[0].cells) in space
    assert Architecture(listed[0].cells, "wasserstein") not in space
    assert space.max_entropy(0, 2) == pytest.approx(3 * math.log(2))
    assert space.max_entropy(1, 2) == pytest.approx(math.log(2))
    rng = random.Random(0)
    assert {space.sample(rng).loss for _ in range(30)} == {"hinge", "relativistic"}


PAIR = "1011-10011-d0010-d2101-lw"


def test_a_discriminator_follows_its_generator() -> None:
    """A group for each of its cells, before the loss; prefixes cut both networks, repetitions repeat both's last."""
    pair = Architecture.parse(PAIR)
    judging = (DiscriminatorCell(), DiscriminatorCell("5x5", "max", shortcut=False, end="attention"))
    assert pair == Architecture(NAMED["paper-top1"].cells[:2], "wasserstein", judging)
    assert str(pair) == PAIR and Architecture.parse(pair.readable) == pair
    words = "discriminator 3x3 average shortcut | discriminator 5x5 max attention | wasserstein"
    assert pair.readable == f"{NAMED['paper-top1'].prefix(2).readable} | {words}"
    assert str(pair.prefix(1)) == "1011-d0010-lw"
    assert str(pair.repeated(1)) == "1011-10011-10011-d0010-d2101-d2101-lw"


def test_discriminators_multiply_the_space() -> None:
    """Each pair is there once, with a discriminator as deep as the generator; none without one belongs to it."""
    cell = CellSpace(("pre",), ("none", "bn"), ("nearest",), (True,))
    judging = DiscriminatorCellSpace(downs=("average", "max", "strided"))
    space = SearchSpace.uniform(3, cell, (False,), discriminator=judging)
    listed = list(space.enumerate())
    assert space.size() == len(set(listed)) == 2**3 * 3**2  # the third cell does not halve its map
    assert all(a in space and len(a.discriminator) == 3 for a in listed)
    assert Architecture(listed[0].cells) not in space
    assert listed[0] not in SearchSpace.uniform(3, cell, (False,))
    assert space.max_entropy(0, 3) == pytest.approx(math.log(72))
    assert SearchSpace.only(listed[5]).size() == 1 and listed[5] in SearchSpace.only(listed[5])
    rng = random.Random(0)
    assert len({space.sample(rng, 2).discriminator for _ in range(100)}) == 9


def test_both_networks_have_equally_many_cells() -> None:
    """Anything else is refused with both numbers."""
    with pytest.raises(ConfigError, match="the discriminator has 1 cell, but the generator 2 cells"):
        Architecture.parse("1011-10011-d0010")


def test_a_wider_space_has_more_tokens_and_the_papers_keeps_its_own() -> None:
    """K and E are tokens where there is a choice; one option alone is every cell's."""
    assert EVERYTHING.option_counts == (2, 6, 4, 2, 5, 2)
    assert CellSpace().option_counts == (2, 3, 3, 2)
    fixed = CellSpace(kernels=("5x5",), ends=("attention",))
    assert fixed.option_counts == (2, 3, 3, 2)
    assert {(cell.kernel, cell.end) for cell in fixed} == {("5x5", "attention")}
    with pytest.raises(ConfigError, match="outside the search space"):
        fixed.choices(Cell("pre", "bn", "nearest", True))


def test_tokens_and_skip_bits_are_the_released_codes(golden: dict[str, Any]) -> None:
    """The flat token vectors equal the released code's, the first cell's skip being the most significant bit."""
    names = {"a": "paper-top1", "b": "paper-top2", "c": "paper-top3"}
    names |= {"sngan_like": "sn-gan", "e2gan_derive_sh": "e2gan"}
    for key, name in names.items():
        cells = str(NAMED[name]).split("-")
        assert [int(number) for cell in cells for number in (*cell[:4], *filter(None, [cell[4:]]))] == golden["archs"][
            key
        ]
    assert Architecture.parse("1011-10110-10101").cells[2].skips == (False, True)
    assert Architecture.parse("1011-10110-10102").cells[2].skips == (True, False)
    counts = [golden["controller"][str(stage)]["tokens"] for stage in range(3)]
    assert [list(cell.option_counts) for cell in SearchSpace.full().cells] == counts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1013", r"cell 1 \('1013'\), position 4 \(shortcut\): 3 is not one of 0 \(off\), 1 \(on\)"),
        ("2011", r"cell 1 .* position 1 \(conv\): 2 is not one of 0 \(post\), 1 \(pre\)"),
        ("1011-1", r"cell 2 .* ends before position 2 \(norm\)"),
        ("1011-10112", r"cell 2 .* position 5 \(skips\): '2' is not a number from 0 to 1"),
        ("1011-1011", r"cell 2 .* position 5 \(skips\): '' is not a number"),
        ("1011-101101", r"cell 2 .* position 5 \(skips\): '01' is not a number"),
        ("10110", "the first cell has no skips"),
        ("1011-1x110", r"cell 2 .* ends before position 2 \(norm\), which takes 0 \(none\), 1 \(bn\)"),
        ("1011-1e110", r"cell 2 .* position 2 \(norm\): e is not one of 0 \(none\), 1 \(bn\)"),
        ("1011-gan", "there is no architecture named"),
        ("1011-lz", r"ends with the loss 'lz', which is not one of lh \(hinge\), ln \(non-saturating\)"),
        ("pre in nearest | crossentropy", r"cell 2 \('crossentropy'\), word 1 \(conv\)"),
        ("lw", "there is no architecture named 'lw'"),
        ("d0010", "there is no architecture named 'd0010'"),
        ("1011-d9010", r"discriminator cell 1 \('d9010'\), position 2 \(kernel\): 9 is not one of 0 \(3x3\)"),
        ("1011-d001", r"discriminator cell 1 .* ends before position 5 \(end\)"),
        ("1011-d00100", r"discriminator cell 1 .* position 6: '0' must go"),
        ("pre in nearest | discriminator 3x3 shortcut", r"discriminator cell 1 .* write discriminator K D \[E\]"),
        ("1011x", r"cell 1 .* ends before position 6 \(kernel\), which takes 0 \(3x3\), 1 \(1x1\)"),
        ("1011x5", r"cell 1 .* position 6 \(kernel\): 5 is not one of 0 \(3x3\)"),
        ("1011x1", r"cell 1 .* ends before position 7 \(end\), which takes 0 \(none\), 1 \(attention\)"),
        ("1011-10111x112", r"cell 2 .* position 9: '2' must go"),
        ("1011--10103", "must be digits only"),
        ("", "must be digits only"),
        ("pre in foo", r"word 3 \(up\): 'foo' is not one of bilinear, nearest, deconv"),
        ("pre in nearest skip:1", "can take skips from no cell, being the first"),
        ("pre in nearest | pre in nearest skip:2", "can take skips from cells 1 to 1"),
        ("pre in nearest fast", r"'fast' is not understood; write C N U \[K\] \[E\] .* one of 3x3, 1x1"),
        ("pre in nearest attention 5x5", "'5x5' is not understood"),
        ("paper-top4", "named ones are paper-top1"),
    ],
)
def test_bad_text_is_refused_with_the_position(text: str, message: str) -> None:
    """The error names the cell, the position, the value and what may stand there."""
    with pytest.raises(ConfigError, match=message):
        Architecture.parse(text)


@given(st.text(alphabet="0123456789-abcdefghijx |:,", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in another way than by ConfigError, and what it reads it writes alike."""
    try:
        architecture = Architecture.parse(text)
    except ConfigError:
        return
    assert Architecture.parse(str(architecture)) == architecture


def test_misplaced_cells_are_refused() -> None:
    """A cell's skip bits must match its place, and there must be a cell."""
    first = Cell("pre", "none", "nearest", True)
    with pytest.raises(ConfigError, match="cell 2 must have 1 skip bits"):
        Architecture((first, first))
    with pytest.raises(ConfigError, match="at least one cell"):
        Architecture(())


def test_sampling_is_uniform() -> None:
    """7,200 draws of the first cell hit its 36 cells about 200 times each (chi-squared, 35 degrees of freedom)."""
    rng = random.Random(1)
    space = SearchSpace.full()
    counts = Counter(space.sample(rng, depth=1) for _ in range(7200))
    chi_squared = sum((n - 200) ** 2 / 200 for n in counts.values())
    assert len(counts) == 36
    assert 15 < chi_squared < 67


def test_the_space_of_one_architecture() -> None:
    """It has size 1, holds its architecture and its prefixes, and nothing else."""
    top1 = NAMED["paper-top1"]
    space = SearchSpace.only(top1)
    assert space.size() == 1
    assert list(space.enumerate()) == [top1]
    assert top1 in space
    assert top1.prefix(2) in space
    assert NAMED["paper-top2"] not in space
    assert space.cells[2].option_counts == (1, 1, 1, 1, 1)


def test_a_narrowed_cell_refuses_what_it_lost() -> None:
    """Token indices count the remaining options, and a removed one is an error that names the cell."""
    space = CellSpace(norms=("none", "in"), ups=("nearest",))
    assert space.option_counts == (2, 2, 1, 2)
    assert space.size == math.prod(space.option_counts) == len(list(space))
    assert space.cell((1, 1, 0, 0)) == Cell("pre", "in", "nearest", False)
    with pytest.raises(ConfigError, match="outside the search space"):
        space.choices(Cell("pre", "bn", "nearest", False))


def test_named_architectures_lie_in_the_papers_space() -> None:
    """The paper's three and the SN-GAN generator are members of the full space."""
    assert set(NAMED) == {"paper-top1", "paper-top2", "paper-top3", "sn-gan", "e2gan"}
    assert all(architecture in SearchSpace.full() for architecture in NAMED.values())


@pytest.mark.parametrize(
    ("text", "count", "longer"),
    [
        ("1011-10011-10103", 0, "1011-10011-10103"),
        ("1011-10011-10103", 1, "1011-10011-10103-10103"),
        ("1011-10011-10101", 2, "1011-10011-10101-10101-10101"),
        ("1111-11110-11110", 1, "1111-11110-11110-11110"),
        ("0201", 2, "0201-02010-02010"),
    ],
)
def test_the_last_cell_repeats(text: str, count: int, longer: str) -> None:
    """Each repetition takes in the cells as far behind it as the last cell did."""
    architecture = Architecture.parse(text)
    repeated = architecture.repeated(count)
    assert str(repeated) == longer
    assert repeated.prefix(architecture.depth) == architecture
    assert Architecture.parse(repeated.readable) == repeated


def test_repetitions_take_in_the_maps_behind_them() -> None:
    """The third cell's skip from the first becomes the fourth's from the second, and so on."""
    third = Architecture.parse("1011-10010-10102")
    assert [cell.sources for cell in third.repeated(2).cells] == [(), (), (0,), (1,), (2,)]
