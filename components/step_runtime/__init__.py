"""The process of a pipeline step: its frame, its attempts, what it reports to the runner and hands to KFP."""
