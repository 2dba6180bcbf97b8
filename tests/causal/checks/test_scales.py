"""Ratios, odds ratios and the overlap population: the checks ask AIPW, as the page does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from causal import (
    aipw,
    e_value,
    influential_rows,
    omitted_variable_bounds,
    placebo_outcome,
    placebo_treatment,
    random_common_cause,
    robustness_value,
    rosenbaum_bounds,
    subset_stability,
    trim_ledger,
)
from tests.causal.test_contract import about, events
from tests.causal.truths import ask, varied
from workbench.errors import NotApplicable


def test_every_check_starts_from_the_ratio_of_the_page() -> None:
    question = about(events(640, 1), scale="ratio")
    row = aipw(question).frame.iloc[0]
    shuffled = placebo_treatment(question, repeats=20, seed=1)
    row_1 = aipw(question, seed=1).frame.iloc[0]
    assert shuffled.frame["estimate"].iloc[0] == pytest.approx(row_1["estimate"], rel=1e-9)
    cut = subset_stability(question, parts=2)
    for result in (cut, trim_ledger(question)):
        assert result.frame["estimate"].iloc[0] == pytest.approx(row["estimate"], rel=1e-9)
        assert result.frame["std_error"].iloc[0] == pytest.approx(row["std_error"], rel=1e-9)
        assert result.no_effect == 1
        result.figure()
    shuffled.figure()
    placebo = shuffled.frame.query("kind == 'placebo'")
    assert shuffled.passed
    assert np.exp(np.log(placebo["estimate"]).mean()) == pytest.approx(1, abs=0.15)
    assert "leave out one" in shuffled.summary
    assert cut.frame["conf_low"].iloc[0] == pytest.approx(row["conf_low"], rel=1e-9)


def test_rows_that_hold_a_ratio_up_multiply_it() -> None:
    question = about(events(640, 2), scale="odds ratio")
    made = influential_rows(question)
    frame, first = made.frame, made.frame.iloc[0]
    real = first["estimate_without"] / first["change"]
    assert real == pytest.approx(aipw(question).frame["estimate"][0])
    along = real * frame["change"].cumprod()
    assert along.to_numpy() == pytest.approx(frame["estimate_without"].to_numpy())
    assert made.no_effect == 1
    made.figure()


def forgotten(rows: int = 640) -> pd.DataFrame:
    """An outcome and what it was before, both yes or no, made of x, which also makes the
    treatment; the treatment does nothing."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=rows)
    t = (x + rng.logistic(size=rows) > 0).astype(int)
    y_before, y = ((x + rng.logistic(size=rows) > 0).astype(int) for _ in range(2))
    return pd.DataFrame({"x": x, "t": t, "y_before": y_before, "y": y})


@pytest.mark.parametrize("asked", [{"scale": "odds ratio"}, {"estimand": "ATO"}])
def test_an_earlier_outcome_finds_the_cause_that_was_forgotten(asked: dict[str, str]) -> None:
    right, wrong = (
        placebo_outcome(about(forgotten(), confounders=c, **asked)) for c in (("x",), ())
    )
    assert right.passed
    assert not wrong.passed
    assert "By AIPW" in right.summary
    assert any("difference" in n for n in right.notes) == ("scale" in asked)


def test_the_overlap_population_is_checked_by_aipw_and_refused_for_regression() -> None:
    question = ask(varied(700, 4), estimand="ATO")
    row = aipw(question).frame.iloc[0]
    made = random_common_cause(question, repeats=5)
    assert made.frame["estimate"].iloc[0] == pytest.approx(row["estimate"], rel=1e-9)
    assert made.passed
    with pytest.raises(NotApplicable, match="ATO") as refused:
        random_common_cause(question, estimator="linear_regression")
    assert "AIPW" in refused.value.hint
    assert rosenbaum_bounds(question).critical > 1
    for check in (omitted_variable_bounds, trim_ledger):
        with pytest.raises(NotApplicable, match="ATO"):
            check(question)


def test_the_e_value_of_a_risk_ratio_is_that_of_the_page_by_weight_and_group() -> None:
    frame = events(900, 5)
    frame = frame.assign(
        w8=np.where(frame["x"] == 1, 3.0, 0.5), g=[f"g{k // 3}" for k in range(900)]
    )
    question = about(frame, scale="ratio", roles={"w8": "weight", "g": "group"})
    row = aipw(question).frame.iloc[0]
    made = e_value(question).frame["risk_ratio"]
    assert made[0] == pytest.approx(row["estimate"])
    assert made[1] == pytest.approx(row["conf_low"])
    plain = e_value(about(frame, roles={"w8": "ignore", "g": "ignore"})).frame["risk_ratio"][0]
    assert abs(plain - row["estimate"]) > 0.01  # rows alone are about another population


def test_a_ratio_of_means_has_an_e_value_and_no_robustness_value() -> None:
    frame = varied(600, 6).assign(y=lambda f: np.exp(f["y"] / 4))
    question = ask(frame, scale="ratio")
    made, row = e_value(question), aipw(question).frame.iloc[0]
    assert made.frame["risk_ratio"][0] == pytest.approx(row["estimate"])
    for check in (robustness_value, omitted_variable_bounds):
        with pytest.raises(NotApplicable, match="ratio") as refused:
            check(question)
        assert "E-value" in refused.value.hint


def test_where_an_arm_is_small_both_figures_are_said() -> None:
    """The page's estimate averages five draws of the folds; a replicate draws them once, and is
    compared with the first draw alone, so that the draw of the folds is not taken for noise."""
    question = ask(varied(160, 7))
    page = aipw(question).frame["estimate"].iloc[0]
    first, error = aipw(question, draws=1).frame.iloc[0][["estimate", "std_error"]]
    made = random_common_cause(question, estimator="aipw", repeats=5)
    assert made.frame["estimate"].iloc[0] == pytest.approx(page)
    change = (made.frame["estimate"].iloc[1] - first) / error
    assert made.frame["change"].iloc[1] == pytest.approx(change)
    (note,) = (n for n in made.notes if "average over 5 draws" in n)
    assert f"({page:.4g})" in note
    assert f"{first:.4g}" in note
    bounds = omitted_variable_bounds(question, benchmarks=False)
    assert bounds.bounds.estimate == pytest.approx(page)


def test_weights_and_groups_are_in_the_bounds_and_the_ledger() -> None:
    frame = varied(700, 8)
    heavy = np.random.default_rng(0).integers(1, 3, 700)
    frame = frame.assign(w8=heavy, g=[f"g{k // 4}" for k in range(700)])
    question = about(frame, confounders=("x", "w"), roles={"w8": "weight", "g": "group"})
    row = aipw(question).frame.iloc[0]
    made = omitted_variable_bounds(question, benchmarks=False)
    none = made.frame.query("confounder == 'none'").iloc[0]
    assert none["estimate_low"] == pytest.approx(row["estimate"])
    assert none["conf_low"] == pytest.approx(row["conf_low"], rel=0.02)
    ledger = trim_ledger(question).frame.iloc[0]
    assert ledger["std_error"] == pytest.approx(row["std_error"])
