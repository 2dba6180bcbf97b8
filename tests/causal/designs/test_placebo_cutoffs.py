"""Nothing jumps where nothing begins."""

import numpy as np
import pytest

from causal import placebo_cutoffs
from tests.causal.designs.cutoffs import about, keen, steps


def test_the_real_jump_is_in_none_of_them() -> None:
    found = placebo_cutoffs(about(steps(2_000, jump=50.0)))
    assert found.passed
    assert found.frame["kind"].tolist() == ["placebo"] * 6 + ["real"]
    assert found.frame.iloc[-1]["estimate"] == pytest.approx(50, abs=1)
    assert found.frame["estimate"].iloc[:-1].abs().max() < 2


def test_another_jump_is_found() -> None:
    frame = steps(2_000)
    at = frame.loc[frame["x"] >= 0, "x"].median()
    frame["y"] += 3.0 * (frame["x"] >= at)
    found = placebo_cutoffs(about(frame), per_side=1)
    assert found.passed is False
    assert found.frame.iloc[1]["estimate"] == pytest.approx(3, abs=0.8)


def test_a_fuzzy_question_is_asked_for_the_outcomes_own_jump() -> None:
    frame = keen()
    found = placebo_cutoffs(about(frame, treatment="t"), per_side=1)
    assert found.frame.iloc[-1]["estimate"] == pytest.approx(about(frame).effect().estimate)


def test_a_side_with_too_few_rows_is_left_out_and_named() -> None:
    frame = steps(400)
    frame = frame[(frame["x"] < 0) | (np.arange(400) % 4 == 0)]
    found = placebo_cutoffs(about(frame), per_side=3)
    assert any(n.startswith("Left out, having too few rows") for n in found.notes)
