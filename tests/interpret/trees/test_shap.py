"""SHAP values against XGBoost's own, and against their definition over all coalitions."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import Booster, DMatrix, XGBClassifier, XGBRegressor

from interpret.trees import read_trees
from interpret.trees.players import checked_players
from interpret.trees.shap import shap_values
from interpret.trees.shap_parts import Game, tabled
from tests.worlds_shap import (
    followed,
    histogram_nodes,
    played,
    shapley,
    sklearn_nodes,
    substituted,
)
from workbench.errors import ParameterError

LEVEL = 3


def world(rows=200, missing=False, seed=0, levels=90):
    """Five columns: three numbers, one of levels (column 3), one of few values."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 5))
    x[:, LEVEL] = rng.integers(0, levels, rows)
    x[:, 4] = np.round(x[:, 4])
    y = x[:, 0] * x[:, 1] + x[:, 2] + (x[:, LEVEL] % 7) / 2 + x[:, 4] * x[:, 0]
    if missing:
        gone = rng.random(x.shape) < 0.15
        y = y + gone[:, 1]
        x[gone] = np.nan
    return x, y


def xgboost_of(x, y, kind=XGBRegressor, category=True, **settings_):
    types = ["q"] * 3 + ["c" if category else "q"] + ["q"] * (x.shape[1] - 4)
    chosen = {"n_estimators": 12, "max_depth": 4, "n_jobs": 1, "max_cat_to_onehot": 3} | settings_
    return kind(feature_types=types, enable_categorical=True, tree_method="hist", **chosen).fit(
        x, y
    )


def matrix(model, x):
    return DMatrix(x, feature_types=model.get_booster().feature_types, enable_categorical=True)


def own(model, x, **what):
    booster: Booster = model.get_booster()
    return booster.predict(matrix(model, x), **what).astype(float)


XGBOOST = {
    "numbers": {"category": False},
    "levels": {},
    "deep": {"max_depth": 9, "min_child_weight": 0},
    "dart": {"booster": "dart", "rate_drop": 0.3},
    "stumps of nothing": {"gamma": 1e9},
}


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("settings_", XGBOOST.values(), ids=XGBOOST)
def test_path_dependent_is_what_xgboost_says(settings_, missing):
    x, y = world(300, missing)
    model = xgboost_of(x, y, **settings_)
    ensemble = read_trees(model)
    codes = ensemble.encoder.encode(x[:80])
    expected = own(model, x[:80], pred_contribs=True)
    largest = np.abs(expected.sum(axis=1)).max()
    found = shap_values(ensemble, codes)
    assert found.base == pytest.approx(expected[0, -1], abs=1e-6 * largest)
    for values in (found.values, *played(ensemble, codes)):
        assert np.abs(values - expected[:, :-1]).max() <= 1e-6 * largest


def test_it_is_so_for_more_subtrees_and_rows_than_are_looked_up_together():
    x, y = world(1_031, missing=True)
    model = xgboost_of(x, y, n_estimators=60, max_depth=6)
    ensemble = read_trees(model)
    expected = own(model, x, pred_contribs=True)[:, :-1]
    largest = np.abs(expected.sum(axis=1)).max()
    for values in played(ensemble, ensemble.encoder.encode(x)):
        assert np.abs(values - expected).max() <= 1e-6 * largest


def test_every_class_has_its_own_values():
    x, y = world(300, missing=True)
    model = xgboost_of(x, np.digitize(y, [0, 2]), XGBClassifier)
    expected = own(model, x[:50], pred_contribs=True)
    ensemble = read_trees(model)
    codes = ensemble.encoder.encode(x[:50])
    for k in range(3):
        found = shap_values(ensemble.output(k), codes)
        assert np.abs(found.values - expected[:, k, :-1]).max() <= 1e-6 * np.abs(expected).max()


SKLEARN = {
    "tree": DecisionTreeRegressor(min_samples_leaf=3, random_state=0),
    "forest": RandomForestRegressor(3, max_depth=6, random_state=0),
    "extra": ExtraTreesRegressor(3, max_depth=6, random_state=0),
    "boosting": GradientBoostingRegressor(n_estimators=5, max_depth=4, random_state=0),
    "histogram": HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=4),
    "histogram with levels": HistGradientBoostingRegressor(
        max_iter=5, min_samples_leaf=4, categorical_features=[LEVEL]
    ),
}
#: Those that take missing values.
WITH_MISSING = [name for name in SKLEARN if name != "boosting"]


