"""The operations that a cell may choose from; each is a class that can be added from outside (docs/extending.md)."""

from autogan_core.operations import cell_ends, convolutions, normalisations, up_samplings
from autogan_core.operations.families import (
    CELL_ENDS,
    CONVOLUTIONS,
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
    "EXTRAS",
    "FAMILIES",
    "NORMALISATIONS",
    "UP_SAMPLINGS",
    "CellEnd",
    "Convolution",
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
    "normalisations",
    "register",
    "up_samplings",
]

load_installed()
