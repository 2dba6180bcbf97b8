"""Units that react before the treatment starts: what is compared then, in every panel design."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from doubleml.data import DoubleMLPanelData
from doubleml.did import DoubleMLDIDMulti
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression

from causal import (
    PanelQuestion,
    difference_in_differences,
    event_study,
    panel_trends,
    parallel_trends,
    placebo_adoption,
    staggered_adoption,
    synthetic_control,
    trend_violation_bounds,
)
from causal.designs._group_time import group_time
from tests.worlds_panel import panel
from workbench import Dataset
from workbench.errors import NotApplicable, QuestionError


def ask(frame, **given):
    asked = {"outcome": "y", "unit": "shop", "time": "year", "adopted": "from"} | given
    return PanelQuestion(Dataset.of(frame), **asked)


def reacts(starts, ahead=0.5, **made):
    """Half of the effect of 1 is there the year before the start."""
    frame = panel(starts=starts, **made)
    return frame.assign(y=frame["y"] + ahead * (frame["year"] == frame["from"] - 1))


def by_names(found):
    name = found.panel.name_of
    return {
        (name(int(g)), name(int(t))): float(e)
        for g, t, e in zip(found.start, found.period, found.effect, strict=True)
    }


STARTS = {2004: 0.3, 2006: 0.3}


@pytest.mark.parametrize("controls", ["never", "not yet"])
def test_with_no_noise_it_is_exact_and_without_it_half_the_effect_is_lost(controls):
    exact = reacts(STARTS, units=40)
    exact["y"] = exact["effect"] + exact["year"] * 0.3 + 0.5 * (exact["year"] == exact["from"] - 1)
    found = group_time(ask(exact, anticipation=1).panel, controls)
    for (start, year), effect in by_names(found).items():
        since = int(year) - int(start)
        assert effect == pytest.approx(1.0 if since >= 0 else 0.5 * (since == -1), abs=1e-9)
    assert staggered_adoption(ask(exact), controls="never").frame["estimate"][0] == (
        pytest.approx(0.5)
    )


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 2), st.integers(0, 50))
def test_the_effects_are_those_of_starts_as_much_earlier(ahead, seed):
    frame = panel(30, 8, STARTS, seed=seed)
    earlier = frame.assign(**{"from": frame["from"] - ahead * (frame["from"] > 0)})
    one = group_time(ask(frame, anticipation=ahead, covariates=("x",)).panel)
    two = group_time(ask(earlier, covariates=("x",)).panel)
    assert one.effect.tolist() == pytest.approx(two.effect.tolist())
    assert one.influence == pytest.approx(two.influence)


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # within DoubleML
@pytest.mark.parametrize("controls", ["never", "not yet"])
def test_beside_double_ml(controls):
    frame = reacts({2004: 0.3, 2006: 0.3}, units=900, years=6, by_covariate=0.3, seed=1)
    question = ask(frame, covariates=("x",), anticipation=1)
    data = DoubleMLPanelData(frame.assign(**{"from": frame["from"].replace(0, np.inf)}), "y",
                             "from", "year", "shop", x_cols=["x"])  # fmt: skip
    np.random.seed(0)
    other = DoubleMLDIDMulti(
        data, LinearRegression(), LogisticRegression(C=1e6), anticipation_periods=1,
        control_group="never_treated" if controls == "never" else "not_yet_treated",
        gt_combinations="universal", n_folds=2, n_rep=3,
    ).fit()  # fmt: skip
    theirs = {(str(int(g)), str(int(t))): (e, s) for (g, _, t), e, s in
              zip(other.gt_combinations, other.coef, other.se, strict=True)}  # fmt: skip
    found = by_names(group_time(question.panel, controls))
    both = [pair for pair in found if pair in theirs and pair[1] >= pair[0]]
    assert len(both) >= 3
    for pair in both:
        assert found[pair] == pytest.approx(theirs[pair][0], abs=0.25 * theirs[pair][1])


def test_units_that_may_react_are_compared_with_no_longer():
    frame = reacts({2004: 0.3, 2006: 0.7}, units=60, ahead=5.0)
    found = by_names(group_time(ask(frame, anticipation=1).panel, "not yet"))
    assert ("2004", "2004") in found
    assert ("2004", "2005") not in found
    assert any(
        "nothing is said about 2005 and later" in note
        for note in staggered_adoption(ask(frame, anticipation=1)).notes
    )


def test_the_event_study_is_relative_to_the_period_before_anyone_may_react():
    study = event_study(ask(reacts(STARTS, units=200, seed=2), anticipation=1), draws=199)
    at = study.frame.set_index("position")
    assert at["estimate"][-2] == 0
    assert np.isnan(at["std_error"][-2])
    assert at["conf_low"][-1] < 0.5 < at["conf_high"][-1]
    assert "before units may react 0 of 3 differ" in study.summary
    assert [line.x0 for line in study.figure().layout.shapes][1:] == [-0.5, -1.5]


def test_checks_that_reactions_would_fail_take_them_for_what_they_are():
    frame = reacts({2005: 0.5}, units=300, ahead=1.0, seed=4)
    assert parallel_trends(ask(frame)).passed is False
    assert placebo_adoption(ask(frame)).passed is False
    known = ask(frame, anticipation=1)
    assert parallel_trends(known).passed is not False
    assert placebo_adoption(known).passed is True
    assert any("2 periods before the start: F(2," in n for n in parallel_trends(known).notes)
    assert any("when units may react on is not used" in n for n in placebo_adoption(known).notes)
    # a trend of 1 per period since 2003 is 2 in 2005, 3 in 2006 … 5 in 2008
    bounds = trend_violation_bounds(known, largest=1.0).frame.iloc[-1]
    least = trend_violation_bounds(ask(frame), largest=1.0).frame.iloc[-1]
    changes = group_time(known.panel).by_event()
    largest = max(abs(changes[-3].estimate), abs(changes[-4].estimate - changes[-3].estimate))
    assert bounds["high"] - bounds["low"] == pytest.approx(2 * 3.5 * largest)
    assert least["high"] - least["low"] > bounds["high"] - bounds["low"]
    assert "2001 to 2003, before anyone may have reacted" in panel_trends(known).summary


def test_with_one_start_the_periods_of_reaction_are_left_out_of_the_difference_of_changes():
    frame = reacts({2005: 0.5}, units=40, ahead=3.0, seed=1)
    known = difference_in_differences(ask(frame, anticipation=1))
    without = frame[frame["year"] != 2004]
    without = without.assign(year=without["year"].rank(method="dense"))
    other = ask(without.assign(**{"from": without["from"].replace(2005, 4)}))
    again = difference_in_differences(other).frame
    assert known.frame["estimate"].tolist() == pytest.approx(again["estimate"].tolist())
    assert known.frame["std_error"].tolist() == pytest.approx(again["std_error"].tolist())
    assert any("nobody acted more than 1 period in advance" in note for note in known.notes)


def test_with_several_starts_it_is_the_regression_without_the_cells():
    frame = reacts(STARTS, units=40, ahead=3.0, seed=1)
    cells = frame[frame["year"] != frame["from"] - 1]
    fit = smf.ols("y ~ on + C(shop) + C(year)", cells).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(cells["shop"])[0]}
    )
    question = ask(frame, anticipation=1)
    found = difference_in_differences(question, count_unit_effects=True).frame.iloc[0]
    assert found["estimate"] == pytest.approx(fit.params["on"], rel=1e-8)
    assert found["std_error"] == pytest.approx(fit.bse["on"], rel=1e-8)


def test_placebo_units_react_as_the_treated_do():
    frame = reacts({2004: 1 / 12, 2006: 1 / 12}, units=24, ahead=0.0, seed=3)
    question = ask(frame, anticipation=1)
    found = difference_in_differences(question, draws=99).frame.iloc[0]
    assert 0 < found["conf_high"] - found["estimate"] < np.inf
    # with every placebo's cells there, too, the interval is another one
    unaware = difference_in_differences(ask(frame), draws=99).frame.iloc[0]
    assert found["conf_high"] - found["estimate"] != pytest.approx(
        unaware["conf_high"] - unaware["estimate"]
    )


def test_a_synthetic_control_is_fitted_to_what_came_before_the_reaction():
    frame = panel(12, 9, {2007: 1 / 12}, seed=5)
    frame["y"] += 4.0 * (frame["year"] == frame["from"] - 1)
    known = synthetic_control(ask(frame, anticipation=1)).frame.iloc[0]
    without = frame[frame["year"] != 2006]
    without = without.assign(year=without["year"].rank(method="dense"))
    again = ask(without.assign(**{"from": without["from"].replace(2007, 6)}))
    assert known["estimate"] == pytest.approx(synthetic_control(again).frame["estimate"][0])


def test_where_nothing_is_seen_before_the_reaction_it_is_refused():
    with pytest.raises(QuestionError, match="may react, 3 periods before its treatment"):
        ask(panel(20, 6, {2004: 0.5}), anticipation=3)
    with pytest.raises(QuestionError, match="treated or may react from 2004 on"):
        ask(panel(20, 6, {2004: 0.5, 2005: 0.5}), anticipation=1)
    some = ask(panel(20, 6, {2002: 0.25, 2004: 0.25}), anticipation=1)
    assert any("treated or may react whenever they are seen" in note for note in some.panel.notes)
    with pytest.raises(NotApplicable, match="one period before units may react"):
        parallel_trends(ask(panel(20, 6, {2003: 0.5}), anticipation=1))
