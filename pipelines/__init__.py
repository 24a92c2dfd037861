"""Kubeflow pipelines that chain the components."""
