"""Two-way dependence against a plain loop and functions whose joint part is known."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interpret import partial_dependence, two_way_accumulated_effects, two_way_dependence
from interpret._engine.asking import Asking
from tests.worlds_model import SHAPES, SMALL, TASKS, known_model, small_model
from workbench import NotApplicable

model_of = cache(small_model)


def wide(result, column: str) -> np.ndarray:
    """A column of the frame as a table: the first column's points down, the second's across."""
    return result.frame.pivot(index="point", columns="other_point", values=column).to_numpy()


def codes_of(model, result, which: str) -> list[float]:
    """What the model is given at each point along one of the two columns."""
    feature = result.frame["feature" if not which else "other"].iloc[0]
    levels = list(model.transform.levels.get(feature, ()))
    points = result.frame.drop_duplicates(f"{which}point").sort_values(f"{which}point")
    return [
        levels.index(level) if level in levels else value
        for level, value in zip(points[f"{which}level"], points[f"{which}value"], strict=True)
    ]


def by_loop(model, result, target_class=None, scale="response") -> np.ndarray:
    """What the model says on average with two columns set, the plainest way."""
    first, second = (
        model.features.index(result.frame[name].iloc[0]) for name in ("feature", "other")
    )
    rows = model.transform.codes(model.rows("all"))
    surface = []
    for a in codes_of(model, result, ""):
        for b in codes_of(model, result, "other_"):
            given = rows.copy()
            given[:, first], given[:, second] = a, b
            surface.append(model.column(model.on_scale(given, scale), target_class).mean())
    return np.reshape(surface, (-1, len(codes_of(model, result, "other_"))))


@pytest.mark.parametrize("engine", ["exact", "asking"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("family", SMALL)
def test_every_surface_equals_a_plain_loop_with_either_engine(
    family, task, shape, engine, monkeypatch
):
    model = model_of(family, task, shape)
    if engine == "asking":
        monkeypatch.setattr("interpret._dependence.engine_of", lambda m: Asking(m, "As wished."))
    result = two_way_dependence(model, feature="a", other="kind", grid_points=3)
    assert ("Exact" in result.notes[1]) == (engine == "exact")
    atol = 1e-6 if family == "xgboost" else 1e-10
    np.testing.assert_allclose(wide(result, "prediction"), by_loop(model, result), atol=atol)


@pytest.mark.parametrize("family", ["gradient_boosting", "xgboost"])
@pytest.mark.parametrize("target_class", ["yes", "no"])
def test_a_margin_is_averaged_on_the_margin(family, target_class):
    model = model_of(family, "binary", "both")
    result = two_way_dependence(
        model, feature="kind", other="b", scale="margin", target_class=target_class, grid_points=3
    )
    expected = by_loop(model, result, target_class, "margin")
    np.testing.assert_allclose(wide(result, "prediction"), expected, atol=1e-5)


@given(seed=st.integers(0, 500))
@settings(max_examples=10)
def test_the_joint_part_of_an_additive_function_is_nothing(seed):
    """Also where the columns move together."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=80)
    frame = pd.DataFrame({"a": a, "b": a + 0.2 * rng.normal(size=80), "y": 0.0})
    frame["y"] = rng.normal(size=80)
    model = known_model(frame, "y", lambda x: np.sin(x[:, 0]) + x[:, 1] ** 2)
    result = two_way_dependence(model, feature="a", other="b", grid_points=6)
    np.testing.assert_allclose(result.frame["interaction"], 0, atol=1e-12)
    values = result.frame
    np.testing.assert_allclose(
        values["prediction"], np.sin(values["value"]) + values["other_value"] ** 2
    )
    assert "none together" in result.summary


