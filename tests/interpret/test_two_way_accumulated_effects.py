"""Second-order ALE against a closed form, plain loops, and functions that add up."""

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret import two_way_accumulated_effects
from interpret._engine.asking import Asking
from tests.worlds_model import SMALL, known_model, small_model
from workbench import NotApplicable


def surface(result) -> np.ndarray:
    return result.frame.pivot(index="point", columns="other_point", values="effect").to_numpy()


def edges(result) -> tuple[np.ndarray, np.ndarray]:
    frame = result.frame
    return tuple(np.sort(frame[c].unique()) for c in ("value", "other_value"))


def at_points(grid: np.ndarray, x: np.ndarray, y: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The grid's values between its points, straight in both directions."""
    along = np.array([[np.interp(v, y, line) for line in grid] for v in points[:, 1]])
    return np.array([np.interp(p, x, line) for p, line in zip(points[:, 0], along, strict=True)])


def plainly(model, names: tuple[str, str], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Apley & Zhu's eqs. 17 to 20, row by row; every cell holds a row."""
    at = [model.features.index(name) for name in names]
    codes = model.transform.codes(model.rows("all"))
    codes = codes[~np.isnan(codes[:, at]).any(axis=1)]
    cells = [[[] for _ in y[1:]] for _ in x[1:]]
    places = []
    for row in codes:
        k = next(k for k, upper in enumerate(x[1:]) if row[at[0]] <= upper)
        m = next(m for m, upper in enumerate(y[1:]) if row[at[1]] <= upper)
        corners = np.tile(row, (4, 1))
        corners[:, at] = [(x[i], y[j]) for i in (k, k + 1) for j in (m, m + 1)]
        low_low, low_high, high_low, high_high = model.column(model.response(corners))
        cells[k][m].append(high_high - high_low - low_high + low_low)
        places.append((k, m))
    steps = np.array([[np.mean(cell) for cell in line] for line in cells])
    h = np.pad(np.cumsum(np.cumsum(steps, axis=0), axis=1), ((1, 0), (1, 0)))
    k, m = np.array(places).T
    points = codes[:, at]
    first = _alone(h, x, y, points, k)
    second = _alone(h.T, y, x, points[:, ::-1], m)
    g = h - first[:, None] - second
    return g - at_points(g, x, y, points).mean()


def _alone(h, x, y, points, k):
    """The effect of the first column in the surface h, accumulated over its bins."""
    changes = [[] for _ in x[1:]]
    for point, bin_ in zip(points, k, strict=True):
        changes[bin_].append(np.interp(point[1], y, h[bin_ + 1]) - np.interp(point[1], y, h[bin_]))
    return np.cumsum([0.0, *(np.mean(c) for c in changes)])


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_it_equals_the_papers_formulas(family, task):
    model = small_model(family, task, "missing")
    result = two_way_accumulated_effects(model, feature="a", other="b", bins=3)
    expected = plainly(model, ("a", "b"), *edges(result))
    np.testing.assert_allclose(surface(result), expected, atol=5e-6)


@pytest.mark.parametrize("family", SMALL)
def test_counted_and_asked_are_alike(family, monkeypatch):
    model = small_model(family, "multiclass", "both")
    counted = two_way_accumulated_effects(model, feature="a", other="c")
    module = sys.modules["interpret.two_way_accumulated_effects"]
    monkeypatch.setattr(module, "engine_of", lambda model: Asking(model, "Asked."))
    asked = two_way_accumulated_effects(model, feature="a", other="c")
    pd.testing.assert_frame_equal(counted.frame, asked.frame, atol=2e-6, rtol=0)


def test_of_a_product_it_is_the_product_less_what_each_has_of_it():
    """x1·x2 with correlation r: the main effects are r (x² - 1) / 2 each, the mean is r."""
    rng = np.random.default_rng(0)
    x1, own = rng.normal(size=(2, 20_000))
    x2 = 0.5 * x1 + np.sqrt(0.75) * own
    frame = pd.DataFrame({"x1": x1, "x2": x2, "y": x1})
    model = known_model(frame, "y", lambda x: x[:, 0] * x[:, 1] + x[:, 0] ** 3 + np.exp(x[:, 1]))
    result = two_way_accumulated_effects(model, feature="x1", other="x2", most_rows=20_000)
    found = result.frame[result.frame[["value", "other_value"]].abs().max(axis=1) < 1.5]
    a, b = found["value"], found["other_value"]
    expected = a * b - 0.25 * (a**2 - 1) - 0.25 * (b**2 - 1) - 0.5
    np.testing.assert_allclose(found["effect"], expected, atol=0.08)


@given(seed=st.integers(0, 1_000), bins=st.integers(1, 12), noise=st.floats(0.01, 2))
def test_of_a_function_that_adds_up_nothing_is_left(seed, bins, noise):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=80)
    frame = pd.DataFrame({"a": a, "b": a + noise * rng.normal(size=80), "y": a})
    model = known_model(frame, "y", lambda x: x[:, 0] ** 3 + np.sin(x[:, 1]))
    result = two_way_accumulated_effects(model, feature="a", other="b", bins=bins)
    np.testing.assert_allclose(result.frame["effect"], 0, atol=1e-10)


def test_two_columns_of_two_values_by_hand():
    """Balanced 0/1 columns, f = 4 where both are 1: ±1, what neither has alone."""
    frame = pd.DataFrame({"a": [0.0, 0, 1, 1] * 10, "b": [0.0, 1, 0, 1] * 10, "y": range(40)})
    model = known_model(frame, "y", lambda x: 4 * x[:, 0] * x[:, 1])
    result = two_way_accumulated_effects(model, feature="a", other="b")
    np.testing.assert_allclose(surface(result), [[1, -1], [-1, 1]])


def test_cells_without_rows_are_marked():
    a = np.random.default_rng(0).permutation(60) / 7
    model = known_model(pd.DataFrame({"a": a, "b": a, "y": a % 1}), "y", lambda x: x[:, 0] ** 2)
    result = two_way_accumulated_effects(model, feature="a", other="b", bins=6)
    support = result.frame.set_index(["point", "other_point"])["support"]
    assert support[0, 6] == 0
    assert support[3, 3] == 20
    assert any(note.startswith("30 of 36 cells hold no row") for note in result.notes)
    assert "no row is near" in {trace.name for trace in result.figure().data}


def test_the_other_column_is_the_one_that_acts_with_the_first():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, 4)), columns=list("abcy"))
    model = known_model(frame, "y", lambda x: x[:, 0] * x[:, 2] + 5 * x[:, 1])
    result = two_way_accumulated_effects(model, feature="a")
    assert set(result.frame["other"]) == {"c"}
    assert any("'c' was chosen" in note for note in result.notes)


@pytest.mark.parametrize(
    ("feature", "other", "why"),
    [("kind", "a", "has levels"), ("a", "a", "the same"), ("a", "one", "does not vary")],
)
def test_what_cannot_be_is_refused(feature, other, why):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "kind": ["x", "y", "z"] * 20, "one": 1.0})
    frame["y"] = frame["a"]
    model = known_model(frame, "y", lambda x: x[:, 0])
    with pytest.raises(NotApplicable, match=why):
        two_way_accumulated_effects(model, feature=feature, other=other)
