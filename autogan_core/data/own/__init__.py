"""People's own images: folders, archives, arrays and parquet files."""
