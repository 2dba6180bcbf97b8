"""The one place of correlations, against scipy and pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from workbench.correlation import (
    dense,
    mid_ranks,
    pearson,
    rank_correlation,
    rank_correlations,
)

#: Far apart, with ties, some missing; of one size, since beyond 16 digits differences are lost.
values = st.lists(
    st.one_of(st.just(np.nan), st.integers(-3, 3).map(float), st.floats(-1e6, 1e6)),
    min_size=1,
    max_size=40,
).map(np.asarray)


@given(values)
def test_places_and_ranks_are_those_of_pandas_and_scipy(x):
    codes = dense(x)
    expected = pd.factorize(x, sort=True)[0]
    np.testing.assert_array_equal(codes, expected)
    held = x[~np.isnan(x)]
    if len(held):
        np.testing.assert_array_equal(mid_ranks(dense(held)), stats.rankdata(held))


@given(st.integers(0, 10_000), st.floats(0, 0.6))
def test_a_pair_is_ranked_over_the_rows_that_hold_both(seed, missing):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 7, size=(30, 2)).astype(float)
    x[rng.random(x.shape) < missing] = np.nan
    expected = pd.DataFrame(x).dropna()
    found = rank_correlation(x[:, 0], x[:, 1])
    if len(expected) < 3 or expected.nunique().min() < 2:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(stats.spearmanr(expected[0], expected[1]).statistic)


@given(st.integers(0, 10_000))
def test_the_matrix_of_whole_columns_is_exact(seed):
    x = np.random.default_rng(seed).integers(0, 6, size=(40, 4)).astype(float)
    pairs = [[rank_correlation(a, b) for b in x.T] for a in x.T]
    np.testing.assert_allclose(rank_correlations(x), pairs, atol=1e-9)


@pytest.mark.parametrize("size", [1e-320, 1e-300, 1.0, 1e300, 1e307])
def test_no_square_overflows_or_vanishes(size):
    x = np.array([1.0, 2, 3, 5]) * size
    assert pearson(x, -x) == pytest.approx(-1)


def test_what_does_not_vary_has_no_correlation():
    assert np.isnan(pearson(np.ones(5), np.arange(5.0)))
    assert np.isnan(pearson(np.arange(2.0), np.arange(2.0)))
    assert np.isnan(rank_correlation(np.array([]), np.array([])))
