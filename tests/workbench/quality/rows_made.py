"""Rows whose truth is known, as the pictures of quality take them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import Result
from workbench.quality._rows import ClassRows, Judged


def made(
    is_class: NDArray[np.bool_], chance: NDArray[np.float64], weights: Any = None
) -> ClassRows:
    """Rows with these classes and chances."""
    chance = np.asarray(chance, dtype=float)
    return ClassRows("test", is_class, chance, "y = yes", "P(y = yes)", weights)


def judged(y: Any, said: NDArray[np.float64], weights: Any = None) -> Judged:
    """Held-out rows with these class codes and chances (n, classes)."""
    return Judged("test", np.arange(len(y)), np.asarray(y, dtype=float), said, weights)


def first_part(found: Result) -> pd.DataFrame:
    """The lines of the part that was asked for."""
    frame = found.frame
    return frame[frame["part"] == frame["part"].iloc[0]]


def drawn(seed: int, rows: int = 200, decimals: int = 2, apart: float = 1.0) -> ClassRows:
    """Two bell curves, `apart` from one another, as chances with ties; both classes occur."""
    rng = np.random.default_rng(seed)
    is_class = rng.random(rows) < 0.4
    is_class[:2] = True, False
    score = rng.normal(size=rows) + apart * is_class
    return made(is_class, np.round(1 / (1 + np.exp(-score)), decimals))
