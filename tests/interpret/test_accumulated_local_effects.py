"""ALE against the paper's formulas in plain loops, worlds with a known answer, and its interval."""

import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret import accumulated_local_effects, partial_dependence
from interpret._accumulate import accumulate, accumulate_levels, make_bins
from interpret._engine import Target
from interpret._engine.answers import means
from interpret._engine.asking import Asking
from interpret._level_order import level_order
from tests.worlds_model import SMALL, known_model, small_model
from workbench import NotApplicable

ANSWER = Target(None, "response")


def plainly(model, feature: str, edges: np.ndarray) -> np.ndarray:
    """Apley & Zhu's eqs. 15 and 16 row by row, with the model's own predict: row i of bin k adds
    its change across the bin to the bin's mean; the mean is taken at the rows' own values."""
    codes = model.transform.codes(model.rows("all"))
    at = model.features.index(feature)
    codes = codes[~np.isnan(codes[:, at])]
    changes = [[] for _ in edges[1:]]
    for row in codes:
        k = next(k for k, upper in enumerate(edges[1:]) if row[at] <= upper)
        ends = np.tile(row, (2, 1))
        ends[:, at] = edges[k], edges[k + 1]
        low, high = model.column(model.response(ends))
        changes[k].append(high - low)
    curve = np.cumsum([0.0, *(np.mean(c) for c in changes)])
    return curve - np.interp(codes[:, at], edges, curve).mean()


def plainly_of_levels(model, feature: str, order: list[int]) -> np.ndarray:
    """Between two neighbours: the mean change of all rows that hold either of them."""
    codes = model.transform.codes(model.rows("all"))
    at = model.features.index(feature)
    curve = [0.0]
    for lower, upper in pairwise(order):
        held = codes[np.isin(codes[:, at], [lower, upper])]
        below, above = held.copy(), held.copy()
        below[:, at], above[:, at] = lower, upper
        change = model.column(model.response(above)) - model.column(model.response(below))
        curve.append(curve[-1] + change.mean())
    present = codes[~np.isnan(codes[:, at]), at]
    return np.array(curve) - np.mean([curve[order.index(int(code))] for code in present])


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.parametrize("feature", ["a", "c"])
def test_it_equals_the_papers_formulas(family, task, feature):
    model = small_model(family, task, "both")
    found = accumulated_local_effects(model, feature=feature, bins=7).frame
    edges = found["value"].to_numpy()
    np.testing.assert_allclose(found["effect"], plainly(model, feature, edges), atol=2e-6)
    held = model.data.frame[feature].dropna()
    assert found["rows"].sum() == len(held)
    assert set(edges) <= set(held.astype(float))
    assert (edges[0], edges[-1]) == (held.min(), held.max())


@pytest.mark.parametrize("family", SMALL)
def test_levels_equal_the_papers_formulas(family):
    model = small_model(family, "regression", "both")
    found = accumulated_local_effects(model, feature="kind").frame
    order = [model.transform.levels["kind"].index(level) for level in found["level"]]
    expected = plainly_of_levels(model, "kind", order)
    np.testing.assert_allclose(found["effect"], expected, atol=2e-6)


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_counted_and_asked_are_alike(family, task, monkeypatch):
    model = small_model(family, task, "both")
    for feature in ("a", "c", "kind"):
        counted = accumulated_local_effects(model, feature=feature, bins=9)
        with monkeypatch.context() as patch:
            module = sys.modules["interpret.accumulated_local_effects"]
            patch.setattr(module, "engine_of", lambda model: Asking(model, "Asked."))
            asked = accumulated_local_effects(model, feature=feature, bins=9)
        assert any(note.startswith("Exact") for note in counted.notes)
        pd.testing.assert_frame_equal(counted.frame, asked.frame, atol=1e-6, rtol=0)


