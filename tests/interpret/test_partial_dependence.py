"""Partial dependence against known functions, scikit-learn's brute force, and a plain loop."""

import pickle
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret import partial_dependence
from interpret._engine.asking import Asking
from interpret._grid import make_grid
from interpret._support import worst_outside
from tests.worlds_model import SHAPES, SMALL, TASKS, known_model, small_model
from workbench import Cancelled, NotApplicable, ParameterError
from workbench.refit import bootstrap_rows, refit

model_of = cache(small_model)


def average(result) -> pd.DataFrame:
    return result.frame[result.frame["curve"] == "average"]


def by_loop(model, feature: str, value: float, target_class=None, scale="response") -> np.ndarray:
    """What the model says of every row with one column set, the plainest way."""
    codes = model.transform.codes(model.rows("all"))
    codes[:, model.features.index(feature)] = value
    return model.column(model.on_scale(codes, scale), target_class)


def ask_the_model(patch: pytest.MonkeyPatch) -> None:
    """The engine that asks, also where the trees can be read."""
    patch.setattr("interpret._dependence.engine_of", lambda model: Asking(model, "As wished."))


@pytest.mark.parametrize("engine", ["exact", "asking"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("family", SMALL)
def test_every_curve_equals_a_plain_loop_with_either_engine(
    family, task, shape, engine, monkeypatch
):
    model = model_of(family, task, shape)
    if engine == "asking":
        ask_the_model(monkeypatch)
    atol = 1e-6 if family == "xgboost" else 1e-10
    for feature in ("a", "kind"):
        result = partial_dependence(model, feature=feature, grid_points=5, ice=3)
        assert ("Exact" in result.notes[1]) == (engine == "exact")
        found = average(result)
        levels = list(model.transform.levels.get(feature, ()))
        values = [levels.index(p["level"]) if p["level"] in levels else p["value"]
                  for _, p in found.iterrows()]  # fmt: skip
        every = np.array([by_loop(model, feature, value) for value in values])
        half = 1.959963984540054 * every.std(axis=1, ddof=1) / np.sqrt(every.shape[1])
        np.testing.assert_allclose(found["prediction"], every.mean(axis=1), atol=atol)
        np.testing.assert_allclose(found["conf_high"] - found["prediction"], half, atol=atol)
        positions = list(model.positions("all"))
        for row, curve in result.frame[result.frame["curve"] == "row"].groupby("row"):
            np.testing.assert_allclose(
                curve["prediction"], every[:, positions.index(row)], atol=atol
            )


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("feature", ["a", "c"])
def test_it_equals_scikit_learns_brute_force(family, task, feature):
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.inspection import partial_dependence as reference

    model = small_model(family, task, "plain")

    class Plain(RegressorMixin, BaseEstimator):
        def fit(self, x, y):  # noqa: ARG002
            return self

        def predict(self, x):
            return model.column(model.response(x))

    estimator = Plain()
    estimator.fitted_ = True
    found = average(partial_dependence(model, feature=feature, grid_points=9))
    codes, at = model.transform.codes(model.rows("all")), model.features.index(feature)
    expected = reference(
        estimator, codes, [at], method="brute", kind="average",
        custom_values={at: found["value"].to_numpy()},
    )  # fmt: skip
    np.testing.assert_allclose(found["prediction"], expected["average"][0], atol=1e-6)


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("feature", ["a", "b", "c", "kind"])
def test_missing_values_and_levels_have_their_own_right_points(family, task, feature):
    model = small_model(family, task, "both")
    name = model.classes[0] if model.classes else None
    found = average(partial_dependence(model, feature=feature, target_class=name, grid_points=6))
    levels = list(model.transform.levels.get(feature, ()))
    for _, point in found.iterrows():
        value = point["value"]
        if levels and point["level"] != "(missing)":
            value = levels.index(point["level"])
        every = by_loop(model, feature, value, name)
        assert point["prediction"] == pytest.approx(every.mean(), abs=1e-6)
        half = 1.959964 * every.std(ddof=1) / np.sqrt(len(every))
        assert point["conf_high"] - point["prediction"] == pytest.approx(half, abs=1e-6)
    assert np.isfinite(found["prediction"]).all()
    is_missing = model.data.frame[feature].isna()
    assert ("(missing)" in set(found["level"])) == is_missing.any()
    assert found["support"].sum() == len(model.data.frame)
    if levels:
        counts = model.data.frame[feature].value_counts()
        assert dict(zip(found["level"], found["support"], strict=True)) == {
            **counts.to_dict(), "(missing)": is_missing.sum()
        }  # fmt: skip


@pytest.mark.parametrize("family", ["gradient_boosting", "xgboost"])
def test_a_margin_is_averaged_on_the_margin(family):
    model = small_model(family, "binary", "plain")
    found = average(partial_dependence(model, feature="c", scale="margin", target_class="no"))
    for _, point in found.iterrows():
        truth = by_loop(model, "c", point["value"], "no", "margin").mean()
        assert point["prediction"] == pytest.approx(truth, abs=1e-5)
    assert found["output"].iloc[0] == "log-odds of y = no"


def test_a_forest_has_no_margin():
    with pytest.raises(NotApplicable, match="no margin"):
        partial_dependence(
            small_model("random_forest", "binary", "plain"), feature="a", scale="margin"
        )


def test_a_column_that_is_no_feature_is_refused():
    with pytest.raises(ParameterError, match="feature"):
        partial_dependence(small_model("decision_tree", "regression", "plain"), feature="y")


@given(seed=st.integers(0, 1_000), slope=st.floats(-5, 5), points=st.integers(2, 60))
def test_of_an_additive_function_it_is_the_component(seed, slope, points):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(70, 2)), columns=["a", "b"])
    frame["y"] = rng.normal(size=70)
    model = known_model(frame, "y", lambda x: slope * x[:, 0] ** 3 + np.sin(x[:, 1]))
    result = partial_dependence(model, feature="a", grid_points=points)
    found = average(result)
    np.testing.assert_allclose(
        found["prediction"], slope * found["value"] ** 3 + np.sin(frame["b"]).mean(), atol=1e-9
    )
    # the smallest and the largest value are always among the points, and every point occurs
    assert found["value"].iloc[0] == frame["a"].min()
    assert found["value"].iloc[-1] == frame["a"].max()
    assert found["value"].isin(frame["a"]).all()
    assert found["value"].is_monotonic_increasing
    assert found["support"].sum() == 70
    # single rows of an additive function are the same curve, moved
    single = result.frame[result.frame["curve"] == "row"]
    wide = single.pivot(index="value", columns="row", values="prediction")
    np.testing.assert_allclose(
        wide.sub(wide.iloc[0]), np.tile(wide.iloc[:, [0]] - wide.iloc[0, 0], wide.shape[1]),
        atol=1e-9,
    )  # fmt: skip


