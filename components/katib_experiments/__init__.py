"""Katib Experiments: built from a configuration, written as YAML for people to read and edit."""

from autogan_kubeflow.components.katib_experiments.builder import build_experiment, build_runtime
from autogan_kubeflow.components.katib_experiments.placement import IMAGE, Placement
from autogan_kubeflow.components.katib_experiments.recipes import EXPERIMENTS, Recipe, from_recipe, manifests, recipe
from autogan_kubeflow.components.katib_experiments.render import render

__all__ = [
    "EXPERIMENTS",
    "IMAGE",
    "Placement",
    "Recipe",
    "build_experiment",
    "build_runtime",
    "from_recipe",
    "manifests",
    "recipe",
    "render",
]
