"""A random column: nothing moves in a right analysis, everything in one that fits noise."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, linear_regression, random_common_cause
from tests.causal.truths import ask, nhefs, varied
from workbench import Dataset


def test_nhefs_stays_where_it_is() -> None:
    made = random_common_cause(nhefs())
    assert made.passed
    assert abs(made.shift) < 0.05
    real = linear_regression(nhefs()).frame.iloc[0]
    assert made.frame["estimate"].iloc[0] == pytest.approx(real["estimate"])
    assert made.frame["std_error"].iloc[0] == pytest.approx(real["std_error"])
    assert made.frame["kind"].tolist() == ["real"] + ["random"] * 20


def test_a_draw_is_the_regression_with_that_column() -> None:
    frame = varied(200, seed=1)
    made = random_common_cause(ask(frame), repeats=5, seed=4)
    column = np.random.default_rng(4).normal(size=200)
    by_hand = linear_regression(ask(frame.assign(z=column), confounders=("x", "w", "z")))
    assert made.frame["estimate"].iloc[1] == pytest.approx(by_hand.frame["estimate"].iloc[0])


def test_every_estimand_of_the_regression() -> None:
    question = ask(varied(200, seed=2), estimand="ATT")
    made = random_common_cause(question, repeats=5)
    expected = linear_regression(question).frame["estimate"].iloc[0]
    assert made.frame["estimate"].iloc[0] == pytest.approx(expected)


def test_nuisances_are_fitted_anew() -> None:
    made = random_common_cause(ask(varied(300, seed=3)), estimator="aipw", repeats=5)
    drawn = made.frame["estimate"].iloc[1:]
    assert drawn.nunique() == 5
    assert (drawn != made.frame["estimate"].iloc[0]).all()
    assert made.passed


def test_right_analyses_hardly_ever_fail() -> None:
    rng = np.random.default_rng(0)
    failed = [
        not random_common_cause(ask(varied(120, int(s), null=True)), repeats=10, seed=int(s)).passed
        for s in rng.integers(0, 10_000, 60)
    ]
    assert np.mean(failed) <= 0.05


def test_a_regression_with_nearly_as_many_columns_as_rows_moves() -> None:
    """Not its mean, which stays right, but the single estimates: the summary says by how much."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 30))
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(30)])
    frame["t"] = rng.integers(0, 2, 40)
    frame["y"] = frame["t"] + rng.normal(size=40)
    question = CausalQuestion(
        Dataset.of(frame), treatment="t", outcome="y", confounders=tuple(frame.columns[:16])
    )
    crowded = random_common_cause(question, repeats=20)
    roomy = random_common_cause(nhefs())
    assert crowded.frame["change"].abs().max() > 3 * roomy.frame["change"].abs().max()
