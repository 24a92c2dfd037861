"""Images as everything else here sees them: arrays, their sources, files and downloads."""
