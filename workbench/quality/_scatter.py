"""Which rows are drawn as points where there are too many to be seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def drawn(rows: int, most: int, seed: int) -> NDArray[np.intp]:
    """The places of the rows that are drawn, in order: all, or a random sample of `most`."""
    if rows <= most:
        return np.arange(rows, dtype=np.intp)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def drawn_note(rows: int, most: int, seed: int) -> tuple[str, ...]:
    """What the picture leaves out."""
    if rows <= most:
        return ()
    return (f"{most:,} of these rows are drawn as points, taken at random (seed {seed}).",)
