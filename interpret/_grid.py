"""The values of one feature at which a curve is asked for, and how many rows stand behind each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.model import FittedModel
from workbench.transform import Floats

from ._values import Shown, is_levels, missing_name, shown_values, value_names


@dataclass(frozen=True)
class Grid:
    """`codes` are what the model is given (NaN is missing), the rest says what they mean.

    `labels` name every point; `support` counts the rows at a level, or nearer to this point of a
    number than to the next; `share_below` is the share of the present values up to this point, NaN
    for levels and for missing. `values` are what a table holds: numbers, moments of a date (which
    is a number here), NaN for levels.
    """

    codes: Floats
    labels: tuple[str, ...]
    support: NDArray[np.int64]
    share_below: Floats
    is_number: bool
    values: Shown

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def present(self) -> int:
        """How many of its points are values, missing left out."""
        return int((~np.isnan(self.codes)).sum())


def make_grid(model: FittedModel, feature: str, column: Floats, points: int) -> Grid:
    """The grid of a feature, from its codes in the rows that are looked at.

    A number: its distinct values where these are at most `points`, else as many of its values at
    equally spaced quantiles, the smallest and largest among them. Levels: all that training saw.
    Missing is a point of its own, the last, where a row misses the value.
    """
    present = column[~np.isnan(column)]
    if is_levels(model.transform, feature):
        return _of_levels(model, feature, column, present)
    return _of_numbers(model, feature, column, present, points)


def _of_levels(model: FittedModel, feature: str, column: Floats, present: Floats) -> Grid:
    levels = model.transform.levels.get(feature, ("false", "true"))
    codes = np.arange(len(levels), dtype=float)
    counts = np.bincount(present.astype(int), minlength=len(levels))
    made = Grid(
        codes,
        tuple(value_names(model.transform, feature, codes)),
        counts,
        np.full(len(codes), np.nan),
        is_number=False,
        values=shown_values(model.transform, feature, codes),
    )
    return _with_missing(model, feature, made, len(column) - len(present))


def _of_numbers(
    model: FittedModel, feature: str, column: Floats, present: Floats, points: int
) -> Grid:
    codes = np.unique(present)
    if len(codes) > points:
        # values that occur: an average of two neighbours may be a value nothing has
        shares = np.linspace(0, 1, points)
        codes = np.unique(np.quantile(present, shares, method="closest_observation"))
        codes = np.union1d(codes, [present.min(), present.max()])
    ordered = np.sort(present)
    # written so that two large neighbours do not overflow
    borders = codes[:-1] + (codes[1:] - codes[:-1]) / 2
    up_to = np.searchsorted(ordered, borders, side="right")
    made = Grid(
        codes,
        tuple(value_names(model.transform, feature, codes)),
        np.diff(np.concatenate([[0], up_to, [len(ordered)]])) if len(codes) else up_to,
        np.searchsorted(ordered, codes, side="right") / max(1, len(ordered)),
        is_number=True,
        values=shown_values(model.transform, feature, codes),
    )
    return _with_missing(model, feature, made, len(column) - len(present))


def _with_missing(model: FittedModel, feature: str, grid: Grid, missing: int) -> Grid:
    if not missing:
        return grid
    codes = np.append(grid.codes, np.nan)
    return Grid(
        codes,
        (*grid.labels, missing_name(model.transform, feature)),
        np.append(grid.support, missing),
        np.append(grid.share_below, np.nan),
        grid.is_number,
        shown_values(model.transform, feature, codes),
    )
