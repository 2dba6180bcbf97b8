"""Case weights: how many rows of the population a row of the table stands for.

They are read off the column with the role `weight`, so a table that is cut, saved or loaded keeps
them. They are taken as sampling weights: only their ratios count (see `metrics` for what that means
for an interval), and for learning they are divided by their mean, so that settings that count
weight, as the least weight in a leaf does, mean what they mean without weights.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .dataset import Dataset
from .errors import DataError
from .split import Rows
from .transform import Floats

WAY_OUT = (
    "Correct the values, or give the column the role 'ignore', knowing that every answer is then "
    "about the rows of the table and not about the population they were weighted to."
)


def weight_column(data: Dataset) -> str | None:
    """The column with the role weight, if there is one; `DataError` for more than one."""
    columns = data.with_role("weight")
    if len(columns) > 1:
        raise DataError(
            f"{len(columns)} columns have the role weight: {', '.join(map(repr, columns))}.",
            "Leave the role to one of them.",
        )
    return next(iter(columns), None)


def case_weights(data: Dataset, rows: Rows, what: str = "rows") -> Floats | None:
    """What the given rows weigh, (n,), as the table has it; None where no column has that role.

    Raises `DataError` for weights that are no numbers, missing, infinite or below zero, and where
    the rows weigh nothing together.
    """
    column = weight_column(data)
    if column is None:
        return None
    values = data.frame[column].iloc[rows]
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(f"The weights '{column}' are {values.dtype} and no numbers.", WAY_OUT)
    weights = values.to_numpy(dtype=float, na_value=np.nan)
    unfit = ~np.isfinite(weights) | (weights < 0)
    if unfit.any():
        first = int(np.flatnonzero(unfit)[0])
        value = weights[first]
        held = "missing" if np.isnan(value) else f"{value:g}"
        raise DataError(
            f"The weight '{column}' is {held} in row {int(rows[first])} (and unfit in "
            f"{int(unfit.sum()):,} of {len(rows):,} rows with a target): a weight is a number from "
            "0 up.",
            WAY_OUT,
        )
    if not weights.sum() > 0:
        raise DataError(f"The weights '{column}' are 0 in all {len(rows):,} {what}.", WAY_OUT)
    return weights


def counted_equally(column: str) -> str:
    """The note of every result that does not use the weights."""
    return (
        f"The case weights '{column}' are not used here, whatever a model was trained with: every "
        "row counts the same, so this is about the rows of the table and not about the population "
        "they were weighted to."
    )


def weighted_by(column: str) -> str:
    """The note of a result that uses them."""
    return (
        f"Rows count by their case weights '{column}', taken as sampling weights: only their "
        "ratios matter, and the intervals rest on the rows there are."
    )
