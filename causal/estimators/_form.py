"""Does the effect hang on the straight form? Most closed forms adjust for columns and their
squares, none for products of two columns; where those matter they are wrong in silence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from workbench.figures import number

from ..analysis import Analysis, with_rows
from ..design_matrix import Term
from ..independent_columns import are_clear, independent_columns
from ..real_move import WORTH_SAYING, is_real_move
from ._covariates import covariates_of
from ._least_squares import least_squares

Floats = NDArray[np.float64]
#: Rows for each product of two columns; with fewer they would fit noise.
ROWS_PER_PRODUCT = 20
#: Products of two columns that are looked at, and rows: it has to cost less than the estimate.
MOST_PRODUCTS, MOST_ROWS = 200, 20_000


def form_warning(analysis: Analysis) -> list[str]:
    """A warning where a regression with the products of every two columns that are adjusted for
    gives another effect than one without, beyond chance (Hausman's test; one effect for all, of the
    arms that are compared or per unit of an amount). It is about confounding that products carry,
    whichever estimator misses them; matching and the learned estimators do not.
    """
    is_amount = analysis.question.treated.is_amount
    treated = analysis.t if is_amount else analysis.arm.astype(float)
    rows = _some(np.ones(len(treated), bool) if is_amount else analysis.arm | analysis.control)
    where = f" (looked at on {len(rows):,} rows)" if len(rows) < len(analysis) else ""
    if len(rows) == MOST_ROWS and analysis.groups is None:  # what is not looked at is not made
        analysis, treated, rows = with_rows(analysis, rows), treated[rows], np.arange(len(rows))
    covariates = covariates_of(analysis, squares=True)
    pairs = product_pairs(covariates.terms)
    if not pairs:
        return []
    if are_too_many(pairs, len(rows)):
        return [
            (
                f"Whether products of columns matter was not looked at: {len(pairs):,} are too "
                f"many for {len(rows):,} rows (`aipw` may find them)."
            )
        ]
    columns = covariates.columns[rows]
    design = np.column_stack([columns, products_of(columns[:, 1:], pairs), treated[rows]])
    if _hardly_moves(analysis, rows, design, columns.shape[1]):
        return []
    without, with_products = _fits(analysis, rows, design, columns.shape[1])
    if not is_real_move(without, with_products):
        return []
    step = analysis.step if is_amount else 1.0
    straight_on, bent = (number(fit[0] * step) for fit in (without, with_products))
    return [
        (
            f"Warning: a regression with the products of every two columns gives {bent}, one "
            f"without {straight_on}{where}. Confounding runs along products here, which this "
            "estimator does not adjust for: use AIPW or matching."
        )
    ]


def product_pairs(terms: Sequence[Term]) -> list[tuple[int, int]]:
    """The positions of every two columns of which a product says something new: of two columns of
    the table, neither of them a square or within a group."""
    plain = [(at, term) for at, term in enumerate(terms)
             if term.power == 1 and term.within is None]  # fmt: skip
    return [(j, k) for (j, one), (k, other) in combinations(plain, 2) if one.column != other.column]


def are_too_many(pairs: Sequence[tuple[int, int]], rows: int) -> bool:
    """So many products would fit noise, or cost more than the estimate."""
    return len(pairs) > min(MOST_PRODUCTS, rows // ROWS_PER_PRODUCT)


def products_of(columns: Floats, pairs: Sequence[tuple[int, int]]) -> Floats:
    """The products (n, number of pairs) of columns (n, p)."""
    return np.column_stack([columns[:, j] * columns[:, k] for j, k in pairs])


def _some(compared: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The rows that are compared, or as many of them as are looked at, drawn at random."""
    rows = np.flatnonzero(compared)
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False))


def _hardly_moves(analysis: Analysis, rows: NDArray[np.intp], design: Floats, plain: int) -> bool:
    """Whether the last column's coefficient beside all is within so much of its standard error of
    that beside the `plain` columns that nothing is worth saying, as the products of the columns
    show at once: most often that is all there is to know."""
    if analysis.clusters is not None:
        return False
    design, y = _rooted(analysis, rows, design)
    products = design.T @ design
    if not are_clear(products):
        return False
    beside_all = float(np.linalg.solve(products, design.T @ y)[-1])
    first = np.linalg.inv(np.linalg.cholesky(products[:plain, :plain]).T)
    estimate, influence = _beside(design[:, :plain] @ first, y, design[:, -1])
    return bool(abs(beside_all - estimate) <= WORTH_SAYING * np.linalg.norm(influence))


def _fits(
    analysis: Analysis, rows: NDArray[np.intp], design: Floats, plain: int
) -> tuple[tuple[float, Floats], tuple[float, Floats]]:
    """The last column's coefficient and its influences, first beside the `plain` columns alone,
    then beside all."""
    if analysis.clusters is None:
        rooted, y = _rooted(analysis, rows, design)
        products = rooted.T @ rooted
        if are_clear(products):  # of an orthogonal basis the first columns span the first columns
            basis = rooted @ np.linalg.inv(np.linalg.cholesky(products).T)
            t = rooted[:, -1]
            return _beside(basis[:, :plain], y, t), _beside(basis[:, :-1], y, t)
    treated_first = np.column_stack([design[:, -1], design[:, :-1]])
    short = treated_first[:, : plain + 1]
    return _fit(analysis, rows, short), _fit(analysis, rows, treated_first)


def _rooted(analysis: Analysis, rows: NDArray[np.intp], design: Floats) -> tuple[Floats, Floats]:
    """Columns and outcome times the root of what the rows weigh."""
    if not analysis.is_weighted:
        return design, analysis.y[rows]
    root = np.sqrt(analysis.weight[rows])
    return design * root[:, None], analysis.y[rows] * root


def _beside(basis: Floats, y: Floats, t: Floats) -> tuple[float, Floats]:
    """The coefficient of t on y, both (n,), beside what orthogonal columns (n, p) span, and its
    influences (HC2): of what these leave of the one on what they leave of the other (Frisch & Waugh
    1933)."""
    y, t = (values - basis @ (basis.T @ values) for values in (y, t))
    size = float(t @ t)
    estimate = float(t @ y) / size
    left = np.maximum(1 - np.einsum("ij,ij->i", basis, basis) - t * t / size, 1e-10)
    return estimate, t * (y - estimate * t) / size / np.sqrt(left)


def _fit(analysis: Analysis, rows: NDArray[np.intp], design: Floats) -> tuple[float, Floats]:
    """The first column's coefficient and its influences."""
    kept = independent_columns(design)
    clusters = analysis.clusters
    if clusters is not None:
        clusters = np.unique(clusters[rows], return_inverse=True)[1]
    fit = least_squares(design[:, kept], analysis.y[rows], analysis.weight[rows], clusters)
    return fit.coefficient(0)
