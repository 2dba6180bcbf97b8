"""Mean changes of the prediction against closed forms and a plain difference of two predictions."""

import numpy as np
import pandas as pd
import pytest

from interpret import average_comparison
from tests.worlds_model import SMALL, TASKS, known_model, small_model
from workbench.errors import NotApplicable


def by_column(result) -> pd.DataFrame:
    return result.frame.set_index("feature")


def world():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=["a", "b", "idle"])
    frame["y"] = frame["a"]
    return frame, known_model(frame, "y", lambda x: 2 * x[:, 0] + x[:, 0] * x[:, 1])


def test_a_change_of_one_is_its_closed_form():
    frame, model = world()
    found = by_column(average_comparison(model, change="one"))
    # (2 + b)·1 on average, and a·1 for b
    assert found.loc["a +1", "importance"] == pytest.approx(2 + frame["b"].mean())
    assert found.loc["b +1", "importance"] == pytest.approx(frame["a"].mean())
    assert found.loc["idle +1", "importance"] == 0
    half = 1.959964 * frame["b"].std() / np.sqrt(400)
    assert found.loc["a +1", "conf_high"] - found.loc["a +1", "importance"] == pytest.approx(half)


def test_larger_changes_are_as_large_as_they_say():
    frame, model = world()
    low, high = frame["a"].quantile([0.25, 0.75])
    of_iqr = average_comparison(model, change="iqr").frame.set_index("column")
    assert of_iqr.loc["a", "importance"] == pytest.approx((2 + frame["b"].mean()) * (high - low))
    of_sd = average_comparison(model, change="sd").frame.set_index("column")
    spread = frame["a"].std()
    assert of_sd.loc["a", "importance"] == pytest.approx((2 + frame["b"].mean()) * spread)


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", TASKS)
def test_it_is_the_difference_of_two_predictions(family, task):
    model = small_model(family, task, "both")
    name = model.classes[0] if model.classes else None
    found = average_comparison(model, change="one", target_class=name).frame
    frame = model.data.frame

    def mean(changed) -> float:
        return float(model.output(changed, name).mean())

    line = found[found["feature"] == "c +1"].iloc[0]
    holds = frame[frame["c"].notna()]
    expected = mean(holds.assign(c=holds["c"] + 1)) - mean(holds)
    assert line["importance"] == pytest.approx(expected, abs=2e-6)
    usual = frame["kind"].mode()[0]
    levels = found[found["column"] == "kind"]
    assert len(levels) == frame["kind"].nunique() - 1
    for _, each in levels.iterrows():
        start, end = each["feature"].removeprefix("kind: ").split(" → ")
        assert start == usual
        expected = mean(frame.assign(kind=end)) - mean(frame.assign(kind=start))
        assert each["importance"] == pytest.approx(expected, abs=2e-6)


def test_a_step_of_one_is_right_where_a_slope_is_meaningless():
    """A forest of y = 2x: '+1' is near 2, while a difference quotient depends on the step."""
    from workbench import Dataset, train

    rng = np.random.default_rng(1)
    x = rng.uniform(0, 10, 1_500)
    frame = pd.DataFrame({"x": x, "y": 2 * x + rng.normal(size=1_500)})
    model = train(Dataset.of(frame, target="y"), "random_forest", n_estimators=30)
    found = average_comparison(model, change="one").frame.iloc[0]
    # a tenth of the rows leave the data, where trees are flat
    assert found["importance"] == pytest.approx(2 * 0.95, abs=0.12)
    assert found["share_outside"] == pytest.approx(0.1, abs=0.02)
    rows = frame[["x"]]
    slopes = [
        float((model.output(rows + step) - model.output(rows)).mean() / step)
        for step in (1e-4, 1e-3, 1e-2)
    ]
    assert max(abs(slope - 2) for slope in slopes) > 0.3


def test_leaving_the_data_is_said():
    _, model = world()
    result = average_comparison(model, change="one")
    assert not any("leave the range" in note for note in result.notes)
    frame = pd.DataFrame({"few": np.tile([0.0, 1.0], 30), "y": np.arange(60.0)})
    model = known_model(frame, "y", lambda x: x[:, 0])
    result = average_comparison(model, change="one")
    assert any("50% of the rows leave the range of the data" in note for note in result.notes)


def test_nothing_to_change_is_refused():
    frame = pd.DataFrame({"same": np.ones(60), "y": np.arange(60.0)})
    with pytest.raises(NotApplicable, match="No column varies"):
        average_comparison(known_model(frame, "y", lambda x: x[:, 0]))


def test_the_size_of_the_change_stands_at_the_bar_of_a_long_name():
    name = "a name of a column that is much longer than the margin of a picture"
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(0, 9, 60), "y": rng.normal(size=60)})
    result = average_comparison(known_model(frame, "y", lambda x: x[:, 0]), change="one")
    (shown,) = result.figure().layout.yaxis.ticktext
    assert shown.startswith("a name")
    assert shown.endswith(" +1")
    of_iqr = average_comparison(known_model(frame, "y", lambda x: x[:, 0]))
    assert of_iqr.figure().layout.yaxis.ticktext[0].endswith("(IQR)")
    assert any("interquartile range (IQR)" in note for note in of_iqr.notes)


def test_a_column_that_is_mostly_one_value_is_raised_by_its_range_and_says_so():
    frame = pd.DataFrame({"gain": [0.0] * 50 + [0.0, 99_999.0] * 5, "y": np.arange(60.0)})
    model = known_model(frame, "y", lambda x: x[:, 0])
    (line,) = average_comparison(model, change="iqr").frame.to_dict("records")
    assert line["feature"] == "gain +99,999 (range)"
    assert line["importance"] == pytest.approx(99_999)


def test_rows_that_miss_a_number_do_not_make_its_change_smaller():
    frame, _ = world()
    frame = frame.assign(still=1.0)
    frame.loc[frame.index % 5 > 0, "b"] = np.nan
    model = known_model(frame, "y", lambda x: 3 * np.nan_to_num(x[:, 1], nan=7.0))
    result = average_comparison(model, change="one")
    assert by_column(result).loc["b +1", "importance"] == pytest.approx(3)
    assert any("hold one (missing: 'b' 80%)" in note for note in result.notes)
    assert any(note.endswith("left out: 'still'.") for note in result.notes)
