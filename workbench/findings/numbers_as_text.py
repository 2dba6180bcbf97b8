"""Which columns are numbers that were read as text?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ._check import Finding, Table, named, of_data, percent

CODE = "numbers-as-text"
MOST_SHARE, FEWEST_VALUES, MOST_VALUES = 0.9, 20, 2_000


@of_data(CODE, clear="No column of text is made of numbers.")
def numbers_as_text(table: Table) -> Iterator[Finding]:
    """Text of whose different values nine in ten or more are numbers; a few numerals are codes."""
    data = table.data
    for column in data.columns:
        table.tick()
        values = data.frame[column]
        # a pandas category was made on purpose
        if isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_string_dtype(
            values
        ):
            continue
        distinct = _some_values(values)
        if len(distinct) < FEWEST_VALUES or _are_codes(distinct):
            continue
        numeric = pd.to_numeric(distinct.str.replace(",", ""), errors="coerce").notna()
        if numeric.mean() < MOST_SHARE:
            continue
        others = distinct[~numeric].unique()[:3]
        because = f" because of {named(others)}" if len(others) else ""
        yield Finding(
            CODE,
            "warning",
            (column,),
            f"'{column}' holds numbers ({percent(float(numeric.mean()))} of its values) but was "
            f"read as text{because}: it is {_treated(table, column)}, and its order is lost.",
            f"Write what is not a number in '{column}' as an empty cell and open the table again.",
        )


def _some_values(values: pd.Series) -> pd.Series[str]:
    distinct = pd.Series(values.dropna().unique()).astype(str).str.strip()
    step = max(1, len(distinct) // MOST_VALUES)
    return distinct.iloc[::step]


def _are_codes(distinct: pd.Series[str]) -> bool:
    """Codes, such as postcodes: a leading zero is a part of the name, or all are equally long."""
    whole = distinct.str.fullmatch(r"\d+")
    lengths = distinct.str.len()
    return bool(
        distinct.str.fullmatch(r"0\d+").mean() > 0.01
        or (whole.mean() > MOST_SHARE and np.median(lengths) >= 4 and lengths.nunique() == 1)
    )


def _treated(table: Table, column: str) -> str:
    role = table.data.roles[column]
    if role == "feature":
        return "taken for levels without an order"
    return "not used" if role == "ignore" else f"taken for a {role} of names"
