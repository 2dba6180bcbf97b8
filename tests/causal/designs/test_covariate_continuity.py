"""What was settled before must not jump."""

import numpy as np
import pytest

from causal import covariate_continuity
from tests.causal.designs.cutoffs import about, steps
from workbench.errors import NotApplicable


def test_a_covariate_that_jumps_fails_and_is_named() -> None:
    frame = steps().assign(before=lambda f: f["z"] + 2.0 * (f["x"] >= 0))
    found = covariate_continuity(about(frame), columns=("z", "before"))
    assert found.passed is False
    by = found.frame.set_index("column")
    assert by.loc["before", "p_adjusted"] < 0.001
    assert by.loc["z", "p_adjusted"] > 0.05
    assert "before" in found.summary
    assert covariate_continuity(about(frame), columns=("z",)).passed


def test_each_jump_is_that_of_the_column_as_an_outcome() -> None:
    frame = steps().assign(
        kind=lambda f: np.where(f["z"] > 0.5, "a", np.where(f["z"] < 0, "b", "c"))
    )
    found = covariate_continuity(about(frame, covariates=("kind",)))
    assert found.frame["column"].tolist() == ["kind = b", "kind = c", "y"]
    alone = about(frame.assign(y=(frame["kind"] == "b").astype(float))).effect()
    row = found.frame.iloc[0]
    assert row["estimate"] == pytest.approx(alone.estimate)
    assert row["std_error"] == pytest.approx(alone.robust_error)
    real = about(frame, covariates=("kind",)).effect()
    assert found.frame.iloc[-1]["estimate"] == pytest.approx(real.estimate)


def test_nothing_to_look_at_and_the_outcome_itself_are_refused() -> None:
    with pytest.raises(NotApplicable, match="No column is named"):
        covariate_continuity(about(steps()))
    with pytest.raises(NotApplicable, match="'y' is part of the question"):
        covariate_continuity(about(steps()), columns=("y",))
