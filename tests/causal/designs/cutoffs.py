"""Tables with a cut-off whose jump is known."""

import numpy as np
import pandas as pd

from causal import CutoffQuestion
from workbench import Dataset


def steps(rows: int = 1_000, seed: int = 0, *, jump: float = 2.0, cutoff: float = 0.0,
          noise: float = 0.5) -> pd.DataFrame:  # fmt: skip
    """An outcome that bends along a score, and jumps; a covariate that explains some of it."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=rows), rng.normal(size=rows)
    y = np.sin(x) + jump * (x >= 0) + z + noise * rng.normal(size=rows)
    return pd.DataFrame({"x": x + cutoff, "y": y, "z": z})


def keen(rows: int = 2_000, seed: int = 0) -> pd.DataFrame:
    """A treatment that some take below and most above; it does 1, and the keen do worse anyway."""
    rng = np.random.default_rng(seed)
    x, u = rng.normal(size=rows), rng.normal(size=rows)
    t = (0.5 * u + rng.normal(size=rows) < np.where(x < 0, -0.7, 1.0)).astype(int)
    y = x + t - 0.5 * u + 0.3 * rng.normal(size=rows)
    return pd.DataFrame({"x": x, "t": t, "y": y, "z": rng.normal(size=rows)})


def about(frame: pd.DataFrame, **asked: object) -> CutoffQuestion:
    """The question of such a table."""
    given = {"outcome": "y", "running": "x"}
    return CutoffQuestion(Dataset.of(frame), **(given | asked))  # type: ignore[arg-type]
