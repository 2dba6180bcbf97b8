"""Tables of every shape a model meets, and models whose true function is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench import Dataset, FittedModel, train
from workbench.split import Split
from workbench.target import read_target
from workbench.transform import Transform

TASKS = ("regression", "binary", "multiclass")
SHAPES = ("plain", "missing", "categories", "both")

#: Families whose trees add up to a margin, where there are classes.
BOOSTED = ("gradient_boosting", "lightgbm", "xgboost")
#: How each family is kept to one question a tree.
ONE_SPLIT: dict[str, dict[str, Any]] = {
    "gradient_boosting": {"max_leaf_nodes": 2},
    "lightgbm": {"num_leaves": 2},
}
#: Small settings of every family: enough to split on everything, quick to take apart.
SMALL: dict[str, dict[str, Any]] = {
    "decision_tree": {"max_depth": 4, "min_samples_leaf": 5},
    "extra_trees": {"n_estimators": 4, "max_depth": 4},
    "lightgbm": {"n_estimators": 4, "num_leaves": 7, "min_child_samples": 8, "learning_rate": 0.3},
    "random_forest": {"n_estimators": 4, "max_depth": 4},
    "gradient_boosting": {"max_iter": 4, "max_leaf_nodes": 7, "min_samples_leaf": 8},
    "xgboost": {"n_estimators": 4, "max_depth": 3, "learning_rate": 0.3},
}


def table(shape: str, task: str, rows: int = 160, seed: int = 0) -> Dataset:
    """A table with four features and the target `y`: `a`, `b` numbers, `c` of few values, and
    `kind`, which is a category in the shapes with categories and a number elsewhere.

    In the shapes with missing values a fifth of `a` and of `kind` is gone, and y depends on that.
    """
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=rows), rng.normal(size=rows)
    c, kind = rng.integers(0, 4, size=rows), rng.integers(0, 5, size=rows)
    bump = np.array([2.0, -1.0, 0.0, 1.5, -2.0])[kind]
    y = 2 * a + a * b + 0.5 * c + bump + rng.normal(scale=0.2, size=rows)
    frame = pd.DataFrame({"a": a, "b": b, "c": c, "kind": kind.astype(float)})
    if shape in ("categories", "both"):
        frame["kind"] = np.array(["oak", "elm", "ash", "yew", "fir"])[kind]
    if shape in ("missing", "both"):
        gone, also = rng.random(rows) < 0.2, rng.random(rows) < 0.2
        y = y + 1.5 * gone
        frame["a"] = frame["a"].mask(gone)
        frame["kind"] = frame["kind"].mask(also)
    names = {"regression": y, "binary": np.where(y > 1, "yes", "no"),
             "multiclass": np.digitize(y, [-0.5, 2])}  # fmt: skip
    target = names[task]
    frame["y"] = [f"class {t}" for t in target] if task == "multiclass" else target
    return Dataset.of(frame, target="y")


def small_model(family: str, task: str, shape: str, **settings: Any) -> FittedModel:
    """A small model of one family on `table`."""
    return train(table(shape, task), family, **{**SMALL[family], **settings})


@dataclass(frozen=True)
class Truth:
    """An estimator that is a given function of the codes (n, p)."""

    function: Callable[[np.ndarray], np.ndarray]

    def predict(self, codes: np.ndarray) -> np.ndarray:
        return self.function(codes)


def known_model(
    frame: pd.DataFrame,
    target: str,
    function: Callable[[np.ndarray], np.ndarray],
    learned: int = 20,
) -> FittedModel:
    """A regression that predicts `function` of its columns; the last rows are held out."""
    data = Dataset.of(frame, target=target)
    rows = np.arange(len(frame))
    return replace(
        _any_model(),
        estimator=Truth(function),
        transform=Transform.fit(data),
        data=data,
        target=read_target(data),
        split=Split(rows[:learned], rows[learned:], "the last rows are held out"),
    )


def _any_model() -> FittedModel:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=40), "y": rng.normal(size=40)})
    return train(Dataset.of(frame, target="y"), "decision_tree", max_depth=1)
