"""Least squares against the textbooks, statsmodels and worlds with a known effect."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from causal import CausalQuestion, linear_regression
from causal.analysis import analyse
from causal.estimators._least_squares import least_squares
from causal.estimators.linear_regression import _Design, _Varying, _varying_design
from tests import worlds
from tests.causal.truths import ask, nhefs, nsw, varied
from workbench import Dataset
from workbench.errors import NotApplicable


def first(question: CausalQuestion, **settings: object) -> pd.Series:
    return linear_regression(question, **settings).frame.iloc[0]


def test_nhefs_as_in_the_book() -> None:
    frame = linear_regression(nhefs()).frame
    assert frame["estimate"].iloc[0] == pytest.approx(3.4626, abs=1e-4)
    assert frame["conf_low"].iloc[0] == pytest.approx(2.6, abs=0.1)
    assert frame["conf_high"].iloc[0] == pytest.approx(4.32, abs=0.1)
    assert frame["estimand"].iloc[1].startswith("crude difference")
    assert frame["estimate"].iloc[1] == pytest.approx(2.5406, abs=1e-4)


def test_the_experiment_is_a_difference_in_means_with_neymans_error() -> None:
    frame = linear_regression(nsw()).frame
    assert len(frame) == 1
    assert frame["estimate"].iloc[0] == pytest.approx(1794.34, abs=0.01)
    assert frame["std_error"].iloc[0] == pytest.approx(671.0, abs=0.05)
    covariates = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
    assert first(nsw(confounders=covariates), squares=False)["estimate"] == pytest.approx(
        1676.34, abs=0.01
    )


@pytest.mark.parametrize("squares", [True, False])
def test_it_is_statsmodels_with_hc2(squares: bool) -> None:
    frame = worlds.confounded(300)
    row = first(
        CausalQuestion(
            Dataset.of(frame), treatment="treated", outcome="outcome", confounders=["need", "site"]
        ),
        squares=squares,
    )
    design = {"one": 1.0, "t": frame["treated"], "need": frame["need"], "b": frame["site"] == "b"}
    design |= {"square": frame["need"] ** 2} if squares else {}
    fit = sm.OLS(frame["outcome"], pd.DataFrame(design).astype(float)).fit(
        cov_type="HC2", use_t=True
    )
    low, high = fit.conf_int().loc["t"]
    expected = (fit.params["t"], fit.bse["t"], low, high, fit.pvalues["t"])
    got = row[["estimate", "std_error", "conf_low", "conf_high", "p_value"]]
    assert tuple(got) == pytest.approx(expected, rel=1e-8)


@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_a_rescaled_treatment_rescales_the_effect(factor: float, shift: float) -> None:
    frame = worlds.confounded(120).assign(dose=lambda f: f["need"] + f["treated"])
    asked = {"treatment": "dose", "outcome": "outcome", "confounders": ["site"]}
    plain = first(CausalQuestion(Dataset.of(frame), **asked))
    other = frame.assign(dose=frame["dose"] * factor + shift)
    scaled = first(CausalQuestion(Dataset.of(other), **asked))
    assert scaled["estimate"] * factor == pytest.approx(plain["estimate"], rel=1e-6)
    assert scaled["p_value"] == pytest.approx(plain["p_value"], rel=1e-4, abs=1e-12)


def test_a_contrast_is_that_many_units() -> None:
    asked = {"treatment": "smokeintensity", "confounders": ("age", "sex")}
    one, many = first(nhefs(**asked)), first(nhefs(**asked, contrast=(5, 40)))
    assert many["estimate"] == pytest.approx(35 * one["estimate"])
    assert many["std_error"] == pytest.approx(35 * one["std_error"])
    back = first(nhefs(**asked, contrast=(40, 5)))
    assert back["conf_low"] == pytest.approx(-many["conf_high"])


@pytest.mark.parametrize("estimand", ["ATT", "ATC"])
def test_the_treated_and_the_untreated_have_their_own_effect(estimand: str) -> None:
    frame = varied(6_000, seed=1)
    true = frame.loc[frame["t"] == (estimand == "ATT"), "true"].mean()
    assert abs(true - 1) > 0.2
    row = first(ask(frame.drop(columns="true"), estimand=estimand))
    assert row["estimate"] == pytest.approx(true, abs=4 * row["std_error"])
    assert row["conf_low"] < true < row["conf_high"]


def test_the_effect_on_the_treated_is_regression_adjustment_by_hand() -> None:
    frame = varied(500, seed=2)
    y, x = frame["y"], sm.add_constant(frame[["x", "w"]])
    arm = frame["t"] == 1
    m0, m1 = (sm.OLS(y[a], x[a]).fit().predict(x) for a in (~arm, arm))
    row = first(ask(frame, estimand="ATT"), squares=False)
    assert row["estimate"] == pytest.approx(float((m1 - m0)[arm].mean()), rel=1e-8)


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_intervals_cover(estimand: str) -> None:
    covered = []
    for seed in range(200):
        # With one effect for all, ATE, ATT and ATC are the same, and regression has no weights.
        frame = varied(300, seed, null=True)
        row = first(ask(frame, estimand=estimand))
        covered.append(row["conf_low"] < 0 < row["conf_high"])
    assert 0.905 <= np.mean(covered) <= 0.985


def test_columns_that_say_the_same_are_left_out_and_named() -> None:
    frame = worlds.confounded(200).assign(twice=lambda f: 2 * f["need"] + 1)
    asked = CausalQuestion(
        Dataset.of(frame), treatment="treated", outcome="outcome", confounders=["need", "twice"]
    )
    result = linear_regression(asked)
    assert any("Left out" in n and "twice" in n for n in result.notes)
    alone = CausalQuestion(
        Dataset.of(frame), treatment="treated", outcome="outcome", confounders=["need"]
    )
    assert result.frame["estimate"].iloc[0] == pytest.approx(first(alone)["estimate"])


def test_a_treatment_made_of_the_confounders_is_refused() -> None:
    frame = worlds.confounded(200).assign(copy=lambda f: f["treated"] * 3)
    asked = CausalQuestion(
        Dataset.of(frame), treatment="treated", outcome="outcome", confounders=["copy"]
    )
    with pytest.raises(NotApplicable, match="determines 'treated' completely"):
        linear_regression(asked)


def test_more_columns_than_rows_are_refused() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(20, 30)), columns=[f"c{k}" for k in range(30)])
    frame = frame.assign(t=np.arange(20) % 2, y=rng.normal(size=20))
    with pytest.raises(NotApplicable, match="20 rows cannot carry"):
        linear_regression(ask(frame, confounders=[f"c{k}" for k in range(30)]))


def test_a_yes_no_outcome_is_a_difference_in_shares() -> None:
    frame = worlds.confounded(200).assign(won=lambda f: np.where(f["outcome"] > 0, "yes", "no"))
    result = linear_regression(
        CausalQuestion(Dataset.of(frame), treatment="treated", outcome="won")
    )
    shares = frame.assign(won=frame["won"] == "yes").groupby("treated")["won"].mean()
    assert result.frame["estimate"].iloc[0] == pytest.approx(shares[1] - shares[0])
    assert "share" in result.summary


@pytest.mark.parametrize("is_weighted", [False, True])
def test_an_effect_that_varies_is_the_difference_of_two_regressions(is_weighted: bool) -> None:
    analysis = analyse(ask(varied(300, seed=8)))
    if is_weighted:
        weight = np.random.default_rng(0).uniform(0.5, 2, len(analysis))
        analysis = replace(analysis, weight=weight / weight.mean())
    design = _Design.of(analysis, squares=True)
    for over in (np.ones(len(analysis), dtype=bool), analysis.arm):
        products = _varying_design(analysis, design.covariates, over)
        weight = analysis.weight if is_weighted else None
        whole = least_squares(products, analysis.y, weight)
        apart = _Varying.of(analysis, design, over)
        assert apart.estimate == pytest.approx(whole.coefficients[1], rel=1e-9)
        assert apart.influence == pytest.approx(whole.coefficient(1)[1], abs=1e-10)
        assert apart.slopes == pytest.approx(whole.coefficients[design.matrix.shape[1] :])
        assert apart.degrees == whole.degrees


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_a_column_far_from_zero_gives_the_same(estimand: str) -> None:
    """As seconds since 1970 are: the column looks like the constant to seven digits."""
    frame = varied(400, 1).drop(columns="true")
    near, far = (
        linear_regression(ask(frame.assign(x=frame["x"] + off), estimand=estimand)).frame.iloc[0]
        for off in (0.0, 1e9)
    )
    for figure in ("estimate", "std_error"):
        assert far[figure] == pytest.approx(near[figure], rel=1e-5)
