"""How many rows an error rests on, and intervals that know it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from benchmarks.causal_worlds import WORLDS
from causal import aipw, entropy_balancing, weighting
from causal.influence import degrees_of
from tests.causal.truths import ask, varied


def test_rows_that_count_alike_are_as_many_as_there_are() -> None:
    assert degrees_of(np.tile([1.0, -1.0], 50)) == pytest.approx(100)
    alone = np.r_[np.full(99, 0.01), -50.0]
    assert degrees_of(alone) == pytest.approx(1, abs=1e-3)
    groups = np.repeat(np.arange(20), 5)
    assert degrees_of(np.tile([1.0, -1.0], 10).repeat(5), groups) == pytest.approx(20)
    assert degrees_of(np.zeros(5)) == np.inf


@given(arrays(float, 30, elements=st.floats(-1e3, 1e3)), st.floats(1e-9, 1e9))
def test_they_hang_on_no_unit_and_are_no_more_than_the_rows(psi: np.ndarray, unit: float) -> None:
    found = degrees_of(psi)
    assert 1 <= found <= 30 + 1e-9 or found == np.inf
    if np.abs(psi).max() > 1e-6:
        assert degrees_of(psi * unit) == pytest.approx(found, rel=1e-6)


def test_an_interval_is_from_t_with_them() -> None:
    row = weighting(ask(varied(400, 1))).frame.iloc[0]
    reach = (row["conf_high"] - row["conf_low"]) / 2 / row["std_error"]
    assert 1.96 < reach < 2.1
    t = abs(row["estimate"]) / row["std_error"]
    degrees = next(d for d in np.linspace(5, 400, 4_000) if stats.t.ppf(0.975, d) <= reach)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(t, degrees), rel=0.05)


def test_where_few_rows_carry_the_error_the_interval_knows_it() -> None:
    """Poor overlap: from the normal distribution intervals held the truth in .88 of tables."""
    world = next(w for w in WORLDS if w.name == "poor overlap")
    rows = pd.DataFrame(
        [entropy_balancing(world.question(1_000_003 * k + 17)).frame.iloc[0] for k in range(300)]
    )
    truth = world.truth("ATE")
    assert (rows["conf_low"] < truth).mul(rows["conf_high"] > truth).mean() > 0.91
    by_normal = (rows["estimate"] - truth).abs() < 1.96 * rows["std_error"]
    assert by_normal.mean() < 0.895
    found = aipw(world.question(17), learners="regressions")
    assert any("rests on few rows" in note for note in found.notes)
