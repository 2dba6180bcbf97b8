"""Rows of other people in each period: the means of a unit's rows, and what their spread says."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..independent_columns import independent_columns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CrossSections:
    """The n rows behind a table of `shape` units by periods, each in the cell of its `unit` and
    `period` (n,); `left` (n,) is what its cell and its covariates leave of its outcome, `x` (n, K)
    the covariates less their means in the cell, `cell_x` (units, periods, K) those means."""

    shape: tuple[int, int]
    unit: Codes
    period: Codes
    weight: Floats
    left: Floats
    x: Floats
    cell_x: Floats

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def counts(self) -> Codes:
        """How many rows each cell holds, (units, periods)."""
        return self._sums(np.ones(len(self))).astype(np.intp)

    def take(self, units: Mask) -> CrossSections:
        """The rows of some units."""
        return self._some(units[self.unit], units, np.ones(self.shape[1], dtype=bool))

    def keep(self, periods: Mask) -> CrossSections:
        """The rows of some periods."""
        return self._some(periods[self.period], np.ones(self.shape[0], dtype=bool), periods)

    def _some(self, rows: Mask, units: Mask, periods: Mask) -> CrossSections:
        return replace(
            self,
            shape=(int(units.sum()), int(periods.sum())),
            unit=(np.cumsum(units) - 1)[self.unit[rows]],
            period=(np.cumsum(periods) - 1)[self.period[rows]],
            weight=self.weight[rows], left=self.left[rows], x=self.x[rows],
            cell_x=self.cell_x[units][:, periods],
        )  # fmt: skip

    def _sums(self, values: Floats) -> Floats:
        cell = self.unit * self.shape[1] + self.period
        sums = np.bincount(cell, values, minlength=self.shape[0] * self.shape[1])
        return np.asarray(sums, dtype=float).reshape(self.shape)

    def error_of(self, shares: Floats) -> tuple[float, float]:
        """The standard error of Σ shares · means (units, periods) as far as it comes from who was
        drawn into each cell, and its degrees of freedom (Satterthwaite's).

        Rows are taken as independent; HC2, which for means is Neyman's variance, and of the
        covariates' slopes as well. NaN where a cell that counts holds one row."""
        at = (self.unit, self.period)
        own = self.weight / self._sums(self.weight)[at]
        alone = (own > 1 - 1e-12) & (shares[at] != 0) & (self.weight > 0)
        if alone.any():
            return float("nan"), 1.0
        left = self.left / np.sqrt(1 - np.minimum(own, 1 - 1e-12))
        part = shares[at] * own * left
        if self.x.shape[1]:
            moved = np.tensordot(shares, self.cell_x, axes=2)
            gram = (self.x * self.weight[:, None]).T @ self.x
            part = part - self.weight * left * (self.x @ np.linalg.solve(gram, moved))
        variances = self._sums(part**2)
        freedom = np.maximum(self.counts - 1, 1)
        total = float(variances.sum())
        degrees = total**2 / float((variances**2 / freedom).sum()) if total > 0 else 1.0
        return float(np.sqrt(total)), degrees


def averaged(
    shape: tuple[int, int], unit: Codes, period: Codes, y: Floats, x: Floats, weight: Floats
) -> tuple[Floats, Floats, CrossSections]:
    """The cells' means (units, periods) of the outcome y (n,), NaN where there is no row, what the
    rows in each weigh, and the rows behind them.

    The means are those that rows with everyone's mean covariates x (n, K) would have, by one slope
    for each column, told from within the cells alone: what moves the make-up of a unit from one
    period to the next is taken out."""
    cell = unit * shape[1] + period
    size = np.asarray(np.bincount(cell, weight, minlength=shape[0] * shape[1]), dtype=float)

    def mean(values: Floats) -> Floats:
        sums = np.bincount(cell, weight * values, minlength=len(size))
        return np.asarray(np.divide(sums, size, out=np.full(len(size), np.nan), where=size > 0))

    x = x - np.average(x, axis=0, weights=weight)
    cell_y = mean(y)
    cell_x = np.column_stack([np.empty((len(size), 0)), *map(mean, x.T)])
    within, root = x - cell_x[cell], np.sqrt(weight)[:, None]
    within[:, np.ptp(within, axis=0) <= 1e-9 * np.ptp(x, axis=0)] = 0  # the same in each cell
    told = independent_columns(within * root)
    within, cell_x = within[:, told], cell_x[:, told]
    slopes = np.linalg.lstsq(within * root, (y - cell_y[cell]) * root[:, 0], rcond=None)[0]
    rows = CrossSections(
        shape, unit, period, weight, y - cell_y[cell] - within @ slopes, within,
        np.nan_to_num(cell_x).reshape(*shape, -1),
    )  # fmt: skip
    return (cell_y - cell_x @ slopes).reshape(shape), size.reshape(shape), rows
