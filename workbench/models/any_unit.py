"""Trees in whatever unit the columns and the target are measured.

Libraries have small numbers of their own that are not in anybody's unit. scikit-learn's trees take
values of a column that lie within 1e-7 of one another for one and the same, so that wavelengths in
metres or currents in nanoampere are a constant to them, and a target whose variance is below 2e-16
for one that is learned already; of a target far from 0 they see rounding. XGBoost makes no split
that wins less than 1e-6, in squared units of the target: of returns of a hundredth of a per cent it
learns half of what there is.

So the trees are grown in another unit, and what was grown is put back into the person's. All units
are powers of two, which makes both exact. What remains are the seven digits of single precision
(`steps_of`), of which training tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..transform import Floats

#: The largest value of a column is stretched to about 2 to this power, far below what single
#: precision ends at; no unit of a target is farther from the person's than that.
REACH = 100
#: From so many of its standard deviations from 0 on, a target is moved there.
FAR = 1_000


@dataclass(frozen=True)
class Unit:
    """What columns (p,) and target were multiplied by, as powers of two, and what was taken from
    the target before."""

    columns: NDArray[np.int64]
    target: int = 0
    origin: float = 0.0

    def put_back(self, tree: Any) -> None:
        """A `sklearn.tree` tree that was grown in this unit, in the person's."""
        inner = np.flatnonzero(tree.children_left >= 0)
        tree.threshold[inner] = np.ldexp(tree.threshold[inner], -self.columns[tree.feature[inner]])
        if self.target or self.origin:
            tree.value[:] = np.ldexp(tree.value, -self.target) + self.origin
            tree.impurity[:] = np.ldexp(tree.impurity, -2 * self.target)


def grow_tree(tree: Any, values: Floats, y: Floats, weights: Floats | None = None) -> Any:
    """One of scikit-learn's trees, fitted to values (n, p) as they would be in any other unit."""
    columns, target, unit = in_unit(tree, values, y)
    tree.fit(columns, target, sample_weight=weights)
    unit.put_back(tree.tree_)
    return tree


def in_unit(estimator: Any, values: Floats, y: Floats) -> tuple[NDArray[np.float32], Floats, Unit]:
    """Columns and target as one of scikit-learn's trees or forests is to learn from them, and the
    unit they are in."""
    from sklearn.base import is_regressor

    columns, stretch = _stretched(values)
    if not is_regressor(estimator):
        return columns, y, Unit(stretch)
    power, origin = power_of_target(y), _origin(y)
    return columns, np.ldexp(y - origin, power), Unit(stretch, power, origin)


def power_of_target(y: Floats) -> int:
    """By which power of two a target is multiplied so that its standard deviation is about a
    thousand, with which no library's own small numbers matter."""
    spread = float(np.std(y))
    if not 0 < spread < np.inf:
        return 0
    return int(np.clip(10 - np.frexp(spread)[1], -REACH, REACH))


def _origin(y: Floats) -> float:
    """What is taken from a target that lies farther from 0 than a thousand of its spreads, since
    trees find its variance as a difference of squares; 0 for all others."""
    mean = float(np.mean(y))
    return mean if abs(mean) > FAR * float(np.std(y)) > 0 else 0.0


def steps_of(values: Floats) -> tuple[float, float]:
    """How far apart two numbers of the size of these are in single precision, and the standard
    deviation of these."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0, 0.0
    with np.errstate(over="ignore"):
        step = float(np.spacing(np.float32(np.abs(known).max())))
    return (step if np.isfinite(step) else 0.0), float(known.std())


def _stretched(values: Floats) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Columns in the single precision of scikit-learn's trees, each times a power of two that sets
    all its numbers apart, and that power."""
    with np.errstate(over="ignore"):  # what single precision cannot hold the library refuses
        columns = values.astype(np.float32)
    largest = np.abs(np.where(np.isnan(columns), 0, columns)).max(axis=0, initial=0)
    power = np.where(np.isfinite(largest), REACH - np.frexp(largest)[1], 0).clip(min=0)
    return np.ldexp(columns, power).astype(np.float32), power.astype(np.int64)
