"""A world in which what a model says of the treatment is known for every set of its columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from causal import CausalQuestion
from workbench import Dataset, FittedModel, train

GRAPH = "z -> t; z -> y; t -> m; m -> y; t -> y; t -> c; y -> c"


def bridge(rows: int, seed: int) -> pd.DataFrame:
    """z is normal, P(t = 1) = logistic(z), m = .9 t + e1, y = .5 t + .8 m + 1.4 z + e2,
    c = t + y + e3, with e1 and e2 of variance 1 and e3 of variance 1.2.

    The total effect of t is .5 + .8 · .9 = 1.22, the direct one .5. What the regression of y on t
    and other columns gives, which is linear in each of these cases:

    - z: 1.22. z and m: .5.
    - nothing: 1.22 + 1.4 (E[z | t = 1] - E[z | t = 0]). With P(t) = 1/2 the difference is
      4 E[z logistic(z)] = 4 E[logistic'(z)] (Stein) = 4 · .20662 = .82648, so 2.377.
    - z and c: given t and z, y has the variance .64 + 1 = 1.64 and c adds y with noise of 1.2, so
      that y = (1 - k)(1.22 t + 1.4 z) + k (c - t) with k = 1.64 / 2.84: 1.22 (1 - k) - k = -.062.
    """
    rng = np.random.default_rng(seed)
    z, e1, e2, e3 = rng.normal(size=(4, rows))
    t = (rng.random(rows) < 1 / (1 + np.exp(-z))).astype(int)
    m = 0.9 * t + e1
    y = 0.5 * t + 0.8 * m + 1.4 * z + e2
    return pd.DataFrame({"z": z, "t": t, "m": m, "y": y, "c": t + y + np.sqrt(1.2) * e3})


def asked(
    frame: pd.DataFrame, columns: str, family: str = "linear", **settings: object
) -> tuple[FittedModel, CausalQuestion]:
    """A model of y by these columns and t, and the question about t."""
    roles = {c: "feature" if c in columns + "t" else "ignore" for c in "ztmc"}
    data = Dataset.of(frame, target="y").with_roles(roles)  # type: ignore[arg-type]
    model = train(data, family, **settings)  # type: ignore[arg-type]
    return model, CausalQuestion(data, treatment="t", outcome="y", graph=GRAPH)
