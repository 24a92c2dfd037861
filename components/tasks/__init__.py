"""The work of each pipeline step, a module for each; `components.steps` hands them to KFP."""
