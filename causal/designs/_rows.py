"""How rows of a design count, and which of them hang together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.case_weights import case_weights, weight_column
from workbench.dataset import Dataset

from .design import Floats

Rows = NDArray[np.intp]


def columns_of_rows(data: Dataset) -> tuple[str, ...]:
    """The columns with the roles weight and group that a row must have."""
    return (*data.with_role("weight")[:1], *data.with_role("group")[:1])


def weightless(data: Dataset) -> NDArray[np.bool_]:
    """The rows that weigh 0, (n,): who counts for nothing is not there."""
    column = weight_column(data)
    if column is None:
        return np.zeros(len(data), dtype=bool)
    return np.asarray(data.frame[column].eq(0).fillna(False), dtype=bool)


def weights_of(data: Dataset, rows: Rows) -> Floats:
    """What each of some rows weighs, their mean being one.

    Raises `DataError` for weights that are none.
    """
    weights = case_weights(data, rows)
    if weights is None:
        return np.ones(len(rows))
    return np.asarray(weights / weights.mean(), dtype=float)


def clusters_of(data: Dataset, rows: Rows) -> Rows | None:
    """The group of each of some rows, numbered from 0; None where no column has that role."""
    columns = data.with_role("group")
    if not columns:
        return None
    return np.asarray(pd.factorize(data.frame[columns[0]].iloc[rows])[0], dtype=np.intp)
