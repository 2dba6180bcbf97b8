"""Calibration of the propensity: against statsmodels, and how often a true chance is doubted."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, propensity_calibration
from causal.checks.propensity_calibration import _frame, _Line
from tests.causal.truths import nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable


def test_the_line_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(0)
    score = rng.normal(size=800)
    t = (rng.random(800) < 1 / (1 + np.exp(-0.3 - 0.7 * score))).astype(float)
    chance = 1 / (1 + np.exp(-score))
    fit = sm.Logit(t, sm.add_constant(score)).fit(disp=0)
    line = _Line.of(t, chance)
    assert (line.intercept, line.slope) == pytest.approx(tuple(fit.params), rel=1e-6)
    assert line.slope_error == pytest.approx(fit.bse[1], rel=1e-5)
    restricted = float((t * np.log(chance) + (1 - t) * np.log1p(-chance)).sum())
    from scipy.stats import chi2

    assert line.p_value == pytest.approx(chi2.sf(2 * (fit.llf - restricted), 2), rel=1e-6)


def test_a_true_chance_is_doubted_as_rarely_as_it_says() -> None:
    rng = np.random.default_rng(1)
    doubted = []
    for _ in range(1_000):
        chance = rng.beta(2, 3, 300)
        t = (rng.random(300) < chance).astype(float)
        doubted.append(_Line.of(t, chance).p_value < 0.05)
    assert 0.035 <= np.mean(doubted) <= 0.065


def test_chances_that_are_too_extreme_have_a_slope_below_one() -> None:
    rng = np.random.default_rng(2)
    score = rng.normal(size=4_000)
    t = (rng.random(4_000) < 1 / (1 + np.exp(-score))).astype(float)
    line = _Line.of(t, 1 / (1 + np.exp(-2 * score)))
    assert line.slope == pytest.approx(0.5, abs=0.05)
    assert line.p_value < 1e-6


def test_groups_of_equal_size_hold_every_row() -> None:
    made = propensity_calibration(nhefs())
    assert made.frame["rows"].sum() == 1566
    assert np.ptp(made.frame["rows"]) <= 1
    assert (made.frame["conf_low"] <= made.frame["observed"]).all()
    assert (made.frame["observed"] <= made.frame["conf_high"]).all()
    assert "come true" in made.summary


def test_wilson_is_that_of_statsmodels() -> None:
    from statsmodels.stats.proportion import proportion_confint

    rng = np.random.default_rng(3)
    chance = rng.random(100)
    arm = rng.random(100) < chance
    row = _frame(arm, chance, 4, np.ones(100)).iloc[1]
    low, high = proportion_confint(row["observed"] * 25, 25, method="wilson")
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high), abs=1e-6)


def test_nothing_adjusted_for_is_refused() -> None:
    data = Dataset.of(varied(100, seed=1))
    with pytest.raises(NotApplicable, match="same for every row"):
        propensity_calibration(CausalQuestion(data, treatment="t", outcome="y"))


@pytest.mark.filterwarnings("ignore:cov_type not fully supported")
@pytest.mark.parametrize("clustered", [False, True])
def test_with_weights_the_line_is_the_weighted_one_of_statsmodels(clustered: bool) -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    score, weight = rng.normal(size=900), rng.uniform(0.2, 3, 900)
    t = (rng.random(900) < 1 / (1 + np.exp(-0.3 - 0.7 * score))).astype(float)
    groups = rng.integers(0, 40, 900) if clustered else np.arange(900)
    line = _Line.of(t, 1 / (1 + np.exp(-score)), groups if clustered else None, weight)
    fit = sm.GLM(t, sm.add_constant(score), sm.families.Binomial(), var_weights=weight).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    assert (line.intercept, line.slope) == pytest.approx(tuple(fit.params), rel=1e-6)
    count = len(np.unique(groups))
    assert line.slope_error == pytest.approx(fit.bse[1] * np.sqrt(count / (count - 1)), rel=1e-5)


def test_the_chances_are_those_of_the_population_the_weights_stand_for() -> None:
    """Of the population nine in ten of the treated are in the table, and one in ten of the others:
    the chances of the rows are not those of the people."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=6_000)
    t = (rng.random(6_000) < 1 / (1 + np.exp(-x))).astype(int)
    drawn = rng.random(6_000) < np.where(t == 1, 0.9, 0.1)
    frame = pd.DataFrame({"x": x, "t": t, "y": x + t, "c": 1 / np.where(t == 1, 0.9, 0.1)})[drawn]
    asked = {"treatment": "t", "outcome": "y", "confounders": ("x",)}
    of_rows, of_people = (
        propensity_calibration(
            CausalQuestion(
                Dataset.of(frame.reset_index(drop=True)).with_roles({"c": role}), **asked
            )
        )
        for role in ("ignore", "weight")
    )
    assert min(of_rows.p_value, of_people.p_value) > 0.05
    above = of_rows.frame["predicted"] - of_people.frame["predicted"]
    assert (above > 0).all()
    assert any("of rows as they are weighted" in note for note in of_people.notes)
