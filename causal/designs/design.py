"""What every design asks: a table, an outcome, and how the treatment came about.

A kind of question is one frozen class with keyword fields; its signature is at once the API, the
form on the page and the validation, as that of a method is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.dataset import Dataset
from workbench.errors import QuestionError
from workbench.script import Name, Script
from workbench.settings import Setting, filled_in, read_settings

from ..effect import reach_and_p
from ..variables import Variable, read_variable

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """The base of a question that a design answers.

    A subclass is a frozen dataclass with keyword fields, annotated like a method's settings; those
    that name columns are checked to be columns, each named once. `check` looks at the values.

    Raises `ParameterError` for a field that is not allowed, `QuestionError` for one that
    contradicts another.
    """

    data: Dataset

    def __post_init__(self) -> None:
        filled_in(self.settings(), self.asked, self.data)
        seen: dict[str, str] = {}
        for part, column in self._columns():
            if column in seen:
                raise QuestionError(
                    f"'{column}' is named twice: as {seen[column]} and as {part}.",
                    "Give each column one part.",
                )
            seen[column] = part
        self.check()

    def check(self) -> None:
        """Raises `QuestionError` where the columns cannot be what they are said to be."""

    @property
    def sentence(self) -> str:
        """The question in words."""
        raise NotImplementedError

    @classmethod
    def settings(cls) -> tuple[Setting, ...]:
        """What has to be said: the fields beside the table, as a form draws them."""
        return read_settings(cls)

    @property
    def asked(self) -> dict[str, Any]:
        """The fields beside the table with their values."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "data"}

    # What every method needs of it

    @property
    def dataset(self) -> Dataset:
        """The table it is asked of."""
        return self.data

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the question and of its data."""
        asked = (type(self).__name__, sorted(self.asked.items()), self.data.fingerprint)
        return hashlib.blake2b(repr(asked).encode(), digest_size=12).hexdigest()

    @property
    def script(self) -> Script:
        """The Python that asks it."""
        defaults = {f.name: f.default for f in fields(self) if f.default is not MISSING}
        given = {k: v for k, v in self.asked.items() if k not in defaults or v != defaults[k]}
        return self.data.script.then(
            "question", "causal", type(self).__name__, Name(self.data.script.name), **given
        )

    def numbers(self, column: str) -> Floats:
        """A column as numbers (n,), missing values NaN; two levels as 0 and 1.

        Raises `QuestionError` for one that is neither.
        """
        return self.variable(column).as_effect_scale

    def variable(self, column: str) -> Variable:
        """The same with its levels in words."""
        return read_variable(self.data.frame[column], self.data.kinds[column], "outcome")

    def in_words(self, column: str) -> str:
        """What an effect on a column is measured on: the column itself, or the share of rows with
        the second of two levels, whatever these are called or however large they are."""
        levels = self.variable(column).levels
        return column if levels is None else f"the share of rows with {column} = {levels[1]}"

    def mean_in_words(self, column: str) -> str:
        """A mean of it, at the beginning of a sentence."""
        words = self.in_words(column)
        return f"Mean of {column}" if words == column else words[0].upper() + words[1:]

    @cached_property
    def outcome_in_words(self) -> str:
        """What the effect is measured on."""
        return self.in_words(str(self.asked["outcome"]))

    def _columns(self) -> Iterator[tuple[str, str]]:
        for setting in self.settings():
            value = getattr(self, setting.name)
            if setting.kind == "column" and value is not None:
                yield setting.name, value
            elif setting.kind == "columns":
                yield from ((setting.name, column) for column in value)


def estimate_row(
    *,
    estimand: str,
    contrast: str,
    group: str,
    estimate: float,
    std_error: float = float("nan"),
    interval: tuple[float, float] | None = None,
    p_value: float | None = None,
    degrees: float = np.inf,
) -> pd.DataFrame:
    """One row of an `EffectEstimate`: interval and p-value from the normal distribution or from t
    with the given degrees of freedom, unless a design brings its own (a robust bias-corrected
    interval, a p-value by placebos)."""
    reach, p = reach_and_p(estimate, std_error, degrees)
    low, high = interval or (estimate - reach, estimate + reach)
    return pd.DataFrame(
        {
            "estimand": [estimand],
            "contrast": [contrast],
            "group": [group],
            "estimate": [estimate],
            "std_error": [std_error],
            "conf_low": [low],
            "conf_high": [high],
            "p_value": [p if p_value is None else p_value],
        }
    )
