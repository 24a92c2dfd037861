"""One run of a pipeline: its form, the run of the store that it works on, its record, and what Argo says of it."""
