"""How small an effect would be found."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from causal import experiment_effect, minimal_detectable_effect
from tests.causal.designs.trials import about, trial


def test_it_is_the_textbooks_for_two_equal_arms() -> None:
    frame = trial(400).assign(arm=np.where(np.arange(400) % 2, "new", "old"))
    made = minimal_detectable_effect(about(frame), power=0.9, level=0.01)
    row = made.frame[made.frame["times"] == 1.0].iloc[0]
    power = NormalIndPower().power(row["in_sd"], 200, 0.01, alternative="two-sided")
    assert power == pytest.approx(0.9, abs=0.01)


def test_four_times_the_rows_halve_it_and_covariates_shrink_it() -> None:
    question = about(trial(), covariates=("a",))
    frame = minimal_detectable_effect(question).frame.set_index("times")
    assert frame.loc[4.0, "detectable"] == pytest.approx(frame.loc[1.0, "detectable"] / 2)
    assert frame.loc[1.0, "detectable"] < 0.8 * frame.loc[1.0, "unadjusted"]
    error = experiment_effect(question).frame.iloc[0]["std_error"]
    assert frame.loc[1.0, "detectable"] == pytest.approx(2.8016 * error, rel=1e-4)
