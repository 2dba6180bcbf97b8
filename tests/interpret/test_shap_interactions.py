"""SHAP interactions of a model: against XGBoost's own, and where nothing acts together."""

import numpy as np
import pandas as pd
import pytest

from interpret import shap_interactions
from tests.worlds_model import ONE_SPLIT, SMALL, TASKS, known_model, small_model
from workbench import Dataset, train
from workbench.errors import NotApplicable


@pytest.mark.parametrize("task", TASKS)
def test_they_are_xgboosts_own(task):
    import xgboost

    model = small_model("xgboost", task, "both")
    result = shap_interactions(model)
    codes = model.transform.codes(model.test.frame)
    types = ["c" if c else "q" for c in model.transform.is_category]
    matrix = xgboost.DMatrix(codes, feature_types=types, enable_categorical=True)
    booster = model.estimator.get_booster()
    own = booster.predict(matrix, pred_interactions=True, strict_shape=True)
    k = model.classes.index(model.explained_class()) if task == "multiclass" else 0
    size = 2 * np.abs(own[:, k, :-1, :-1]).mean(axis=0)
    for _, line in result.frame.iterrows():
        a, b = (model.features.index(line[c]) for c in ("first", "second"))
        expected = size[a, b] / (2 if a == b else 1)
        assert line["importance"] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("family", SMALL)
def test_stumps_do_not_act_together(family):
    one_split = ONE_SPLIT.get(family, {"max_depth": 1})
    model = small_model(family, "regression", "both", **one_split)
    result = shap_interactions(model)
    pairs = result.frame[result.frame["first"] != result.frame["second"]]
    assert pairs["importance"].max() == pytest.approx(0, abs=1e-12)
    assert "no two columns act together" in result.summary


def test_the_pair_that_acts_together_is_found():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(500, 4)), columns=list("abcd"))
    frame["y"] = frame["a"] * frame["b"] + 2 * frame["c"]
    model = train(Dataset.of(frame, target="y"), "xgboost")
    for reference in ({}, {"compared_with": "train"}):
        result = shap_interactions(model, **reference)
        pairs = result.frame[result.frame["first"] != result.frame["second"]]
        assert set(pairs.iloc[0][["first", "second"]]) == {"a", "b"}
        assert pairs["importance"].iloc[0] > 4 * pairs["importance"].iloc[1]


def test_the_colours_are_left_to_the_pairs():
    result = shap_interactions(small_model("xgboost", "regression", "both"))
    map_of_pairs, alone = result.figure().data
    assert np.isnan(np.diagonal(map_of_pairs.z)).all()
    pairs = result.frame[result.frame["first"] != result.frame["second"]]
    assert np.nanmax(map_of_pairs.z) == pytest.approx(pairs["importance"].max())
    assert len(alone.text) == len(map_of_pairs.z)


def test_what_cannot_be_read_is_refused():
    frame = pd.DataFrame({"x": np.arange(60.0) ** 2 / 7, "z": np.ones(60), "y": np.arange(60.0)})
    with pytest.raises(NotApplicable, match="not computed for this model"):
        shap_interactions(known_model(frame, "y", lambda x: x[:, 0]))
