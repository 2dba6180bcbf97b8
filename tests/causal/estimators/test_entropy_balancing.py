"""Exact balance, the estimating equations by numerical derivatives, and known worlds."""

import numpy as np
import pandas as pd
import pytest

from causal import entropy_balancing, weighting
from causal.analysis import analyse
from causal.estimators._covariates import covariates_of
from causal.estimators.entropy_balancing import _Balanced
from tests.causal.sandwich import covariance
from tests.causal.test_contract import about, doses, events
from tests.causal.truths import ask, nhefs, nsw_cps, varied
from workbench.errors import NotApplicable


def first(question: object, **settings: object) -> pd.Series:
    return entropy_balancing(question, **settings).frame.iloc[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_means_and_squares_balance_to_the_last_digit(estimand: str) -> None:
    analysis = analyse(nhefs(estimand=estimand))
    covariates = covariates_of(analysis, squares=True)
    over = {"ATE": np.ones(len(analysis), bool), "ATT": analysis.arm,
            "ATC": analysis.control}[estimand]  # fmt: skip
    target = covariates.columns[over].mean(axis=0)
    for arm, name in ((analysis.arm, "1"), (analysis.control, "0")):
        made = _Balanced.of(analysis, covariates, arm, name)
        assert np.average(covariates.columns, axis=0, weights=made.values) == pytest.approx(
            target, abs=1e-8
        )
        assert (made.values[~arm] == 0).all()
        assert (made.values[arm] > 0).all()


def test_nhefs_agrees_with_the_other_weights() -> None:
    row, weighted = first(nhefs()), weighting(nhefs()).frame.iloc[0]
    assert row["estimate"] == pytest.approx(3.4405, abs=0.15)
    assert row["std_error"] == pytest.approx(weighted["std_error"], rel=0.1)


def test_lalonde_and_cps_is_within_what_modern_estimators_give() -> None:
    row = first(nsw_cps(), squares=False)
    assert 1_000 < row["estimate"] < 1_800


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_it_is_the_estimating_equations(estimand: str) -> None:
    frame = varied(800, seed=1)
    row = first(ask(frame, estimand=estimand), squares=False)
    x = np.column_stack([np.ones(800), frame[["x", "w"]]])
    t, y = frame["t"].to_numpy(), frame["y"].to_numpy()
    over = {"ATE": np.ones(800), "ATT": t, "ATC": 1 - t}[estimand]

    def equations(theta: np.ndarray) -> np.ndarray:
        parts = []
        for k in (0, 1):
            slopes, mean = theta[4 * k : 4 * k + 3], theta[4 * k + 3]
            v = (t == k) * np.exp(x @ slopes)
            parts += [v[:, None] * x - over[:, None] * x, (v * (y - mean))[:, None]]
        return np.column_stack(parts)

    from scipy.optimize import root

    solved = root(lambda theta: equations(theta).mean(axis=0), np.zeros(8), tol=1e-12).x
    spread = covariance(equations, solved)
    error = np.sqrt(spread[3, 3] + spread[7, 7] - 2 * spread[3, 7])
    assert row["estimate"] == pytest.approx(solved[7] - solved[3], rel=1e-6)
    assert row["std_error"] == pytest.approx(error, rel=2e-3)  # n - 1 in place of n


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_it_covers_in_a_straight_world(estimand: str) -> None:
    covered, errors = [], []
    for seed in range(120):
        row = first(ask(varied(400, seed, null=True), estimand=estimand))
        covered.append(row["conf_low"] < 0 < row["conf_high"])
        errors.append(row["estimate"])
    assert 0.9 <= np.mean(covered) <= 0.99
    assert abs(np.mean(errors)) < 0.3 * np.std(errors)


def test_it_holds_where_the_outcome_is_straight_and_the_chance_is_not() -> None:
    """Doubly robust: a chance with x² · w in it, and a linear outcome. A straight logit misses."""
    rng = np.random.default_rng(4)
    n = 12_000
    x, w = rng.normal(size=(2, n))
    t = (rng.random(n) < 1 / (1 + np.exp(-np.clip(0.7 * x * w + 0.8 * x**2 - 0.6, -2, 2)))) * 1
    frame = pd.DataFrame({"x": x, "w": w, "t": t, "y": 3 * x + w + t + rng.normal(size=n)})
    row = first(ask(frame), squares=False)
    assert row["conf_low"] < 1 < row["conf_high"]
    # … and one whose outcome bends as well is missed without squares of the product.
    bent = frame.assign(y=frame["y"] + 2 * frame["x"] * frame["w"])
    assert first(ask(bent), squares=False)["conf_low"] > 1


def test_ratios_levels_weights_and_clusters() -> None:
    frame = events(20_000, seed=1)
    assert first(about(frame, scale="ratio"))["conf_low"] < 1.5
    assert first(about(frame, scale="ratio"))["conf_high"] > 1.5
    row = first(about(doses(6_000, 3), treatment="dose", contrast=("none", "high")))
    assert row["conf_low"] < 3 < row["conf_high"]
    small = varied(600, 2).assign(g=np.repeat(np.arange(300), 2), w8=1.0)
    doubled = small.assign(w8=np.where(small["x"] > 0, 2.0, 1.0))
    twice = pd.concat([small, small[small["x"] > 0]], ignore_index=True)
    by_weight = first(about(doubled, confounders=("x", "w"), roles={"w8": "weight"}))
    by_rows = first(about(twice, confounders=("x", "w"), roles={"w8": "ignore"}))
    assert by_weight["estimate"] == pytest.approx(by_rows["estimate"], rel=1e-6)
    pairs = pd.concat([small] * 2, ignore_index=True)
    pairs["g"] = np.tile(np.arange(600), 2)
    alone = first(about(small, confounders=("x", "w"), roles={"g": "ignore"}))
    grouped = first(about(pairs, confounders=("x", "w"), roles={"g": "group"}))
    assert grouped["std_error"] == pytest.approx(alone["std_error"], rel=0.01)


def test_what_cannot_be_balanced_is_named() -> None:
    frame = varied(200, 1).assign(only=lambda f: f["t"] * (np.arange(200) % 2))
    with pytest.raises(NotApplicable, match="mean of only of the rows asked about at all"):
        entropy_balancing(ask(frame, confounders=("x", "only")))
    apart = varied(200, 1).assign(w=lambda f: f["x"] + np.where(f["t"] == 1, 0.1, -0.1))
    with pytest.raises(NotApplicable, match="together with the others"):
        entropy_balancing(ask(apart, estimand="ATT"), squares=False)
    with pytest.raises(NotApplicable, match="could have gone either way"):
        entropy_balancing(ask(varied(200, 1), estimand="ATO"))
