"""The grid points all contenders of a task share, made once: in the first call, not in the best."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contender import Answer
from ..world import Floats, World

#: Grid points of a curve, and bins of accumulated local effects.
POINTS = 50
#: Grid points of each side of a surface.
SIDE = 10


@cache
def grid(world: World, feature: int, points: int = POINTS) -> Floats:
    """Equally spaced from the 5th to the 95th percentile: scikit-learn's grid, and woodelf's."""
    from scipy.stats.mstats import mquantiles

    values = world.values[:, feature]
    low, high = mquantiles(values[~np.isnan(values)], prob=(0.05, 0.95))
    return np.linspace(low, high, points)


def grid_codes(trees: Any, world: World, points: int = POINTS) -> list[NDArray[np.int64]]:
    """The codes of every column's grid."""
    return [trees.encoder.code_of(f, grid(world, f, points)) for f in range(world.size.features)]


def curves_at(curves: Any, codes: list[NDArray[np.int64]]) -> Answer:
    """Curves at every code, taken at the grid: (features, points)."""
    return np.array([curves.of(f)[at] for f, at in enumerate(codes)])
