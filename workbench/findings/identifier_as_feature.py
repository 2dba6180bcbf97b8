"""Does a feature name every row, so that it can only be learned by heart?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.column_kinds import YEARS

from ._check import Finding, Table, is_whole, of_data, percent

CODE = "identifier-as-feature"
FEWEST_ROWS = 20
#: Text with at least this share of distinct values names rows more than it groups them.
NEARLY_ALL = 0.5


@of_data(
    CODE, clear="No feature merely names or numbers the rows.", spoils=("quality", "importance")
)
def identifier_as_feature(table: Table) -> Iterator[Finding]:
    """Features that are identifiers, near-unique text, or a count of the rows."""
    for column in table.data.features:
        table.tick()
        why = names_the_rows(table, column)
        if why:
            yield Finding(
                CODE,
                "warning",
                (column,),
                f"'{column}' {why}: a model learns it by heart, gives it importance, and knows "
                "nothing about a new row by it.",
                f"Give '{column}' the role 'ignore', or 'group' if rows of one name belong "
                "together.",
            )


def names_the_rows(table: Table, column: str) -> str:
    """How a column names or numbers the rows, in words; empty where it does not."""
    values = table.data.frame[column]
    present = int(values.notna().sum())
    if present < FEWEST_ROWS:
        return ""
    if pd.api.types.is_bool_dtype(values):
        return ""
    if pd.api.types.is_numeric_dtype(values):
        return _counts(table, column)
    if pd.api.types.is_datetime64_any_dtype(values):
        return ""
    distinct = int(values.nunique())
    if distinct < NEARLY_ALL * present:
        return ""
    return f"is different in {distinct:,} of {present:,} rows ({percent(distinct / present)})"


def _counts(table: Table, column: str) -> str:
    """Whole numbers without a gap, or that only grow from row to row."""
    numbers = table.numbers(column)
    if np.isnan(numbers).any() or not is_whole(numbers):
        return ""
    if YEARS[0] <= numbers.min() and numbers.max() <= YEARS[1]:
        return ""
    only_grows = bool((np.diff(numbers) > 0).all())
    if not only_grows and numbers.max() - numbers.min() != len(numbers) - 1:
        return ""  # cheap, before anything is sorted
    if only_grows or bool((np.diff(np.sort(numbers)) == 1).all()):
        return f"numbers the {len(numbers):,} rows and never repeats"
    return ""
