"""Comparisons at equal total cost: what the ablation ``payoff`` measures."""
