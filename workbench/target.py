"""What is predicted: the task, the classes, which of two is the positive one, and y as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .dataset import Dataset
from .errors import DataError, ParameterError
from .metrics import Task
from .transform import level_names

#: Names that mean "it happened", in lower case, when one of two classes is so called; a 1 does
#: beside one of the numbers of "it did not", and of classes 1 and 2 either may.
YES = frozenset({"1", "true", "yes", "y", "positive", "예", "유", "참"})
NO = frozenset({"0", "-1"})
#: More classes than this and the target is more likely a name or a number than a class.
MOST_CLASSES = 50


@dataclass(frozen=True)
class Target:
    """The target as numbers: `y` is NaN where it is missing; with classes, their codes.

    `classes` is empty for regression; of two classes the second is the positive one.
    """

    name: str
    task: Task
    classes: tuple[str, ...]
    y: NDArray[np.float64]
    notes: tuple[str, ...]


def read_target(data: Dataset, task: Task | None = None, positive: str | None = None) -> Target:
    """The target of a data set, ready to learn.

    Without `task`, numbers with more than two values are a regression and everything else has
    classes. Without `positive`, the positive class is the one that says so (1, True, yes), else
    the rarer one; a note says which. Raises `DataError` for no target, a target that never
    varies, or more classes than can be meant.
    """
    if data.target is None:
        raise DataError(
            f"No column of {data.name} was chosen as target.", "Choose what to predict."
        )
    values = data.frame[data.target]
    distinct = values.nunique()
    if distinct < 2:
        held = f"only {values.dropna().iloc[0]!r}" if distinct else "no value at all"
        raise DataError(
            f"The target '{data.target}' holds {held}, so there is nothing to learn.",
            "Choose a column whose values differ.",
        )
    is_number = data.kinds[data.target] in ("number", "identifier") and _numeric(values)
    chosen = task or ("regression" if is_number and distinct > 2 else _by_count(distinct))
    if chosen == "regression":
        return _regression(data.target, values, distinct)
    return _classes(data.target, values, chosen, positive)


def _numeric(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values))


def _is_number(level: str) -> bool:
    return level.lstrip("-").replace(".", "", 1).isdigit()


def _by_count(distinct: int) -> Task:
    return "binary" if distinct == 2 else "multiclass"


def _regression(name: str, values: pd.Series, distinct: int) -> Target:
    if not _numeric(values):
        raise DataError(
            f"The target '{name}' holds {values.dtype} values, such as "
            f"{values.dropna().iloc[0]!r}, so it cannot be predicted as a number.",
            "Choose classes as the task, or another target.",
        )
    y = values.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(y).any():
        raise DataError(
            f"The target '{name}' holds {int(np.isinf(y).sum())} infinite values.",
            "Replace them by a number or leave them empty.",
        )
    few = distinct <= 10 and bool((values.dropna() % 1 == 0).all())
    note = (
        f"'{name}' has only {distinct} different whole numbers. It is predicted as a number; if "
        "they are codes of classes, choose classes as the task."
    )
    return Target(name, "regression", (), y, (note,) if few else ())


def _classes(name: str, values: pd.Series, task: Task, positive: str | None) -> Target:
    names = level_names(values)
    counts = names.value_counts()
    levels = sorted(counts.index)
    if len(levels) > MOST_CLASSES or (task == "binary") != (len(levels) == 2):
        raise DataError(
            f"The target '{name}' has {len(levels)} different values; "
            + ("two classes need two." if task == "binary" else f"{MOST_CLASSES} are the most."),
            "Choose another task or another target.",
        )
    if int(counts.min()) < 2:
        raise DataError(
            f"Class '{counts.idxmin()}' of '{name}' has a single row.",
            "Bring at least two rows of each class, so that one can be held out.",
        )
    notes: tuple[str, ...] = ()
    if task == "binary":
        chosen, notes = _positive(name, levels, counts, positive)
        levels = [level for level in levels if level != chosen] + [chosen]
    place = {level: float(code) for code, level in enumerate(levels)}
    y = names.map(place).to_numpy(dtype=float, na_value=np.nan)
    return Target(name, task, tuple(levels), y, notes)


def _positive(
    name: str, levels: list[str], counts: pd.Series, asked: str | None
) -> tuple[str, tuple[str, ...]]:
    if asked is not None:
        if asked not in levels:
            raise ParameterError(
                f"positive = {asked!r} is not a class of '{name}'.",
                f"Choose one of: {', '.join(repr(level) for level in levels)}.",
            )
        return asked, ()
    named = [level for level in levels if level.lower() in YES]
    if named == ["1"] and _is_number(other := next(c for c in levels if c != "1")):
        named = ["1"] if other in NO else []
    if len(named) == 1:
        return named[0], ()
    rarer = min(levels, key=lambda level: (int(counts[level]), level))
    note = f"The positive class of '{name}' was taken to be '{rarer}', the rarer one."
    return rarer, (note,)
