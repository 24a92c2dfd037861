"""What a run is made of beside its search: which architectures are trained how far, and what that costs."""
