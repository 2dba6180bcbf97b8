"""`python -m benchmarks.designs.experiment`: coverage of an experiment's intervals, its checks."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd

from causal import (
    EffectEstimate,
    ExperimentQuestion,
    arms_alike,
    experiment_effect,
    sample_ratio_mismatch,
    sequential_peeking,
)
from workbench import Dataset

from ._replications import Placebo, World, coverage, coverage_table, placebo_table, write

Random = np.random.Generator


def trial(rng: Random, rows: int = 500, *, share: float = 0.5, gain: float = 1.0) -> pd.DataFrame:
    """Two covariates, one skewed, of which the effect depends; noise that grows in the arm."""
    a, b = rng.normal(size=rows), rng.exponential(size=rows)
    t = rng.random(rows) < share
    y = a + b**2 / 2 + t * gain * (1 + 0.5 * (b - 1)) + (1 + 0.5 * t) * rng.normal(size=rows)
    return pd.DataFrame({"a": a, "b": b, "arm": t.astype(int), "y": y})


def grouped(rng: Random, groups: int) -> pd.DataFrame:
    """Whole groups of different sizes are assigned, half of them to each arm."""
    size = rng.integers(5, 30, groups)
    group = np.repeat(np.arange(groups), size)
    t = rng.permutation(np.arange(groups) % 2)[group]
    a = rng.normal(size=groups)[group] + rng.normal(size=len(group))
    y = a + t + 0.5 * rng.normal(size=groups)[group] + rng.normal(size=len(group))
    return pd.DataFrame({"a": a, "arm": t, "y": y, "group": group})


def stratified(rng: Random) -> pd.DataFrame:
    """Assigned within five cells with shares of their own, the effect differing between them."""
    cell = rng.integers(0, 5, 500)
    t = rng.random(500) < 0.3 + 0.1 * cell
    y = cell + t * (cell - 1.0) + rng.normal(size=500)
    return pd.DataFrame({"cell": cell, "arm": t.astype(int), "y": y, "a": rng.normal(size=500)})


def yes_no(rng: Random) -> pd.DataFrame:
    """A click in a hundred and two in a hundred."""
    t = rng.random(4000) < 0.5
    return pd.DataFrame(
        {"arm": t.astype(int), "y": (rng.random(4000) < 0.01 + 0.01 * t).astype(int)}
    )


def about(frame: pd.DataFrame, **asked: Any) -> ExperimentQuestion:
    """The question of a drawn table."""
    data = Dataset.of(frame)
    if "group" in frame:
        data = data.with_roles({"group": "group"})
    return ExperimentQuestion(data, outcome="y", arm="arm", **asked)


def peeked(rng: Random) -> EffectEstimate:
    """The always-valid interval where it first leaves out zero in twenty looks, or the last."""
    found = sequential_peeking(about(trial(rng, 1000, gain=0.0)[["arm", "y"]]), looks=20)
    outside = (found.frame["always_low"] > 0) | (found.frame["always_high"] < 0)
    row = found.frame.iloc[int(outside.to_numpy().argmax()) if outside.any() else -1]
    frame = pd.DataFrame(
        {
            "estimand": ["always valid"],
            "estimate": [row["estimate"]],
            "conf_low": [row["always_low"]],
            "conf_high": [row["always_high"]],
        }
    )
    return EffectEstimate(frame=frame, summary="", notes=())  # fmt: skip


def asked(frame: pd.DataFrame, adjustment: Any = "lin", **more: Any) -> EffectEstimate:
    """The effect."""
    return experiment_effect(about(frame, **more), adjustment=adjustment)


X = ("a", "b")
WORLDS = (
    World("500 rows", 1.0, lambda r: asked(trial(r))),
    World("500 rows, Lin", 1.0, lambda r: asked(trial(r), covariates=X)),
    World("500 rows, CUPED", 1.0, lambda r: asked(trial(r), "cuped", covariates=X)),
    World("60 rows, Lin", 1.0, lambda r: asked(trial(r, 60), covariates=X)),
    World("500 rows, a fifth in the arm, Lin", 1.0,
          lambda r: asked(trial(r, share=0.2), covariates=X)),
    World("500 rows, no effect, Lin", 0.0, lambda r: asked(trial(r, gain=0.0), covariates=X)),
    World("5 strata with shares of their own", 1.0,
          lambda r: asked(stratified(r), strata=("cell",))),
    World("100 groups, Lin", 1.0, lambda r: asked(grouped(r, 100), covariates=("a",))),
    World("30 groups, Lin", 1.0, lambda r: asked(grouped(r, 30), covariates=("a",))),
    World("20 groups", 1.0, lambda r: asked(grouped(r, 20))),
    World("yes/no, 4,000 rows", 0.01, lambda r: asked(yes_no(r))),
    World("20 looks, no effect", 0.0, peeked),
)  # fmt: skip
PLACEBOS = (
    Placebo("sizes of the arms", lambda r: sample_ratio_mismatch(about(trial(r))), 0.001),
    Placebo("arms alike", lambda r: arms_alike(about(trial(r), covariates=X)), 0.01),
    Placebo("arms alike, 60 rows", lambda r: arms_alike(about(trial(r, 60), covariates=X)), 0.01),
    Placebo("arms alike, 30 groups",
            lambda r: arms_alike(about(grouped(r, 30), covariates=("a",))), 0.01),
    Placebo("arms alike, strata",
            lambda r: arms_alike(about(stratified(r), covariates=("a",), strata=("cell",))), 0.01),
)  # fmt: skip


def main(replications: int = 1000) -> None:
    """Runs and writes the page."""
    lines = coverage(WORLDS, replications)
    parts = [
        ("Nominal 95 %, with the defaults unless the world says otherwise; the effect is that in "
        "the population. *finds an effect*: the share of intervals without zero."),
        "", *coverage_table(lines, WORLDS), "", "## Checks where they should pass", "",
        *placebo_table(PLACEBOS, replications),
    ]  # fmt: skip
    command = f"python -m benchmarks.designs.experiment {replications}"
    write("EXPERIMENT.md", "Experiments: do the intervals hold the truth?", parts, command)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
