"""The trees' own book-keeping against each library's, and its known bias."""

import numpy as np
import pandas as pd
import pytest

from interpret import split_importance
from tests.worlds_model import SMALL, TASKS, known_model, small_model
from workbench import Dataset, train
from workbench.errors import NotApplicable


def shares(result, features) -> np.ndarray:
    return result.frame.set_index("feature").loc[list(features), "importance"].to_numpy()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("shape", ["plain", "both"])
def test_gain_is_what_the_library_reports(task, shape):
    for family in ("decision_tree", "random_forest"):
        model = small_model(family, task, shape)
        found = shares(split_importance(model), model.features)
        np.testing.assert_allclose(found, model.estimator.feature_importances_, atol=1e-9)
    model = small_model("xgboost", task, shape)
    scores = model.estimator.get_booster().get_score(importance_type="total_gain")
    expected = np.array([scores.get(f"f{j}", 0.0) for j in range(len(model.features))])
    found = shares(split_importance(model), model.features)
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-5)


@pytest.mark.parametrize("task", TASKS)
def test_count_is_the_number_of_splits(task):
    model = small_model("xgboost", task, "both")
    scores = model.estimator.get_booster().get_score(importance_type="weight")
    result = split_importance(model, measure="count")
    frame = result.frame.set_index("feature")
    for j, name in enumerate(model.features):
        assert frame.loc[name, "splits"] == scores.get(f"f{j}", 0)
    assert frame["importance"].sum() == pytest.approx(1)


def test_scikit_learns_gradient_boosting_too():
    from sklearn.ensemble import GradientBoostingRegressor

    from interpret.trees import read_trees

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    model = GradientBoostingRegressor(n_estimators=20).fit(x, x[:, 0] + x[:, 1] * x[:, 2])
    ensemble = read_trees(model)
    gain = np.bincount(
        ensemble.nodes.feature[ensemble.nodes.feature >= 0],
        ensemble.gain[ensemble.nodes.feature >= 0],
    )
    np.testing.assert_allclose(gain / gain.sum(), model.feature_importances_, atol=1e-9)


@pytest.mark.parametrize("family", SMALL)
def test_noise_of_many_values_looks_important_and_the_notes_say_why(family):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"signal": rng.integers(0, 2, 400), "noise": rng.normal(size=400)})
    frame["y"] = frame["signal"] + rng.normal(scale=2, size=400)
    deep = {"max_depth": 12} if family in ("random_forest", "xgboost") else {}
    model = train(Dataset.of(frame, target="y"), family, **deep)
    result = split_importance(model)
    assert shares(result, ["noise"])[0] > 0.3
    assert any("favours columns with many values" in n and "'noise'" in n for n in result.notes)


def test_what_has_no_splits_is_refused():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=60), "y": rng.normal(size=60)})
    with pytest.raises(NotApplicable, match="not an ensemble of trees"):
        split_importance(known_model(frame, "y", lambda x: x[:, 0]))
    stump = train(Dataset.of(frame, target="y"), "decision_tree", min_samples_leaf=1_000)
    with pytest.raises(NotApplicable, match="do not split"):
        split_importance(stump)
