"""Nuisance quality: losses of the race as shares, and the warning at the edge of the library."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, nuisance_quality
from tests.causal.truths import ask, varied
from workbench import Dataset
from workbench.errors import NotApplicable


def test_what_is_explained_is_the_truth() -> None:
    """y = x + noise of the same size: half of its variance; a treatment at random: nothing."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=2_000)
    frame = pd.DataFrame({"x": x, "t": rng.integers(0, 2, 2_000), "y": x + rng.normal(size=2_000)})
    made = nuisance_quality(ask(frame, confounders=("x",)))
    won = made.frame[made.frame["won"]]
    assert won["nuisance"].nunique() == len(won) == 3
    assert won["explained"].iloc[:2].tolist() == pytest.approx([0.5, 0.5], abs=0.05)
    assert won["explained"].iloc[2] == pytest.approx(0, abs=0.01)
    assert won["learner"].iloc[0] == "linear"
    assert made.passed


def test_bent_outcomes_are_won_by_bent_learners() -> None:
    made = nuisance_quality(ask(varied(1_500, seed=1, bent=True)))
    won = made.frame[made.frame["won"]].set_index("nuisance")["learner"]
    assert set(won.iloc[:2]) == {"splines and products of pairs"}


def test_the_edge_of_the_library_is_a_warning() -> None:
    """A chessboard, which only many small pieces can follow."""
    rng = np.random.default_rng(2)
    x, w = rng.uniform(0, 8, (2, 4_000))
    board = 3.0 * ((np.floor(x) + np.floor(w)) % 2)
    frame = pd.DataFrame({"x": x, "w": w, "t": rng.integers(0, 2, 4_000)})
    made = nuisance_quality(ask(frame.assign(y=board + rng.normal(size=4_000))))
    assert not made.passed
    assert any("most flexible learner won" in note for note in made.notes)


def test_nothing_adjusted_for_is_refused() -> None:
    data = Dataset.of(varied(100, seed=1))
    with pytest.raises(NotApplicable, match="nothing to predict"):
        nuisance_quality(CausalQuestion(data, treatment="t", outcome="y"))
