"""The values of a column as the pictures of a table count them: as numbers, or as levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..dataset import Dataset

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Measured = Literal["number", "date", "level"]


@dataclass(frozen=True)
class Levels:
    """A code per row, -1 where the value is missing, and the name of each code."""

    codes: Codes
    names: tuple[str, ...]


def measured(data: Dataset, column: str) -> Measured:
    """Whether a column is looked at as numbers, as dates or as levels.

    What the person calls a category is one, also where it is written in digits.
    """
    dtype = data.frame[column].dtype
    if pd.api.types.is_datetime64_any_dtype(dtype) or _is_arrow_date(dtype):
        return "date"
    is_number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
    return "number" if is_number and data.kinds[column] in ("number", "identifier") else "level"


def _is_arrow_date(dtype: object) -> bool:
    return isinstance(dtype, pd.ArrowDtype) and dtype.kind == "M"


def numbers(values: pd.Series) -> Floats:
    """Numbers, NaN where missing; dates as seconds since 1970 in UTC."""
    if pd.api.types.is_datetime64_any_dtype(values) or _is_arrow_date(values.dtype):
        times = pd.to_datetime(values, utc=True).dt.tz_localize(None)
        stamps = times.to_numpy(dtype="datetime64[ns]")
        return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64) / 1e9)
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def levels(values: pd.Series) -> Levels:
    """Every distinct value as a level, in the order in which they first occur."""
    codes, found = pd.factorize(values)
    return Levels(np.asarray(codes, dtype=np.int64), tuple(str(each) for each in found))


def day(seconds: float) -> str:
    """A date as a person reads it: without the time of day where it is midnight."""
    stamp = pd.Timestamp(int(seconds), unit="s")
    return str(stamp.date()) if stamp == stamp.normalize() else str(stamp)
