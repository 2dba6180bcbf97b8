"""Were the arms alike?"""

import numpy as np
import pandas as pd
import pytest

from causal import arms_alike
from tests.causal.designs.trials import about, trial
from workbench.errors import NotApplicable


def test_arms_by_chance_pass_and_chosen_ones_fail() -> None:
    frame = trial().assign(b=lambda f: np.exp(f["y"] / 3))
    assert arms_alike(about(frame, covariates=("a", "cell"))).passed
    chosen = frame.assign(arm=np.where(frame["a"] + np.arange(400) % 3 > 1, "new", "old"))
    made = arms_alike(about(chosen, covariates=("a", "cell")))
    assert made.passed is False
    assert "larger than chance makes them" in made.summary


def test_the_joint_p_value_is_that_of_drawing_the_assignment_anew() -> None:
    frame = trial(200, seed=3).assign(b=lambda f: np.exp(f["a"]))
    made = arms_alike(about(frame, covariates=("a", "b")))
    rng = np.random.default_rng(0)
    x = frame[["a", "b"]].to_numpy()
    z = x - x.mean(axis=0)
    inverse = np.linalg.inv(z.T @ z)
    arm = (frame["arm"] == "new").to_numpy()

    def far(t: np.ndarray) -> float:
        d = z[t].sum(axis=0)
        return float(d @ inverse @ d)

    drawn = [far(rng.permutation(arm)) for _ in range(4_000)]
    assert made.p_joint == pytest.approx(np.mean(np.array(drawn) >= far(arm)), abs=0.03)


def test_whole_groups_are_drawn_as_such() -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(30), 40)
    frame = pd.DataFrame({"g": group, "a": rng.normal(size=30)[group], "y": rng.normal(size=1200)})
    frame["arm"] = np.where((rng.permutation(30) % 2)[group], "new", "old")
    grouped = arms_alike(about(frame, {"g": "group"}, covariates=("a",)))
    alone = arms_alike(about(frame.groupby("g").first().reset_index(), covariates=("a",)))
    assert grouped.p_joint == pytest.approx(alone.p_joint)
    assert arms_alike(about(frame, covariates=("a",))).p_joint < grouped.p_joint


def test_cells_with_shares_of_their_own_are_compared_within() -> None:
    rng = np.random.default_rng(2)
    cell = rng.integers(0, 2, 400)
    t = rng.random(400) < np.where(cell, 0.8, 0.2)
    frame = pd.DataFrame({"cell": cell, "a": 3.0 * cell + rng.normal(size=400),
                          "arm": np.where(t, "new", "old"), "y": rng.normal(size=400)})  # fmt: skip
    assert arms_alike(about(frame, covariates=("a",))).passed is False
    assert arms_alike(about(frame, covariates=("a",), strata=("cell",))).passed


def test_without_covariates_it_is_refused() -> None:
    with pytest.raises(NotApplicable, match="No covariate is named"):
        arms_alike(about(trial()))
