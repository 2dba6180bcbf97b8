"""Which columns of a matrix say something that those before them do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: A column whose part not explained by the others is smaller than this share is called collinear.
COLLINEAR = 1e-9
#: Above this smallest eigenvalue of their correlations columns are independent beyond doubt.
CLEAR = 1e-6


def independent_columns(matrix: Floats) -> list[int]:
    """The columns that the columns before them do not already make up, in order."""
    if not matrix.shape[1]:
        return []
    if is_clear(matrix):
        return list(range(matrix.shape[1]))
    kept: list[int] = []
    room = np.empty((matrix.shape[0], matrix.shape[1]), order="F")
    for k in range(matrix.shape[1]):
        column, basis = matrix[:, k], room[:, : len(kept)]
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)  # once more: one pass loses digits
        size = float(np.linalg.norm(rest))
        if size > COLLINEAR * max(float(np.linalg.norm(column)), 1e-300):
            room[:, len(kept)] = rest / size
            kept.append(k)
    return kept


def is_clear(matrix: Floats) -> bool:
    """No column is anywhere near made up of the others, as their products show at once: these
    square the sizes, so that they decide only where there is no doubt."""
    return are_clear(matrix.T @ matrix)


def are_clear(products: Floats) -> bool:
    """The same by the columns' products (p, p). Of more columns than rows some are 0."""
    sizes = np.sqrt(np.diag(products))
    if not (sizes > 0).all():
        return False
    return bool(np.linalg.eigvalsh(products / np.outer(sizes, sizes))[0] > CLEAR)
