"""Robustness values: published numbers, and confounders that really were left out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal import linear_regression, robustness_value, robustness_value_of
from causal.checks._cinelli_hazlett import Coefficient, as_strong_as
from tests.causal.truths import ask, nhefs, varied
from workbench.errors import NotApplicable, ParameterError

#: The regression of Darfur in Cinelli & Hazlett (2020), as their package sensemakr prints it.
DARFUR = Coefficient(0.09731582, 0.02325654, 783)


def partial_r2(of: np.ndarray, by: np.ndarray, held: np.ndarray) -> float:
    """By regressions on everything, written down once more: 1 - RSS with / RSS without."""
    left = [
        float(((of - x @ np.linalg.lstsq(x, of, rcond=None)[0]) ** 2).sum())
        for x in (held, np.column_stack([held, by]))
    ]
    return 1 - left[1] / left[0]


def slope(y: np.ndarray, x: np.ndarray) -> Coefficient:
    """The last column's coefficient, by the textbook."""
    b = np.linalg.lstsq(x, y, rcond=None)[0]
    degrees = len(y) - x.shape[1]
    error = np.sqrt(((y - x @ b) ** 2).sum() / degrees * np.linalg.inv(x.T @ x)[-1, -1])
    return Coefficient(float(b[-1]), float(error), degrees)


def test_the_published_values_of_darfur() -> None:
    made = robustness_value_of(DARFUR.estimate, DARFUR.std_error, DARFUR.degrees)
    assert made.value == pytest.approx(0.1388, abs=5e-5)
    assert made.value_of_interval == pytest.approx(0.0763, abs=5e-5)
    assert made.partial_r2 == pytest.approx(0.0219, abs=5e-5)
    assert "13.9%" in made.summary


@pytest.mark.parametrize(
    ("treatment", "outcome", "estimate", "t"),
    [
        (0.00916, 0.1246, 0.0752, 3.44),
        (0.01833, 0.2493, 0.0529, 2.60),
        (0.02749, 0.374, 0.0304, 1.63),
    ],
)
def test_the_published_benchmarks_of_darfur(
    treatment: float, outcome: float, estimate: float, t: float
) -> None:
    """sensemakr's rows '1x female', '2x female', '3x female'."""
    found = DARFUR.estimate_under(treatment, outcome)
    assert found == pytest.approx(estimate, abs=5e-5)
    assert found / DARFUR.std_error_under(treatment, outcome) == pytest.approx(t, abs=0.005)


