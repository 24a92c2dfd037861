"""What to do with the images that were found, on the device that there is, in the time that there is.

A pure function of what was found and measured: no file is read, nothing is timed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autogan_core.errors import DataError
from autogan_core.first_run.budget import SCORING_SHARE, SEARCH_SHARE, fit_scores, fit_search, fit_training
from autogan_core.first_run.decisions import Decisions
from autogan_core.first_run.findings import Findings
from autogan_core.first_run.machine import Machine
from autogan_core.first_run.networks import SHAPES, Measures, choose_networks
from autogan_core.operations import NORMALISATIONS

LEAST_IMAGES = 32
"""Images to train on: one batch. A generator repeats fewer, whatever is done."""
FEW_IMAGES = 10_000
"""Training images below which a discriminator may come to know them by heart, so that they are shown changed then."""
LEAST_OF_CLASS, LEAST_CLASSES = 10, 2
"""Images of a class, and such classes, from which a classifier can learn and be tested."""
GOOD_OF_CLASS = 100
"""Images of a class, in the mean, below which a classifier knows little; InceptionV3 then judges better."""
LEAST_DRAWN = 1000
"""Images of the smallest class from which on classes are drawn one by one. With fewer, a generator that is told the
class repeats itself within it (Shahbazi et al., ICLR 2022): on 180 digits of each, recall was 0.01 instead of 0.60."""
MOST_CLASSES = 100
"""Classes beyond which a generator's scales and shifts for each of them get too few images to learn from."""
HOURS_ON_CPU, HOURS_ON_GPU = 1.0, 8.0
"""What a run may take if nobody says."""


def require_enough(findings: Findings) -> None:
    """Refuses images of which nothing can be learnt.

    Args:
        findings: what was found.

    Raises:
        DataError: there are too few, or they are too small.
    """
    smallest = SHAPES[0].size
    if (usable := findings.reaching(smallest)) < LEAST_IMAGES:
        small = findings.readable - usable
        told = f"{usable:,} usable images" if usable != 1 else "1 usable image"
        extra = f" ({small:,} have fewer than {smallest}x{smallest} pixels)" if small else ""
        raise DataError(
            f"{findings.place} holds {told}{extra}, of which a generator would learn nothing but to repeat them; "
            f"collect at least {LEAST_IMAGES}, better a thousand or more"
        )


def advise(
    findings: Findings, machine: Machine, hours: float | None, given: Mapping[str, Any], measures: Measures
) -> Decisions:
    """Decides every setting of a first run.

    Args:
        findings: what was found in the images.
        machine: where the run will work.
        hours: what it may take; None: `HOURS_ON_CPU` or `HOURS_ON_GPU`.
        given: settings that the person has chosen, JSON values by dotted names; they stand.
        measures: of the device.

    Returns:
        The decisions, with reasons.

    Raises:
        ConfigError: what was given does not go together.
        DataError: see `require_enough`.
    """
    require_enough(findings)
    seconds = 3600 * allowed_hours(machine, hours)
    start = Decisions(given)
    # What is decided last must not be at odds before with what is given.
    start.decide("search.top_k", start.decide("retrain.num_architectures", 1, ""), "")
    _images(start, findings)
    _classes(start, findings)
    score_features(start, findings, machine)
    decisions, estimate = choose_networks(start, findings, machine, seconds, measures)
    images = findings.used(decisions.config())
    seconds = max(seconds - estimate(decisions.config()).preparation, seconds / 10)
    fit_scores(decisions, images, estimate, SCORING_SHARE * seconds)
    scoring = estimate(decisions.config()).scoring
    fit_search(decisions, images, estimate, SEARCH_SHARE * seconds)
    fit_training(decisions, images, estimate, seconds - scoring - estimate(decisions.config()).search)
    return decisions


def allowed_hours(machine: Machine, hours: float | None) -> float:
    """What a run may take: what was said, or what is usual on the device."""
    return hours if hours is not None else HOURS_ON_GPU if machine.gpu else HOURS_ON_CPU


def _images(decisions: Decisions, findings: Findings) -> None:
    if findings.grey:
        decisions.decide("model.image_channels", 1, "all images are grey")
    else:
        decisions.decide("model.image_channels", 3, "images are in colour")
    broken = len(findings.unreadable)
    why = "a file that cannot be read, or is too small, is left out and named"
    if broken:
        why = f"{broken:,} file{'s' if broken > 1 else ''} cannot be read; what cannot, or is too small, is left out"
    decisions.decide("data.unusable", "leave-out", why)
    decisions.decide("training.mirror", False, "a mirror spoils letters; set it to true if your images show none")
    if findings.readable < FEW_IMAGES:
        # Changed from the beginning they would be learnt more slowly, in runs that are too short to overfit as well.
        reason = f"{findings.readable:,} images are few: they are shown changed as soon as they are known by heart"
        decisions.decide("training.augmentation", "adaptive", reason)
    else:
        reason = f"{findings.readable:,} images are enough to show them as they are"
        decisions.decide("training.augmentation", "none", reason)


def _classes(decisions: Decisions, findings: Findings) -> None:
    count, smallest = len(findings.classes), min(findings.classes.values(), default=0)
    if count < LEAST_CLASSES:
        reason = "there are no classes to draw by"
    elif smallest < LEAST_DRAWN:
        reason = f"a class of {smallest:,} images is too small to be drawn by itself; {LEAST_DRAWN:,} would do"
    elif count > MOST_CLASSES:
        reason = f"{count:,} classes are too many to be drawn one by one; up to {MOST_CLASSES} would do"
    else:
        reason = f"your {count:,} classes, each of which 'autogan sample --label NAME' then draws"
        if findings.unlabelled:
            reason += f"; {findings.unlabelled:,} images without a label are learnt from all the same"
        if decisions.decide("model.classes", count, reason):
            told = "the paper's normalisations, and one with a scale and a shift for each class"
            decisions.decide("search.space.norm", [*NORMALISATIONS.paper, "cbn"], told)
        return
    decisions.decide("model.classes", 0, reason)


def score_features(decisions: Decisions, findings: Findings, machine: Machine) -> str:
    """Decides what scores are computed on.

    Args:
        decisions: this one is added.
        findings: what was found in the images.
        machine: where the run will work.

    Returns:
        ``inception`` or ``classifier``, given or decided.
    """
    learnable = findings.classes_of(LEAST_OF_CLASS)
    mean = sum(findings.classes.values()) / max(len(findings.classes), 1)
    if learnable < LEAST_CLASSES:
        if not findings.classes:
            why = "there are no classes for a classifier to learn"
        else:
            why = f"a classifier needs {LEAST_CLASSES} classes of {LEAST_OF_CLASS} images, and there are {learnable}"
        at_hand = "its weights are at hand" if machine.inception else "its weights, 91 MB, have to be downloaded"
        chosen, reason = ("inception", f"{why}; InceptionV3 judges photographs, and {at_hand}")
    elif mean < GOOD_OF_CLASS and machine.inception:
        reason = f"{mean:.0f} images a class are few for a classifier, and InceptionV3's weights are at hand"
        chosen = "inception"
    else:
        told = f"a classifier learns your {len(findings.classes):,} classes and judges by them"
        if mean < GOOD_OF_CLASS:
            told += f"; from {mean:.0f} images a class it learns little, which the report shows as its accuracy"
        chosen, reason = "classifier", told
    why = "unlike the Inception score it tells bad candidates apart as well as good ones"
    decisions.decide("search.reward.score", "log-fid", why)
    return str(decisions.decide("scores.features", chosen, reason))
