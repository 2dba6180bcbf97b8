"""Bounds under omitted variables: DoubleML's numbers, and variables that really were omitted."""

from functools import cache

import numpy as np
import pytest

from causal import OmittedVariableBounds, aipw, omitted_variable_bounds
from causal.analysis import binary_analysis
from causal.checks._bounds import Bounds, Parts, gain, strength
from causal.checks.omitted_variable_bounds import without
from causal.estimators.aipw import (
    Nuisances,
    Scores,
    contributions,
    learned_again,
    nuisances,
    scores,
)
from causal.influence import MeanOutcomes
from causal.question import Estimand
from tests.causal.truths import ask, nhefs, varied
from workbench.errors import NotApplicable
from workbench.progress import silent

# doubleml calls scikit-learn's check_X_y with a name that is on its way out.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
TWO_SIDED = 0.975  # of one end: the interval around the estimate is then the usual 95 %


@cache
def learned(estimand: Estimand) -> tuple[Nuisances, Nuisances]:
    """The nuisances of NHEFS with age and without it."""
    analysis = binary_analysis(nhefs(estimand=estimand), "The test")
    first = nuisances(analysis, 5, 0, silent)
    return first, learned_again(without(analysis, "age"), first, 0, silent)


def bounds(estimand: Estimand, arm, y, m0, m1, e) -> Bounds:
    """Of rows that all count once and are independent."""
    found = scores(estimand, arm, y, m0, m1, e)
    return Parts.of(found, estimand, arm, y, (m0, m1), e, np.ones(len(y))).bounds(None)


def ours(estimand: Estimand, which: int) -> Bounds:
    analysis, made = binary_analysis(nhefs(estimand=estimand), "The test"), learned(estimand)[which]
    e = np.clip(made.chance.predictions, 0.01, 0.99)
    m0, m1 = made.untreated.predictions, made.treated.predictions
    return bounds(estimand, analysis.arm, analysis.y, m0, m1, e)


def theirs(estimand: Estimand, which: int):
    from doubleml import DoubleMLData, DoubleMLIRM
    from sklearn.linear_model import LinearRegression, LogisticRegression

    analysis, made = binary_analysis(nhefs(estimand=estimand), "The test"), learned(estimand)[which]
    data = DoubleMLData.from_arrays(
        analysis.covariates.matrix, analysis.y, analysis.arm.astype(float)
    )
    irm = DoubleMLIRM(
        data, LinearRegression(), LogisticRegression(),
        score={"ATE": "ATE", "ATT": "ATTE"}[estimand],
    )  # fmt: skip
    given = {
        "ml_g0": made.untreated.predictions, "ml_g1": made.treated.predictions,
        "ml_m": np.clip(made.chance.predictions, 0.01, 0.99),
    }  # fmt: skip
    irm.fit(external_predictions={"d": {name: v[:, None] for name, v in given.items()}})
    return irm


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
@pytest.mark.parametrize(("cf_y", "cf_d", "rho"), [(0.03, 0.03, 1.0), (0.1, 0.02, 0.5)])
def test_the_bounds_are_those_of_doubleml(
    estimand: Estimand, cf_y: float, cf_d: float, rho: float
) -> None:
    """Bounds, and their standard errors: DoubleML 0.11 has those of the two ends the other way
    round (it divides the score by the mean of its derivative, which is -1); the next test decides
    who is right."""
    found, irm = ours(estimand, 0), theirs(estimand, 0)
    irm.sensitivity_analysis(cf_y=cf_y, cf_d=cf_d, rho=rho, level=TWO_SIDED)
    expected, force = irm.sensitivity_params, strength(cf_d, cf_y, rho)
    assert found.estimate == pytest.approx(irm.coef[0], rel=1e-9)
    for name, other, side in (("lower", "upper", -1), ("upper", "lower", 1)):
        assert found.end(force, side) == pytest.approx(expected["theta"][name][0], rel=1e-9)
        error = found.std_error(force, side)
        assert error == pytest.approx(expected["se"][other][0], rel=1e-6)
    # Theirs comes from a search that ends early, and that of the interval from the other error.
    assert found.robustness(rho) == pytest.approx(expected["rv"][0], abs=1e-4)
    assert found.robustness_of_interval(rho) == pytest.approx(expected["rva"][0], abs=5e-3)


@pytest.mark.parametrize("side", [-1, 1])
def test_the_standard_errors_of_the_bounds_are_those_of_resampling(side: int) -> None:
    """Skewed outcomes, where the two ends differ: 4,000 samples of the rows, nuisances known."""
    rng = np.random.default_rng(0)
    rows = 1_000
    e = np.clip(rng.beta(2, 2, rows), 0.1, 0.9)
    arm = rng.random(rows) < e
    y = np.where(arm, 2 + rng.exponential(3.0, rows), -rng.exponential(3.0, rows))
    zero = np.zeros(rows)

    def at(kept: np.ndarray) -> Bounds:
        return bounds("ATE", arm[kept], y[kept], zero[kept] - 3, zero[kept] + 5, e[kept])

    error, of_other_end = (at(np.arange(rows)).std_error(0.5, s) for s in (side, -side))
    drawn = np.std([at(rng.integers(0, rows, rows)).end(0.5, side) for _ in range(4_000)])
    assert drawn == pytest.approx(error, rel=0.05)
    assert drawn != pytest.approx(of_other_end, rel=0.1)


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_a_benchmark_is_that_of_doubleml(estimand: Estimand) -> None:
    from doubleml.utils import gain_statistics

    expected = gain_statistics(theirs(estimand, 0), theirs(estimand, 1))
    analysis = binary_analysis(nhefs(estimand=estimand), "The test")
    found = gain(ours(estimand, 0), ours(estimand, 1), float(analysis.y.var()))
    assert found.of_treatment == pytest.approx(expected["cf_d"][0], rel=1e-6)
    assert found.of_outcome == pytest.approx(expected["cf_y"][0], rel=1e-6)
    assert found.rho == pytest.approx(expected["rho"][0], rel=1e-6)
    assert found.change == pytest.approx(expected["delta_theta"][0], rel=1e-6)