@given(seed=st.integers(0, 10_000), strength=st.floats(-2, 2))
def test_leaving_out_a_real_confounder_is_predicted_to_the_digit(
    seed: int, strength: float
) -> None:
    """Its two shares give the estimate and the standard error of the regression that holds it."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=60), rng.normal(size=60)
    t = x + strength * z + rng.normal(size=60)
    y = x + 2 * z + rng.normal(size=60)
    one = np.ones(60)
    without = slope(y, np.column_stack([one, x, t]))
    held = slope(y, np.column_stack([one, x, z, t]))
    shares = (
        partial_r2(t, z, np.column_stack([one, x])),
        partial_r2(y, z, np.column_stack([one, x, t])),
    )
    bias = abs(without.estimate - held.estimate)
    assert abs(without.estimate - without.estimate_under(*shares)) == pytest.approx(bias, abs=1e-9)
    assert without.std_error_under(*shares) == pytest.approx(held.std_error, rel=1e-9)


def test_a_confounder_as_strong_as_the_robustness_value_takes_all_of_the_effect() -> None:
    """Made to explain exactly that share of treatment and outcome, and then put into the table."""
    frame = varied(400, seed=3)
    made = robustness_value(ask(frame), squares=False)
    one = np.ones(400)
    base = np.column_stack([one, frame["x"], frame["w"]])
    t, y = frame["t"].to_numpy(dtype=float), frame["y"].to_numpy()

    def rest(of: np.ndarray, by: np.ndarray) -> np.ndarray:
        left = of - by @ np.linalg.lstsq(by, of, rcond=None)[0]
        return left / np.linalg.norm(left)

    of_t, of_y = rest(t, base), rest(y, np.column_stack([base, t]))
    noise = rest(np.random.default_rng(0).normal(size=400), np.column_stack([base, t, y]))
    share = np.sqrt(made.value)  # correlation with the rest of t, and then with the rest of y
    along = share * np.sqrt(1 - share**2)
    z = share * of_t + along * of_y + np.sqrt(1 - share**2 - along**2) * noise
    found = linear_regression(ask(frame.assign(z=z), confounders=("x", "w", "z")), squares=False)
    assert found.frame["estimate"].iloc[0] == pytest.approx(0, abs=1e-8)
    assert made.frame["estimate"].iloc[0] > 0.5


@pytest.mark.parametrize(("alpha", "t"), [(0.05, 3.0), (0.05, 1.0), (0.5, 300.0)])
def test_at_the_value_of_the_interval_the_interval_reaches_zero(alpha: float, t: float) -> None:
    found = Coefficient(t, 1.0, 200)
    value = found.robustness(1.0, alpha)
    if t == 1.0:
        assert value == 0
        return
    # At worst over both shares up to the value: the outcome's share at its bound or below it.
    outcome = np.linspace(0, value, 20_001)
    estimate = found.estimate_under(value, outcome)
    low = estimate - found.reach(found.std_error_under(value, outcome), alpha)
    assert low.min() == pytest.approx(0, abs=0.02)


def test_benchmarks_are_those_of_separate_regressions() -> None:
    """Groups of terms against one column at a time, by hand; and they bound what really happens
    when the column itself is left out."""
    frame = varied(500, seed=5)
    made = robustness_value(ask(frame), squares=False)
    t, y = frame["t"].to_numpy(dtype=float), frame["y"].to_numpy()
    one = np.ones(500)
    for column, other in (("x", "w"), ("w", "x")):
        held = np.column_stack([one, frame[other]])
        shares = (
            partial_r2(t, frame[column].to_numpy(), held),
            partial_r2(y, frame[column].to_numpy(), np.column_stack([held, t])),
        )
        row = made.frame.query("confounder == @column and times == 1").iloc[0]
        expected = as_strong_as(*shares, 1)
        assert (row["share_of_treatment"], row["share_of_outcome"]) == pytest.approx(expected)


def test_a_category_counts_as_one_and_the_strongest_comes_first() -> None:
    made = robustness_value(nhefs())
    assert made.frame["confounder"].iloc[1] in ("age", "wt71")
    assert (made.frame.groupby("confounder")["times"].count().drop("none") == 3).all()
    assert made.frame["confounder"].nunique() == 10
    assert made.frame["estimate"].iloc[0] == pytest.approx(3.4626, abs=1e-4)
    assert "explain 18.2% of what is left" in made.summary


def test_contrasts_and_numeric_treatments_scale_the_effect_and_not_the_value() -> None:
    asked = {"treatment": "smokeintensity", "confounders": ("age", "sex", "wt71")}
    one, ten = robustness_value(nhefs(**asked)), robustness_value(nhefs(**asked, contrast=(10, 0)))
    assert ten.frame["estimate"].iloc[0] == pytest.approx(-10 * one.frame["estimate"].iloc[0])
    assert ten.value == pytest.approx(one.value)
    assert ten.value_of_interval == pytest.approx(one.value_of_interval)


def test_a_column_that_nothing_can_be_stronger_than_leaves_empty_rows() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    t = 3 * x + rng.normal(size=300)
    frame = pd.DataFrame({"x": x, "w": rng.normal(size=300), "t": t, "y": t + x})
    frame["y"] += rng.normal(size=300)
    made = robustness_value(ask(frame), squares=False)
    assert made.frame.query("confounder == 'x'")["estimate"].isna().all()
    assert any("as strong as x" in note for note in made.notes)
    made.figure()


def test_a_benchmark_that_leaves_nothing_of_the_outcome_has_no_interval_and_says_so() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=400)
    t = (x + rng.normal(size=400) > 0).astype(int)
    frame = pd.DataFrame({"x": x, "t": t, "y": 3 * x + t + 0.3 * rng.normal(size=400)})
    made = robustness_value(ask(frame, confounders=("x",)))
    row = made.frame.iloc[1]
    assert (row["confounder"], row["share_of_outcome"]) == ("x", 1.0)
    assert row["conf_low"] == row["conf_high"]
    assert "would explain all that is left of the outcome and leave" in made.summary
    assert any("such intervals are points" in note for note in made.notes)


def test_what_it_is_not_for_is_refused() -> None:
    for estimand, way_out in (("ATT", "the bounds for AIPW"), ("ATO", "the E-value")):
        with pytest.raises(NotApplicable, match=estimand) as refused:
            robustness_value(nhefs(estimand=estimand))
        assert way_out in refused.value.hint
    with pytest.raises(ParameterError, match="no regression"):
        robustness_value_of(1.0, 0.0, 10)
    with pytest.raises(ParameterError, match="q = 2"):
        robustness_value_of(1.0, 0.5, 10, q=2)
    copied = varied(200, seed=1)
    copied["y"] = copied["x"] + copied["t"]
    with pytest.raises(NotApplicable, match="completely"):
        robustness_value(ask(copied))