def test_the_joint_part_of_a_product_is_the_product_of_the_deviations():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(1, 1, size=(120, 3)), columns=["a", "b", "y"])
    model = known_model(frame, "y", lambda x: x[:, 0] * x[:, 1])
    result = two_way_dependence(model, feature="a", other="b", show="interaction")
    found, a, b = result.frame, frame["a"], frame["b"]
    together = (found["value"] - a.mean()) * (found["other_value"] - b.mean())
    covariance = (a * b).mean() - a.mean() * b.mean()
    np.testing.assert_allclose(found["interaction"], together + covariance, atol=1e-12)
    # the definition, with the curves that partial_dependence gives
    one, two = (
        partial_dependence(model, feature=f, grid_points=12, ice=0).frame["prediction"].to_numpy()
        for f in ("a", "b")
    )
    np.testing.assert_allclose(
        wide(result, "interaction"),
        wide(result, "prediction") - one[:, None] - two + (a * b).mean(),
        atol=1e-12,
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_every_row_is_in_the_cell_nearest_to_it(shape):
    model = model_of("decision_tree", "regression", shape)
    result = two_way_dependence(model, feature="a", other="kind", grid_points=7)
    rows = model.transform.codes(model.rows("all"))
    expected = np.zeros(wide(result, "support").shape, dtype=int)
    ways = [np.array(codes_of(model, result, which), dtype=float) for which in ("", "other_")]
    for row in rows[:, [model.features.index("a"), model.features.index("kind")]]:
        at = [
            int(np.flatnonzero(np.isnan(points))[0])
            if np.isnan(value)
            else int(np.nanargmin(np.abs(points - value)))
            for points, value in zip(ways, row, strict=True)
        ]
        expected[at[0], at[1]] += 1
    np.testing.assert_array_equal(wide(result, "support"), expected)
    assert result.frame["support"].sum() == len(rows)


def test_cells_without_rows_are_crossed_and_said():
    a = np.random.default_rng(0).normal(size=100)
    frame = pd.DataFrame({"a": a, "twin": a, "y": a})
    model = known_model(frame, "y", lambda x: x[:, 0])
    result = two_way_dependence(model, feature="a", other="twin", grid_points=5)
    np.testing.assert_array_equal(wide(result, "support") > 0, np.eye(5, dtype=bool))
    assert "80% of the 25 cells hold no row" in " ".join(result.notes)
    crosses = [trace for trace in result.figure().data if trace.type == "scatter"]
    assert len(crosses[0].x) == 20


def test_without_a_wish_the_column_with_the_largest_joint_part_is_taken():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(150, 5)), columns=["a", "b", "c", "d", "y"])
    frame["constant"] = 1.0
    model = known_model(frame, "y", lambda x: x[:, 0] * x[:, 2] + 5 * x[:, 1] + 0.1 * x[:, 0])
    result = two_way_dependence(model, feature="a")
    assert result.frame["other"].iloc[0] == "c"
    assert "'c' was chosen" in " ".join(result.notes)
    assert two_way_dependence(model, feature="c").frame["other"].iloc[0] == "a"
    assert result.title == "Dependence on a and c"


def test_what_is_shown_is_the_colour_and_the_joint_part_is_even_about_zero():
    model = model_of("xgboost", "regression", "both")
    for show in ("prediction", "interaction"):
        result = two_way_dependence(model, feature="a", other="kind", show=show, grid_points=4)
        figure = result.figure()
        with_rows = result.frame[result.frame["support"] > 0][show]
        axis = figure.layout.coloraxis
        if show == "interaction":
            assert axis.cmin == -axis.cmax == -with_rows.abs().max()
        else:
            assert (axis.cmin, axis.cmax) == (with_rows.min(), with_rows.max())
        drawn = np.concatenate([t.z[~np.isnan(t.z)] for t in figure.data if t.type == "heatmap"])
        np.testing.assert_allclose(np.sort(drawn), np.sort(result.frame[show]))


def test_what_cannot_be_answered_is_said():
    a = np.random.default_rng(0).normal(size=60)
    frame = pd.DataFrame({"a": a, "one": 1.0, "y": a})
    model = known_model(frame, "y", lambda x: x[:, 0])
    with pytest.raises(NotApplicable, match="'one' holds a single value"):
        two_way_dependence(model, feature="a", other="one")
    with pytest.raises(NotApplicable, match="both 'a'"):
        two_way_dependence(model, feature="a", other="a")
    with pytest.raises(NotApplicable, match="No column but 'a' varies"):
        two_way_dependence(model, feature="a")
    with pytest.raises(NotApplicable, match="no margin"):
        two_way_dependence(
            model_of("random_forest", "binary", "plain"), feature="a", other="b", scale="margin"
        )


def test_names_with_markup_many_levels_and_missing_values_are_drawn():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "<b>$n$</b>": rng.normal(size=300),
        "한국어 열": rng.choice([f"<i>서울 {k}</i>" for k in range(40)], size=300),
    })  # fmt: skip
    frame["y"] = rng.normal(size=300)
    frame.loc[:30, "<b>$n$</b>"] = np.nan
    frame.loc[20:50, "한국어 열"] = None
    model = known_model(frame, "y", lambda x: np.nan_to_num(x[:, 0]), learned=300)
    result = two_way_dependence(model, feature="한국어 열", other="<b>$n$</b>", grid_points=5)
    drawn = result.figure().to_json()
    assert "<b>$n$" not in drawn
    assert "<i>서울" not in drawn
    assert "30 most frequent of 41 levels" in " ".join(result.notes)
    assert len(result.figure().layout.xaxis.ticktext) == 30
    assert result.figure().layout.yaxis.ticktext[-1] == "(missing)"


def test_values_that_differ_have_names_that_differ():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": 1.5 + rng.random(200) / 1000, "b": rng.normal(size=200)})
    frame["y"] = rng.normal(size=200)
    model = known_model(frame, "y", lambda x: x[:, 0])
    for method in (two_way_dependence, two_way_accumulated_effects):
        result = method(model, feature="a", other="b")
        names = result.figure().layout.xaxis.ticktext
        assert len(set(names)) == len(names) > 5
        assert "drawn equally far apart" in " ".join(result.notes)
