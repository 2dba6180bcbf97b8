"""Does another form of a model move an effect by more than chance, and by enough to matter?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: A warning stands where the form moves the effect by more than this many of its standard errors …
WORTH_SAYING = 0.5
#: … and by more of those of the move itself (two-sided 10 %), so that it is hardly chance.
BEYOND_CHANCE = 1.645


def is_real_move(one: tuple[float, Floats], other: tuple[float, Floats]) -> bool:
    """Whether two estimates from the same rows, each with its influences (their squares sum to its
    variance), differ by more than chance and by enough of the first's standard error to matter."""
    move = abs(other[0] - one[0])
    own, error = (np.sqrt((part**2).sum()) for part in (one[1], other[1] - one[1]))
    return bool(move > WORTH_SAYING * own and move > BEYOND_CHANCE * error)
