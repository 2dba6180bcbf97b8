"""The nodes of a normal form as compiled loops are given them; the place of each array counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]


class Nodes(NamedTuple):
    """The nodes of all trees, one after another; `left` is -1 at a leaf. What kernels are given.

    `feature` the column asked about, `low` and `width` the interval of codes that goes left,
    `levels` the row of `bits` that says which codes of a category go left, or -1 for a number.
    """

    left: Ints
    right: Ints
    feature: Ints
    low: Ints
    width: NDArray[np.uint32]
    levels: Ints
    bits: NDArray[np.uint64]
