"""Held-out rows with losses whose truth is known: none worse, or one place planted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench import Dataset, FittedModel, train


def noisy(
    rows: int = 2_000, seed: int = 0, *, bad: float = 1.0, task: str = "regression"
) -> pd.DataFrame:
    """A target of `size` whose noise is `bad` times as large where place is 부산 and size > 0.

    `code` has a level for about every other row, `gap` is missing in a fifth of the rows; neither
    matters.
    """
    rng = np.random.default_rng(seed)
    size = rng.uniform(-1, 1, rows)
    place = rng.choice(["서울", "부산", "제주"], rows)
    noise = rng.normal(size=rows) * np.where((place == "부산") & (size > 0), bad, 1.0)
    y = 3 * size + noise
    gap = np.where(rng.uniform(size=rows) < 0.2, np.nan, rng.normal(size=rows))
    frame = pd.DataFrame({
        "size": size, "place": place, "gap": gap, "flag": rng.uniform(size=rows) < 0.5,
        "code": pd.Series([f"c{k}" for k in rng.integers(0, 1_000, rows)], dtype="str"),
    })  # fmt: skip
    if task == "binary":
        return frame.assign(y=np.where(y > 0, "yes", "no"))
    if task == "multiclass":
        return frame.assign(y=np.array(["low", "mid", "high"])[np.digitize(y, [-1, 1])])
    return frame.assign(y=y)


def noisy_model(**given: object) -> FittedModel:
    """A small tree on that world, half of it held out; `code` is a category."""
    data = Dataset.of(noisy(**given), target="y")  # type: ignore[arg-type]
    data = data.with_kinds({"code": "category"}).with_roles({"code": "feature"})
    return train(data, "decision_tree", max_depth=3, test_share=0.5)
