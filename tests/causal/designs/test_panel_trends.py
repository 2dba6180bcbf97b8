"""The means behind every number on the page."""

import numpy as np
import pytest

from causal import PanelQuestion, panel_trends
from tests.worlds_panel import panel
from workbench import Dataset


def ask(frame, data=None):
    return PanelQuestion(
        data or Dataset.of(frame), outcome="y", unit="shop", time="year", adopted="from"
    )


def test_means_by_group_and_period():
    frame = panel(40, 6, {2004: 0.25, 2005: 0.25}, seed=1)
    found = panel_trends(ask(frame)).frame
    means = frame.groupby(["from", "year"])["y"].mean()
    assert found["mean"].tolist() == pytest.approx([*means[2004], *means[2005], *means[0]])
    assert found["group"].unique().tolist() == [
        "treated from 2004", "treated from 2005", "never treated"
    ]  # fmt: skip
    assert found["units"].tolist() == [10] * 12 + [20] * 6


def test_weights_and_their_intervals():
    frame = panel(20, 3, {2003: 0.5}, seed=2)
    frame["w"] = np.tile([1.0, 1, 1, 3], 15)
    found = panel_trends(ask(None, Dataset.of(frame).with_roles({"w": "weight"}))).frame
    part = frame[(frame["from"] == 2003) & (frame["year"] == 2001)]
    mean = np.average(part["y"], weights=part["w"])
    assert found["mean"][0] == pytest.approx(mean)
    share = part["w"] / part["w"].sum()
    error = np.sqrt(10 / 9 * (share**2 * (part["y"] - mean) ** 2).sum())
    assert found["conf_high"][0] - mean == pytest.approx(2.262157 * error, rel=1e-5)


def test_the_figure_marks_the_start_between_two_periods():
    figure = panel_trends(ask(panel(20, 6, {2004: 0.5}))).figure()
    assert [shape.x0 for shape in figure.layout.shapes] == [2.5]
    assert [trace.name for trace in figure.data] == [
        "treated from 2004 (10)", "never treated (10)"
    ]  # fmt: skip


def test_of_many_groups_the_largest_are_drawn_and_the_table_has_all():
    starts = dict.fromkeys(range(2003, 2012), 0.05) | {2012: 0.2}
    found = panel_trends(ask(panel(100, 14, starts)))
    assert found.frame["group"].nunique() == 11
    assert len(found.figure().data) == 6
    # so many names above the plot would lie on its buttons
    assert found.figure().layout.legend.yref == "container"
    assert any("Of 11 groups the 6 largest are drawn" in note for note in found.notes)
    names = [trace.name for trace in found.figure().data]
    assert "never treated (35)" in names
    assert "treated from 2012 (20)" in names
