"""Least squares with heteroscedasticity-robust influence of every row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import blocks

from ..independent_columns import are_clear

Floats = NDArray[np.float64]
#: Rows that are worked on at a time, so that they stay near the processor.
BLOCK = 4_096


@dataclass(frozen=True)
class LeastSquares:
    """Coefficients (p,), and what each row (HC2-weighted) or each cluster does to them: its
    influence is `turn` (p, p) times its row of `basis` (n, p) or (G, p), times its `residuals`.
    `degrees` are n - p, or G - 1."""

    coefficients: Floats
    basis: Floats
    turn: Floats
    residuals: Floats
    degrees: int

    @property
    def influence(self) -> Floats:
        """What each row, or each cluster, does to every coefficient, (n, p) or (G, p)."""
        return (self.basis @ self.turn.T) * self.residuals[:, None]

    def combination(self, weights: Floats) -> tuple[float, float]:
        """A weighted sum of the coefficients and its standard error."""
        return float(self.coefficients @ weights), float(
            np.sqrt((self.influence_on(weights) ** 2).sum())
        )

    def influence_on(self, weights: Floats) -> Floats:
        """The influence on a weighted sum of the coefficients, (n,) or (G,); the sum of its squares
        is the variance."""
        return np.asarray((self.basis @ (self.turn.T @ weights)) * self.residuals)

    def coefficient(self, k: int) -> tuple[float, Floats]:
        """One coefficient with the influence on it."""
        return float(self.coefficients[k]), self.influence_on(np.eye(len(self.coefficients))[k])


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
    if weight is not None:
        root = np.sqrt(weight)
        design, y = design * root[:, None], y * root
    basis, inverse, back = _factorised(design)
    found = inverse @ (inverse.T @ (basis.T @ y))
    found = found + inverse @ (inverse.T @ (basis.T @ (y - basis @ found)))  # what rounding left
    residuals = y - basis @ found
    coefficients, turn = np.asarray(back @ found), np.asarray(back @ inverse @ inverse.T)
    n, p = design.shape
    if clusters is not None:
        sums = np.array([np.bincount(clusters, each * residuals) for each in basis.T]).T
        groups = len(sums)
        correction = np.full(groups, np.sqrt(groups / (groups - 1) * (n - 1) / (n - p)))
        return LeastSquares(coefficients, sums, turn, correction, groups - 1)
    for at in blocks(n, BLOCK):
        q = basis[at] @ inverse
        leverage = np.minimum(np.einsum("ij,ij->i", q, q), 1 - 1e-10)
        residuals[at] /= np.sqrt(1 - leverage)
    return LeastSquares(coefficients, basis, turn, residuals, n - p)


def _factorised(design: Floats) -> tuple[Floats, Floats, Floats]:
    """A basis (n, p) of what the columns span, the `inverse` (p, p) that makes it orthogonal, and
    `back` (p, p), which makes the design's coefficients of the basis's. The basis is the design
    itself, of which no copy is made, unless its columns are nearly collinear."""
    one, products = np.eye(design.shape[1]), design.T @ design
    if are_clear(products):
        return design, _inverse_triangle(design, products), one
    q, r = np.linalg.qr(design)
    return np.asarray(q, dtype=float), one, np.asarray(np.linalg.inv(r), dtype=float)


def _inverse_triangle(matrix: Floats, products: Floats) -> Floats:
    """The triangle (p, p) that makes clearly independent columns orthogonal, to rounding: by two
    Cholesky factorisations of their products (CholeskyQR2: Yamamoto et al. 2015), block by block of
    rows, which is five times faster than Householder's reflections."""
    first = np.linalg.inv(np.linalg.cholesky(products).T)
    again = np.zeros_like(first)
    for at in blocks(len(matrix), BLOCK):
        q = matrix[at] @ first
        again += q.T @ q
    return np.asarray(first @ np.linalg.inv(np.linalg.cholesky(again).T))


def orthogonal(matrix: Floats) -> Floats:
    """Orthogonal columns (n, p) that span what a matrix of independent columns spans."""
    basis, inverse, _ = _factorised(matrix)
    return np.asarray(basis @ inverse)
