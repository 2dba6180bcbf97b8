"""Rows whose truth is known, as the pictures of quality take them."""

import numpy as np
from numpy.typing import NDArray

from workbench.quality._rows import ClassRows


def made(is_class: NDArray[np.bool_], chance: NDArray[np.float64]) -> ClassRows:
    """Rows with these classes and chances."""
    return ClassRows("test", is_class, np.asarray(chance, dtype=float), "y = yes", "P(y = yes)")


def drawn(seed: int, rows: int = 200, decimals: int = 2, apart: float = 1.0) -> ClassRows:
    """Two bell curves, `apart` from one another, as chances with ties; both classes occur."""
    rng = np.random.default_rng(seed)
    is_class = rng.random(rows) < 0.4
    is_class[:2] = True, False
    score = rng.normal(size=rows) + apart * is_class
    return made(is_class, np.round(1 / (1 + np.exp(-score)), decimals))
