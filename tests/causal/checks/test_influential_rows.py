"""Influential rows: exact leave-one-out, and the planted rows on which all hangs."""

import numpy as np
import pytest

from causal import influential_rows, linear_regression
from causal.analysis import with_rows
from causal.checks._again import estimator_again
from causal.checks.influential_rows import _of_aipw, _of_regression, _whose
from tests.causal.truths import ask, nhefs, varied
from workbench.errors import NotApplicable


def test_the_change_is_that_of_leaving_the_row_out() -> None:
    """Every row in turn, by whole regressions; the squares are centred anew and change nothing."""
    again = estimator_again(ask(varied(60, seed=1)), "linear_regression", 0)
    changes = _of_regression(again)
    for row in range(60):
        kept = np.setdiff1d(np.arange(60), [row])
        by_hand = again.on(with_rows(again.analysis, kept)).estimate
        assert again.real.estimate + changes[row] == pytest.approx(by_hand, abs=1e-9)


def test_the_change_under_aipw_is_that_of_the_mean() -> None:
    again = estimator_again(ask(varied(300, seed=2)), "aipw", 0)
    changes, influence = _of_aipw(again), again.scores.influence
    whole = again.real.estimate + influence  # each row's part of the mean, for the ATE
    assert np.delete(whole, 7).mean() == pytest.approx(again.real.estimate + changes[7])


def test_planted_rows_are_found_and_named() -> None:
    """No effect but for six rows far out: without them the sign is open, and they lead the list."""
    frame = varied(600, seed=3, null=True)
    planted = frame.index[frame["t"] == 1][:6]
    frame.loc[planted, "y"] += 60
    made = influential_rows(ask(frame))
    assert set(made.frame["row"].head(6)) == set(planted)
    assert made.to_flip is not None
    assert made.to_flip <= 9
    assert made.to_flip >= 3
    assert made.without_them is not None
    assert abs(made.without_them) < 0.3
    assert any("less than 1 %" in note for note in made.notes) == (made.to_flip < 3)
    made.figure()


def test_a_strong_effect_hangs_on_many_rows() -> None:
    made = influential_rows(nhefs())
    assert made.to_lose < made.to_flip
    assert made.to_flip > 0.05 * made.rows
    real = linear_regression(nhefs()).frame["estimate"].iloc[0]
    assert made.without_them < 0 < real
    path = made.frame["estimate_without"]
    assert path.is_monotonic_decreasing
    assert path.iloc[made.to_flip - 1] < 0 < path.iloc[made.to_flip - 2]


def test_a_negative_effect_mirrors() -> None:
    frame = varied(400, seed=4)
    up = influential_rows(ask(frame))
    down = influential_rows(ask(frame.assign(y=-frame["y"])))
    assert (up.to_flip, up.to_lose) == (down.to_flip, down.to_lose)
    assert down.frame["change"].to_numpy() == pytest.approx(-up.frame["change"].to_numpy())


def test_an_interval_that_holds_zero_is_not_lost() -> None:
    made = influential_rows(ask(varied(300, seed=5, null=True)))
    assert made.to_lose is None
    assert "interval reaches" not in made.summary


def test_long_lists_are_cut_and_said() -> None:
    frame = varied(6_000, seed=6)
    made = influential_rows(ask(frame.assign(y=frame["y"] - 0.4 * frame["t"])))
    assert made.to_flip is not None
    assert len(made.frame) == 500 < made.to_flip
    assert any("500 most influential" in note for note in made.notes)


@pytest.mark.parametrize("estimand", ["ATT", "ATO"])
def test_for_others_than_everyone_the_rows_are_those_of_aipw(estimand: str) -> None:
    """Each row is really left out, the models being as they are."""
    question = ask(varied(700, seed=6), estimand=estimand)
    assert _whose(question, None) == "aipw"
    again = estimator_again(question, "aipw", 0)
    (learned,) = again.drawn
    changes = _of_aipw(again)
    for row in np.argsort(-np.abs(changes))[:10]:
        kept = np.setdiff1d(np.arange(700), [row])
        by_hand = learned.of_rows(kept).scores(with_rows(again.analysis, kept)).estimate
        assert changes[row] == pytest.approx(by_hand - again.real.estimate, rel=0.02)


def test_a_regression_of_several_coefficients_is_refused_with_a_way_out() -> None:
    with pytest.raises(NotApplicable, match="one coefficient, and the ATT") as refused:
        influential_rows(nhefs(estimand="ATT"), estimator="linear_regression")
    assert "Choose AIPW" in refused.value.hint
