"""The placebo: silent for right analyses, and rightly often not."""

import numpy as np
import pytest

from causal import linear_regression, placebo_treatment
from causal.analysis import analyse
from causal.checks._again import Found
from causal.checks.placebo_treatment import _Verdict
from causal.estimators.linear_regression import usable_covariates
from causal.estimators.partial_slope import PartialSlope
from tests.causal.truths import ask, nhefs, varied
from workbench.errors import NotApplicable


def test_nhefs_passes_and_dowhy_makes_the_same_draws() -> None:
    result = placebo_treatment(nhefs())
    assert result.passed
    assert result.p_value == pytest.approx(1 / 101)
    assert 0 < result.p_value_error < 0.02
    assert any("gives the same effect for" in note for note in result.notes)
    assert result.frame["kind"].tolist() == ["real"] + ["placebo"] * 100


def test_dowhy_is_asked_of_small_tables_or_where_one_says_so() -> None:
    large = ask(varied(2_100, seed=1))
    asked = {dowhy: placebo_treatment(large, repeats=20, dowhy=dowhy)  # type: ignore[arg-type]
             for dowhy in ("small tables", "always", "never")}  # fmt: skip
    said = {dowhy: " ".join(result.notes) for dowhy, result in asked.items()}
    assert "not asked beyond 2,000 rows" in said["small tables"]
    assert "gives the same effect for the first shuffle" in said["always"]
    assert "not asked (" in said["never"]
    assert asked["always"].frame.equals(asked["never"].frame)


def test_the_real_row_is_the_estimate_itself() -> None:
    question = ask(varied(300, seed=1))
    real = placebo_treatment(question, repeats=20).frame.iloc[0]
    row = linear_regression(question).frame.iloc[0]
    assert real["estimate"] == pytest.approx(row["estimate"], rel=1e-9)
    assert real["std_error"] == pytest.approx(row["std_error"], rel=1e-9)


def test_under_a_true_null_it_rejects_as_often_as_it_says() -> None:
    """300 tables without an effect, 99 shuffles each: the p-value falls below .05 in 3 to 7 of
    100, and a right analysis fails the check in about 5 of 100."""
    p_below, failed = [], []
    for seed in range(300):
        question = ask(varied(150, seed, null=True).drop(columns="true"))
        result = placebo_treatment(question, repeats=99, dowhy="never", seed=seed)
        p_below.append(result.p_value <= 0.05)
        failed.append(not result.passed)
    assert 0.025 <= np.mean(p_below) <= 0.075
    assert 0.02 <= np.mean(failed) <= 0.09


def test_shuffled_treatments_get_intervals_that_cover_zero() -> None:
    analysis = analyse(ask(varied(300, seed=2)))
    partial = PartialSlope.of(usable_covariates(analysis), analysis.y)
    rng = np.random.default_rng(0)
    drawn = (partial.rest(rng.permutation(analysis.t)) for _ in range(2_000))
    t = np.array([estimate / error for estimate, error in map(partial.slope, drawn)])
    assert 0.035 < (np.abs(t) > 1.96).mean() < 0.07


def test_a_broken_analysis_fails() -> None:
    """Estimates off by a constant fail, and so do intervals that are too short."""
    rng, real = np.random.default_rng(0), Found(2.0, 1.0)
    biased = [real, *(Found(e + 0.5, 1.0) for e in rng.normal(size=100))]
    narrow = [real, *(Found(e, 0.4) for e in rng.normal(size=100))]
    right = [real, *(Found(e, 1.0) for e in rng.normal(size=100))]
    assert [_Verdict.of(d).passed for d in (biased, narrow, right)] == [False, False, True]


def test_aipw_is_put_to_the_test_with_its_nuisances_refitted() -> None:
    result = placebo_treatment(
        ask(varied(400, seed=4, bent=True).drop(columns="true")), estimator="aipw", repeats=30
    )
    placebo = result.frame[result.frame["kind"] == "placebo"]
    assert placebo["estimate"].nunique() == 30
    assert abs(placebo["t_statistic"].mean()) < 0.75
    assert abs(result.frame["t_statistic"].iloc[0]) > placebo["t_statistic"].abs().max()


def test_a_numeric_treatment_can_be_shuffled_too() -> None:
    question = nhefs(treatment="smokeintensity", confounders=("age", "sex"), contrast=(5, 40))
    result = placebo_treatment(question, repeats=40)
    assert any("gives the same effect for" in note for note in result.notes)
    assert result.frame["estimate"].iloc[0] == pytest.approx(
        linear_regression(question).frame["estimate"].iloc[0]
    )


def test_the_effect_on_the_treated_is_put_to_the_test_as_well() -> None:
    question = ask(varied(300, seed=5), estimand="ATT")
    result = placebo_treatment(question, repeats=40)
    row = linear_regression(question).frame.iloc[0]
    assert result.frame["estimate"].iloc[0] == pytest.approx(row["estimate"])
    assert result.passed


def test_an_estimand_regression_does_not_answer_is_refused() -> None:
    with pytest.raises(NotApplicable, match="ATO"):
        placebo_treatment(ask(varied(300, 5), estimand="ATO"), estimator="linear_regression")
