"""All curves at once are the single columns' curves, and their order is that of their spread."""

import sys

import numpy as np
import pandas as pd
import pytest

from interpret import accumulated_local_effects, dependence_overview, partial_dependence
from interpret._engine.asking import Asking
from tests.worlds_model import SMALL, known_model, small_model
from workbench import NotApplicable


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_they_are_the_single_columns_curves(family, task):
    model = small_model(family, task, "both")
    scale = model.family.additive_scale(task)
    partial = dependence_overview(model, points=9).frame
    accumulated = dependence_overview(model, kind="accumulated", points=9).frame
    for feature in model.features:
        one = partial_dependence(model, feature=feature, scale=scale, grid_points=9, ice=0).frame
        curve = partial[partial["feature"] == feature]
        np.testing.assert_allclose(curve["prediction"], one["prediction"], atol=2e-6)
        assert list(curve["level"]) == list(one["level"])
        one = accumulated_local_effects(model, feature=feature, scale=scale, bins=9).frame
        curve = accumulated[accumulated["feature"] == feature]
        np.testing.assert_allclose(curve["prediction"], one["effect"], atol=2e-6)
        assert list(curve["level"]) == list(one["level"])


@pytest.mark.parametrize("kind", ["partial", "accumulated"])
@pytest.mark.parametrize("family", SMALL)
def test_counted_and_asked_are_alike(family, kind, monkeypatch):
    model = small_model(family, "binary", "both")
    counted = dependence_overview(model, kind=kind)
    module = sys.modules["interpret.dependence_overview"]
    monkeypatch.setattr(module, "engine_of", lambda model: Asking(model, "Asked."))
    asked = dependence_overview(model, kind=kind)
    assert any(note.startswith("Exact") for note in counted.notes)
    by_column = [made.frame.sort_values("feature", kind="stable").reset_index(drop=True)
                 for made in (counted, asked)]  # fmt: skip
    pd.testing.assert_frame_equal(*by_column, atol=2e-6, rtol=0)


@pytest.mark.parametrize("kind", ["partial", "accumulated"])
def test_the_order_is_the_known_spread(kind):
    """f = 5·c + 2·a - b over values 0 … 9: the curves' standard deviations are the slopes times
    that of the values."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 10, size=(300, 4)), columns=list("abcy")).astype(float)
    model = known_model(frame, "y", lambda x: 5 * x[:, 2] + 2 * x[:, 0] - x[:, 1])
    found = dependence_overview(model, kind=kind).frame.drop_duplicates("feature")
    assert list(found["feature"]) == ["c", "a", "b"]
    expected = [5, 2, 1] * frame[["c", "a", "b"]].std(ddof=0)
    np.testing.assert_allclose(found["importance"], expected)


def test_what_does_not_vary_is_left_out():
    a = np.random.default_rng(0).normal(size=40)
    frame = pd.DataFrame({"a": a, "one": 1.0, "y": a})
    result = dependence_overview(known_model(frame, "y", lambda x: x[:, 0]))
    assert set(result.frame["feature"]) == {"a"}
    assert any(note.startswith("1 column without two different values") for note in result.notes)
    model = known_model(frame[["one", "y"]], "y", lambda x: x[:, 0])
    with pytest.raises(NotApplicable, match="No column varies"):
        dependence_overview(model)


@pytest.mark.parametrize("value", [7.0, "only"])
def test_one_value_and_missing_are_two_points_of_a_curve(value):
    rng = np.random.default_rng(0)
    known = rng.random(60) < 0.5
    frame = pd.DataFrame({"a": rng.normal(size=60), "held": np.where(known, value, None)})
    frame = frame.assign(held=frame["held"].astype("float" if value == 7 else "str"))
    frame["y"] = rng.normal(size=60)
    model = known_model(frame, "y", lambda x: x[:, 0] + 4 * np.isnan(x[:, 1]))
    result = dependence_overview(model)
    curve = result.frame[result.frame["feature"] == "held"]
    assert np.diff(curve["prediction"]) == pytest.approx([4])
    share = known.mean()
    assert curve["importance"].iloc[0] == pytest.approx(4 * np.sqrt(share * (1 - share)))
    drawn = [list(trace.y) for trace in result.figure().data if trace.mode == "markers"]
    assert list(curve["prediction"]) in drawn
    accumulated = dependence_overview(model, kind="accumulated")
    assert set(accumulated.frame["feature"]) == {"a"}
    assert any(note.startswith("1 column without two") for note in accumulated.notes)


def test_no_more_than_24_are_drawn_and_it_is_said():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 30)), columns=[f"x{i:02}" for i in range(30)])
    frame["y"] = rng.normal(size=40)
    result = dependence_overview(known_model(frame, "y", lambda x: x @ np.arange(30.0)), points=3)
    assert len(result.figure().data) == 24
    assert any("24 of 30 columns" in note for note in result.notes)
    assert result.frame["feature"].nunique() == 30


def test_the_headings_leave_room_for_the_buttons_and_say_what_their_number_is():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    frame.loc[:9, "a"] = np.nan
    frame["y"] = rng.normal(size=60)
    result = dependence_overview(known_model(frame, "y", lambda x: np.nan_to_num(x[:, 0])))
    layout = result.figure().layout
    assert layout.margin.t >= 60
    assert [a.text.split("<br>")[0] for a in layout.annotations] == ["a", "b"]
    assert all(a.text.split("<br>")[1].startswith("SD ") for a in layout.annotations)
    assert any("grey diamond" in note for note in result.notes)
