"""Orthogonal columns by products of columns, against reflections, near collinearity included."""

import numpy as np
import pytest
import statsmodels.api as sm

from causal.estimators._least_squares import least_squares, orthogonal


@pytest.mark.parametrize("apart", [1.0, 1e-2, 1e-5, 1e-8])
def test_the_columns_are_orthogonal_to_rounding(apart: float) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 4)) * [1, 1e6, 1e-6, 1]  # in units as far apart as money and shares
    matrix = np.column_stack([np.ones(500), x, x[:, 0] + apart * rng.normal(size=500)])
    q = orthogonal(matrix)
    assert np.abs(q.T @ q - np.eye(6)).max() < 1e-14
    left = matrix - q @ (q.T @ matrix)
    assert (np.linalg.norm(left, axis=0) / np.linalg.norm(matrix, axis=0)).max() < 1e-14


@pytest.mark.parametrize("apart", [1.0, 1e-4])
def test_it_is_statsmodels_where_columns_are_nearly_the_same_too(apart: float) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(9_000, 3))
    x = np.column_stack([np.ones(9_000), x, x[:, 0] + apart * rng.normal(size=9_000)])
    y, weight = x @ np.arange(5) + rng.normal(size=9_000), rng.uniform(0.5, 2, 9_000)
    whole = sm.WLS(y, x, weight).fit(cov_type="HC2")
    made = least_squares(x, y, weight)
    for k, one in enumerate(np.eye(5)):
        expected = (whole.params[k], whole.bse[k])
        assert made.combination(one) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_clusters_are_the_sums_of_their_rows() -> None:
    """CR1 by its formula, matrix by matrix."""
    rng = np.random.default_rng(1)
    x, y = np.column_stack([np.ones(60), rng.normal(size=60)]), rng.normal(size=60)
    groups = np.repeat(np.arange(12), 5)
    inverse = np.linalg.inv(x.T @ x)
    rest = y - x @ (inverse @ x.T @ y)
    sums = np.array([x[groups == g].T @ rest[groups == g] for g in range(12)])
    covariance = inverse @ sums.T @ sums @ inverse * 12 / 11 * 59 / 58
    error = least_squares(x, y, clusters=groups).combination(np.array([0.0, 1.0]))[1]
    assert error == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-12)
