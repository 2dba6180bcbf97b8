"""A data frame made elsewhere, brought to the few types the project works with."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from ..errors import DataError
from .room import require_room_for_cells
from .text_table import TableRead
from .wording import listed


def tidy_frame(frame: pd.DataFrame) -> TableRead:
    """The frame with a plain index and plain types; values stay as they are.

    An index that has a name becomes columns, another is dropped. Numbers become int64 or float64,
    missing ones NaN; objects become text; durations seconds. Raises `DataError` for columns in
    several levels, columns of one name, and complex numbers.
    """
    require_room_for_cells(len(frame), frame.shape[1], "The frame")
    frame, notes = _with_index_as_columns(frame)
    _refuse_columns(frame)
    plain = {str(name): _plain(frame[name]) for name in frame.columns}
    seconds = [str(n) for n in frame.columns if pd.api.types.is_timedelta64_dtype(frame[n])]
    if seconds:
        notes = (*notes, f"Durations in {listed(seconds)} were turned into seconds.")
    return TableRead(pd.DataFrame(plain, index=range(len(frame))), notes)


def _with_index_as_columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    names = [str(name) for name in frame.index.names if name is not None]
    if not names:
        return frame.reset_index(drop=True), ()
    taken = [name for name in names if name in frame.columns]
    if taken:
        return frame.reset_index(drop=True), (
            f"The index {listed(taken)} was dropped; a column has its name.",
        )
    return frame.reset_index(), (f"The index {listed(names)} became a column.",)


def _refuse_columns(frame: pd.DataFrame) -> None:
    if isinstance(frame.columns, pd.MultiIndex):
        raise DataError(
            f"The frame names its columns in {frame.columns.nlevels} levels.",
            'Join them first: frame.columns = ["_".join(c) for c in frame.columns].',
        )
    names = pd.Index([str(name) for name in frame.columns])
    if names.has_duplicates:
        repeated = names[names.duplicated()].unique()
        raise DataError(
            f"More than one column is called {listed(repeated)}.", "Give each its own name."
        )


def _plain(values: pd.Series) -> pd.Series:
    if pd.api.types.is_object_dtype(values.dtype):
        values = values.infer_objects()
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return _truth(values)
    if pd.api.types.is_complex_dtype(kind):
        raise DataError(
            f"Column '{values.name}' holds complex numbers.", "Split them into two columns."
        )
    if pd.api.types.is_timedelta64_dtype(kind):
        return cast(pd.Series, values.dt.total_seconds())
    if isinstance(kind, pd.DatetimeTZDtype):
        return cast(pd.Series, values.dt.tz_convert("UTC").dt.tz_localize(None))
    if pd.api.types.is_datetime64_any_dtype(kind) or isinstance(kind, pd.CategoricalDtype):
        return values
    if pd.api.types.is_numeric_dtype(kind):
        return _number(values)
    return _text(values)


def _number(values: pd.Series) -> pd.Series:
    if pd.api.types.is_integer_dtype(values.dtype) and not values.isna().any():
        # Unsigned numbers beyond int64 have no place there.
        fits = len(values) == 0 or values.max() <= np.iinfo("int64").max
        return values.astype("int64" if fits else "float64")
    floats = values.to_numpy(dtype="float64", na_value=np.nan)
    return pd.Series(floats, index=values.index, name=values.name)


def _truth(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype) or not values.isna().any():
        return cast(pd.Series, values.astype("str").eq("True"))
    return _text(values)


def _text(values: pd.Series) -> pd.Series:
    """Texts; whatever else an object column held is written as Python writes it."""
    texts = [
        np.nan if missing else str(v) for v, missing in zip(values, values.isna(), strict=True)
    ]
    return pd.Series(texts, index=values.index, name=values.name, dtype="str")
