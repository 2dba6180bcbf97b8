"""A world in which the date matters in three ways that are known: month, day of week, trend."""

import numpy as np
import pandas as pd

from workbench import Dataset, train

SMALL = {
    "xgboost": {"n_estimators": 60, "max_depth": 4},
    "gradient_boosting": {"max_iter": 40, "max_leaf_nodes": 15},
    "random_forest": {"n_estimators": 15},
    "extra_trees": {"n_estimators": 10},
    "decision_tree": {},
    "lightgbm": {"n_estimators": 30},
    "linear": {},
}
#: Families whose trees can be read.
TREES = ("xgboost", "gradient_boosting", "random_forest")


def dated(rows: int = 500, seed: int = 0, start: str = "1968-06-01", missing: int = 41):
    """y = 2 in summer + 1.5 on weekends where x > 0 + 0.004 a day + x + noise.

    Some dates lie before 1970, and every `missing`-th is missing.
    """
    rng = np.random.default_rng(seed)
    day = rng.integers(0, 900, rows)
    when = pd.Series(pd.Timestamp(start) + pd.to_timedelta(day, unit="D"))
    x = rng.normal(size=rows)
    y = truth(when, x, day) + rng.normal(0, 0.1, rows)
    when[::missing] = pd.NaT
    return pd.DataFrame({"x": x, "when": when, "kind": rng.choice(list("abc"), rows), "y": y})


def truth(when: pd.Series, x, day):
    summer, weekend = when.dt.month.isin([6, 7, 8]), when.dt.day_of_week >= 5
    return (2.0 * summer + 1.5 * (weekend & (x > 0)) + 0.004 * day + x).to_numpy()


def yes_no(rows: int = 500, seed: int = 0):
    """The same with yes or no as the target."""
    frame = dated(rows, seed)
    return frame.assign(y=np.where(frame["y"] > frame["y"].median(), "yes", "no"))


def three(rows: int = 500, seed: int = 0):
    """The same with three classes."""
    frame = dated(rows, seed)
    return frame.assign(y=pd.qcut(frame["y"], 3, labels=["low", "mid", "high"]).astype("str"))


def model(family: str = "xgboost", frame: pd.DataFrame | None = None, **settings):
    """A small model that learns from the date too."""
    data = Dataset.of(dated() if frame is None else frame, target="y")
    return train(data.with_roles({"when": "feature"}), family, **{**SMALL[family], **settings})
