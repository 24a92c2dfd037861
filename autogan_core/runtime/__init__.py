"""The environment of a process: its device, its peers, seeds, progress reporting and provenance."""
