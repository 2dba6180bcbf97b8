"""Treatments with several levels: every contrast of two, by regression and by its checks."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causal import (
    CausalQuestion,
    aipw,
    bootstrap_interval,
    compare_estimators,
    influential_rows,
    linear_regression,
    negative_control,
    placebo_outcome,
    placebo_treatment,
    random_common_cause,
    robustness_value,
    subset_stability,
)
from workbench import Dataset

#: The mean outcome under each level, where x is 0.
MEANS = {"none": 0.0, "half": 1.0, "full": 10.0}
CONTRASTS = list(permutations(MEANS, 2))


def world(rows: int = 900, seed: int = 0) -> pd.DataFrame:
    """x moves the level and the outcome, so that plain differences are off."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    levels = np.array(list(MEANS))
    t = levels[np.clip(np.digitize(x + rng.normal(size=rows), [-0.6, 0.6]), 0, 2)]
    base = 2 * x + rng.normal(size=rows)
    return pd.DataFrame({"x": x, "t": t, "y": base + pd.Series(t).map(MEANS).to_numpy(),
                         "y_before": 2 * x + rng.normal(size=rows)})  # fmt: skip


def about(contrast: tuple[str, str], frame: pd.DataFrame | None = None) -> CausalQuestion:
    data = Dataset.of(world() if frame is None else frame)
    return CausalQuestion(data, treatment="t", outcome="y", confounders=["x"], contrast=contrast)


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_the_coefficient_is_that_of_statsmodels_between_the_two_levels(
    contrast: tuple[str, str],
) -> None:
    frame = world()
    start, to = contrast
    dummies = pd.get_dummies(frame["t"], dtype=float).drop(columns=start)
    x = sm.add_constant(dummies.assign(x=frame["x"], squared=frame["x"] ** 2))
    fit = sm.OLS(frame["y"], x).fit(cov_type="HC2", use_t=True)
    found = linear_regression(about(contrast)).frame
    assert found["estimate"].iloc[0] == pytest.approx(fit.params[to], rel=1e-8)
    assert found["std_error"].iloc[0] == pytest.approx(fit.bse[to], rel=1e-8)
    means = frame.groupby("t")["y"].mean()
    assert found["estimate"].iloc[1] == pytest.approx(means[to] - means[start], rel=1e-8)


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_every_estimator_finds_the_effect_between_the_two_levels(
    contrast: tuple[str, str],
) -> None:
    truth = MEANS[contrast[1]] - MEANS[contrast[0]]
    frame = compare_estimators(about(contrast), learned=False).frame
    answers = frame[frame["as_asked"]]
    assert len(answers) >= 5
    # Matching and weighting are coarse at the edges, where few rows have a counterpart.
    assert (answers["estimate"] - truth).abs().max() < 0.6
    assert aipw(about(contrast)).frame["estimate"].iloc[0] == pytest.approx(truth, abs=0.4)


@pytest.mark.parametrize("contrast", [("none", "full"), ("full", "none")])
def test_the_checks_of_a_regression_are_about_its_estimate(contrast: tuple[str, str]) -> None:
    question = about(contrast)
    estimate = linear_regression(question).frame["estimate"].iloc[0]
    assert estimate == pytest.approx(MEANS[contrast[1]] - MEANS[contrast[0]], abs=0.4)
    strength = robustness_value(question)
    assert strength.frame["estimate"].iloc[0] == pytest.approx(estimate, rel=1e-8)
    assert set(strength.frame["confounder"]) == {"none", "x"}
    placebo = placebo_treatment(question, repeats=50)
    assert placebo.frame["estimate"].iloc[0] == pytest.approx(estimate, rel=1e-8)
    assert placebo.passed
    parts = subset_stability(question, parts=2)
    assert parts.frame["estimate"].to_numpy() == pytest.approx(estimate, abs=0.5)
    cause = random_common_cause(question)
    assert cause.passed
    assert bootstrap_interval(question, repeats=50).frame["estimate"].iloc[0] == pytest.approx(
        estimate, rel=1e-8
    )
    rows = influential_rows(question)
    assert rows.to_flip is None or rows.to_flip > 50
    assert set(rows.frame["treatment"]) <= set(question.treated.codes)
    for check in (placebo_outcome(question), negative_control(question, column="y_before")):
        assert check.passed
        assert check.frame["estimate"].iloc[-1] == pytest.approx(estimate, rel=1e-8)
