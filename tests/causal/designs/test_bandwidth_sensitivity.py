"""Other bandwidths, and without the nearest rows."""

import numpy as np
import pandas as pd
import pytest

from causal import bandwidth_sensitivity, donut_hole
from tests.causal.designs.cutoffs import about, steps


def test_the_own_bandwidth_is_the_estimate_and_others_are_theirs() -> None:
    question = about(steps(), treated="below")
    frame = bandwidth_sensitivity(question).frame
    own = question.effect()
    chosen = frame[frame["is_chosen"]].iloc[0]
    assert (len(frame), chosen["value"]) == (6, pytest.approx(own.h))
    assert chosen["estimate"] == pytest.approx(-own.estimate)
    half = question.effect(own.h / 2, own.b / 2)
    row = frame.iloc[0]
    assert row["conf_low"] == pytest.approx(-half.interval[1])
    assert (row["rows_below"], row["rows_above"]) == half.rows
    assert frame["rows_below"].is_monotonic_increasing


def test_rows_heaped_at_the_cutoff_are_left_out_by_a_donut() -> None:
    frame = steps(2_000)
    heap = frame.head(60).assign(x=0.0, y=30.0)
    with_heap = about(pd.concat([frame.iloc[60:], heap], ignore_index=True))
    found = donut_hole(with_heap).frame
    assert found["value"].iloc[0] == 0
    assert found["estimate"].iloc[0] > 3
    assert found["estimate"].iloc[1:].to_numpy() == pytest.approx(2, abs=1.0)
    assert np.diff(found["rows_above"])[0] <= -60
