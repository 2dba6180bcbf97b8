"""A linear model is trained beside every other, and a finding says when it is as good."""

import numpy as np
import pandas as pd
import pytest

from tests.worlds_findings import clean, data, only, told
from tests.worlds_model import TASKS, table
from workbench import model_quality, train
from workbench.findings import no_better_than_yardstick
from workbench.metrics import metrics_for
from workbench.yardstick import yardstick

CODE = no_better_than_yardstick.CODE


@pytest.mark.parametrize("task", TASKS)
def test_the_yardstick_is_the_linear_family_on_the_same_rows(task):
    model = train(table("both", task), "decision_tree")
    lines, own = yardstick(model), train(table("both", task), "linear")
    assert lines is yardstick(model)
    codes = model.transform.codes(model.data.frame)
    np.testing.assert_allclose(lines.response(codes), own.response(codes))
    shown = model_quality(model).frame
    metric = metrics_for(task)[0]
    at = model.split.test
    expected = metric.measure(model.target.y[at], own.response(codes[at])).value
    assert shown.query("part == 'test'")["yardstick"].iloc[0] == pytest.approx(expected)


def test_a_linear_model_has_no_yardstick_but_itself():
    model = train(data(clean()), "linear")
    assert yardstick(model) is None
    quality = model_quality(model)
    assert quality.frame["yardstick"].isna().all()
    assert "with a linear one" not in quality.summary
    assert told(model, CODE) == []
    quality.figure()


@pytest.mark.parametrize("seed", range(3))
def test_trees_on_a_straight_world_are_no_better(seed):
    model = train(data(clean(1_200, seed)), "random_forest", n_estimators=40, seed=seed)
    assert only(model, CODE).severity == "notice"
    assert "linear model" in only(model, CODE).says


@pytest.mark.parametrize("seed", range(3))
def test_trees_on_a_bent_world_are_better(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(1_200, 3)), columns=list("abc"))
    frame["y"] = frame["a"] ** 2 + frame["b"] * frame["c"] + rng.normal(scale=0.3, size=1_200)
    assert told(train(data(frame), seed=seed), CODE) == []
