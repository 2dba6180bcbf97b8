"""The picture of a cut-off."""

import numpy as np
import pandas as pd
import pytest

from causal import CutoffQuestion, discontinuity_plot
from tests.causal.designs.cutoffs import about, keen, steps
from workbench import Dataset
from workbench.errors import NotApplicable


def test_a_bin_is_the_mean_of_its_rows_and_none_reaches_over_the_cutoff() -> None:
    frame = steps(cutoff=5.0)
    found = discontinuity_plot(about(frame, cutoff=5.0), bins=10, width=1000.0).frame
    bins = found[found["kind"] == "bin"]
    assert bins["rows"].sum() == len(frame)
    for side, rows in (("below", frame["x"] < 5), ("at or above", frame["x"] >= 5)):
        own = bins[bins["side"] == side]
        end = (frame.loc[rows, "x"] - 5).abs().max()
        nearest = own.iloc[-1] if side == "below" else own.iloc[0]
        inside = rows & ((frame["x"] - 5).abs() < end / 10)
        assert nearest["rows"] == inside.sum()
        assert nearest["mean"] == pytest.approx(frame.loc[inside, "y"].mean())
        assert nearest["x"] == pytest.approx(5 + (-1 if side == "below" else 1) * end / 20)


def test_the_lines_step_by_the_estimate() -> None:
    question = about(steps())
    found = discontinuity_plot(question)
    lines = found.frame[found.frame["kind"] == "line"]
    left = lines[lines["side"] == "below"].iloc[-1]
    right = lines[lines["side"] == "at or above"].iloc[0]
    jump = question.effect()
    assert right["mean"] - left["mean"] == pytest.approx(jump.estimate)
    spread = [(r["conf_high"] - r["conf_low"]) / 2 / 1.959964 for r in (left, right)]
    assert np.hypot(*spread) == pytest.approx(jump.std_error, rel=1e-6)


def test_rows_that_belong_together_are_no_more_than_one() -> None:
    frame = steps().assign(person=lambda f: np.arange(len(f)))
    alone = discontinuity_plot(about(frame), width=1000.0).frame
    data = Dataset.of(pd.concat([frame, frame], ignore_index=True))
    twice = CutoffQuestion(data.with_roles({"person": "group"}), outcome="y", running="x")
    found = discontinuity_plot(twice, width=1000.0)
    bins, same = (f[f["kind"] == "bin"].reset_index(drop=True) for f in (found.frame, alone))
    for column in ("mean", "conf_low", "conf_high"):
        assert bins[column].to_numpy() == pytest.approx(
            same[column].to_numpy(), rel=1e-9, nan_ok=True
        )
    assert any("take the groups of 'person' as independent" in note for note in found.notes)


def test_the_treatment_can_be_shown_where_there_is_one() -> None:
    found = discontinuity_plot(about(keen(), treatment="t"), of="treatment")
    bins = found.frame[found.frame["kind"] == "bin"]
    assert bins["mean"].between(0, 1).all()
    assert found.figure().layout.yaxis.title.text == "the share of rows with t = 1"
    with pytest.raises(NotApplicable, match="No column says who was treated"):
        discontinuity_plot(about(keen()), of="treatment")
