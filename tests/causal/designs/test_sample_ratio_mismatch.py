"""Arms of another size than planned."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from causal import sample_ratio_mismatch
from tests.causal.designs.trials import about


def arms(*counts: int) -> pd.DataFrame:
    names = np.repeat(["old", "new", "third"][: len(counts)], counts)
    return pd.DataFrame({"arm": names, "y": np.arange(len(names)) % 7.0})


def test_it_is_a_chi_square_against_the_plan() -> None:
    made = sample_ratio_mismatch(about(arms(530, 470), planned="50:50"))
    assert made.frame["contribution"].sum() == pytest.approx(chisquare([530, 470]).statistic)
    assert "(p = 0.058)" in made.summary
    assert made.passed


def test_the_threshold_is_strict() -> None:
    made = [sample_ratio_mismatch(about(arms(500 + k, 500 - k), planned="50:50")) for k in (50, 54)]
    assert [m.passed for m in made] == [True, False]  # p = .0016 and .0006
    assert "no effect may be read" in made[1].summary


def test_three_arms_in_shares_of_their_own() -> None:
    counts, planned = [410, 190, 200], "2:1:1"
    question = about(arms(*counts), planned=planned)
    expected = chisquare([410, 190, 200], [400, 200, 200])
    assert sample_ratio_mismatch(question).frame["contribution"].sum() == pytest.approx(
        expected.statistic
    )


def test_whole_groups_count_once() -> None:
    frame = pd.DataFrame({"g": np.repeat(np.arange(40), 25)})
    frame["arm"] = np.where(frame["g"] < 19, "old", "new")
    frame["y"] = np.arange(1000) % 7.0
    made = sample_ratio_mismatch(about(frame, {"g": "group"}, planned="50:50"))
    assert made.frame["units"].tolist() == [19, 21]
    assert made.passed


def test_without_a_plan_nothing_is_judged() -> None:
    made = sample_ratio_mismatch(about(arms(600, 400)))
    assert made.passed is None
    assert "not judged" in made.summary
    assert "no effect" not in made.summary
