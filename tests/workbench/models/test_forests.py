"""Forests scale with the table where nothing is asked, say so, and do as they are told."""

import sys

import numpy as np
import pandas as pd
import pytest

from tests import worlds
from workbench import Dataset, train
from workbench.models._grown import FEWEST_TREES, TREES, trees_for


def test_small_tables_have_all_trees_and_all_rows():
    for family in ("random_forest", "extra_trees"):
        model = train(Dataset.of(worlds.additive(200), target="y"), family)
        assert len(model.estimator.estimators_) == TREES
        assert not any("trees" in note for note in model.notes)
        assert getattr(model.estimator, "max_samples", None) in (None, 150)


@pytest.mark.parametrize(("rows", "columns"), [(10_000, 30), (2_000, 500), (10_000, 10_000)])
def test_the_work_stays_within_the_budget_down_to_the_fewest_trees(rows, columns):
    trees = trees_for(rows, columns, 18e6)
    assert FEWEST_TREES <= trees <= TREES
    assert trees == FEWEST_TREES or trees * rows * columns <= 18e6


def test_a_large_table_gets_fewer_rows_a_tree_and_fewer_trees_and_says_so(monkeypatch):
    module = sys.modules["workbench.models.random_forest"]
    monkeypatch.setattr(module, "ROWS_OF_A_TREE", 100)
    monkeypatch.setattr(module, "BUDGET", 100 * 3 * 60)
    data = Dataset.of(worlds.additive(400), target="y")
    model = train(data, "random_forest")
    assert (len(model.estimator.estimators_), model.estimator.max_samples) == (60, 100)
    assert any("60 trees, each grown on 100 rows drawn from the 300" in n for n in model.notes)
    assert model.settings["n_estimators"] is None
    asked = train(data, "random_forest", n_estimators=70, max_samples=200)
    assert (len(asked.estimator.estimators_), asked.estimator.max_samples) == (70, 200)
    assert not any("trees" in note for note in asked.notes)
    assert len(train(data, "random_forest", max_samples=10**6).estimator.estimators_) == 50


def test_extra_trees_see_all_rows_and_are_fewer_on_a_large_table(monkeypatch):
    module = sys.modules["workbench.models.extra_trees"]
    monkeypatch.setattr(module, "BUDGET", 300 * 3 * 80)
    model = train(Dataset.of(worlds.additive(400), target="y"), "extra_trees")
    assert len(model.estimator.estimators_) == 80
    assert not model.estimator.bootstrap
    assert any("80 trees, not 200, for 300 rows" in note for note in model.notes)


def test_a_bootstrap_of_all_rows_is_the_plain_one():
    from sklearn.ensemble import RandomForestRegressor

    model = train(Dataset.of(worlds.additive(200), target="y"), "random_forest", n_estimators=9)
    codes = model.transform.codes(model.data.frame)
    plain = RandomForestRegressor(n_estimators=9, max_depth=12, min_samples_leaf=3,
                                  max_features=0.5, random_state=0)  # fmt: skip
    plain.fit(codes[model.split.train], model.target.y[model.split.train])
    np.testing.assert_allclose(model.predict(model.data.frame), plain.predict(codes))


def test_gradient_boosting_is_that_of_scikit_learn_with_a_bar_that_moves():
    from sklearn.ensemble import HistGradientBoostingRegressor

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(4_000, 6)), columns=list("abcdef"))
    data = Dataset.of(frame.assign(y=frame["a"] * frame["b"]), target="y")
    shares: list[float] = []
    model = train(data, "gradient_boosting", max_iter=300,
                  progress=lambda share, _="": shares.append(share))  # fmt: skip
    assert shares == sorted(shares)
    assert any(0 < share < 1 for share in shares)
    codes = model.transform.codes(frame)
    plain = HistGradientBoostingRegressor(
        max_iter=300, learning_rate=0.05, early_stopping=False, random_state=0
    ).fit(codes[model.split.train], model.target.y[model.split.train])
    np.testing.assert_array_equal(model.predict(frame), plain.predict(codes))
    assert model.estimator.get_params() == {**plain.get_params(), "categorical_features": None}
    assert model.estimator._scorer is None
