"""Published scores, each with its source, to be shown beside a run's own: the paper's tables, and later searches.

`PUBLISHED` holds the paper's Tables 1 and 2. The paper says that it took the others' numbers from their own papers
(section 4.1); a row's source is the work that it cites there. The protocols differ among these works, and DCGAN (2015)
is older than the Inception score (2016), so that row is somebody's later measurement, the paper does not say whose.

`LATER_SEARCHES` holds searches for GAN architectures that came after AutoGAN. They do not compare architectures alone:

- Training budgets differ. AutoGAN retrains for 50,000 generator iterations; by their released scripts E2GAN takes
  150,000 (STL-10: 600,000), and AdversarialNAS 120 epochs.
- Networks differ. AdversarialNAS has a latent size of 120 and other widths (270 channels on STL-10), and only E2GAN
  searches AutoGAN's own cells. CAGAN's repository also trains with another loss than the hinge loss.
- Costs are of different GPUs, most of them not named, and leave out retraining.

A number that nobody of this project saw in the source that is named is None; systems without any seen number (AGAN,
Auto-GAS) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """The publication that a row's numbers come from."""

    authors: str | None
    """Surnames, or the first and ``et al.``; None where only the title was seen."""
    title: str
    """The work's title, perhaps without its end."""
    venue: str
    """Journal or conference and year; or another kind of source, such as a repository's README."""
    link: str | None
    """The source's address; None where none is known for certain."""

    @property
    def text(self) -> str:
        """The source in one line, without its address."""
        return ", ".join(part for part in (self.authors, self.title, self.venue) if part)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores on one data set as their source prints them; None where it prints none, or where none was seen."""

    inception_score: str | None = None
    fid: str | None = None


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One method's scores as the paper prints them; None where it prints none."""

    method: str
    inception_score: str | None
    fid: str | None
    reference: int | None
    """The source's number in the paper's list of references; None for the paper itself."""
    source: Source


@dataclass(frozen=True, slots=True)
class SearchedRow:
    """A search for GAN architectures, with the scores of the best network that it found."""

    method: str
    searches: str
    """Which networks are searched, and how."""
    cifar10: Scores
    stl10: Scores
    cost: str | None
    """The cost of the search, without retraining; None where none is published."""
    source: Source

    def scores_on(self, data_name: str) -> Scores:
        """The scores on a data set by its ``data.name``; none at all for others than CIFAR-10 and STL-10."""
        return {"cifar10": self.cifar10, "stl10": self.stl10}.get(data_name, Scores())


_ARXIV = "https://arxiv.org/abs/"
_OPENREVIEW = "https://openreview.net/forum?id="

AUTOGAN = Source(
    "Gong et al.",
    "AutoGAN: Neural architecture search for generative adversarial networks",
    "ICCV 2019",
    _ARXIV + "1908.03835",
)
"""The paper itself."""


def _references(table: str) -> dict[int, Source]:
    lines = ([part.strip() for part in line.split("|")] for line in table.strip().splitlines())
    return {int(n): Source(authors, title, venue, link) for n, authors, title, venue, link in lines}


