"""Katib Experiments: built from a configuration, written as YAML, and checked against what Katib accepts."""

from components.experiments.builder import build_experiment
from components.experiments.check import check_document, check_text
from components.experiments.pytorch_job import IMAGE, Placement
from components.experiments.recipes import EXPERIMENTS, Recipe, from_recipe, recipe
from components.experiments.render import render

__all__ = [
    "EXPERIMENTS",
    "IMAGE",
    "Placement",
    "Recipe",
    "build_experiment",
    "check_document",
    "check_text",
    "from_recipe",
    "recipe",
    "render",
]