def slow_trees(model):
    """The model's trees and where their sum starts, taken from the library's own arrays."""
    if isinstance(model, DecisionTreeRegressor):
        return [sklearn_nodes(model.tree_)], 0.0
    if isinstance(model, GradientBoostingRegressor):
        trees = [sklearn_nodes(t.tree_, model.learning_rate) for t in model.estimators_[:, 0]]
        return trees, float(model.init_.constant_[0, 0])
    if isinstance(model, HistGradientBoostingRegressor):
        trees = [histogram_nodes(r[0], lambda x: x) for r in model._predictors]
        return trees, float(model._baseline_prediction[0, 0])
    share = 1 / len(model.estimators_)
    return [sklearn_nodes(t.tree_, share) for t in model.estimators_], 0.0


def reordered(model, x):
    """Histogram boosting puts its columns of levels first and numbers their levels."""
    if getattr(model, "is_categorical_", None) is None:
        return x, np.arange(x.shape[1])
    order = [LEVEL, *(j for j in range(x.shape[1]) if j != LEVEL)]
    return model._preprocess_X(x, reset=False), np.array(order)


@pytest.mark.parametrize("name", SKLEARN)
def test_path_dependent_by_definition(name):
    x, y = world(200, missing=name in WITH_MISSING, levels=20)
    model = copy.deepcopy(SKLEARN[name]).fit(x, y)
    trees, start = slow_trees(model)
    given_, order = reordered(model, x[:12])
    expected = np.array([shapley(followed(trees, start, row), 5) for row in given_])
    expected[:, order] = expected[:, :-1].copy()
    ensemble = read_trees(model)
    codes = ensemble.encoder.encode(x[:12])
    found = shap_values(ensemble, codes)
    assert found.base == pytest.approx(expected[0, -1], abs=1e-10)
    for values in (found.values, *played(ensemble, codes)):
        np.testing.assert_allclose(values, expected[:, :-1], rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", SKLEARN)
def test_interventional_by_definition_with_more_than_100_rows(name):
    x, y = world(230, missing=name in WITH_MISSING, levels=20)
    model = copy.deepcopy(SKLEARN[name]).fit(x, y)
    expected = np.array([shapley(substituted(model.predict, row, x[100:]), 5) for row in x[:4]])
    ensemble = read_trees(model)
    codes, background = (ensemble.encoder.encode(part) for part in (x[:4], x[100:]))
    found = shap_values(ensemble, codes, background)
    assert found.base == pytest.approx(expected[0, -1], abs=1e-10)
    for values in (found.values, *played(ensemble, codes, background)):
        np.testing.assert_allclose(values, expected[:, :-1], rtol=0, atol=1e-10)


@pytest.mark.parametrize("settings_", XGBOOST.values(), ids=XGBOOST)
def test_interventional_of_xgboost_by_definition(settings_):
    x, y = world(230, missing=True)
    model = xgboost_of(x, y, **settings_)
    expected = np.array(
        [
            shapley(substituted(lambda z: own(model, z, output_margin=True), row, x[100:]), 5)
            for row in x[:3]
        ]
    )
    ensemble = read_trees(model)
    codes, background = (ensemble.encoder.encode(part) for part in (x[:3], x[100:]))
    largest = np.abs(own(model, x, output_margin=True)).max()
    for values in played(ensemble, codes, background):
        assert np.abs(values - expected[:, :-1]).max() <= 1e-6 * largest


def test_interventional_of_several_quantiles_by_definition():
    """Beside a background shap gives wrong values for these, without an error."""
    x, y = world(230, missing=True)
    quantiles = {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]}
    model = xgboost_of(x, y, **quantiles)
    ensemble = read_trees(model)
    codes, background = (ensemble.encoder.encode(part) for part in (x[:3], x[100:]))
    largest = np.abs(own(model, x)).max()
    for k in range(3):
        expected = [
            shapley(substituted(lambda z, k=k: own(model, z)[:, k], row, x[100:]), 5)
            for row in x[:3]
        ]
        for values in played(ensemble.output(k), codes, background):
            assert np.abs(values - np.array(expected)[:, :-1]).max() <= 1e-6 * largest


