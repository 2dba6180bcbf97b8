"""Predicted against observed, residuals and the error by decile, where the truth is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference
from statsmodels.stats.weightstats import DescrStatsW

from tests import worlds
from tests.workbench.quality.rows_made import first_part
from workbench import (
    Dataset,
    NotApplicable,
    error_by_decile,
    predicted_against_observed,
    residuals,
    train,
)
from workbench.figures import number
from workbench.quality._intervals import mean_interval
from workbench.quality._rows import NumberRows
from workbench.quality.error_by_decile import _frame


@pytest.fixture(scope="module")
def model():
    return train(Dataset.of(worlds.additive(), target="y"))


def test_the_summary_holds_scikit_learns_numbers(model):
    rows = model.rows("test")
    said = predicted_against_observed(model).summary
    assert f"R² {number(reference.r2_score(rows['y'], model.predict(rows)), 3)} " in said
    error = reference.root_mean_squared_error(rows["y"], model.predict(rows))
    assert f"RMSE {number(error)} " in said


def test_every_point_is_its_row(model):
    frame = predicted_against_observed(model, rows="train").frame
    rows = model.data.frame.iloc[frame["row"]]
    np.testing.assert_allclose(frame["observed"], rows["y"])
    np.testing.assert_allclose(frame["predicted"], model.predict(rows))


def test_a_sample_is_drawn_and_said_and_changes_no_number(model):
    few, every = (predicted_against_observed(model, most_rows=most) for most in (20, 2_000))
    assert (len(first_part(few)), len(first_part(every))) == (20, len(model.split.test))
    assert few.summary == every.summary
    assert any("20 of these rows are drawn" in note for note in few.notes)


def test_residuals_are_observed_less_predicted(model):
    frame = residuals(model).frame
    single = frame[frame["kind"] == "row"]
    rows = model.data.frame.iloc[single["row"].astype(int)]
    np.testing.assert_allclose(single["residual"], rows["y"] - model.predict(rows))
    np.testing.assert_allclose(single["value"], model.predict(rows))


def test_a_column_that_the_model_misses_is_seen():
    """A tree of one split on `seen` leaves the bend of `bent` over."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"seen": rng.normal(size=600), "bent": rng.uniform(-1, 1, size=600)})
    frame["y"] = frame["seen"] + 3 * frame["bent"] ** 2
    stump = train(Dataset.of(frame, target="y"), "decision_tree", max_depth=1)
    found = residuals(stump, against="bent", rows="train")
    groups = found.frame[found.frame["kind"] == "group"]
    assert groups["residual"].iloc[[0, -1]].min() > 0 > groups["residual"].iloc[4:6].max()
    assert groups["conf_low"].iloc[0] > 0
    assert groups["conf_high"].iloc[4] < 0


def test_the_levels_of_a_category_have_their_means(model):
    found = residuals(model, against="place").frame
    groups = found[(found["kind"] == "group") & (found["part"] == "test")].set_index("level")
    rows = model.rows("test")
    left = rows["y"] - model.predict(rows)
    expected = left.groupby(rows["place"]).mean()
    np.testing.assert_allclose(groups["residual"].loc[expected.index], expected)
    assert groups["rows"].sum() == len(rows)


def test_missing_values_are_counted_and_not_drawn(model):
    found = residuals(model, against="size")
    missing = int(model.rows("test")["size"].isna().sum())
    assert missing > 0
    assert any(f"On {missing} rows 'size' is missing" in note for note in found.notes)
    assert (found.frame["kind"] == "row").sum() == len(model.split.test) - missing


@given(seed=st.integers(0, 10_000))
def test_the_intervals_are_those_of_statsmodels(seed):
    rng = np.random.default_rng(seed)
    predicted = rng.normal(size=100)
    rows = NumberRows("test", np.arange(100), predicted + rng.normal(size=100), predicted)
    frame = _frame(rows, 5)
    parts = np.array_split(np.argsort(predicted), 5)
    for at, inside in zip(frame.itertuples(), parts, strict=True):
        bias = DescrStatsW(rows.residual[inside]).tconfint_mean()
        size = DescrStatsW(np.abs(rows.residual[inside])).tconfint_mean()
        assert (at.bias_low, at.bias_high) == pytest.approx(bias)
        assert (at.mae_low, at.mae_high) == pytest.approx((max(size[0], 0), size[1]))


@given(seed=st.integers(0, 10_000), groups=st.integers(2, 30))
def test_the_groups_add_up_to_all_rows(seed, groups):
    rng = np.random.default_rng(seed)
    predicted = rng.integers(0, 15, size=90).astype(float)
    rows = NumberRows("test", np.arange(90), rng.normal(size=90), predicted)
    frame = _frame(rows, groups)
    assert frame["rows"].sum() == 90
    weighted = (frame["bias"] * frame["rows"]).sum() / 90
    assert weighted == pytest.approx(rows.residual.mean())
    assert (frame["mae"] >= frame["bias"].abs() - 1e-12).all()


def test_an_error_that_grows_with_the_prediction_is_found():
    rng = np.random.default_rng(0)
    predicted = rng.uniform(1, 10, size=4_000)
    rows = NumberRows("test", np.arange(4_000), predicted * rng.normal(1, 0.2, 4_000), predicted)
    frame = _frame(rows, 10)
    # the mean of |N(0, σ²)| is σ √(2/π)
    np.testing.assert_allclose(frame["mae"], 0.2 * np.sqrt(2 / np.pi) * frame["predicted"],
                               rtol=0.15)  # fmt: skip


def test_a_single_row_has_no_interval():
    assert np.isnan(mean_interval(np.array([1.0]))).all()


@pytest.mark.parametrize("method", [predicted_against_observed, residuals, error_by_decile])
def test_classes_are_refused_with_what_there_is_for_them(method):
    classes = train(Dataset.of(worlds.yes_no(), target="bought"))
    with pytest.raises(NotApplicable, match="one of two classes") as refused:
        method(classes)
    assert "ROC curve" in refused.value.hint
