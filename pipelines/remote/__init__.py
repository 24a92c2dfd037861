"""Kubeflow Pipelines from outside: connecting, submitting and following runs, schedules and uploads."""
