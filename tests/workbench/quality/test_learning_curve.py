"""The learning curve: worlds in which more rows help, and worlds in which they do not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeRegressor

from tests.worlds_findings import clean_yes_no, data
from workbench import NotApplicable, adopt, learning_curve, train
from workbench.quality.learning_curve import _drawn


def step(rows=1_600, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc"))
    return frame.assign(y=3.0 * (frame["a"] > 0) + rng.normal(scale=0.5, size=rows))


def waves(rows=1_600, seed=0):
    """Many bumps: every row more shows one better."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.uniform(size=(rows, 2)), columns=list("ab"))
    wave = np.sin(40 * frame["a"]) * np.sin(40 * frame["b"])
    return frame.assign(y=3 * wave + rng.normal(scale=0.1, size=rows))


def test_a_step_is_learned_from_few_rows():
    result = learning_curve(train(data(step()), "decision_tree", max_depth=1))
    assert "promise more than more rows" in result.summary
    test = result.frame[result.frame["part"] == "test"]
    assert np.ptp(test["score"].iloc[1:]) < 0.05


def test_bumps_want_more_rows():
    model = train(data(waves()), "gradient_boosting", max_iter=200, min_samples_leaf=3)
    result = learning_curve(model)
    assert "still gets better" in result.summary


def test_a_tree_that_learns_by_heart_is_told_so():
    model = train(data(step()), "decision_tree", max_depth=20, min_samples_leaf=1)
    assert "smaller" in learning_curve(model).summary


def test_the_last_point_is_the_model_itself_and_sizes_double():
    model = train(data(clean_yes_no(800)), "decision_tree")
    frame = learning_curve(model, points=4).frame
    sizes = frame.loc[frame["part"] == "test", "rows"].to_numpy()
    assert sizes[-1] == len(model.split.train)
    np.testing.assert_allclose(sizes[1:] / sizes[:-1], 2, rtol=0.02)
    at = model.positions("test")
    own = model.metrics[0].measure(model.target.y[at], model.response(
        model.transform.codes(model.data.frame.iloc[at])))  # fmt: skip
    assert frame["score"].iloc[-1] == pytest.approx(own.value)


def test_smaller_draws_lie_within_larger_ones_and_keep_every_class():
    frame = clean_yes_no(400)
    frame["y"] = np.where(np.arange(400) % 40 == 0, "rare", frame["y"])
    model = train(data(frame), "decision_tree")
    small, large = (set(_drawn(model, size, 1)) for size in (30, 120))
    assert small < large
    assert len(np.unique(model.target.y[sorted(small)])) == 3


def test_whole_groups_and_the_latest_rows():
    frame = step(600).assign(who=np.arange(600) // 20)
    model = train(data(frame, who="group"), "decision_tree")
    who = model.data.frame["who"].to_numpy()
    drawn = _drawn(model, 100, 1)
    assert len(set(who[drawn])) <= 6
    frame = step(600).assign(day=pd.date_range("2020-01-01", periods=600))
    later = train(data(frame, day="time"), "decision_tree")
    assert _drawn(later, 100, 1).tolist() == sorted(later.split.train)[-100:]


def test_what_cannot_be_learned_again_is_refused():
    frame = step(120)
    tree = DecisionTreeRegressor(max_depth=2).fit(frame[list("abc")], frame["y"])
    with pytest.raises(NotApplicable, match="fitted elsewhere"):
        learning_curve(adopt(tree, data(frame)))
    with pytest.raises(NotApplicable, match="too few"):
        learning_curve(train(data(step(40)), "decision_tree"))
