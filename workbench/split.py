"""Which rows are learned from, and which are held out to see how good the model is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .dataset import Dataset
from .metrics import Task

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Positions of the rows of each part, in the order of the table, and how they were chosen.

    `stopping` are rows that told when to stop training: neither learned from nor held out.
    """

    train: Rows
    test: Rows
    says: str
    stopping: Rows = field(default_factory=lambda: np.empty(0, dtype=np.intp))


def split(data: Dataset, rows: Rows, y: NDArray[np.float64], task: Task,
          test_share: float, seed: int) -> Split:  # fmt: skip
    """Holds out `test_share` of `rows`: the latest ones where a column has the role time, whole
    groups where one has the role group, else at random (the same share of each class)."""
    time, group = data.with_role("time"), data.with_role("group")
    if time:
        return _by_time(data.frame[time[0]], rows, test_share, time[0])
    if group:
        return _by_group(data.frame[group[0]], rows, test_share, seed, group[0])
    return _at_random(rows, y, task, test_share, seed)


def _by_time(times: pd.Series, rows: Rows, test_share: float, name: str) -> Split:
    ordered = rows[np.argsort(times.iloc[rows].to_numpy(), kind="stable")]
    cut = len(rows) - max(1, round(len(rows) * test_share))
    return Split(
        np.sort(ordered[:cut]), np.sort(ordered[cut:]), f"the latest rows by '{name}' are held out"
    )


def _by_group(groups: pd.Series, rows: Rows, test_share: float, seed: int, name: str) -> Split:
    from sklearn.model_selection import GroupShuffleSplit

    splitter = GroupShuffleSplit(n_splits=1, test_size=test_share, random_state=seed)
    codes = pd.factorize(groups.iloc[rows], use_na_sentinel=False)[0]
    train, test = next(splitter.split(rows, groups=codes))
    return Split(rows[train], rows[test], f"whole groups of '{name}' are held out at random")


def _at_random(
    rows: Rows, y: NDArray[np.float64], task: Task, test_share: float, seed: int
) -> Split:
    from sklearn.model_selection import train_test_split

    strata = None if task == "regression" else y
    train, test = train_test_split(rows, test_size=test_share, random_state=seed, stratify=strata)
    how = "at random" if strata is None else "at random, the same share of each class"
    return Split(np.sort(train), np.sort(test), f"{test_share:.0%} of the rows held out {how}")
