"""Every library's trees, read and predicted as whole numbers, against the library's own predict."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interpret.trees import check_against, read_trees
from interpret.trees.kernels.predict import margins
from tests.worlds_trees import MODELS, NAMES, table
from workbench.errors import ModelError, NotApplicable

#: The largest gap allowed, as a share of the largest prediction.
SINGLE, DOUBLE = 2e-6, 1e-10


def own(estimator, rows):
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(rows)
    return np.asarray(estimator.predict(rows), dtype=float)


def gap(estimator, rows) -> float:
    """The largest difference of predictions as a share of the largest, through the link."""
    ensemble = read_trees(estimator)
    found = ensemble.link.apply(margins(ensemble, ensemble.encoder.encode(rows)))
    expected = own(estimator, rows).reshape(len(rows), -1)
    if expected.shape[1] == 2 and found.shape[1] == 1:
        expected = expected[:, 1:]
    return float(np.abs(found - expected).max() / max(1, np.abs(expected).max()))


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_normal_form_predicts_what_the_library_predicts(name, missing):
    if missing and name.startswith("GradientBoosting"):
        missing = False  # it takes no missing values
    rows, y = table(missing=missing)
    estimator = MODELS[name](rows, y)
    allowed = SINGLE if name.startswith("XGBoost") else DOUBLE
    assert gap(estimator, rows) <= allowed
    fresh, _ = table(rows=400, seed=7, missing=missing)
    assert gap(estimator, fresh) <= allowed
    assert gap(estimator, fresh[:1]) <= allowed


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from([n for n in NAMES if "Boosting" in n or "XGBoost" in n or "Light" in n]),
    seed=st.integers(0, 1_000),
    rows=st.integers(25, 300),
)
def test_it_does_so_for_tables_of_any_kind(name, seed, rows):
    """Values on the thresholds, far outside, constant and duplicated columns, levels unseen."""
    x, y = table(rows=rows, seed=seed, missing=not name.startswith("GradientBoosting"))
    x[:, 1] = np.round(x[:, 1])
    x[:, 2] = x[:, 1]
    x[:, 5] = 3.0
    estimator = MODELS[name](x, y)
    ensemble = read_trees(estimator)
    asked = x.copy()
    for f, cuts in enumerate(ensemble.encoder.cuts):
        if len(cuts) and not ensemble.encoder.is_category[f]:
            on_the_cut = np.resize(cuts, len(asked))
            asked[:, f] = np.where(np.arange(len(asked)) % 3 == 0, on_the_cut, asked[:, f])
    asked[0, 0], asked[-1, 0] = 1e30, -1e30
    assert gap(estimator, asked) <= (SINGLE if name.startswith("XGBoost") else DOUBLE)


def test_levels_never_met_go_where_the_library_sends_them():
    rows, y = table(missing=True)
    rows[:, 3] = rows[:, 3] % 70
    for name in ("XGBoost levels", "HistGradientBoosting levels"):
        estimator = MODELS[name](rows[rows[:, 3] != 5], y[rows[:, 3] != 5])
        unseen = rows[:200].copy()
        unseen[:, 3] = np.resize([5, 89, 75], 200)
        assert gap(estimator, unseen) <= SINGLE


def test_early_stopping_counts_the_rounds_that_predict():
    import xgboost

    rows, y = table()
    fresh, y_fresh = table(seed=5)
    model = xgboost.XGBRegressor(n_estimators=300, learning_rate=0.9, early_stopping_rounds=3)
    model.fit(rows, y, eval_set=[(fresh, y_fresh)], verbose=False)
    assert model.best_iteration < model.get_booster().num_boosted_rounds() - 1
    assert gap(model, rows) <= SINGLE


def test_another_mark_for_missing_is_missing():
    import xgboost

    rows, y = table(missing=True)
    marked = np.where(np.isnan(rows), -999, rows)
    model = xgboost.XGBRegressor(n_estimators=20, missing=-999).fit(marked, y)
    assert gap(model, marked) <= SINGLE


def test_a_start_for_each_output_is_read():
    import xgboost

    rows, y = table()
    model = xgboost.XGBRegressor(
        n_estimators=10, objective="reg:quantileerror", quantile_alpha=[0.1, 0.5, 0.9]
    ).fit(rows, y)
    ensemble = read_trees(model)
    assert ensemble.outputs == 3
    assert gap(model, rows) <= SINGLE


def refused() -> dict:
    import xgboost
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import LinearRegression
    from sklearn.tree import DecisionTreeRegressor

    rows, y = table()
    two = np.column_stack([y, -y])
    tree_vector = xgboost.XGBRegressor(
        n_estimators=3, multi_strategy="multi_output_tree", tree_method="hist"
    )
    return {
        "not an ensemble": LinearRegression().fit(rows, y),
        "linear model, not trees": xgboost.XGBRegressor(booster="gblinear").fit(rows, y),
        "vector in every leaf": tree_vector.fit(rows, two),
        "looks at the columns itself": GradientBoostingRegressor(
            init=DecisionTreeRegressor(), n_estimators=3
        ).fit(rows, y),
        "targets at once": RandomForestRegressor(3).fit(rows, two),
    }


def test_what_cannot_be_read_rightly_is_refused_in_words():
    for words, estimator in refused().items():
        with pytest.raises(NotApplicable, match=words):
            read_trees(estimator)


@pytest.mark.parametrize("name", ["XGBoost", "RandomForest", "HistGradientBoosting levels"])
def test_a_misreading_is_caught_at_the_door(name):
    rows, y = table()
    estimator = MODELS[name](rows, y)
    ensemble = read_trees(estimator)
    assert check_against(ensemble, rows, estimator.predict) < 1e-4
    nodes = ensemble.nodes
    turned = replace(ensemble, nodes=nodes._replace(left=nodes.right, right=nodes.left))
    with pytest.raises(ModelError, match="miss the model's own prediction by up to"):
        check_against(turned, rows, estimator.predict)
    half = replace(ensemble, roots=ensemble.roots[::2].copy())
    with pytest.raises(ModelError, match="allowed"):
        check_against(half, rows, estimator.predict)


def test_a_number_of_outputs_that_does_not_fit_is_caught():
    rows, y = table()
    estimator = MODELS["XGBoost multiclass"](rows, y)
    with pytest.raises(ModelError, match="4 outputs where the model has 3"):
        check_against(read_trees(estimator), rows, lambda r: own(estimator, r)[:, :3])


def test_the_slow_codes_are_the_kernels_codes():
    rows, y = table(missing=True)
    for name in NAMES:
        if name.startswith("GradientBoosting"):
            continue
        encoder = read_trees(MODELS[name](rows, y)).encoder
        codes = encoder.encode(rows)
        for f in range(rows.shape[1]):
            np.testing.assert_array_equal(encoder.code_of(f, rows[:, f]), codes[f])


def test_more_thresholds_than_codes_are_refused():
    from sklearn.tree import DecisionTreeRegressor

    x = np.arange(70_000, dtype=float)[:, None]
    deep = DecisionTreeRegressor(random_state=0).fit(x, np.random.default_rng(0).random(len(x)))
    with pytest.raises(NotApplicable, match="thresholds of one column"):
        read_trees(deep).encoder.encode(x[:5])
