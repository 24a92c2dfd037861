"""The steps of the pipelines as KFP components, one file each.

Their bodies alone travel to the pods, so they import what they need, and never this package, which knows the compiler.
Each imports its frame from `components.step_runtime` and its work from `components.tasks`.
"""
