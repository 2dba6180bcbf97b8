"""Cross-validation: the training rows dealt into folds, each held out once from the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .errors import DataError
from .split import Rows
from .target import Target


@dataclass(frozen=True)
class Fold:
    """Positions of the rows that one fold learns from and of those it is judged on."""

    learned: Rows
    judged: Rows


@dataclass(frozen=True)
class Folds:
    """The folds, and how they were made."""

    folds: tuple[Fold, ...]
    says: str


def make_folds(data: Dataset, rows: Rows, target: Target, count: int, seed: int) -> Folds:
    """`rows` dealt into `count` folds: at random, of each class about as many; whole groups where
    a column has the role group; where one has the role time, each fold is judged on the rows that
    follow in time what it learned from.

    The only row of a class is learned from in every fold. Raises `DataError` for fewer groups than
    folds, and where a fold would learn nothing of a class.
    """
    y = target.y[rows]
    time, group = data.with_role("time"), data.with_role("group")
    if time:
        made = _in_time(data, rows, time[0], count)
    elif group:
        made = _of_groups(data, rows, target, group[0], count, seed)
    else:
        place = _dealt(y if target.classes else np.zeros(len(rows)), count, seed)
        made = Folds(_by_place(rows, place, count), f"{count} folds at random{_classes(target)}")
    _require_every_class(made, target)
    return made


def _dealt(strata: NDArray[np.float64], count: int, seed: int) -> NDArray[np.intp]:
    """The fold of every row, (n,): of each stratum about as many; −1 for the only row of one."""
    rng = np.random.default_rng(seed)
    place = np.full(len(strata), -1, dtype=np.intp)
    dealt = 0
    for stratum in np.unique(strata):
        members = rng.permutation(np.flatnonzero(strata == stratum))
        if len(members) > 1:
            place[members] = (dealt + np.arange(len(members))) % count
            dealt += len(members)
    return place


def _by_place(rows: Rows, place: NDArray[np.intp], count: int) -> tuple[Fold, ...]:
    return tuple(Fold(rows[place != k], rows[place == k]) for k in range(count))


def _of_groups(
    data: Dataset, rows: Rows, target: Target, name: str, count: int, seed: int
) -> Folds:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    keys = np.unique(data.frame[name].iloc[rows].astype(str), return_inverse=True)[1]
    if keys.max() + 1 < count:
        raise DataError(
            f"The training rows hold {keys.max() + 1} groups of '{name}', fewer than the {count} "
            "folds.",
            "Use fewer folds.",
        )
    # the stratified one warns of classes that are rarer than the folds are many
    rare = not target.classes or np.bincount(target.y[rows].astype(int)).min() < count
    splitter = (GroupKFold if rare else StratifiedGroupKFold)(
        n_splits=count, shuffle=True, random_state=seed
    )
    parts = splitter.split(rows, target.y[rows], groups=keys)
    return Folds(
        tuple(Fold(rows[learned], rows[judged]) for learned, judged in parts),
        f"{count} folds of whole groups of '{name}'",
    )


def _in_time(data: Dataset, rows: Rows, name: str, count: int) -> Folds:
    ordered = rows[np.argsort(data.frame[name].iloc[rows].to_numpy(), kind="stable")]
    blocks = np.array_split(ordered, count + 1)
    folds = tuple(
        Fold(np.sort(np.concatenate(blocks[: k + 1])), np.sort(blocks[k + 1])) for k in range(count)
    )
    return Folds(
        folds,
        f"{count} folds in time by '{name}', each judged on the rows that follow those it learned "
        "from",
    )


def _classes(target: Target) -> str:
    return ", the same share of each class" if target.classes else ""


def _require_every_class(made: Folds, target: Target) -> None:
    if not target.classes:
        return
    for number, fold in enumerate(made.folds, 1):
        learned = np.bincount(target.y[fold.learned].astype(int), minlength=len(target.classes))
        if not learned.all():
            lost = target.classes[int(learned.argmin())]
            raise DataError(
                f"Fold {number} of {len(made.folds)} would learn from no row with "
                f"'{target.name}' = '{lost}'.",
                "Use fewer folds, or leave the class out of the table.",
            )