def test_whole_numbers_booleans_and_names_with_markup():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "<b>$n$</b>": rng.integers(2005, 2012, size=200),
        "flag": rng.random(200) < 0.3,
        "한국어 열 이름": rng.choice(["(missing)", "<i>서울</i>"], size=200),
    })  # fmt: skip
    frame["y"] = frame["<b>$n$</b>"] + 2.0 * frame["flag"] + rng.normal(size=200)
    frame.loc[:20, "한국어 열 이름"] = None
    model = known_model(frame, "y", lambda x: x[:, 0] + 2 * x[:, 1] + np.nan_to_num(x[:, 2]))
    years = average(partial_dependence(model, feature="<b>$n$</b>"))
    assert list(years["level"]) == [str(year) for year in range(2005, 2012)]
    np.testing.assert_allclose(np.diff(years["prediction"]), 1)
    flags = average(partial_dependence(model, feature="flag"))
    assert list(flags["level"]) == ["false", "true"]
    assert flags["prediction"].diff().iloc[1] == pytest.approx(2)
    names = average(partial_dependence(model, feature="한국어 열 이름"))
    assert list(names["level"]) == ["(missing)", "<i>서울</i>", "((missing))"]
    for feature in model.features:
        figure = partial_dependence(model, feature=feature).figure().to_json()
        assert "<b>$n$" not in figure
        assert "<i>서울" not in figure


def test_sampled_rows_are_said_and_repeatable():
    model = small_model("decision_tree", "regression", "plain")
    once, again = (partial_dependence(model, feature="a", most_rows=50, ice=7) for _ in range(2))
    pd.testing.assert_frame_equal(once.frame, again.frame)
    assert once.frame["row"].nunique() == 7
    assert "50 of 160" in once.notes[0]
    assert "seed 0" in once.notes[0]
    # the grid and its support are of all the rows, sampled or not
    assert average(once)["support"].sum() == 160


