"""Experiments whose effect is known."""

import numpy as np
import pandas as pd

from causal import ExperimentQuestion
from workbench import Dataset


def trial(rows: int = 400, seed: int = 0, *, gain: float = 1.0, share: float = 0.5) -> pd.DataFrame:
    """A covariate that explains most of the outcome, two cells, and an arm drawn by chance."""
    rng = np.random.default_rng(seed)
    a, cell = rng.normal(size=rows), rng.choice(["north", "south"], rows)
    t = rng.random(rows) < share
    y = 2 * a + 3 * (cell == "south") + gain * t + rng.normal(size=rows)
    return pd.DataFrame({"a": a, "cell": cell, "arm": np.where(t, "new", "old"), "y": y})


def about(frame: pd.DataFrame, roles: dict | None = None, **asked: object) -> ExperimentQuestion:
    """The question of such a table."""
    given = {"outcome": "y", "arm": "arm", "control": "old"}
    data = Dataset.of(frame).with_roles(roles or {})
    return ExperimentQuestion(data, **(given | asked))  # type: ignore[arg-type]
