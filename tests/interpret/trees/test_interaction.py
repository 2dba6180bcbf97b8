"""Friedman's H of pairs, against averages of the library's own predictions."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given

from interpret.trees import read_trees
from interpret.trees.interaction import pair_interactions
from interpret.trees.kernels import counts
from interpret.trees.kernels.predict import margins
from tests.worlds_rows import probe
from tests.worlds_walks import changed, random_booster

A_FEW = [
    "XGBoost binary levels", "RandomForest", "HistGradientBoosting levels", "GradientBoosting",
    "LightGBM",
]  # fmt: skip


def parts(ask, rows, pair):
    """The two variances of a pair; `ask(i, columns)` averages with columns as in row i."""

    def at_all_rows(columns):
        found = np.array([ask(i, columns) for i in range(rows)])
        return found - found.mean()

    joint = at_all_rows(pair)
    left = joint - at_all_rows(pair[:1]) - at_all_rows(pair[1:])
    return (left**2).mean(), (joint**2).mean()


@pytest.mark.parametrize("name", A_FEW)
@pytest.mark.parametrize("pair", [(0, 3), (1, 2)])
def test_h_of_a_pair_is_that_of_the_librarys_own_averages(name, pair):
    p = probe(name)

    def ask(i, columns):
        rows = p.x.copy()
        rows[:, columns] = p.x[i, list(columns)]
        return p.margin(rows).mean()

    numerator, denominator = parts(ask, len(p.x), pair)
    found = pair_interactions(p.ensemble, p.codes)
    allowed = 20 * p.allowed * max(1.0, np.sqrt(denominator))
    assert found.numerator[pair] == pytest.approx(numerator, abs=allowed)
    assert found.denominator[pair] == pytest.approx(denominator, abs=allowed)
    assert found.h_squared[pair] == found.numerator[pair] / found.denominator[pair]


@given(random_booster())
def test_h_of_every_pair_agrees_with_predictions(world):
    ensemble, codes = world
    codes = np.ascontiguousarray(codes[:, :12])
    found = pair_interactions(ensemble, codes)
    for pair in combinations(range(5), 2):

        def ask(i, columns):
            at = changed(codes, {f: codes[f, i] for f in columns})
            return margins(ensemble, at)[:, 0].mean()

        numerator, denominator = parts(ask, codes.shape[1], pair)
        assert found.numerator[pair] == pytest.approx(numerator, abs=1e-9)
        assert found.denominator[pair] == pytest.approx(denominator, abs=1e-9)
        assert found.numerator[pair[::-1]] == found.numerator[pair]


@given(random_booster())
def test_a_walk_per_pair_gives_the_same(world):
    ensemble, codes = world
    expected = pair_interactions(ensemble, codes)
    kept, counts.MOST_PAIR_BYTES = counts.MOST_PAIR_BYTES, -1
    try:
        found = pair_interactions(ensemble, codes)
    finally:
        counts.MOST_PAIR_BYTES = kept
    np.testing.assert_allclose(found.numerator, expected.numerator, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.denominator, expected.denominator, rtol=0, atol=1e-9)


def test_trees_of_one_split_do_not_interact():
    from xgboost import XGBRegressor

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    ensemble = read_trees(XGBRegressor(n_estimators=20, max_depth=1, n_jobs=1).fit(x, x[:, 0]))
    found = pair_interactions(ensemble, ensemble.encoder.encode(x))
    off = ~np.eye(4, dtype=bool)
    assert (found.numerator[off] == 0).all()
    assert np.isnan(found.numerator[~off]).all()
