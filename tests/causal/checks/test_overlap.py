"""Overlap: what passes, what fails, and who has no counterpart."""

import numpy as np
import pytest

from causal import overlap
from tests.causal.truths import ask, nhefs, varied
from workbench.errors import NotApplicable


def test_nhefs_overlaps() -> None:
    result = overlap(nhefs())
    assert result.passed
    counts = result.frame.groupby("is_treated")["rows"].sum()
    assert (counts[True], counts[False]) == (403, 1163)
    assert result.frame.groupby("is_treated")["share"].sum().tolist() == pytest.approx([1, 1])


def test_a_treatment_decided_by_a_column_fails_and_names_it() -> None:
    rng = np.random.default_rng(0)
    frame = varied(800, seed=1)
    frame["t"] = (frame["x"] + 0.1 * rng.normal(size=800) > 1).astype(int)
    result = overlap(ask(frame))
    assert not result.passed
    (note,) = [n for n in result.notes if "without a counterpart differ" in n]
    assert "most in x (" in note


def test_only_the_side_that_is_asked_about_counts() -> None:
    """All large x are treated, small x are treated at random: the untreated have counterparts."""
    rng = np.random.default_rng(0)
    frame = varied(1_500, seed=2)
    frame["t"] = ((rng.random(1_500) < 0.5) | (frame["x"] > 0.5)).astype(int)
    assert overlap(ask(frame, estimand="ATC")).passed
    assert not overlap(ask(frame, estimand="ATT")).passed
    assert not overlap(ask(frame)).passed


def test_a_random_treatment_keeps_nearly_all_its_rows() -> None:
    rng = np.random.default_rng(0)
    frame = varied(1_000, seed=3).assign(t=rng.integers(0, 2, 1_000))
    frame = overlap(ask(frame)).frame
    assert (frame["effective_rows"] > 0.95 * frame["rows_in_arm"]).all()


def test_a_numeric_treatment_is_refused() -> None:
    with pytest.raises(NotApplicable, match="two arms"):
        overlap(nhefs(treatment="smokeintensity", confounders=("age",)))


def test_the_figure_is_mirrored() -> None:
    treated, untreated = overlap(nhefs()).figure().data
    assert max(treated.y) > 0 >= max(untreated.y)
