"""SHAP interaction values against XGBoost's own, and against their definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from xgboost import DMatrix, XGBRegressor

from interpret.trees import read_trees
from interpret.trees.shap import shap_interactions, shap_values
from tests.worlds_shap import followed, pairs, played, sklearn_nodes, substituted

TYPES = ["q", "q", "q", "c", "q"]


def world(rows=200, missing=False, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 5))
    x[:, 3] = rng.integers(0, 20, rows)
    y = x[:, 0] * x[:, 1] + x[:, 2] * (x[:, 3] % 3) + np.abs(x[:, 4])
    if missing:
        x[rng.random(x.shape) < 0.15] = np.nan
    return x, y


def booster_of(x, y, **chosen):
    return XGBRegressor(
        feature_types=TYPES, enable_categorical=True, tree_method="hist", n_jobs=1,
        **{"n_estimators": 8, "max_depth": 4} | chosen,
    ).fit(x, y)  # fmt: skip


def own(model, x, **what):
    given_ = DMatrix(x, feature_types=TYPES, enable_categorical=True)
    return model.get_booster().predict(given_, **what).astype(float)


def off_diagonal(found):
    return found * ~np.eye(found.shape[-1], dtype=bool)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("depth", [1, 3, 8])
def test_path_dependent_is_what_xgboost_says(depth, missing):
    x, y = world(250, missing)
    model = booster_of(x, y, max_depth=depth, min_child_weight=0)
    expected = own(model, x[:50], pred_interactions=True)[:, :-1, :-1]
    ensemble = read_trees(model)
    codes = ensemble.encoder.encode(x[:50])
    allowed = 1e-6 * np.abs(own(model, x[:50], output_margin=True)).max()
    assert np.abs(shap_interactions(ensemble, codes) - expected).max() <= allowed
    for found in played(ensemble, codes, of_pairs=True):
        assert np.abs(found - off_diagonal(expected)).max() <= allowed


@pytest.mark.parametrize("players", [None, np.array([0, 1, 0, 2, 3])])
def test_path_dependent_by_definition(players):
    x, y = world(200)
    model = RandomForestRegressor(3, max_depth=6, random_state=0).fit(x, y)
    trees = [sklearn_nodes(tree.tree_, 1 / 3) for tree in model.estimators_]
    count = 5 if players is None else 4
    expected = np.array([pairs(followed(trees, 0.0, row, players), count) for row in x[:5]])
    ensemble = read_trees(model)
    codes = ensemble.encoder.encode(x[:5])
    found = shap_interactions(ensemble, codes, players=players)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    for values in played(ensemble, codes, None, players, of_pairs=True):
        np.testing.assert_allclose(values, off_diagonal(expected), rtol=0, atol=1e-10)


MODELS = {
    "forest": RandomForestRegressor(3, max_depth=6, random_state=0),
    "levels": HistGradientBoostingRegressor(
        max_iter=5, min_samples_leaf=4, categorical_features=[3]
    ),
}


@pytest.mark.parametrize("players", [None, np.array([0, 1, 0, 2, 3])])
@pytest.mark.parametrize("name", MODELS)
def test_interventional_by_definition(name, players):
    x, y = world(230, missing=True)
    model = MODELS[name].fit(x, y)
    count = 5 if players is None else 4
    expected = np.array(
        [pairs(substituted(model.predict, row, x[100:], players), count) for row in x[:3]]
    )
    ensemble = read_trees(model)
    codes, background = (ensemble.encoder.encode(part) for part in (x[:3], x[100:]))
    found = shap_interactions(ensemble, codes, background, players)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    for values in played(ensemble, codes, background, players, of_pairs=True):
        np.testing.assert_allclose(values, off_diagonal(expected), rtol=0, atol=1e-10)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 8), st.booleans(), st.integers(1, 5))
def test_cells_are_symmetric_and_add_up_to_the_values(seed, depth, missing, groups):
    x, y = world(120, missing, seed)
    ensemble = read_trees(booster_of(x, y, n_estimators=3, max_depth=max(depth, 1)))
    codes = ensemble.encoder.encode(x[:40])
    players = np.random.default_rng(seed).permutation(np.arange(5) % groups)
    for background in (None, ensemble.encoder.encode(x[50:])):
        found = shap_interactions(ensemble, codes, background, players)
        values = shap_values(ensemble, codes, background, players).values
        largest = max(1.0, np.abs(values).max())
        np.testing.assert_array_equal(found, found.transpose(0, 2, 1))
        np.testing.assert_allclose(found.sum(axis=2), values, rtol=0, atol=1e-12 * largest)
        first, second = played(ensemble, codes, background, players, of_pairs=True)
        np.testing.assert_allclose(first, second, rtol=0, atol=1e-12 * largest)


def test_columns_that_only_add_do_not_interact():
    x, y = world(200)
    stumps = read_trees(booster_of(x, y, max_depth=1, n_estimators=30))
    codes = stumps.encoder.encode(x)
    for background in (None, codes):
        assert not off_diagonal(shap_interactions(stumps, codes, background)).any()
