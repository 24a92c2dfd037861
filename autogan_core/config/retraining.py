"""Training what the search has found."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from autogan_core.config.ranges import Count, Decay, Range, Steps, Width
from autogan_core.config.section import Section
from autogan_core.errors import ConfigError
from autogan_core.search_space import Architecture
from autogan_core.vectors import joined


def _texts(architectures: Any) -> Any:
    """YAML takes architectures that are digits alone for numbers, and released vectors for lists of them."""
    if not isinstance(architectures, list | tuple):
        return architectures
    words = [" ".join(map(str, word)) if isinstance(word, list) else str(word) for word in architectures]
    return tuple(joined(words))


class RetrainConfig(Section):
    """Training the found architectures as GANs of their own (paper, sections 3.3.3 and 4)."""

    start: Literal["scratch", "shared"] = "scratch"
    """scratch: from fresh weights (paper). shared: from the search's own generator, discriminator and Adam moments,
    which needs the search's widths. A run that has no search, such as a transfer evaluation, starts from scratch."""
    num_architectures: Count = 5
    """How many of the best beams (at most ``search.top_k``), or of a pool, are trained to the end. Paper: all K."""
    pool: Count | None = None
    """Architectures that successive halving starts from, at least ``num_architectures``: the best beam and all
    incumbents, then the other beams and the best candidates, as far as there is room. All are trained a little, the
    better half goes on, and so on. None: no pool but all beams and incumbents, and without incumbents no halving.
    Paper: no halving."""
    incumbents: Annotated[tuple[str, ...], BeforeValidator(_texts)] = ()
    """Known architectures that enter the pool, by name, such as ``sn-gan``, or in any written form. Those that have
    another number of cells or lie outside ``search.space`` are left out. Not in the paper."""
    generator_iterations: Steps = 50_000
    """Generator steps of a whole training."""
    generator_channels: Width = 256
    """Feature maps of every generator layer. Paper: not given; released retraining scripts: 256."""
    discriminator_channels: Width = 128
    """Feature maps of every discriminator layer. Paper: not given; released retraining scripts: 128."""
    ema_decay: Decay = 0.999
    """Share of the old value kept in the averaged generator that is scored, in [0, 1). Released code: 0.999."""
    validate_every: Steps = 2500
    """Generator steps between two scorings. Released code: every 20 epochs, 3,128 steps on CIFAR-10."""
    validation_images: Annotated[int, Range(ge=2, le=100_000_000)] = 10_000
    """Images for each of those scorings."""

    def check(self) -> None:
        """See `Section.check`."""
        if self.pool is not None and self.pool < self.num_architectures:
            raise ValueError(f"pool ({self.pool}) must be at least num_architectures ({self.num_architectures})")
        for incumbent in self.incumbents:
            try:
                Architecture.parse(incumbent)
            except ConfigError as error:
                raise ValueError(f"incumbents holds '{incumbent}': {error}") from error

    @property
    def halves(self) -> bool:
        """Whether a pool is thinned out while it is trained; if not, the best beams are all trained to the end."""
        return self.pool is not None or bool(self.incumbents)
