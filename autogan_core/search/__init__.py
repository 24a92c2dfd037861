"""Algorithm 1 of the paper: the multi-level search, its RNN controller and REINFORCE. Needs no torch."""
