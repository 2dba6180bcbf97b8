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


def test_of_rows_that_stand_for_many_the_winner_may_explain_little() -> None:
    """Nine rows in ten are of a kind that x tells all of; the tenth, of which it tells nothing, is
    nine tenths of the population. Of its variance around one mean x explains some 0.08."""
    rng = np.random.default_rng(3)
    rare = rng.random(4_000) < 0.1
    x = rng.normal(size=4_000)
    frame = pd.DataFrame({
        "x": x, "t": rng.integers(0, 2, 4_000), "c": np.where(rare, 9.0, 1 / 9),
        "y": np.where(rare, rng.normal(size=4_000), x + rng.normal(scale=0.1, size=4_000)),
    })  # fmt: skip
    asked = {"treatment": "t", "outcome": "y", "confounders": ("x",)}
    rows, people = (
        nuisance_quality(CausalQuestion(Dataset.of(frame).with_roles({"c": role}), **asked))
        for role in ("ignore", "weight")
    )
    of_rows, of_people = (
        made.frame.loc[made.frame["won"], "explained"].iloc[:2] for made in (rows, people)
    )
    assert (of_rows > 0.7).all()
    assert (of_people < 0.3).all()
    assert any("as the rows are weighted" in note for note in people.notes)
    variances = [
        float(np.cov(part["y"], aweights=part["c"], ddof=0)) for _, part in frame.groupby("t")
    ]
    of_mean = people.frame.groupby("nuisance", sort=False)["loss_of_mean"].first()
    assert of_mean.iloc[:2].tolist() == pytest.approx(variances)


def test_rows_that_stand_for_those_with_gaps_are_weighted_too() -> None:
    frame = varied(1_500, seed=4)
    gone = np.random.default_rng(5).random(1_500) < 1 / (1 + np.exp(-2 * frame["x"]))
    made = nuisance_quality(ask(frame.assign(y=frame["y"].mask(gone)), missing="weighted"))
    assert any("as the rows are weighted" in note for note in made.notes)
