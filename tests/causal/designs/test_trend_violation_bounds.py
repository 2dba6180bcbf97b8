"""Relative magnitudes: the possible effects by linear programming, and where the interval ends."""

import numpy as np
import pytest
from scipy.optimize import linprog

from causal import PanelQuestion, event_study, trend_violation_bounds
from tests.worlds_panel import panel
from workbench import Dataset
from workbench.errors import NotApplicable


def ask(frame):
    return PanelQuestion(Dataset.of(frame), outcome="y", unit="shop", time="year", adopted="from")


QUESTION = ask(panel(80, 8, {2005: 0.5}, lambda *_: 2.0, seed=1))


@pytest.mark.parametrize("effect", ["mean", "first"])
def test_the_possible_effects_are_those_of_a_linear_program(effect):
    """Each difference in trends after the start is free within the violation allowed."""
    study = event_study(QUESTION, draws=99).frame
    before = study["estimate"][study["position"] <= -1].to_numpy()
    after = study["estimate"][study["position"] >= 0].to_numpy()
    most = np.abs(np.diff(before)).max()
    weights = np.full(len(after), 1 / len(after)) if effect == "mean" else np.eye(len(after))[0]
    found = trend_violation_bounds(QUESTION, effect=effect, largest=2.0).frame
    step = np.eye(len(after)) - np.eye(len(after), k=-1)
    for row in found.iloc[::10].itertuples():
        allowed = np.full(len(after), row.violation * most)
        ends = [
            weights @ after
            - sign * linprog(-sign * weights, np.vstack([step, -step]),
                             np.concatenate([allowed, allowed]), bounds=(None, None)).fun * -1
            for sign in (1, -1)
        ]  # fmt: skip
        assert [row.low, row.high] == pytest.approx(sorted(ends), abs=1e-8)


def test_without_violation_it_is_the_usual_interval_and_it_only_grows():
    found = trend_violation_bounds(QUESTION, effect="first").frame
    study = event_study(QUESTION, draws=99).frame
    first = study[study["position"] == 0].iloc[0]
    assert found["low"][0] == found["high"][0] == pytest.approx(first["estimate"])
    assert found["conf_high"][0] - found["conf_low"][0] == pytest.approx(
        first["conf_high"] - first["conf_low"], rel=0.1
    )
    assert (np.diff(found["conf_high"]) > 0).all()
    assert (np.diff(found["conf_low"]) < 0).all()
    assert (found["conf_low"] < found["low"]).all()


def test_the_breakdown_is_where_the_interval_reaches_zero():
    found = trend_violation_bounds(QUESTION, effect="first", largest=5.0)
    at = np.interp(found.breakdown, found.frame["violation"], found.frame["conf_low"])
    assert at == pytest.approx(0.0, abs=0.02)
    assert found.passed == (found.breakdown >= 1)
    assert f"{found.breakdown:.4g}" in found.summary


def test_an_interval_that_holds_zero_already_has_none():
    found = trend_violation_bounds(ask(panel(40, 8, {2005: 0.5}, lambda *_: 0.0, seed=2)))
    assert found.breakdown == 0
    assert found.passed is None
    assert "even if trends are parallel" in found.summary


def test_a_trend_that_goes_on_is_within_the_bounds_and_outside_the_plain_interval():
    drifting = ask(panel(400, 8, {2005: 0.5}, lambda *_: 0.0, seed=3, slope=0.3))
    frame = trend_violation_bounds(drifting, largest=1.0).frame
    assert frame["conf_low"].iloc[0] > 0
    assert frame["conf_low"].iloc[-1] < 0 < frame["conf_high"].iloc[-1]


def test_one_period_before_is_refused():
    with pytest.raises(NotApplicable, match="only one period before the start"):
        trend_violation_bounds(ask(panel(40, 5, {2002: 0.5})))
