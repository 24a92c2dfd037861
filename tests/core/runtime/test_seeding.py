"""Seeds by name."""

from __future__ import annotations

from autogan_core.runtime.seeding import derive_seed, seeded_rng


def test_seeds_are_the_same_everywhere_and_differ_by_name() -> None:
    """A pinned value guards stored runs; names, their order and the base seed all matter."""
    assert derive_seed(0, "a", 1) == 3805457466603685491
    seeds = {derive_seed(s, *names) for s in (0, 1) for names in ((), ("a",), ("a", 1), (1, "a"), ("a/1", "b"))}
    assert len(seeds) == 10
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_generators_repeat() -> None:
    """The same names give the same stream, whose first value is pinned."""
    one, two = (seeded_rng(5, "x", 2).random(3).tolist() for _ in range(2))
    assert one == two
    assert one != seeded_rng(5, "x", 3).random(3).tolist()
    assert seeded_rng(0).random() == 0.16987243297040755
