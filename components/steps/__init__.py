"""The steps of the pipelines as KFP components, one file each.

Their bodies alone travel to the pods, so they import what they need, and never this package, which knows the compiler.
`components.tasks` holds what they share.
"""
