"""What a report shows: a run's results, its ladder, and observations on its search."""
