"""How every step becomes a KFP component: in our image, which has everything, with nothing installed at run time."""

from functools import partial

from kfp import dsl

from autogan_kubeflow.components.katib_experiments import IMAGE

component = partial(dsl.component, base_image=IMAGE, install_kfp_package=False)
"""The decorator. The image is a placeholder that `pipelines.placement` replaces."""