def test_the_curve_is_said_to_leave_the_data_where_columns_move_together():
    rng = np.random.default_rng(0)
    a = rng.normal(size=2_000)
    frame = pd.DataFrame({
        "a": a,
        "twin": a + 0.1 * rng.normal(size=2_000),
        "free": rng.normal(size=2_000),
        "month": rng.integers(1, 13, size=2_000),
    })  # fmt: skip
    frame["season"] = np.array(["winter", "spring", "summer", "autumn"])[frame["month"] % 12 // 3]
    frame["y"] = a
    model = known_model(frame, "y", lambda x: x[:, 0])
    codes = model.transform.codes(frame)

    def outside(feature: str):
        column = codes[:, model.features.index(feature)]
        return worst_outside(model.features, codes, feature, make_grid(model, feature, column, 40))

    twin = outside("a")
    assert (twin.other, twin.is_worth_a_note) == ("twin", True)
    assert twin.share > 0.6
    assert not outside("free").is_worth_a_note
    assert outside("free").share < 0.08
    # a month belongs to one season: nine of twelve are outside; three of four the other way
    assert outside("season").share == pytest.approx(0.75)
    assert outside("season").other == "month"
    assert "At least" in " ".join(partial_dependence(model, feature="a").notes)
    assert "At least" not in " ".join(partial_dependence(model, feature="free").notes)


def test_few_rows_do_not_raise_a_false_alarm():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(90, 3)), columns=["a", "b", "y"])
    frame["rare"] = np.array([f"level {k}" for k in range(30)])[np.arange(90) % 30]
    model = known_model(frame, "y", lambda x: x[:, 0])
    for feature in model.features:
        assert "At least" not in " ".join(partial_dependence(model, feature=feature).notes)


def test_the_picture_comes_from_the_frame_alone():
    model = small_model("xgboost", "multiclass", "both")
    for feature in ("a", "kind"):
        result = partial_dependence(model, feature=feature, target_class="class 1")
        copy = pickle.loads(pickle.dumps(result))  # noqa: S301
        assert copy.figure().to_json() == result.figure().to_json()
        assert tuple(result.frame.columns) == tuple(result.columns)
        assert "not what would happen" in result.summary
        assert len(result.figure().data) <= 5


def test_missing_is_not_a_number_on_the_axis():
    figure = partial_dependence(model_of("xgboost", "regression", "missing"), feature="a").figure()
    missing = next(trace for trace in figure.data if trace.name.startswith("value missing"))
    assert missing.xaxis == "x2"
    assert list(figure.layout.xaxis2.ticktext) == ["missing"]
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]


def test_a_column_with_one_value_or_none_in_these_rows_is_drawn():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"one": 3.0, "gone": np.nan, "y": rng.normal(size=60)})
    frame.loc[:10, "gone"] = 1.0
    model = known_model(frame, "y", lambda x: x[:, 0])
    for feature in ("one", "gone"):
        result = partial_dependence(model, feature=feature, rows="test")
        result.figure()
        assert (average(result)["prediction"] == 3).all()


@pytest.mark.parametrize("engine", ["exact", "asking"])
@pytest.mark.parametrize("feature", ["a", "kind"])
def test_a_centred_curve_is_the_mean_change_with_the_error_of_that_mean(
    feature, engine, monkeypatch
):
    model = model_of("xgboost", "binary", "both")
    if engine == "asking":
        ask_the_model(monkeypatch)
    result = partial_dependence(model, feature=feature, grid_points=6, centred=True)
    found = average(result)
    levels = list(model.transform.levels.get(feature, ()))
    values = [levels.index(p["level"]) if p["level"] in levels else p["value"]
              for _, p in found.iterrows()]  # fmt: skip
    # the smallest value; of levels the one that occurs most
    start = 0 if feature == "a" else int(found["support"][: len(levels)].argmax())
    every = np.array([by_loop(model, feature, value) for value in values])
    change = every - every[start]
    np.testing.assert_allclose(found["prediction"], change.mean(axis=1), atol=1e-6)
    half = 1.959963984540054 * change.std(axis=1, ddof=1) / np.sqrt(change.shape[1])
    np.testing.assert_allclose(found["conf_high"] - found["prediction"], half, atol=1e-6)
    single = result.frame[result.frame["level"] == found["level"].iloc[start]]
    assert (single["prediction"] == 0).all()
    expected = f"change in P(y = yes) from {feature} = {found['level'].iloc[start]}"
    assert result.frame["output"].iloc[0] == expected


