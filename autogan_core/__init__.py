"""AutoGAN's search for GAN generator architectures: the algorithm, free of any cluster.

Nothing in this package imports Kubernetes, Kubeflow or gRPC (import-linter holds it to that), so the same code
runs on a laptop, in a Katib trial and in a pipeline step.
"""

__version__ = "0.1.0"
