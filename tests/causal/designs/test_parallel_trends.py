"""Trends before the start, and the power of looking at them."""

import numpy as np
import pytest
from scipy.stats import ncf

from causal import (
    PanelQuestion,
    difference_in_differences,
    event_study,
    parallel_trends,
    staggered_adoption,
)
from causal.designs._pretrends import _needed
from tests.worlds_panel import panel
from workbench import Dataset
from workbench.errors import NotApplicable


def check(frame, **given):
    question = PanelQuestion(Dataset.of(frame), outcome="y", unit="shop", time="year",
                             adopted="from", **given)  # fmt: skip
    return parallel_trends(question)


ONE = {2005: 0.5}


def test_trends_that_differ_are_found_and_those_that_do_not_pass():
    apart = check(panel(100, 8, ONE, seed=1, slope=0.5))
    assert apart.passed is False
    assert apart.p_value < 1e-4
    assert "already moved differently" in apart.summary
    alike = check(panel(300, 8, ONE, lambda *_: 5.0, seed=1))
    assert alike.passed is True
    assert "would have shown" in alike.summary


@pytest.mark.parametrize("estimate", [difference_in_differences, staggered_adoption, event_study])
def test_an_estimate_warns_where_the_treated_moved_differently_before(estimate):
    """By the same test, with the same p-value."""
    for slope in (0.5, 0.0):
        frame = panel(100, 8, ONE, seed=1, slope=slope)
        question = PanelQuestion(Dataset.of(frame), outcome="y", unit="shop", time="year",
                                 adopted="from")  # fmt: skip
        warned = [n for n in estimate(question).notes if "moved differently" in n]
        assert len(warned) == (slope > 0)
        assert all(n.startswith("Warning: before the start") and "p < 0.001" in n for n in warned)


def test_a_test_that_is_too_weak_judges_nothing():
    weak = check(panel(30, 8, ONE, lambda *_: 0.2, seed=3))
    assert weak.passed is None
    assert "the test is weak" in weak.summary


def test_the_slope_it_can_see_is_found_in_four_of_five_tables():
    slope = check(panel(120, 7, ONE, seed=0)).slope
    found = [check(panel(120, 7, ONE, seed=s, slope=slope)).p_value < 0.05 for s in range(1, 61)]
    assert 0.62 <= np.mean(found) <= 0.95  # 60 tables of 0.8: three standard errors


@pytest.mark.parametrize(("count", "free"), [(1, 20.0), (3, 50.5), (6, 400.0)])
def test_the_noncentrality_has_the_power_asked_for(count, free):
    critical = ncf.ppf(0.95, count, free, 0)
    assert ncf.sf(critical, count, free, _needed(count, free)) == pytest.approx(0.8, abs=1e-6)


def test_one_period_before_is_refused():
    with pytest.raises(NotApplicable, match="only one period before the start"):
        check(panel(40, 5, {2002: 0.5}))


def test_too_many_periods_for_the_clusters_are_cut_with_a_note():
    made = check(panel(14, 20, {2016: 0.5}, seed=2))
    assert any("periods nearest the start are tested, of 14" in note for note in made.notes)


def test_it_shows_the_event_study():
    frame = panel(60, 8, seed=4)
    question = PanelQuestion(Dataset.of(frame), outcome="y", unit="shop", time="year",
                             adopted="from")  # fmt: skip
    study, made = event_study(question, draws=99).frame, parallel_trends(question).frame
    assert made["since"].tolist() == study["position"].tolist()
    assert made["estimate"].tolist() == study["estimate"].tolist()
