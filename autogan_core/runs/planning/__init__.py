"""What a run will do, cost and need, known before it begins."""