def test_a_group_of_columns_is_one_player():
    x, y = world(200)
    model = RandomForestRegressor(3, max_depth=6, random_state=0).fit(x, y)
    trees, start = slow_trees(model)
    players = np.array([0, 1, 0, 2, 1])
    ensemble = read_trees(model)
    codes, background = (ensemble.encoder.encode(part) for part in (x[:5], x[100:]))
    follow = np.array([shapley(followed(trees, start, row, players), 3) for row in x[:5]])
    replaced = np.array(
        [shapley(substituted(model.predict, row, x[100:], players), 3) for row in x[:5]]
    )
    for expected, compared in ((follow, None), (replaced, background)):
        found = shap_values(ensemble, codes, compared, players)
        assert found.base == pytest.approx(expected[0, -1], abs=1e-10)
        for values in (found.values, *played(ensemble, codes, compared, players)):
            np.testing.assert_allclose(values, expected[:, :-1], rtol=0, atol=1e-10)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8), st.booleans(), st.integers(1, 5))
def test_values_add_up_and_both_ways_agree(seed, depth, missing, groups):
    x, y = world(150, missing, seed)
    model = xgboost_of(x, y, n_estimators=4, max_depth=depth, min_child_weight=0)
    ensemble = read_trees(model)
    codes = ensemble.encoder.encode(x[:70])
    players = np.random.default_rng(seed).permutation(np.arange(5) % groups)
    margin = own(model, x[:70], output_margin=True)
    largest = np.abs(margin).max()
    for background in (None, ensemble.encoder.encode(x[60:140])):
        found = shap_values(ensemble, codes, background, players)
        total = found.base + found.values.sum(axis=1)
        np.testing.assert_allclose(total, margin, rtol=0, atol=1e-6 * largest)
        for values in played(ensemble, codes, background, players):
            np.testing.assert_allclose(values, found.values, rtol=0, atol=1e-12 * largest)


def forest_of(trees, x, y):
    forest = RandomForestRegressor(len(trees), max_depth=1).fit(x, y)
    forest.estimators_ = trees
    return read_trees(forest)


def swapped(tree):
    """The same tree with its first two columns exchanged."""
    other = copy.deepcopy(tree)
    state = other.tree_.__getstate__()
    feature = state["nodes"]["feature"].copy()
    state["nodes"]["feature"][feature == 0] = 1
    state["nodes"]["feature"][feature == 1] = 0
    other.tree_.__setstate__(state)
    return other


@pytest.mark.parametrize("interventional", [False, True])
def test_columns_used_alike_get_alike(interventional):
    x, y = world(200)
    tree = DecisionTreeRegressor(max_depth=6, random_state=0).fit(x, y)
    ensemble = forest_of([tree, swapped(tree)], x, y)
    rows = x[:40].copy()
    rows[:, 1] = rows[:, 0]
    compared = np.concatenate([x[100:], x[100:][:, [1, 0, 2, 3, 4]]])
    background = ensemble.encoder.encode(compared) if interventional else None
    values = shap_values(ensemble, ensemble.encoder.encode(rows), background).values
    assert np.abs(values[:, 0]).max() > 0.1
    np.testing.assert_allclose(values[:, 0], values[:, 1], rtol=0, atol=1e-12)


