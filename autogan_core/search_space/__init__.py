"""The search space: what a cell may choose, and how an architecture is written down (paper, section 3.1).

Cell s (counted from 0) is the tuple (skip_1 .. skip_s, C, N, U, SC). The compact text has one group per cell, joined by
``-``: a symbol each for C, N, U and SC, then the skip bits as one number, the bit from the first cell the most
significant (so ``1011-10011-10103`` is the paper's best). That order is the released code's token order, which is what
the controller samples; the paper's tuple names the skips first, and calls itself an (s+5)-tuple though it lists s+4.

What a cell chooses beyond the paper, its convolution K and its end E, follows as ``x`` and a symbol each, where it is
not the paper's: ``1011x40``. The options of N, U, K and E are those that `operations` knows. Where the search chooses
the discriminator too, a group for each of its cells follows, and where it chooses a loss, one for it:
``1011-10011-d0010-d2110-lw``.
"""

from autogan_core.search_space.architecture import LOSSES, NAMED, Architecture
from autogan_core.search_space.cell import CONVS, Cell, Conv
from autogan_core.search_space.choices import Choices
from autogan_core.search_space.discriminator_cell import DiscriminatorCell, DiscriminatorCellSpace
from autogan_core.search_space.space import (
    SWITCH,
    SWITCH_WORDS,
    CellSpace,
    SearchSpace,
    SwitchWord,
    chosen,
    switched,
)

__all__ = [
    "CONVS",
    "LOSSES",
    "NAMED",
    "SWITCH",
    "SWITCH_WORDS",
    "Architecture",
    "Cell",
    "CellSpace",
    "Choices",
    "Conv",
    "DiscriminatorCell",
    "DiscriminatorCellSpace",
    "SearchSpace",
    "SwitchWord",
    "chosen",
    "switched",
]
