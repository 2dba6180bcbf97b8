"""Resampling: the formula's interval where it is right, a longer one where rows hang together."""

import numpy as np
import pytest

from causal import CausalQuestion, bootstrap_interval, linear_regression
from tests.causal.checks.test_subset_stability import grouped
from tests.causal.truths import ask, nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_it_agrees_with_the_formula_where_that_is_right(estimand: str) -> None:
    question = nhefs(estimand=estimand)
    made, row = bootstrap_interval(question), linear_regression(question).frame.iloc[0]
    assert made.frame["estimate"].iloc[0] == pytest.approx(row["estimate"])
    assert made.std_error == pytest.approx(row["std_error"], rel=0.1)
    assert made.conf_low == pytest.approx(row["conf_low"], abs=0.25)
    assert made.conf_high == pytest.approx(row["conf_high"], abs=0.25)
    assert abs(made.bias) < 0.1


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_weights_stand_for_repeated_rows(estimand: str) -> None:
    """A draw by weights is the regression on the table with the drawn rows in it."""
    frame = varied(150, seed=3)
    question = ask(frame, estimand=estimand)
    made = bootstrap_interval(question, repeats=50, seed=1).frame["estimate"].iloc[1]
    first = int(np.random.default_rng(1).integers(0, 2**63, 50)[0])
    counts = np.random.default_rng(first).multinomial(150, np.full(150, 1 / 150))
    again = frame.loc[np.repeat(np.arange(150), counts)].reset_index(drop=True)
    by_hand = linear_regression(ask(again, estimand=estimand)).frame["estimate"].iloc[0]
    assert made == pytest.approx(by_hand, abs=1e-6)


def test_groups_are_drawn_as_wholes() -> None:
    """30 sites treated as wholes: the standard error is that of 30 means, not of 1,200 rows."""
    frame = grouped(np.random.default_rng(0))
    question = CausalQuestion(
        Dataset.of(frame).with_roles({"site": "group"}), treatment="t", outcome="y"
    )
    made = bootstrap_interval(question)
    means = frame.groupby("site").agg(t=("t", "first"), y=("y", "mean"))
    by_hand = np.sqrt(sum(means.loc[means["t"] == k, "y"].var() / 15 for k in (0, 1)))
    assert made.std_error == pytest.approx(by_hand, rel=0.15)
    assert made.formula_error == pytest.approx(by_hand, rel=0.05)
    alone = CausalQuestion(Dataset.of(frame.drop(columns="site")), treatment="t", outcome="y")
    assert made.std_error > 3 * bootstrap_interval(alone, repeats=50).formula_error
    assert "30 groups of 'site'" in made.summary


def test_it_covers() -> None:
    """The truth is 0: of 200 tables the percentile interval leaves it out in about 5 of 100."""
    missed = []
    for seed in range(200):
        question = ask(varied(500, seed, null=True))
        made = bootstrap_interval(question, repeats=200, seed=seed)
        missed.append(not made.conf_low <= 0 <= made.conf_high)
    assert 0.025 <= np.mean(missed) <= 0.08


def test_aipw_is_fitted_anew_and_copies_share_a_fold() -> None:
    made = bootstrap_interval(ask(varied(300, seed=2)), estimator="aipw", repeats=50)
    assert made.frame["estimate"].nunique() == 51
    assert 0.6 < made.std_error / made.formula_error < 1.7


def test_few_groups_are_refused() -> None:
    frame = varied(100, seed=1).assign(g=lambda f: [f"g{k % 4}" for k in f.index])
    question = CausalQuestion(
        Dataset.of(frame).with_roles({"g": "group"}), treatment="t", outcome="y"
    )
    with pytest.raises(NotApplicable, match="4 groups"):
        bootstrap_interval(question)
