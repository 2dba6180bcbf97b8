"""Least squares with heteroscedasticity-robust influence of every row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: A column whose part not explained by the others is smaller than this share is called collinear.
COLLINEAR = 1e-9
#: Above this smallest eigenvalue of their correlations columns are independent beyond doubt.
CLEAR = 1e-6


@dataclass(frozen=True)
class LeastSquares:
    """Coefficients (p,) and how much each row, HC2-weighted, (n, p), or each cluster, (G, p), moves
    them: `scores` along the orthogonal columns of the design, which `triangle` (p, p) turns into
    coefficients. `degrees` are n - p, or G - 1."""

    coefficients: Floats
    scores: Floats
    triangle: Floats
    degrees: int

    def combination(self, weights: Floats) -> tuple[float, float]:
        """A weighted sum of the coefficients and its standard error."""
        influence = self.scores @ np.linalg.solve(self.triangle.T, weights)
        return float(self.coefficients @ weights), float(np.sqrt((influence**2).sum()))


def independent_columns(matrix: Floats) -> list[int]:
    """The columns that the columns before them do not already make up, in order."""
    if not matrix.shape[1]:
        return []
    if _is_clear(matrix):
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


def _is_clear(matrix: Floats) -> bool:
    """No column is anywhere near made up of the others, as their products show at once: these
    square the sizes, so that they decide only where there is no doubt."""
    sizes = np.sqrt(np.einsum("ij,ij->j", matrix, matrix))
    if not (sizes > 0).all() or matrix.shape[1] > matrix.shape[0]:
        return False
    products = (matrix.T @ matrix) / np.outer(sizes, sizes)
    return bool(np.linalg.eigvalsh(products)[0] > CLEAR)


def least_squares(
    design: Floats,
    y: Floats,
    weight: Floats | None = None,
    clusters: NDArray[np.intp] | None = None,
) -> LeastSquares:
    """Least squares of y on a design of independent columns, its constant included.

    Residuals are divided by √(1 - leverage): HC2 of MacKinnon & White (1985), which for two arms
    and nothing else is Neyman's variance of a difference in means. With clusters the scores are
    summed over each and corrected for their number (CR1: Liang & Zeger 1986, as Stata does).
    """
    root = np.ones(len(y)) if weight is None else np.sqrt(weight)
    design, y = design * root[:, None], y * root
    q, r = orthogonal(design)
    coefficients = np.asarray(np.linalg.solve(r, q.T @ y), dtype=float)
    residuals = y - design @ coefficients
    n, p = design.shape
    if clusters is not None:
        groups = int(clusters.max()) + 1
        sums = np.array([np.bincount(clusters, each, groups) for each in q.T * residuals]).T
        sums = sums * np.sqrt(groups / (groups - 1) * (n - 1) / (n - p))
        return LeastSquares(coefficients, sums, r, groups - 1)
    leverage = np.clip((q**2).sum(axis=1), 0, 1 - 1e-10)
    scaled = residuals / np.sqrt(1 - leverage)
    q *= scaled[:, None]
    return LeastSquares(coefficients, q, r, n - p)


def orthogonal(matrix: Floats) -> tuple[Floats, Floats]:
    """Orthogonal columns q (n, p) and the triangle r with q r = matrix, of independent columns.

    By two Cholesky factorisations of the columns' products (CholeskyQR2: Yamamoto et al. 2015),
    which are exact to rounding and five times faster than Householder's reflections; these do it
    where the columns are nearly collinear.
    """
    if not _is_clear(matrix):
        q, r = np.linalg.qr(matrix)
        return np.asarray(q, dtype=float), np.asarray(r, dtype=float)
    first = np.linalg.cholesky(matrix.T @ matrix).T
    q = matrix @ np.linalg.inv(first)
    second = np.linalg.cholesky(q.T @ q).T
    return np.asarray(q @ np.linalg.inv(second)), np.asarray(second @ first)
