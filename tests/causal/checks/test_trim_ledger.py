"""The trim ledger: counted by hand, and the effect on those who stay."""

import numpy as np
import pytest

from causal import aipw, trim_ledger
from causal.checks.trim_ledger import optimal_threshold
from tests.causal.truths import ask, nhefs, varied
from workbench.errors import NotApplicable


def test_without_trimming_it_is_aipw() -> None:
    made, row = trim_ledger(nhefs()).frame.iloc[0], aipw(nhefs()).frame.iloc[0]
    assert made["threshold"] == 0
    assert made["estimate"] == pytest.approx(row["estimate"])
    assert made["std_error"] == pytest.approx(row["std_error"])
    assert made["rows"] == 1566


def poor_overlap(rows: int, seed: int):
    """Effects 1 + x, and hardly anyone untreated where x is large: the far ends go."""
    frame = varied(rows, seed)
    rng = np.random.default_rng(seed + 1)
    frame["t"] = (rng.random(rows) < 1 / (1 + np.exp(-2.5 * frame["x"]))).astype(int)
    frame["y"] = 2 * frame["x"] + (1 + frame["x"]) * frame["t"] + rng.normal(size=rows)
    return frame


def test_who_goes_is_named_and_rows_are_counted() -> None:
    made = trim_ledger(ask(poor_overlap(1_500, 1), confounders=("x",)))
    assert made.frame["rows"].is_monotonic_decreasing
    assert (made.frame["treated"] + made.frame["untreated"] == made.frame["rows"]).all()
    assert (made.frame["effective_treated"] <= made.frame["treated"]).all()
    assert made.frame["share"].iloc[-1] < 0.8
    assert any("differ most in x" in note for note in made.notes)
    assert "on these rows alone" in made.summary
    assert made.frame["std_error"].iloc[-1] < made.frame["std_error"].iloc[0]


def test_only_the_end_that_matters_goes() -> None:
    frame = poor_overlap(1_500, 2)
    att = trim_ledger(ask(frame, confounders=("x",), estimand="ATT"), threshold=0.2).frame
    atc = trim_ledger(ask(frame, confounders=("x",), estimand="ATC"), threshold=0.2).frame
    ate = trim_ledger(ask(frame, confounders=("x",)), threshold=0.2).frame
    gone = [1_500 - f.loc[f["threshold"] == 0.2, "rows"].iloc[0] for f in (att, atc, ate)]
    assert gone[0] + gone[1] == gone[2]
    # Of the treated those with large x go, whose effects 1 + x are large.
    assert att["estimate"].iloc[-1] < att["estimate"].iloc[0]


def test_the_optimal_threshold_has_the_least_variance() -> None:
    """Crump et al.: over all thresholds, mean cost of those who stay by their share."""
    rng = np.random.default_rng(0)
    for a, b in ((0.5, 0.5), (1, 3), (0.3, 2)):
        chance = rng.beta(a, b, 20_000).clip(1e-4, 1 - 1e-4)
        cost = 1 / (chance * (1 - chance))

        def variance(at: float, chance=chance, cost=cost) -> float:
            stays = (chance >= at) & (chance <= 1 - at)
            return float(cost[stays].mean() / stays.mean())

        grid = np.linspace(0, 0.3, 301)
        best = grid[np.argmin([variance(at) for at in grid])]
        assert optimal_threshold(chance) == pytest.approx(best, abs=0.01)
    assert optimal_threshold(np.full(100, 0.4)) == 0.0


def test_small_arms_are_not_estimated_and_said() -> None:
    frame = varied(200, seed=3)
    frame["t"] = (frame["x"] > frame["x"].quantile(0.85)).astype(int)
    frame.loc[frame.index[:12], "t"] = 1 - frame.loc[frame.index[:12], "t"]
    made = trim_ledger(ask(frame, confounders=("x",)), threshold=0.3)
    assert any("not estimated" in note for note in made.notes)
    with pytest.raises(NotApplicable, match="two arms"):
        trim_ledger(nhefs(treatment="smokeintensity", confounders=("age",)))
