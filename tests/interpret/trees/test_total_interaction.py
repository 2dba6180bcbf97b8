"""Friedman's H of a column against all others, where it is known and where it can be counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret.trees import read_trees
from interpret.trees.total_interaction import total_interaction
from tests.worlds_rows import probe


def by_brute_force(p, feature):
    """Friedman & Popescu (2008), eq. 45, through the library's own predict; also the variance."""
    f = p.margin(p.x)
    curves = p.curves(p.margin, feature, p.x[:, feature])
    own, others = curves.mean(axis=0), curves.mean(axis=1)
    rest = (f - f.mean()) - (own - own.mean()) - (others - others.mean())
    return (rest**2).mean(), ((f - f.mean()) ** 2).mean()


@pytest.mark.parametrize(
    "name",
    ["XGBoost levels", "XGBoost binary", "RandomForest", "HistGradientBoosting levels",
     "GradientBoosting binary", "LightGBM"],
)  # fmt: skip
def test_it_is_what_brute_force_finds(name):
    p = probe(name)
    found = total_interaction(p.ensemble, p.codes)
    for f in range(6):
        numerator, denominator = by_brute_force(p, f)
        gap = 10 * p.allowed * np.sqrt(denominator)
        assert found.numerator[f] == pytest.approx(numerator, abs=gap)
        assert found.denominator == pytest.approx(denominator, abs=gap)
    np.testing.assert_allclose(found.h_squared, found.numerator / found.denominator)


def test_trees_of_one_split_have_no_interaction():
    import xgboost

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    model = xgboost.XGBRegressor(n_estimators=30, max_depth=1, n_jobs=1)
    ensemble = read_trees(model.fit(x, x[:, 0] * x[:, 1] + x[:, 2]))
    found = total_interaction(ensemble, ensemble.encoder.encode(x))
    assert found.h_squared == pytest.approx(np.zeros(4), abs=1e-20)


def test_a_product_of_two_signs_is_all_interaction():
    """F = ±1 by the product of two signs: every row's curve averages to 0, so H² is 1."""
    from sklearn.tree import DecisionTreeRegressor

    a, b = np.repeat([-1.0, 1.0], 40), np.tile([-1.0, 1.0], 40)
    x = np.column_stack([a, b, np.arange(80.0)])
    model = DecisionTreeRegressor(max_features=None, max_depth=2)
    # the first split of a pure product gains nothing: a hair of a difference decides it for `a`
    ensemble = read_trees(model.fit(x[:, :2], a * b + 1e-9 * a))
    found = total_interaction(ensemble, ensemble.encoder.encode(x[:, :2]))
    assert found.h_squared == pytest.approx([1, 1], abs=1e-8)


@given(seed=st.integers(0, 1_000), rows=st.integers(2, 60))
def test_a_column_that_says_nothing_has_none(seed, rows):
    import xgboost

    rng = np.random.default_rng(seed)
    x = rng.normal(size=(100, 4))
    x[:, 3] = 1.0
    model = xgboost.XGBRegressor(n_estimators=4, max_depth=3, n_jobs=1)
    ensemble = read_trees(model.fit(x, x[:, 0] * x[:, 1]))
    found = total_interaction(ensemble, ensemble.encoder.encode(x[:rows]))
    assert found.numerator[3] <= 1e-24
    assert (found.numerator >= 0).all()


def test_a_model_that_is_constant_over_the_rows_has_no_answer():
    p = probe("XGBoost")
    one = np.ascontiguousarray(p.codes[:, :1])
    found = total_interaction(p.ensemble, one)
    assert found.denominator == 0
    assert np.isnan(found.h_squared).all()
