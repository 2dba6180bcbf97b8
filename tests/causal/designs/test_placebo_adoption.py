"""Starts that never were, from the data before the true ones."""

import numpy as np
import pytest

from causal import PanelQuestion, placebo_adoption
from tests.worlds_panel import panel
from workbench import Dataset
from workbench.errors import NotApplicable


def ask(frame):
    return PanelQuestion(Dataset.of(frame), outcome="y", unit="shop", time="year", adopted="from")


def test_the_effect_itself_is_not_looked_at():
    frame = panel(60, 8, seed=1)
    huge = frame.assign(y=frame["y"] + 1000 * frame["on"] * frame["year"])
    assert placebo_adoption(ask(huge)).frame.equals(placebo_adoption(ask(frame)).frame)


def test_with_one_start_it_is_the_difference_of_changes_before():
    frame = panel(40, 8, {2005: 0.5}, seed=2)
    found = placebo_adoption(ask(frame), most=9).frame
    assert found["earlier"].tolist() == [1, 2, 3]
    means = frame.assign(t=frame["from"] > 0).pivot_table(index="t", columns="year", values="y")
    gap = means.loc[True] - means.loc[False]
    assert found["estimate"][0] == pytest.approx(gap[2004] - gap[2003])
    assert found["estimate"][2] == pytest.approx(gap[[2002, 2003, 2004]].mean() - gap[2001])


def test_trends_that_differ_fail_and_those_that_do_not_pass():
    assert placebo_adoption(ask(panel(200, 8, seed=1))).passed
    apart = placebo_adoption(ask(panel(200, 8, seed=1, slope=0.5)))
    assert not apart.passed
    assert "already has an effect" in apart.summary


def test_looking_several_times_is_corrected_for():
    found = placebo_adoption(ask(panel(60, 10, {2007: 0.5}, seed=3)), most=5).frame
    assert (found["p_joint"] >= found["p_value"] - 1e-12).all()
    assert found["p_joint"].min() == pytest.approx(min(1.0, 5 * found["p_value"].min()))


def test_acting_in_advance_is_found():
    frame = panel(200, 8, {2005: 0.5}, seed=4)
    early = (frame["from"] == 2005) & (frame["year"] == 2004)
    assert not placebo_adoption(ask(frame.assign(y=frame["y"] + 1.5 * early))).passed


def test_one_period_before_is_refused():
    with pytest.raises(NotApplicable, match="seen in two periods before its start"):
        placebo_adoption(ask(panel(40, 5, {2002: 0.5})))


def test_where_all_are_treated_in_the_end_it_still_has_someone_to_compare_with():
    frame = panel(60, 9, {2004: 0.5, 2007: 0.5}, lambda *_: 3.0, seed=5)
    found = placebo_adoption(ask(frame), most=1)
    assert np.isfinite(found.frame["estimate"][0])
    assert found.passed
