"""A treatment or an outcome as numbers: numeric as it is, two levels of text as 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.column_kinds import Kind
from workbench.errors import QuestionError
from workbench.transform import level_names

Floats = NDArray[np.float64]
Part = Literal["treatment", "outcome"]

#: What people call the state without the treatment, or without the event.
_ZERO_NAMES = frozenset(
    (
        "no",
        "n",
        "false",
        "f",
        "off",
        "none",
        "never",
        "control",
        "untreated",
        "placebo",
        "absent",
        "negative",
        "아니오",
        "없음",
    )
)


@dataclass(frozen=True)
class Variable:
    """One column as numbers (n,), missing values NaN.

    `levels` are the two values a binary variable takes, as they are named in the table, the one
    counted as 0 (or the smaller one) first; None for a variable with more values. `note` says what
    was coded how, or is empty.
    """

    name: str
    numbers: Floats
    levels: tuple[str, str] | None
    note: str = ""

    @property
    def is_binary(self) -> bool:
        """It takes exactly two values."""
        return self.levels is not None

    @property
    def as_effect_scale(self) -> Floats:
        """Two values as 0 and 1, so that a difference of means is one of shares; else as it is."""
        low, high = self.values
        return (self.numbers - low) / (high - low) if self.is_binary else self.numbers

    @property
    def values(self) -> tuple[float, float]:
        """The smallest and the largest number."""
        return float(np.nanmin(self.numbers)), float(np.nanmax(self.numbers))


def read_variable(values: pd.Series, kind: Kind, part: Part) -> Variable:
    """A column as the treatment or the outcome of a question.

    Raises `QuestionError` for a column that is constant, infinite, a date, or text with more than
    two levels.
    """
    if values.notna().sum() == 0:
        raise QuestionError(f"The {part} '{values.name}' has no values.", "Choose another column.")
    if kind == "date":
        raise QuestionError(
            f"The {part} '{values.name}' is a date.", f"Choose a number or a yes/no as {part}."
        )
    numbers = _as_numbers(values)
    made = _numeric(values, numbers, part) if numbers is not None else _two_levels(values, part)
    if kind == "category" and not made.is_binary and not pd.api.types.is_numeric_dtype(values):
        raise _many_levels(values, part)
    return made


def _as_numbers(values: pd.Series) -> Floats | None:
    """The column as numbers; None where some value is no number."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float, na_value=np.nan)
    read = pd.to_numeric(level_names(values), errors="coerce").to_numpy(dtype=float)
    return read if not np.isnan(read[values.notna().to_numpy()]).any() else None


def _numeric(values: pd.Series, numbers: Floats, part: Part) -> Variable:
    name = str(values.name)
    if np.isinf(numbers).any():
        raise QuestionError(
            f"The {part} '{name}' holds {int(np.isinf(numbers).sum())} infinite values.",
            "Replace them by a number or leave them empty.",
        )
    distinct = np.unique(numbers[~np.isnan(numbers)])
    if len(distinct) == 1:
        raise _constant(name, f"{distinct[0]:g}", part)
    levels = (f"{distinct[0]:g}", f"{distinct[1]:g}") if len(distinct) == 2 else None
    if levels and pd.api.types.is_bool_dtype(values):
        levels = ("False", "True")
    return Variable(name, numbers, levels)


def _two_levels(values: pd.Series, part: Part) -> Variable:
    name = str(values.name)
    texts = level_names(values)
    levels = sorted(
        texts.dropna().unique(), key=lambda t: (t.strip().lower() not in _ZERO_NAMES, t)
    )
    if len(levels) == 1:
        raise _constant(name, levels[0], part)
    if len(levels) > 2:
        raise _stray_text(values, texts, part) or _many_levels(values, part)
    codes = texts.map({levels[0]: 0.0, levels[1]: 1.0}).to_numpy(dtype=float)
    note = f"'{name}' is read as 0 for '{levels[0]}' and 1 for '{levels[1]}'."
    return Variable(name, codes, (levels[0], levels[1]), note)


def _constant(name: str, value: str, part: Part) -> QuestionError:
    return QuestionError(
        f"The {part} '{name}' is {value} in every row.",
        "Nothing can be compared: choose a column that varies.",
    )


def _stray_text(values: pd.Series, texts: pd.Series, part: Part) -> QuestionError | None:
    """A number column with a few words in it is named as such, with the first of them."""
    is_text = pd.to_numeric(texts, errors="coerce").isna() & texts.notna()
    if is_text.sum() > 0.5 * texts.notna().sum():
        return None
    row = int(np.flatnonzero(is_text)[0])
    more = f" and {int(is_text.sum()) - 1} more" if is_text.sum() > 1 else ""
    return QuestionError(
        f"The {part} '{values.name}' holds text among its numbers: '{texts.iloc[row]}' in row "
        f"{row}{more}.",
        "Correct these values or leave them empty, and ask again.",
    )


def _many_levels(values: pd.Series, part: Part) -> QuestionError:
    levels = [str(v) for v in values.dropna().unique()]
    shown = ", ".join(f"'{v}'" for v in levels[:4]) + (" …" if len(levels) > 4 else "")
    return QuestionError(
        f"The {part} '{values.name}' is text with {len(levels)} levels ({shown}).",
        f"A {part} is a number or has two levels: make a yes/no column of the level you mean.",
    )
