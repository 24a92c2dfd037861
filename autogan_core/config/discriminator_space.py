"""What the discriminator's cells may choose, where they are searched too."""

from __future__ import annotations

from typing import Annotated

from autogan_core.config.ranges import OneOf
from autogan_core.config.section import Section
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, DOWN_SAMPLINGS
from autogan_core.search_space import SWITCH_WORDS, DiscriminatorCellSpace, SwitchWord, chosen, switched


class DiscriminatorSpaceConfig(Section):
    """What every cell of the discriminator may choose, where ``search.networks`` is both; the paper's is fixed."""

    kernel: tuple[Annotated[str, OneOf(CONVOLUTIONS)], ...] = ("3x3", "1x1", "5x5", "separable")
    """K: the convolutions, but the one that sees the images. Paper: 3x3. Not modulated, which needs latent vectors."""
    down: tuple[Annotated[str, OneOf(DOWN_SAMPLINGS)], ...] = ("average", "max", "strided")
    """D: how a cell halves its map. Paper: average."""
    shortcut: tuple[SwitchWord, ...] = SWITCH_WORDS
    """SC: the in-cell shortcut. Paper: with."""
    end: tuple[Annotated[str, OneOf(CELL_ENDS)], ...] = ("none", "attention")
    """E: what follows the cell. Paper: none."""

    def check(self) -> None:
        """See `Section.check`."""
        for name, options in self:
            if not options or len(set(options)) < len(options):
                raise ValueError(
                    f"search.discriminator.{name} must list different options, at least one, not {list(options)}"
                )
        for name, family in (("kernel", CONVOLUTIONS), ("end", CELL_ENDS)):
            for word in getattr(self, name):
                if family[word].needs_latents:
                    raise ValueError(
                        f"search.discriminator.{name} has {word} ({family[word].phrase}), which needs latent vectors; "
                        "leave it out"
                    )

    def cell(self) -> DiscriminatorCellSpace:
        """A cell's space, with options in their own order whatever the lists' order."""
        return DiscriminatorCellSpace(
            chosen(CONVOLUTIONS, self.kernel),
            chosen(DOWN_SAMPLINGS, self.down),
            switched(self.shortcut),
            chosen(CELL_ENDS, self.end),
        )