@cache
def of_nhefs() -> OmittedVariableBounds:
    return omitted_variable_bounds(nhefs())


def test_without_confounding_it_is_the_estimate_with_its_interval() -> None:
    row, estimate = of_nhefs().frame.iloc[0], aipw(nhefs()).frame.iloc[0]
    assert row["estimate_low"] == row["estimate_high"] == pytest.approx(estimate["estimate"])
    assert row["conf_high"] == pytest.approx(estimate["conf_high"], rel=1e-3)


def test_every_column_is_a_benchmark() -> None:
    made = of_nhefs()
    assert made.frame["confounder"].tolist()[:2] == ["none", "supposed"]
    assert set(made.frame["confounder"][2:]) == set(nhefs().confounders)
    assert made.frame["share_of_treatment"].between(0, 1).all()
    assert "left out" in made.summary
    assert 0 < made.value_of_interval < made.value < 1


def test_at_the_robustness_value_the_bound_is_zero() -> None:
    made = of_nhefs()
    again = omitted_variable_bounds(
        nhefs(), cf_y=made.value, cf_d=made.value, benchmarks=False
    ).frame.iloc[1]
    assert again["estimate_low"] == pytest.approx(0, abs=1e-6)
    at_interval = omitted_variable_bounds(
        nhefs(), cf_y=made.value_of_interval, cf_d=made.value_of_interval, benchmarks=False
    ).frame.iloc[1]
    assert at_interval["conf_low"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_bounds_of_a_variable_that_was_omitted_hold_the_truth(seed: int) -> None:
    """w is left out; with its real strength, seen by someone who has w, the bounds at the
    alignment that was real hold the estimate with w, up to sampling."""
    frame = varied(2_000, seed=seed)
    frame["y"] += frame["w"]  # a confounder that matters
    analysis = binary_analysis(ask(frame), "The test")
    first = nuisances(analysis, 5, 0, silent)
    less = without(analysis, "w")
    second = learned_again(less, first, 0, silent)

    def of(made: Nuisances) -> Bounds:
        e = np.clip(made.chance.predictions, 0.01, 0.99)
        m0, m1 = made.untreated.predictions, made.treated.predictions
        return bounds("ATE", analysis.arm, analysis.y, m0, m1, e)

    long, short = of(first), of(second)
    # The bias is at most the root of what w adds to the outcome times what it adds to the weights.
    most = np.sqrt(
        (short.outcome_left - long.outcome_left) * (long.weight_size - short.weight_size)
    )
    assert abs(short.estimate - long.estimate) > 0.2
    assert abs(short.estimate - long.estimate) <= 1.1 * most


def test_an_interval_that_holds_zero_has_value_zero() -> None:
    made = omitted_variable_bounds(ask(varied(300, seed=1, null=True)), benchmarks=False)
    holds = made.frame["conf_low"].iloc[0] <= 0 <= made.frame["conf_high"].iloc[0]
    assert holds
    assert made.value_of_interval == 0
    made.figure()


def test_a_numeric_treatment_is_refused() -> None:
    with pytest.raises(NotApplicable, match="two arms"):
        omitted_variable_bounds(nhefs(treatment="smokeintensity", confounders=("age",)))


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_a_row_of_weight_two_is_two_rows_of_one_group(estimand: Estimand) -> None:
    """The same bounds with their intervals, whatever the confounder's strength."""
    rng = np.random.default_rng(2)
    e = np.clip(rng.beta(2, 2, 300), 0.1, 0.9)
    arm, copies, group = rng.random(300) < e, rng.integers(1, 4, 300), np.arange(300)
    y, m0, m1 = rng.exponential(size=300), rng.normal(size=300), rng.normal(size=300)

    def of(rows: np.ndarray, own: np.ndarray) -> Bounds:
        t, m = arm[rows], (m0[rows], m1[rows])
        parts = contributions(estimand, (~t, t), y[rows], m, (1 - e[rows], e[rows]))
        found = Scores(MeanOutcomes.of_rows(*parts, own), "difference", group[rows])
        return Parts.of(found, estimand, t, y[rows], m, e[rows], own).bounds(group[rows])

    repeated = np.repeat(group, copies)
    once, often = of(group, copies / copies.mean()), of(repeated, np.ones(len(repeated)))
    for s in (0.0, 0.3, 1.0):
        for side in (-1, 1):
            assert once.end(s, side) == pytest.approx(often.end(s, side))
            assert once.conf_end(s, side) == pytest.approx(often.conf_end(s, side))
