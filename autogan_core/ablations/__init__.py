"""The paper's ablations: each ablation, baseline and comparison as one command, ``autogan reproduce``.

A module for each ablation says which runs it needs and what it makes of them; `catalogue` lists them all. Runs are
shared: the paper's search on one seed is trained once, and every ablation that compares something with it reads it.
"""
