"""What a column is, guessed from its values: a first answer that the person may correct."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import pandas as pd

from .dates import holds_dates

Kind = Literal["number", "category", "boolean", "date", "text", "identifier"]

#: Text with more distinct values than this, or nearly all distinct, is not treated as levels.
MOST_LEVELS = 300
#: Below this many rows nothing is called an identifier: too few to tell.
FEWEST_ROWS_FOR_IDENTIFIER = 20
#: Text is called an identifier or free text when at least this share of its values is distinct.
DISTINCT_SHARE = 0.5
#: Whole numbers in steps of one within this range are years, not a count of the rows.
YEARS = (1800, 2100)

#: Names of columns that number the rows, at a word's end (user_id, PassengerId, 일련번호) or alone.
_NAMED_AS_IDENTIFIER = re.compile(
    r"(^|[\W_])(id|ids|uuid|guid)$|[a-z](Id|ID)$|^(seqn|seqno|rowid|row|index|key)$|번호$",
)


def guess_kind(values: pd.Series) -> Kind:
    """The kind of one column.

    Whole numbers that count the rows (all distinct, steps of one, not years) are identifiers, and
    those that never repeat under a name such as `user_id`; so are short texts that never repeat.
    Numbers with few values stay numbers: trees do not mind, and a code
    that was called a number can be corrected, while an amount called a code loses its order.
    """
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "date"
    if pd.api.types.is_numeric_dtype(values):
        return "identifier" if _numbers_rows(values) else "number"
    if isinstance(values.dtype, pd.CategoricalDtype):
        return "category"
    if holds_dates(values):
        return "date"
    return _kind_of_text(values)


def _numbers_rows(values: pd.Series) -> bool:
    if len(values) < FEWEST_ROWS_FOR_IDENTIFIER or values.isna().any():
        return False
    numbers = values.to_numpy(dtype=float)
    if not (np.isfinite(numbers).all() and (numbers == np.round(numbers)).all()):
        return False
    # Then some occur twice; to sort many rows takes long.
    if numbers.max() < numbers.min() + len(numbers) - 1:
        return False
    numbers = np.sort(numbers)
    steps = np.diff(numbers)
    if named_as_identifier(str(values.name)):
        return bool((steps > 0).all())
    are_years = YEARS[0] <= numbers[0] and numbers[-1] <= YEARS[1]
    return bool((steps == 1).all()) and not are_years


def named_as_identifier(name: str) -> bool:
    """Whether a column is called as those are that name rows or things: user_id, PassengerId."""
    return bool(_NAMED_AS_IDENTIFIER.search(_with_small_beginning(name)))


def _with_small_beginning(name: str) -> str:
    """`ID` and `Index` are names like `id` and `index`; `userId` keeps the letter that tells."""
    return name.lower() if name.isupper() or name.istitle() else name


def _kind_of_text(values: pd.Series) -> Kind:
    present = values.dropna().astype(str)
    distinct = present.nunique()
    if distinct <= 2 and set(present.str.lower().unique()) <= {"true", "false"} and distinct:
        return "boolean"
    many = distinct > max(DISTINCT_SHARE * len(present), MOST_LEVELS / 10)
    if distinct <= MOST_LEVELS and not many:
        return "category"
    never_repeats = distinct == len(present) >= FEWEST_ROWS_FOR_IDENTIFIER
    is_short = bool(present.str.len().max() <= 40) and not present.str.contains(" ").any()
    return "identifier" if never_repeats and is_short else "text"
