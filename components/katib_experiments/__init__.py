"""Katib Experiments: built from a configuration, written as YAML, and checked against what Katib accepts."""

from components.katib_experiments.builder import build_experiment, build_runtime
from components.katib_experiments.placement import IMAGE, Placement
from components.katib_experiments.recipes import EXPERIMENTS, Recipe, from_recipe, manifests, recipe
from components.katib_experiments.render import render
from components.manifest_checks.manifests import check_document, check_text

__all__ = [
    "EXPERIMENTS",
    "IMAGE",
    "Placement",
    "Recipe",
    "build_experiment",
    "build_runtime",
    "check_document",
    "check_text",
    "from_recipe",
    "manifests",
    "recipe",
    "render",
]
