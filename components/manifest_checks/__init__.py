"""Checks of manifests: what Katib, the jobs' controllers and our own rules ask, told without a cluster."""
