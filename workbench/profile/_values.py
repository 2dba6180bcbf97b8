"""The values of a column as the pictures of a table count them: as numbers, or as levels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..correlation import Codes, Floats
from ..dataset import Dataset
from ..errors import NotApplicable
from ..figures import number

#: Letters that names below an axis may have together.
LETTERS_ABREAST = 90
LARGEST = float(np.finfo(np.float64).max)
#: Up to here a float can hold the edge of a bin between two whole numbers.
LARGEST_WITH_HALVES = 2.0**52

Measured = Literal["number", "date", "level"]


@dataclass(frozen=True)
class Levels:
    """A code per row, -1 where the value is missing, and the value of each code."""

    codes: Codes
    values: Sequence[Any] | pd.Index

    def __len__(self) -> int:
        return len(self.values)

    def name(self, code: int) -> str:
        """The level as it is written: of hundreds of thousands few are ever asked for."""
        return str(self.values[code])


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
        # years beyond 2262 have no place in nanoseconds
        stamps = times.to_numpy(dtype="datetime64[us]")
        return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64) / 1e6)
    if values.dtype == np.float64:
        return values.to_numpy()
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def levels(values: pd.Series) -> Levels:
    """Every distinct value as a level, in the order in which they first occur."""
    codes, found = pd.factorize(values)
    return Levels(np.asarray(codes, dtype=np.int64), found)


def quantiles(ordered: Floats, shares: Sequence[float]) -> list[float]:
    """Quantiles of finite values that are in order, linear between neighbours (definition 7 of
    Hyndman & Fan 1996); no difference is taken, so that none overflows."""
    found = []
    for share in shares:
        place = share * (len(ordered) - 1)
        below = int(place)
        low, high = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
        between = place - below
        found.append(min(max(low * (1 - between) + high * between, low), high))
    return found


def even_edges(values: Floats, column: str, bins: int) -> Floats:
    """Edges of cells of equal width from the smallest to the largest value; around equal values
    one cell. Raises `NotApplicable` where their difference is larger than any number."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        half = max(abs(low) * 1e-3, 0.5)
        return np.clip([low - half, low + half], -LARGEST, LARGEST)
    if high - low > LARGEST:
        raise NotApplicable(
            f"'{column}' reaches from {number(low)} to {number(high)}, further than numbers do.",
            "Such values are seldom measured: if they stand for 'missing', make them missing.",
        )
    return np.linspace(low, high, bins + 1)


def tick_angle(names: Iterable[str]) -> int:
    """Names below an axis side by side where they are short together, else slanted: upwards, so
    that the last is not cut at the edge."""
    return -45 if sum(len(str(name)) + 2 for name in names) > LETTERS_ABREAST else 0


def day(seconds: float) -> str:
    """A date as a person reads it: without the time of day where it is midnight."""
    stamp = pd.Timestamp(int(seconds), unit="s")
    return str(stamp.date()) if stamp == stamp.normalize() else str(stamp)