# As the paper's list of references has them, which only scan 000 has; its [14] has the authors in disorder, its [19]
# names no venue. Addresses that the list does not give are from the works' own pages.
REFERENCES: dict[int, Source] = _references(f"""
12 | Grinblat et al. | Class-splitting generative adversarial networks | arXiv 2017 | {_ARXIV}1709.07359
13 | Gulrajani et al. | Improved training of Wasserstein GANs | NeurIPS 2017 | {_ARXIV}1704.00028
14 | He et al. | ProbGAN: Towards probabilistic GAN with theoretical guarantees | ICLR 2019 | {_OPENREVIEW}H1l7bnR5Ym
19 | Hoang et al. | MGAN: Training generative adversarial nets with multiple generators | ICLR 2018 \
    | {_OPENREVIEW}rkmu5b0a-
26 | Karras et al. | Progressive growing of GANs | ICLR 2018 | {_ARXIV}1710.10196
42 | Miyato et al. | Spectral normalization for generative adversarial networks | arXiv 2018 | {_ARXIV}1802.05957
44 | Nguyen et al. | Dual discriminator generative adversarial nets | NeurIPS 2017 | {_ARXIV}1709.03831
47 | Radford et al. | Unsupervised representation learning with deep convolutional generative adversarial networks \
    | arXiv 2015 | {_ARXIV}1511.06434
50 | Salimans et al. | Improved techniques for training GANs | NeurIPS 2016 | {_ARXIV}1606.03498
54 | Tran et al. | Dist-GAN: An improved GAN using distance constraints | ECCV 2018 | {_ARXIV}1803.08887
56 | Wang et al. | Improving MMD-GAN training with repulsive loss function | arXiv 2018 | {_ARXIV}1812.09916
58 | Warde-Farley and Bengio | Improving generative adversarial networks with denoising feature matching \
    | ICLR 2017 | {_OPENREVIEW}S1X7nhsxl
62 | Yang et al. | LR-GAN: Layered recursive generative adversarial networks | arXiv 2017 | {_ARXIV}1703.01560
""")
"""The works behind the rows of Tables 1 and 2, by their number in the paper's list of references."""


def _rows(table: str) -> tuple[PublishedRow, ...]:
    lines = ([part.strip() for part in line.split("|")] for line in table.strip().splitlines())
    return tuple(_row(method, reference, score, fid) for method, reference, score, fid in lines)


def _row(method: str, reference: str, score: str, fid: str) -> PublishedRow:
    number = int(reference) if reference else None
    source = AUTOGAN if number is None else REFERENCES[number]
    return PublishedRow(method, score or None, fid or None, number, source)


# Both scans of the paper print the same numbers in these tables.
PUBLISHED: dict[str, tuple[PublishedRow, ...]] = {
    "cifar10": _rows("""
        DCGAN | 47 | 6.64 ± .14 |
        Improved GAN | 50 | 6.86 ± .06 |
        LRGAN | 62 | 7.17 ± .17 |
        DFM | 58 | 7.72 ± .13 |
        ProbGAN | 14 | 7.75 | 24.60
        WGAN-GP, ResNet | 13 | 7.86 ± .07 |
        Splitting GAN | 12 | 7.90 ± .09 |
        SN-GAN | 42 | 8.22 ± .05 | 21.7 ± .01
        MGAN | 19 | 8.33 ± .10 | 26.7
        Dist-GAN | 54 | | 17.61 ± .30
        Progressive GAN | 26 | 8.80 ± .05 |
        Improving MMD GAN | 56 | 8.29 | 16.21
        AutoGAN-top1 | | 8.55 ± .10 | 12.42
        AutoGAN-top2 | | 8.42 ± .07 | 13.67
        AutoGAN-top3 | | 8.41 ± .11 | 13.87
    """),
    "stl10": _rows("""
        D2GAN | 44 | 7.98 |
        DFM | 58 | 8.51 ± .13 |
        ProbGAN | 14 | 8.87 ± .095 | 46.74
        SN-GAN | 42 | 9.10 ± .04 | 40.1 ± .50
        Dist-GAN | 54 | | 36.19
        Improving MMD GAN | 56 | 9.34 | 37.63
        AutoGAN | | 9.16 ± .12 | 31.01
    """),
}
"""Published rows by ``data.name``: Table 1 (CIFAR-10) and Table 2 (STL-10; AutoGAN with the architecture found on
CIFAR-10)."""


def _searched(table: str) -> tuple[SearchedRow, ...]:
    lines = ([part.strip() for part in line.split("|")] for line in table.strip().splitlines())
    return tuple(
        SearchedRow(method, searches, _scores(cifar10), _scores(stl10), cost or None, _source(*source))
        for method, searches, cifar10, stl10, cost, *source in lines
    )


def _scores(pair: str) -> Scores:
    return Scores(*(part.strip() for part in pair.split("/"))) if pair else Scores()


