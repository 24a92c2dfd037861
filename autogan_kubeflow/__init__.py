"""The part of AutoGAN that runs on Kubernetes: the components and the pipelines, under one name.

In the repository both are folders at the top, linked here; what is installed has them nowhere else.
"""
