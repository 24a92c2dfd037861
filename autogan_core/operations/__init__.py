"""The operations that a cell may choose from; each is a class that can be added from outside (docs/extending.md)."""

from autogan_core.operations import cell_ends, convolutions, down_samplings, normalisations, up_samplings
from autogan_core.operations.families import (
    CELL_ENDS,
    CONVOLUTIONS,
    DOWN_SAMPLINGS,
    EXTRAS,
    FAMILIES,
    NORMALISATIONS,
    UP_SAMPLINGS,
    Family,
    load_installed,
    register,
)
from autogan_core.operations.operation import (
    CellEnd,
    Convolution,
    DownSampling,
    Given,
    LayeredOperation,
    Layers,
    Normalisation,
    Operation,
    Shapes,
    UpSampling,
)

__all__ = [
    "CELL_ENDS",
    "CONVOLUTIONS",
    "DOWN_SAMPLINGS",
    "EXTRAS",
    "FAMILIES",
    "NORMALISATIONS",
    "UP_SAMPLINGS",
    "CellEnd",
    "Convolution",
    "DownSampling",
    "Family",
    "Given",
    "LayeredOperation",
    "Layers",
    "Normalisation",
    "Operation",
    "Shapes",
    "UpSampling",
    "cell_ends",
    "convolutions",
    "down_samplings",
    "normalisations",
    "register",
    "up_samplings",
]

load_installed()