def _source(authors: str, title: str, venue: str, link: str) -> Source:
    return Source(authors or None, title, venue, link or None)


# Inception score / FID on CIFAR-10, the same on STL-10, and the search's cost. Seen in the works' abstracts; DEGAS's
# and E2GAN's in their entries at Papers with Code, T-EAGAN's in its README, DGGAN's cost where EAGAN quotes it. SCGAN's
# cost is its abstract's: an early README of it had kept T-EAGAN's text.
LATER_SEARCHES: tuple[SearchedRow, ...] = (
    SearchedRow(
        method="AutoGAN",
        searches="generator, by reinforcement learning",
        cifar10=Scores("8.55 ± .10", "12.42"),
        stl10=Scores("9.16 ± .12", "31.01"),
        cost="43 h, GPU not named",
        source=AUTOGAN,
    ),
    *_searched(f"""
DEGAS | generator, by gradients | 8.37 / 12.01 | 9.71 / 28.76 | \
    | Doveh and Giryes | DEGAS: Differentiable efficient generator search | arXiv 2019 | {_ARXIV}1912.00606
AdversarialNAS | generator and discriminator, by gradients | 8.74 / 10.87 | 9.63 / 26.98 | 1 GPU day \
    | Gao et al. | AdversarialNAS: Adversarial neural architecture search for GANs | CVPR 2020 | {_ARXIV}1912.02037
AlphaGAN | generator, by gradients | | | 3 GPU hours \
    | Tian et al. | AlphaGAN: Fully differentiable architecture search for GANs | arXiv 2020 | {_ARXIV}2006.09134
E2GAN | generator (AutoGAN's cells), by reinforcement learning | 8.51 / 11.26 | 9.51 / 25.35 | 7 h, RTX 2080 Ti \
    | Tian et al. | Off-policy reinforcement learning for GAN architecture search | ECCV 2020 | {_ARXIV}2007.09180
DGGAN | generator and discriminator, by growing | | | 580 GPU days, says EAGAN \
    | Liu et al. | Dynamically grown generative adversarial networks | AAAI 2021 | {_ARXIV}2106.08505
EAGAN | generator, then discriminator, by evolution | 8.81 ± .10 / 9.91 | 10.44 ± .087 / 22.18 | 1.2 GPU days \
    | Ying et al. | EAGAN: Efficient two-stage evolutionary architecture search | ECCV 2022 | {_ARXIV}2111.15097
EWSGAN | generator, by evolution | 8.99 / 9.09 | 10.51 / 21.89 | \
    | Xue et al. | Evolutionary architecture search for GANs based on weight sharing | IEEE TEVC 2024 \
    | {_OPENREVIEW}i13iSvbk1D
CAGAN | generator, by evolution | 8.96 ± .06 / 9.45 | 10.39 ± .13 / 19.34 | 0.35 GPU days \
    | Yang et al. | CAGAN: Constrained neural architecture search for GANs | Knowledge-Based Systems 2024 \
    | https://github.com/fly2tortoise/CAGAN
EAMGAN | by evolution (which network, was not seen) | 8.83 ± .13 / 9.55 | | 0.66 GPU days \
    | | Evolutionary architecture search for GANs using an aging mechanism | Neural Networks 2024 \
    | https://www.aimedicalcompendium.com/article.cfm?id=106647
T-EAGAN | by evolution (which network, was not seen) | 8.957 ± .08 / 9.432 | 10.576 ± .085 / 20.323 \
    | 1.08 GPU days (in another version of the README 2) \
    | | Time-constrained evolutionary neural architecture search for GANs | README of its repository |
SCGAN | generator, by evolution | 9.68 ± .06 / 5.54 | 12.12 ± .13 / 12.54 | 0.4 GPU days \
    | Zhu et al. | SCGAN: Sampling and clustering-based neural architecture search | IEEE TETCI 2025 \
    | {_OPENREVIEW}rqzUIrE1ul
"""),
)
"""AutoGAN and the searches after it; why they do not compare, and which are left out, stands at this module's head."""
