"""Balance: standardised differences by hand, before and after."""

import numpy as np
import pytest

from causal import balance
from tests.causal.truths import ask, nhefs, nsw, varied
from workbench.errors import NotApplicable


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_differences_before_weighting_are_those_by_hand(estimand: str) -> None:
    frame = varied(500, seed=1)
    result = balance(ask(frame, estimand=estimand))
    x1, x0 = (frame.loc[frame["t"] == k, "x"] for k in (1, 0))
    scale = {"ATE": np.sqrt((x1.var() + x0.var()) / 2), "ATT": x1.std(), "ATC": x0.std()}[estimand]
    row = result.frame.set_index("term").loc["x"]
    assert row["smd_before"] == pytest.approx((x1.mean() - x0.mean()) / scale)
    assert row["variance_ratio_before"] == pytest.approx(x1.var() / x0.var())
    assert result.denominator in " ".join(result.notes)


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_weighting_balances_a_world_it_can_learn(estimand: str) -> None:
    result = balance(ask(varied(3_000, seed=2), estimand=estimand))
    assert result.passed
    assert result.frame["smd_before"].abs().max() > 0.4


def test_nhefs_is_balanced_after_and_not_before() -> None:
    result = balance(nhefs())
    assert result.passed
    assert result.frame["term"].iloc[0] == "age"
    assert result.frame["smd_before"].iloc[0] == pytest.approx(0.282, abs=0.001)
    assert {"sex = 1", "education = 5"} <= set(result.frame["term"])


def test_arms_that_cannot_be_made_alike_fail() -> None:
    rng = np.random.default_rng(0)
    frame = varied(400, seed=3)
    frame["t"] = (frame["x"] + 0.1 * rng.normal(size=400) > 0).astype(int)
    assert balance(ask(frame)).passed is False


def test_nothing_to_balance_is_said() -> None:
    with pytest.raises(NotApplicable, match="nothing to balance"):
        balance(nsw())
