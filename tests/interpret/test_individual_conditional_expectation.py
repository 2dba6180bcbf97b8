"""Single rows' curves against the model itself, and worlds in which the average hides them."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interpret import individual_conditional_expectation
from interpret._engine.asking import Asking
from tests.worlds_model import SHAPES, SMALL, TASKS, known_model, small_model

model_of = cache(small_model)


def of_rows(result) -> pd.DataFrame:
    return result.frame[result.frame["curve"] == "row"]


def product(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Two columns about 0 and a third; y is anything."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(rows, 4)), columns=["a", "b", "c", "y"])


@pytest.mark.parametrize("engine", ["exact", "asking"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("family", SMALL)
def test_every_rows_curve_is_what_the_model_says_of_it(family, task, shape, engine, monkeypatch):
    model = model_of(family, task, shape)
    if engine == "asking":
        monkeypatch.setattr("interpret._dependence.engine_of", lambda m: Asking(m, "As wished."))
    result = individual_conditional_expectation(
        model, feature="kind", curves=15, centred=False, grid_points=4
    )
    levels = list(model.transform.levels.get("kind", ()))
    atol = 1e-6 if family == "xgboost" else 1e-10
    for _, point in of_rows(result).drop_duplicates("level").iterrows():
        same = of_rows(result)[of_rows(result)["level"] == point["level"]]
        rows = model.transform.codes(model.data.frame.iloc[same["row"].astype(int)])
        is_level = point["level"] in levels
        rows[:, 3] = levels.index(point["level"]) if is_level else point["value"]
        np.testing.assert_allclose(
            same["prediction"], model.column(model.response(rows)), atol=atol
        )
    assert of_rows(result)["row"].nunique() == 15


@given(seed=st.integers(0, 500), slope=st.floats(0.1, 5))
@settings(max_examples=10)
def test_of_an_additive_function_all_centred_curves_are_the_same(seed, slope):
    frame = product(60, seed)
    model = known_model(frame, "y", lambda x: slope * x[:, 0] ** 3 + x[:, 1])
    result = individual_conditional_expectation(model, feature="a")
    start = frame["a"].min()
    rows = of_rows(result)
    truth = slope * (rows["value"] ** 3 - start**3)
    np.testing.assert_allclose(rows["prediction"], truth, atol=1e-9)
    np.testing.assert_allclose(rows["with_average"], 1)
    assert "0% go against their average" in result.summary
    assert "standard deviation of 0 between rows" in result.summary
    assert "hides" not in " ".join(result.notes)


def test_an_average_that_hides_opposite_curves_is_named():
    frame = product()
    frame["b"] -= frame["b"].mean() - 0.05
    model = known_model(frame, "y", lambda x: x[:, 0] * x[:, 1])
    result = individual_conditional_expectation(model, feature="a", curves=300)
    against = (frame["b"] < 0).mean()
    found = of_rows(result).drop_duplicates("row").set_index("row")["with_average"]
    # a row goes against the average exactly where its own slope, b, is negative
    np.testing.assert_allclose(found, np.sign(frame["b"].loc[found.index.astype(int)]))
    assert f"{against:.0%} go against their average" in result.summary
    assert f"{against:.0%} of these rows go against" in " ".join(result.notes)
    spread = frame["b"].std() * np.ptp(frame["a"])
    assert f"standard deviation of {spread:.4g} between rows" in result.summary


def test_a_flat_average_over_curves_that_move_is_named():
    frame = product(200)
    frame["b"] = np.where(np.arange(200) % 2, 1.0, -1.0)
    model = known_model(frame, "y", lambda x: np.round(8 * x[:, 0]) * x[:, 1])
    result = individual_conditional_expectation(model, feature="a", curves=200)
    assert "is flat, though single rows move" in result.summary
    assert of_rows(result)["with_average"].isna().all()


def test_a_column_without_a_part_is_said_to_move_nothing():
    model = known_model(product(50), "y", lambda x: x[:, 1])
    result = individual_conditional_expectation(model, feature="a")
    assert result.summary == "None of 50 rows' predictions moves with 'a'."
    result.figure()


def test_the_interval_of_the_share_is_wilsons():
    from statsmodels.stats.proportion import proportion_confint

    from interpret.individual_conditional_expectation import _wilson

    for count, n in ((0, 10), (3, 10), (10, 10), (57, 200)):
        assert _wilson(count, n) == pytest.approx(
            proportion_confint(count, n, method="wilson"), abs=1e-9
        )


@pytest.mark.parametrize("colour_by", ["a", "b", "kind"])
@pytest.mark.parametrize("feature", ["a", "kind"])
def test_rows_are_coloured_by_the_values_they_hold(feature, colour_by):
    model = model_of("decision_tree", "regression", "both")
    result = individual_conditional_expectation(
        model, feature=feature, colour_by=colour_by, curves=160
    )
    one = of_rows(result).drop_duplicates("row").set_index("row")
    held = model.data.frame[colour_by].loc[one.index.astype(int)]
    if colour_by == "kind":
        np.testing.assert_array_equal(one["group"], held.fillna("(missing)"))
        assert one["colour_value"].isna().all()
    else:
        np.testing.assert_array_equal(one["colour_value"], held)
        groups = one.dropna(subset="colour_value").groupby("group", sort=False)["colour_value"]
        # from low to high without overlap, of about equal size
        assert (groups.max().to_numpy()[:-1] < groups.min().to_numpy()[1:]).all()
        assert groups.size().max() - groups.size().min() <= 2
        assert (one["group"][one["colour_value"].isna()] == "(missing)").all()
    traces = [t for t in result.figure().data if str(t.name).startswith(f"{colour_by}: ")]
    in_the_legend = [t.name for t in traces if t.showlegend is not False]
    assert len(set(in_the_legend)) == len(in_the_legend) == one["group"].nunique()
    assert sorted(t.name for t in traces if t.showlegend is False) == sorted(in_the_legend)


def test_levels_beyond_the_most_frequent_are_one_group():
    rng = np.random.default_rng(0)
    frame = product(200)
    weights = np.arange(1, 9) / np.arange(1, 9).sum()
    frame["c"] = rng.choice([f"<b>{k}</b>" for k in range(8)], p=weights, size=200)
    model = known_model(frame, "y", lambda x: x[:, 0], learned=200)
    result = individual_conditional_expectation(model, feature="a", colour_by="c")
    groups = set(of_rows(result)["group"])
    assert groups == {f"<b>{k}</b>" for k in range(3, 8)} | {"other levels"}
    assert "<b>3" not in result.figure().to_json()


def test_all_rows_of_a_group_are_one_trace_with_gaps():
    model = model_of("xgboost", "regression", "missing")
    result = individual_conditional_expectation(model, feature="a", curves=30, grid_points=8)
    lines = next(t for t in result.figure().data if t.name == "single rows")
    assert np.isnan(lines.y).sum() == 30
    drawn = np.reshape(lines.y, (30, -1))[:, :-1]
    rows = of_rows(result)
    expected = rows[rows["value"].notna()]["prediction"].to_numpy().reshape(30, -1)
    np.testing.assert_array_equal(drawn, expected)


def test_the_average_is_that_of_the_rows_drawn():
    model = model_of("random_forest", "binary", "both")
    result = individual_conditional_expectation(model, feature="a", curves=25)
    mean = of_rows(result).groupby("level", sort=False)["prediction"].mean()
    average = result.frame[result.frame["curve"] == "average"].set_index("level")
    np.testing.assert_allclose(average["prediction"], mean.loc[average.index])
    assert (average["conf_high"] >= average["conf_low"]).all()
    assert average["prediction"].iloc[0] == 0


def test_the_average_is_not_of_the_colour_of_a_group():
    model = model_of("xgboost", "regression", "both")
    result = individual_conditional_expectation(model, feature="a", colour_by="kind")
    drawn = result.figure().data
    average = next(trace for trace in drawn if trace.name == "average")
    groups = [trace for trace in drawn if trace.showlegend is not False and "kind" in trace.name]
    assert len(groups) > 1
    assert average.line.color not in {trace.line.color for trace in groups}
    assert all(trace.line.color.startswith("#") for trace in groups)  # the legend is not faint
    few = individual_conditional_expectation(model, feature="a", colour_by="b")
    assert not any("most frequent levels" in note for note in few.notes)
