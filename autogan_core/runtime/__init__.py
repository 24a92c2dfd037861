"""What every process needs: its device, its peers, seeds, progress reporting and provenance."""
