"""Constraints hold for every row, and what XGBoost cannot constrain is refused."""

import numpy as np
import pandas as pd
import pytest

from interpret import interaction_strength
from tests.worlds_model import table
from workbench import Dataset, load_model, train
from workbench.errors import ParameterError
from workbench.storing import model_bytes

FREE = {"subsample": 1.0, "colsample_bytree": 1.0, "min_child_weight": 0.0}


def waves(rows: int = 500) -> Dataset:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc"))
    y = np.sin(3 * frame["a"]) + frame["a"] * frame["b"] + frame["c"] + rng.normal(size=rows) / 5
    return Dataset.of(frame.assign(y=y), target="y")


def steps(model, column: str) -> np.ndarray:
    """Every row's changes as a column goes up."""
    rows, grid = model.data.frame.iloc[:60], np.linspace(-3, 3, 61)
    return np.diff([model.predict(rows.assign(**{column: value})) for value in grid], axis=0)


@pytest.mark.parametrize("tree_method", ["hist", "exact"])
def test_a_constrained_column_only_rises_or_falls_for_every_row(tree_method):
    free = train(waves(), n_estimators=60, tree_method=tree_method)
    assert steps(free, "a").min() < -0.01
    bound = train(waves(), n_estimators=60, tree_method=tree_method, increasing=("a",),
                  decreasing=("c",))  # fmt: skip
    assert steps(bound, "a").min() >= -1e-6
    assert steps(bound, "c").max() <= 1e-6


def test_a_column_that_stands_alone_interacts_with_none():
    free = train(waves(), n_estimators=60)
    alone = train(waves(), n_estimators=60, alone=("a",))
    assert np.ptp(steps(free, "a"), axis=1).max() > 0.1
    assert np.ptp(steps(alone, "a"), axis=1).max() < 1e-4
    found = interaction_strength(alone).frame
    pairs = found[(found.iloc[:, 0] == "a") | (found.iloc[:, 1] == "a")]
    assert pairs.select_dtypes("number").iloc[:, 0].max() < 1e-6


def test_exact_split_finding_is_that_of_the_library():
    import xgboost

    data = waves()
    model = train(data, n_estimators=30, tree_method="exact", **FREE)
    codes, y = model.transform.codes(model.train.frame), model.target.y[model.split.train]
    own = xgboost.XGBRegressor(n_estimators=30, tree_method="exact", learning_rate=0.05,
                               max_depth=3, random_state=0, **FREE).fit(codes, y)  # fmt: skip
    np.testing.assert_allclose(model.response(codes), own.predict(codes), rtol=1e-5)


def test_constraints_are_saved():
    model = train(waves(), n_estimators=10, increasing=("a",), alone=("b",))
    loaded = load_model(model_bytes(model))
    assert loaded.settings == model.settings
    np.testing.assert_array_equal(
        loaded.predict(loaded.data.frame), model.predict(model.data.frame)
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"increasing": ("kind",)}, "'kind' holds levels, which have no order"),
        ({"tree_method": "exact"}, "takes numbers only, and there are columns of levels: 'kind'"),
        ({"increasing": ("a",), "decreasing": ("a",)}, "'a' is named in increasing and in"),
        ({"alone": ("nothing",)}, "alone = 'nothing' is not allowed"),
    ],
)
def test_what_cannot_be_constrained_is_refused(asked, says):
    with pytest.raises(ParameterError, match=says):
        train(table("categories", "regression"), n_estimators=5, **asked)
