"""What a run's folder holds beside its states: configuration, claims, times."""
