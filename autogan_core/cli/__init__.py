"""The command line ``autogan``, as far as it needs no cluster."""