def test_the_band_is_the_range_of_curves_of_models_learned_again():
    model = model_of("decision_tree", "regression", "missing")
    result = partial_dependence(model, feature="a", grid_points=5, refits=6, seed=3)
    found = average(result)
    curves = []
    for seed in range(3, 9):
        again = refit(model, bootstrap_rows(model, seed), model.seed)
        # learned from other rows, asked about the same ones
        alike = replace(model, estimator=again.estimator)
        curves.append([by_loop(alike, "a", value).mean() for value in found["value"]])
    low, high = np.quantile(curves, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(found["band_low"], low, atol=1e-10)
    np.testing.assert_allclose(found["band_high"], high, atol=1e-10)
    assert "which rows it learned from" in " ".join(result.notes)
    plain = partial_dependence(model, feature="a", grid_points=5)
    assert plain.frame[["band_low", "band_high"]].isna().all(axis=None)
    np.testing.assert_array_equal(average(plain)["prediction"], found["prediction"])
    assert len(result.figure().data) == len(plain.figure().data) + 1


def test_refits_can_be_cancelled_in_the_middle():
    said = []

    def third_refit(share: float, what: str = "", /) -> None:
        said.append(what)
        if what == "Refit 3 of 20":
            raise Cancelled

    with pytest.raises(Cancelled):
        partial_dependence(model_of("decision_tree", "regression", "plain"), feature="a",
                           refits=20, progress=third_refit)  # fmt: skip
    assert said[-1] == "Refit 3 of 20"


# What scikit-learn's own partial_dependence gives wrong, or not at all, and is right here.


def test_a_column_with_missing_values_has_a_grid_where_scikit_learn_has_none():
    from sklearn.inspection import partial_dependence as reference

    model = model_of("gradient_boosting", "regression", "missing")
    codes = model.transform.codes(model.rows("all"))
    theirs = reference(model.estimator, codes, [0], method="brute", kind="average")
    assert np.isnan(theirs["grid_values"][0]).all()
    assert np.ptp(theirs["average"][0]) == 0
    found = average(partial_dependence(model, feature="a"))
    assert found["value"].notna().sum() == 40
    assert found["level"].iloc[-1] == "(missing)"
    assert np.ptp(found["prediction"]) > 0.5


def test_whole_numbers_are_explained_where_scikit_learn_refuses():
    from sklearn.inspection import partial_dependence as reference
    from sklearn.tree import DecisionTreeRegressor

    rng = np.random.default_rng(0)
    whole = rng.integers(0, 200, size=(120, 2))
    tree = DecisionTreeRegressor(max_depth=3).fit(whole, whole[:, 0])
    with pytest.raises(ValueError, match="integer data"):
        reference(tree, whole, [0], method="brute", kind="average")
    frame = pd.DataFrame(whole, columns=["n", "m"]).assign(y=whole[:, 0] * 1.0)
    model = known_model(frame, "y", tree.predict)
    found = average(partial_dependence(model, feature="n", grid_points=9))
    truth = [by_loop(model, "n", value).mean() for value in found["value"]]
    np.testing.assert_allclose(found["prediction"], truth)


def test_a_boosted_probability_is_one_where_scikit_learn_gives_log_odds_without_their_start():
    from sklearn.inspection import partial_dependence as reference

    model = model_of("gradient_boosting", "binary", "plain")
    codes = model.transform.codes(model.rows("all"))
    theirs = reference(model.estimator, codes, [0], kind="average")  # method="auto"
    assert theirs["average"][0].min() < 0
    found = average(partial_dependence(model, feature="a", target_class="yes"))
    assert found["prediction"].between(0, 1).all()
    # nor is it the margin: the start of the boosting is left out
    start = model.estimator._baseline_prediction.item()
    assert abs(start) > 0.05
    margin = average(partial_dependence(model, feature="a", scale="margin"))
    at = [by_loop(model, "a", v, "yes", "margin").mean() for v in theirs["grid_values"][0]]
    assert np.abs(np.array(at) - theirs["average"][0]).max() > 0.9 * abs(start)
    truth = [by_loop(model, "a", v, "yes", "margin").mean() for v in margin["value"]]
    np.testing.assert_allclose(margin["prediction"], truth, atol=1e-10)