def correlated(rows: int, correlation: float, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    first, own = rng.normal(size=(2, rows))
    second = correlation * first + np.sqrt(1 - correlation**2) * own
    return pd.DataFrame({"x1": first, "x2": second, "y": first})


def test_columns_that_add_up_have_their_own_slope_however_correlated():
    model = known_model(correlated(500, 0.99), "y", lambda x: x[:, 0] + x[:, 1])
    found = accumulated_local_effects(model, feature="x1").frame
    slope = np.diff(found["effect"]) / np.diff(found["value"])
    np.testing.assert_allclose(slope, 1, atol=1e-9)
    curve = partial_dependence(model, feature="x1", ice=0).frame
    slope = np.diff(curve["prediction"]) / np.diff(curve["value"])
    np.testing.assert_allclose(slope, 1, atol=1e-9)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_of_a_product_it_is_half_the_correlation_times_the_square(correlation):
    """∂(x1·x2)/∂x1 = x2, whose mean given x1 is r·x1; added up and centred: r (x1² - 1) / 2."""
    model = known_model(correlated(20_000, correlation), "y", lambda x: x[:, 0] * x[:, 1])
    found = accumulated_local_effects(model, feature="x1", most_rows=20_000, bins=100).frame
    inner = found[found["value"].abs() < 1.5]
    expected = correlation * (inner["value"] ** 2 - 1) / 2
    np.testing.assert_allclose(inner["effect"], expected, atol=0.05)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """x1 is one of 0 … 4, x2 = x1 + noise, f = x1·x2: bin k's mean change is E[x2 | x1 = k] = k;
    the first bin holds 0 and 1. Both the bins' means and the centre are sampled."""
    rng = np.random.default_rng(0)
    curve = np.cumsum([0, 0.5, 2, 3, 4])
    truth, inside = curve - curve.mean(), []
    for _ in range(1_500):
        x1 = rng.integers(0, 5, size=250).astype(float)
        x2 = x1 + rng.normal(scale=2, size=250)
        bins = make_bins(x1, 50)
        total, squares = (np.bincount(bins.of_row, x2**power) for power in (1, 2))
        found = accumulate(means(total, squares, bins.rows), bins)
        inside.append(np.abs(found.effect - truth) <= 1.96 * found.std_error)
    np.testing.assert_allclose(np.mean(inside, axis=0), 0.95, atol=0.02)


def test_the_interval_of_levels_covers_the_truth_as_often_as_it_says():
    """The same with three levels, which overlap: the rows of level 1 are moved up and down."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x1": [0.0, 1, 2] * 20, "x2": np.arange(60.0), "y": np.arange(60.0)})
    engine = Asking(known_model(frame, "y", lambda x: x[:, 0] ** 2 * x[:, 1]), "")
    # the change is (2k + 1)·x2, over the rows of k and k + 1, where x2 is k + 1/2 on average
    curve = np.array([0, 0.5, 0.5 + 3 * 1.5])
    truth, inside = curve - curve.mean(), []
    for _ in range(800):
        x1 = rng.integers(0, 3, size=200).astype(float)
        rows = np.column_stack([x1, x1 + rng.normal(scale=2, size=200)])
        found = accumulate_levels(engine, rows, 0, np.arange(3.0), ANSWER)
        inside.append(np.abs(found.effect - truth) <= 1.96 * found.std_error)
    np.testing.assert_allclose(np.mean(inside, axis=0), 0.95, atol=0.025)


@given(seed=st.integers(0, 1_000), slope=st.floats(-5, 5), bins=st.integers(1, 60))
def test_of_an_additive_function_it_is_the_component_about_its_mean(seed, slope, bins):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(0, 30, size=(70, 2)), columns=["a", "b"]).astype(float)
    frame["y"] = rng.normal(size=70)
    model = known_model(frame, "y", lambda x: slope * x[:, 0] ** 2 + np.sin(x[:, 1]))
    found = accumulated_local_effects(model, feature="a", bins=bins).frame
    component = slope * found["value"].to_numpy() ** 2
    at_rows = np.interp(frame["a"], found["value"], component)
    np.testing.assert_allclose(found["effect"], component - at_rows.mean(), atol=1e-8)
    at_rows = np.interp(frame["a"], found["value"], found["effect"])
    assert at_rows.mean() == pytest.approx(0, abs=1e-8)


def test_levels_without_an_order_stand_beside_those_whose_rows_are_alike():
    rng = np.random.default_rng(0)
    height = rng.integers(0, 5, size=600)
    frame = pd.DataFrame({
        "place": np.array(["hut", "attic", "cellar", "roof", "yard"])[height],
        "cold": height + rng.normal(scale=0.5, size=600),
        "snow": np.where(height + rng.normal(size=600) > 3, "yes", "no"),
    })  # fmt: skip
    frame["y"] = frame["cold"]
    model = known_model(frame, "y", lambda x: x[:, 1])
    result = accumulated_local_effects(model, feature="place")
    order = list(result.frame["level"])
    expected = ["hut", "attic", "cellar", "roof", "yard"]
    assert order in (expected, expected[::-1])
    assert any("no order of their own" in note for note in result.notes)


def test_ordered_levels_keep_their_order():
    rng = np.random.default_rng(0)
    sizes = pd.Categorical(rng.choice(["S", "M", "L"], size=90), ["S", "M", "L"], ordered=True)
    frame = pd.DataFrame({"size": sizes, "x": rng.normal(size=90), "y": rng.normal(size=90)})
    model = known_model(frame, "y", lambda x: x[:, 0])
    order = level_order(model, model.transform.codes(frame), 0)
    assert [model.transform.levels["size"][int(c)] for c in order.codes] == ["S", "M", "L"]
    found = accumulated_local_effects(model, feature="size").frame
    np.testing.assert_allclose(np.diff(found["effect"]), 1, atol=1e-12)


def test_missing_has_no_local_effect_and_is_counted():
    model = small_model("xgboost", "regression", "both")
    result = accumulated_local_effects(model, feature="a")
    gone = int(model.data.frame["a"].isna().sum())
    assert any(note.startswith(f"{gone} of 160 rows miss 'a'") for note in result.notes)
    assert result.frame["value"].notna().all()


def test_one_value_is_refused_and_two_are_not():
    frame = pd.DataFrame({"one": 1.0, "two": [0.0, 3.0] * 30, "y": np.arange(60.0)})
    model = known_model(frame, "y", lambda x: x[:, 1])
    with pytest.raises(NotApplicable, match="one value only"):
        accumulated_local_effects(model, feature="one")
    found = accumulated_local_effects(model, feature="two").frame
    np.testing.assert_allclose(found["effect"], [-1.5, 1.5])


def test_the_sentence_spans_two_values_where_nearly_all_rows_have_one():
    frame = pd.DataFrame({"x": [0.0] * 97 + [1.0] * 3, "y": np.arange(100) % 7})
    result = accumulated_local_effects(known_model(frame, "y", lambda x: 2 * x[:, 0]), feature="x")
    assert "from 0 to 1 of 'x' (smallest to largest)" in result.summary
    assert "add up to 2;" in result.summary


def test_a_bin_of_one_row_has_an_interval_too():
    frame = pd.DataFrame({"x1": [0.0, 1, 1, 2, 2, 2, 3], "x2": np.arange(7.0)})
    frame = pd.concat([frame, frame.assign(x1=frame["x1"].clip(upper=2))], ignore_index=True)
    frame["y"] = np.arange(14.0)
    model = known_model(frame, "y", lambda x: x[:, 0] * x[:, 1])
    result = accumulated_local_effects(model, feature="x1")
    assert (result.frame["conf_high"] > result.frame["conf_low"]).all()
    assert any("a single row" in note for note in result.notes)


def test_huge_values_do_not_overflow():
    frame = pd.DataFrame({"x": 1.7e308 * np.linspace(-1, 1, 40), "y": np.arange(40.0) % 7})
    model = known_model(frame, "y", lambda x: np.sign(x[:, 0]))
    found = accumulated_local_effects(model, feature="x").frame
    assert np.isfinite(found["effect"]).all()
    assert found["effect"].iloc[[0, -1]].tolist() == [-1, 1]
