"""Rows by shared leaves, against each library's own `apply`."""

import numpy as np
import pandas as pd
import pytest

from interpret import leaf_neighbours
from tests.worlds_model import TASKS, known_model, small_model
from workbench.errors import NotApplicable


@pytest.mark.parametrize("family", ["decision_tree", "random_forest", "xgboost"])
@pytest.mark.parametrize("task", TASKS)
def test_proximity_is_the_share_of_equal_leaves(family, task):
    model = small_model(family, task, "both")
    codes = model.transform.codes(model.data.frame)
    leaves = model.estimator.apply(codes).reshape(len(codes), -1)
    for row in (int(model.split.test[0]), int(model.split.train[0])):
        result = leaf_neighbours(model, row=row, neighbours=100)
        found = result.frame
        expected = (leaves == leaves[row]).mean(axis=1)
        np.testing.assert_allclose(found["proximity"], expected[found["row"]], atol=1e-12)
        assert set(found["row"]) <= set(model.split.train) - {row}
        left_out = sorted(set(model.split.train) - {row} - set(found["row"]))
        assert expected[left_out].max(initial=0) <= found["proximity"].min()
        assert found["proximity"].is_monotonic_decreasing


def test_a_forests_prediction_is_made_of_its_neighbours():
    """Lin & Jeon (2006): with one tree per leaf's mean, weights by leaves give the prediction."""
    model = small_model("decision_tree", "regression", "plain")
    row = int(model.split.test[3])
    alike = leaf_neighbours(model, row=row, neighbours=100).frame
    alike = alike[alike["proximity"] == 1]
    own = model.output(model.data.frame.iloc[[row]])[0]
    assert alike["target"].astype(float).mean() == pytest.approx(own)


def test_differences_name_the_columns_that_differ():
    model = small_model("random_forest", "regression", "both")
    found = leaf_neighbours(model, row=0).frame
    for _, line in found.iterrows():
        own, other = model.data.frame.iloc[0], model.data.frame.iloc[line["row"]]
        for name in model.features:
            same = own[name] == other[name] or (pd.isna(own[name]) and pd.isna(other[name]))
            assert (f"{name} = " not in line["values"]) == same


def test_without_trees_there_are_no_leaves():
    frame = pd.DataFrame({"x": np.arange(60.0) ** 2 / 7, "y": np.arange(60.0)})
    with pytest.raises(NotApplicable, match="cannot be compared by their leaves"):
        leaf_neighbours(known_model(frame, "y", lambda x: x[:, 0]), row=0)
