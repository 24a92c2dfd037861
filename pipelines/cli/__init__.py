"""The command line with everything: ``autogan``, with the groups that need a cluster or its compilers."""
