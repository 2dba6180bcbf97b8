"""A treatment or an outcome as numbers: numeric as it is, levels of text as 0, 1, 2 …"""

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
#: A treatment with more levels than this has hardly a row in most of them.
MOST_LEVELS = 20

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

    `levels` are the values of a variable with two, or of a treatment with several levels of text,
    as they are named in the table, the one counted as 0 (or the smaller one) first; None for a
    variable that measures an amount. `note` says what was coded how, or is empty.
    """

    name: str
    numbers: Floats
    levels: tuple[str, ...] | None
    note: str = ""

    @property
    def is_binary(self) -> bool:
        """It takes exactly two values."""
        return self.levels is not None and len(self.levels) == 2

    @property
    def is_amount(self) -> bool:
        """It is a number that can be raised by one, not the name of a level."""
        return self.levels is None

    @property
    def codes(self) -> tuple[float, ...]:
        """The number that stands for each level."""
        if self.levels is None:
            raise TypeError(f"'{self.name}' measures an amount and has no levels.")
        return self.values if self.is_binary else tuple(map(float, range(len(self.levels))))

    @property
    def as_effect_scale(self) -> Floats:
        """Two values as 0 and 1, so that a difference of means is one of shares; else as it is."""
        low, high = self.values
        return (self.numbers - low) / (high - low) if self.is_binary else self.numbers

    @property
    def as_effect_scale_minimum(self) -> float:
        """The smallest value on that scale."""
        return float(np.nanmin(self.as_effect_scale))

    @property
    def values(self) -> tuple[float, float]:
        """The smallest and the largest number."""
        return float(np.nanmin(self.numbers)), float(np.nanmax(self.numbers))


def read_variable(values: pd.Series, kind: Kind, part: Part) -> Variable:
    """A column as the treatment or the outcome of a question.

    Raises `QuestionError` for a column that is constant, infinite, or a date; for an outcome of
    text with more than two levels, and for a treatment with more than twenty.
    """
    if values.notna().sum() == 0:
        raise QuestionError(f"The {part} '{values.name}' has no values.", "Choose another column.")
    if kind == "date":
        raise QuestionError(
            f"The {part} '{values.name}' is a date.", f"Choose a number or a yes/no as {part}."
        )
    numbers = _as_numbers(values)
    if numbers is None:
        return _levels(values, part)
    made = _numeric(values, numbers, part)
    if kind == "category" and not made.is_binary:
        # Numbers that a person called a category are names: one more of them means nothing.
        return _levels(values, part)
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


def _levels(values: pd.Series, part: Part) -> Variable:
    name = str(values.name)
    texts = level_names(values)
    levels = sorted(texts.dropna().unique(), key=_order)
    if len(levels) == 1:
        raise _constant(name, levels[0], part)
    most = MOST_LEVELS if part == "treatment" else 2
    stray = _stray_text(values, texts, part) if len(levels) > 2 else None
    if stray is not None or len(levels) > most:
        raise stray or _many_levels(values, part)
    codes = texts.map({level: float(k) for k, level in enumerate(levels)}).to_numpy(dtype=float)
    note = ""
    if len(levels) == 2:
        note = f"'{name}' is read as 0 for '{levels[0]}' and 1 for '{levels[1]}'."
    return Variable(name, codes, tuple(levels), note)


def _order(level: str) -> tuple[bool, bool, float, str]:
    """What means "nothing done" first, then numbers by size, then by name."""
    is_zero = level.strip().lower() in _ZERO_NAMES
    try:
        number = float(level)
    except ValueError:
        number = np.nan
    return not is_zero, bool(np.isnan(number)), float(np.nan_to_num(number)), level


def _constant(name: str, value: str, part: Part) -> QuestionError:
    return QuestionError(
        f"The {part} '{name}' is {value} in every row.",
        "Nothing can be compared: choose a column that varies.",
    )


def _stray_text(values: pd.Series, texts: pd.Series, part: Part) -> QuestionError | None:
    """A number column with a few words in it is named as such, with the first of them."""
    is_text = pd.to_numeric(texts, errors="coerce").isna() & texts.notna()
    if not 0 < is_text.sum() <= 0.5 * texts.notna().sum():
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
        "An outcome is a number or has two levels: make a yes/no column of the level you mean."
        if part == "outcome"
        else f"A treatment is a number or has at most {MOST_LEVELS} levels: group them.",
    )
