"""Figures of an ablation's page: bars, curves and scatter plots as SVG."""
