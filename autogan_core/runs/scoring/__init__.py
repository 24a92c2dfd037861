"""What scores a run, and its final scores."""
