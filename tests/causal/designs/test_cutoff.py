"""What a cut-off's question refuses, and what it says of its rows."""

import numpy as np
import pytest

from causal import regression_discontinuity
from tests.causal.designs.cutoffs import about, keen, steps
from workbench import Dataset
from workbench.errors import NotApplicable, QuestionError


def test_a_side_without_rows_is_refused_with_the_range() -> None:
    with pytest.raises(QuestionError, match=r"0 complete rows have 'x' at or above the cut-off 9"):
        about(steps(), cutoff=9.0)


def test_few_distinct_values_are_refused_and_shared_ones_warned_of() -> None:
    frame = steps()
    with pytest.raises(QuestionError, match=r"takes \d distinct values below"):
        about(frame.assign(x=np.round(frame["x"])))
    notes = regression_discontinuity(about(frame.assign(x=np.round(frame["x"], 1)))).notes
    assert any(n.startswith("Warning: 'x' takes") for n in notes)
    assert not any(n.startswith("Warning") for n in regression_discontinuity(about(frame)).notes)


def test_a_running_variable_that_is_no_number_is_refused() -> None:
    frame = steps().assign(word=lambda f: np.where(f["x"] > 0, "up", "down"))
    with pytest.raises(QuestionError, match="'word' is no number"):
        about(frame, running="word")


def test_a_treatment_that_does_not_jump_is_refused() -> None:
    frame = keen()
    rng = np.random.default_rng(1)
    flat = frame.assign(t=rng.integers(0, 2, len(frame)))
    with pytest.raises(NotApplicable, match="'t' does not jump at x = 0"):
        regression_discontinuity(about(flat, treatment="t"))


def test_rows_with_missing_values_are_left_out_and_counted() -> None:
    frame = steps()
    frame.loc[:49, "y"] = np.nan
    found = regression_discontinuity(about(frame))
    assert "950 of 1,000 rows are used; the others have missing values." in found.notes
    alone = regression_discontinuity(about(frame.iloc[50:]))
    assert found.frame.equals(alone.frame)


def test_groups_with_few_members_near_the_cutoff_are_warned_of() -> None:
    frame = steps().assign(g=lambda f: np.arange(len(f)) % 6)
    data = Dataset.of(frame).with_roles({"g": "group"})
    found = regression_discontinuity(type(about(frame))(data, outcome="y", running="x"))
    assert any(n.startswith("Warning: Intervals take the groups of 'g'") for n in found.notes)
