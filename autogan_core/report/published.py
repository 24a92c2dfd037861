"""The paper's Tables 1 and 2, to be shown beside a run's own scores."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One method's scores as the paper prints them; None where it prints none."""

    method: str
    inception_score: str | None
    fid: str | None


def _rows(table: str) -> tuple[PublishedRow, ...]:
    lines = ([part.strip() for part in line.split("|")] for line in table.strip().splitlines())
    return tuple(PublishedRow(method, score or None, fid or None) for method, score, fid in lines)


PUBLISHED: dict[str, tuple[PublishedRow, ...]] = {
    "cifar10": _rows("""
        DCGAN | 6.64 ± .14 |
        Improved GAN | 6.86 ± .06 |
        LRGAN | 7.17 ± .17 |
        DFM | 7.72 ± .13 |
        ProbGAN | 7.75 | 24.60
        WGAN-GP, ResNet | 7.86 ± .07 |
        Splitting GAN | 7.90 ± .09 |
        SN-GAN | 8.22 ± .05 | 21.7 ± .01
        MGAN | 8.33 ± .10 | 26.7
        Dist-GAN | | 17.61 ± .30
        Progressive GAN | 8.80 ± .05 |
        Improving MMD GAN | 8.29 | 16.21
        AutoGAN-top1 | 8.55 ± .10 | 12.42
        AutoGAN-top2 | 8.42 ± .07 | 13.67
        AutoGAN-top3 | 8.41 ± .11 | 13.87
    """),
    "stl10": _rows("""
        D2GAN | 7.98 |
        DFM | 8.51 ± .13 |
        ProbGAN | 8.87 ± .095 | 46.74
        SN-GAN | 9.10 ± .04 | 40.1 ± .50
        Dist-GAN | | 36.19
        Improving MMD GAN | 9.34 | 37.63
        AutoGAN | 9.16 ± .12 | 31.01
    """),
}
"""By ``data.name``: Table 1 (CIFAR-10) and Table 2 (STL-10; AutoGAN with the architecture found on CIFAR-10)."""
