"""A recipe learned again: the same rows give the same model, a bootstrap sample another one."""

import numpy as np
import pytest

from tests import worlds
from tests.worlds_model import SMALL, TASKS, small_model
from workbench import Dataset, train
from workbench.refit import bootstrap_rows, refit


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", TASKS)
def test_the_same_rows_and_seed_give_the_same_model(family, task):
    model = small_model(family, task, "both")
    again = refit(model, model.split.train, model.seed)
    codes = model.transform.codes(model.rows("all"))
    np.testing.assert_array_equal(again.response(codes), model.response(codes))
    assert again.fingerprint == model.fingerprint


def test_a_bootstrap_sample_is_of_the_same_size_and_keeps_each_class():
    for task in TASKS:
        model = small_model("decision_tree", task, "plain")
        rows = bootstrap_rows(model, seed=1)
        assert len(rows) == len(model.split.train)
        assert set(rows) <= set(model.split.train)
        assert len(set(rows)) < len(rows)
        assert not np.array_equal(np.sort(rows), np.sort(bootstrap_rows(model, seed=2)))
        if task != "regression":
            y = model.target.y
            np.testing.assert_array_equal(
                np.bincount(y[rows].astype(int)), np.bincount(y[model.split.train].astype(int))
            )


def test_groups_are_drawn_whole():
    frame = worlds.additive(200).assign(patient=np.arange(200) // 4)
    data = Dataset.of(frame, target="y").with_roles({"patient": "group"})
    model = train(data, "decision_tree")
    rows = bootstrap_rows(model, seed=0)
    drawn = frame["patient"].iloc[rows].value_counts()
    of_each = frame["patient"].iloc[model.split.train].value_counts()
    assert (drawn % of_each[drawn.index] == 0).all()
    assert drawn.max() > of_each.max()


def test_two_samples_give_two_models():
    model = small_model("decision_tree", "regression", "plain")
    codes = model.transform.codes(model.rows("all"))
    first, second = (refit(model, bootstrap_rows(model, s), 0).response(codes) for s in (1, 2))
    assert not np.array_equal(first, second)
