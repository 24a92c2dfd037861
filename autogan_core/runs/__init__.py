"""The parts of a run beside its search: which architectures are trained how far, and at what cost."""
