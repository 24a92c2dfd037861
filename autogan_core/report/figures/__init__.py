"""Figures of a report: charts and architecture diagrams as SVG, image grids as PNG."""