def test_values_of_a_sum_are_the_sum_of_values():
    x, y = world(200)
    trees = [DecisionTreeRegressor(max_depth=d, random_state=0).fit(x, y) for d in (3, 8)]
    both = forest_of(trees, x, y)
    found = shap_values(both, both.encoder.encode(x))
    each = [read_trees(tree) for tree in trees]
    apart = [shap_values(e, e.encoder.encode(x)) for e in each]
    np.testing.assert_allclose(
        found.values, (apart[0].values + apart[1].values) / 2, rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("interventional", [False, True])
def test_a_column_no_tree_asks_about_gets_nothing(interventional):
    x, y = world(150)
    x = np.column_stack([x, np.ones(150), x[:, 0]])
    x[:, 4] = 0.0
    model = read_trees(xgboost_of(x, y, n_estimators=5))
    codes = model.encoder.encode(x)
    found = shap_values(model, codes, codes if interventional else None)
    unused = ~model.used_features()
    assert unused[[4, 5]].all()
    assert not found.values[:, unused].any()


def test_a_tree_that_is_a_leaf_and_an_output_without_trees():
    x, y = world(50)
    alone = read_trees(DecisionTreeRegressor(max_depth=1, min_samples_leaf=50).fit(x, y))
    codes = alone.encoder.encode(x[:1])
    none = read_trees(DecisionTreeClassifier(max_depth=2).fit(x, np.zeros(50, int))).output(0)
    for ensemble, base in ((alone, y.mean()), (none, 1.0)):
        for background in (None, codes):
            found = shap_values(ensemble, codes, background)
            assert found.base == pytest.approx(base)
            assert not found.values.any()


def test_more_codes_than_a_byte_counts():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 4))
    y = np.sin(8 * x[:, 0]) + x[:, 1] * x[:, 2]
    model = DecisionTreeRegressor(random_state=0).fit(x, y)
    ensemble = read_trees(model)
    codes = ensemble.encoder.encode(x[:6])
    assert codes.dtype == np.uint16
    trees, start = slow_trees(model)
    expected = np.array([shapley(followed(trees, start, row), 4) for row in x[:6]])
    for values in played(ensemble, codes):
        np.testing.assert_allclose(values, expected[:, :-1], rtol=0, atol=1e-10)


def test_lightgbm_agrees_with_its_own():
    lightgbm = pytest.importorskip("lightgbm")
    x, y = world(300, missing=True)
    model = lightgbm.LGBMRegressor(n_estimators=10, num_leaves=15, verbose=-1, n_jobs=1).fit(x, y)
    expected = model.booster_.predict(x[:60], pred_contrib=True)
    ensemble = read_trees(model)
    found = shap_values(ensemble, ensemble.encoder.encode(x[:60]))
    largest = np.abs(expected.sum(axis=1)).max()
    assert found.base == pytest.approx(expected[0, -1], abs=1e-6 * largest)
    assert np.abs(found.values - expected[:, :-1]).max() <= 1e-6 * largest


def test_what_cannot_be_played_is_refused():
    x, y = world(60)
    ensemble = read_trees(DecisionTreeRegressor(max_depth=2).fit(x, y))
    codes = ensemble.encoder.encode(x)
    with pytest.raises(ParameterError, match="background has 0 rows"):
        shap_values(ensemble, codes, codes[:, :0])
    with pytest.raises(ParameterError, match="players are"):
        shap_values(ensemble, codes, players=np.array([0, 2, 2, 3, 4]))
    with pytest.raises(ParameterError, match="2 players were named for 5 columns"):
        shap_values(ensemble, codes, players=np.array([0, 1]))
    assert shap_values(ensemble, codes[:, :0]).values.shape == (0, 5)


def test_tables_are_kept_and_belong_to_their_background():
    x, y = world(150)
    ensemble = read_trees(DecisionTreeRegressor(max_depth=4, random_state=0).fit(x, y))
    codes = ensemble.encoder.encode(x)
    first = shap_values(ensemble, codes, codes[:, :70]).values
    other = shap_values(ensemble, codes, codes[:, 70:]).values
    assert np.abs(first - other).max() > 1e-3
    np.testing.assert_array_equal(shap_values(ensemble, codes, codes[:, :70]).values, first)


@pytest.mark.parametrize("of_pairs", [False, True])
@pytest.mark.parametrize("compared", [False, True])
def test_tables_made_in_parts_give_the_same(compared, of_pairs):
    """A tree whose tables take too much memory is looked up in one share of them after another."""
    x, y = world(300, missing=True)
    ensemble = read_trees(xgboost_of(x, y, max_depth=8, min_child_weight=0, n_estimators=5))
    codes = ensemble.encoder.encode(x)
    background = codes[:, :60].copy() if compared else None
    game = Game(ensemble, checked_players(ensemble, None), background, of_pairs)
    trees = np.arange(len(ensemble.roots))

    def answers(*shares):
        found = np.zeros((300, 5, 5)[: 3 if of_pairs else 2])
        for share in shares:
            tabled(game, trees, 1.0, share).add(codes, 0, 300, found)
        return found

    whole = answers((0.0, 1.0))
    assert np.abs(whole).max() > 0.01
    parts = answers((0.0, 0.3), (0.3, 0.300001), (0.300001, 0.8), (0.8, 1.0))
    np.testing.assert_allclose(parts, whole, atol=1e-12)
