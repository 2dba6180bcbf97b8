"""What a finding is, how a check registers itself, and the table as a check sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.correlation import dense, mid_ranks, unit
from workbench.dataset import Dataset
from workbench.dates import days_of, holds_dates
from workbench.errors import DataError
from workbench.metrics import Floats
from workbench.model import FittedModel
from workbench.progress import Progress, silent
from workbench.split import Rows
from workbench.target import Target, read_target

#: A warning: an answer is likely to be wrong. A notice: it depends on what the person knows.
Severity = Literal["warning", "notice"]
#: The pages that show what a model learned; a finding is told beside the pictures it spoils.
Page = Literal["quality", "importance", "dependence", "interactions", "prediction"]
#: Names in a sentence before the rest is counted.
MOST_NAMED = 6


@dataclass(frozen=True)
class Finding:
    """One thing that would go wrong without a word: what, with the figure found, and what to do.

    `code` is stable and documented in docs/findings.md; `columns` are those it is about.
    """

    code: str
    severity: Severity
    columns: tuple[str, ...]
    says: str
    do: str


@dataclass(frozen=True)
class Check:
    """A registered check: its code, the sentence where it finds nothing, and what it looks at.

    `spoils` names the pages whose pictures mislead where it finds something: there it is told.
    """

    code: str
    clear: str
    of: Literal["data", "model"]
    needs_target: bool
    spoils: tuple[Page, ...]
    look: Callable[[Any], Iterator[Finding]]


_CHECKS: dict[str, Check] = {}

#: Every check by its code, in the order of registration.
CHECKS: Mapping[str, Check] = _CHECKS

DataLook = Callable[["Table"], Iterator[Finding]]
ModelLook = Callable[[FittedModel], Iterator[Finding]]


def of_data(
    code: str, *, clear: str, needs_target: bool = False, spoils: tuple[Page, ...] = ()
) -> Callable[[DataLook], DataLook]:
    """Registers a check of a data set; one that needs a target is left out where there is none."""

    def register(look: DataLook) -> DataLook:
        _CHECKS[code] = Check(code, clear, "data", needs_target, spoils, look)
        return look

    return register


def of_model(
    code: str, *, clear: str, spoils: tuple[Page, ...] = ()
) -> Callable[[ModelLook], ModelLook]:
    """Registers a check of a fitted model."""

    def register(look: ModelLook) -> ModelLook:
        _CHECKS[code] = Check(code, clear, "model", False, spoils, look)
        return look

    return register


@dataclass(frozen=True)
class Table:
    """A data set as the checks see it: its target as numbers, its columns as numbers, samples."""

    data: Dataset
    target: Target | None
    progress: Progress = silent

    @classmethod
    def of(cls, data: Dataset) -> Table:
        """With its target, where one was chosen that can be learned."""
        try:
            return cls(data, read_target(data) if data.target is not None else None)
        except DataError:  # training says why; here there is only nothing to compare with
            return cls(data, None)

    def watched(self, progress: Progress) -> Table:
        """The same, watched by somebody who may stop the work."""
        return replace(self, progress=progress)

    @property
    def y(self) -> Floats:
        """The target as numbers, or codes of its classes; NaN where it is missing."""
        assert self.target is not None
        return self.target.y

    def tick(self) -> None:
        """Lets the person stop the work between two columns."""
        self.progress(0.0)

    def sample(self, most: int) -> Rows:
        """At most so many of the rows that have a target, drawn with a fixed seed, in a mixed
        order."""
        rows = np.flatnonzero(~np.isnan(self.y)) if self.target else np.arange(len(self.data))
        return np.random.default_rng(0).permutation(rows)[:most].astype(np.intp)

    def numbers(self, column: str, rows: Rows | None = None) -> Floats:
        """A column as numbers, levels as codes; NaN where it is missing or infinite."""
        values = self.data.frame[column]
        return as_numbers(values if rows is None else values.iloc[rows])

    @property
    def amounts(self) -> tuple[str, ...]:
        """The features that are numbers."""
        return tuple(
            c for c in self.data.features
            if self.data.kinds[c] == "number"
            and pd.api.types.is_numeric_dtype(self.data.frame[c])
        )  # fmt: skip


def as_numbers(values: pd.Series) -> Floats:
    """Values as numbers, dates as days, levels as codes; NaN where missing or infinite."""
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    elif pd.api.types.is_datetime64_any_dtype(values) or holds_dates(values):
        numbers = days_of(values)
    else:
        numbers = pd.factorize(values, sort=False)[0].astype(float)
        numbers = np.where(numbers < 0, np.nan, numbers)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def is_whole(numbers: Floats) -> bool:
    """Whether all numbers that are there are whole."""
    present = numbers[~np.isnan(numbers)]
    return bool(len(present) > 0 and (present == np.round(present)).all())


def ranks(values: Floats) -> Floats:
    """Average ranks, centred and of length one; zeros where nothing varies, NaN where a value is
    missing."""
    if np.isnan(values).any():
        return np.full(len(values), np.nan)
    scaled = unit(mid_ranks(dense(values)))
    return np.zeros(len(values)) if scaled is None else scaled


def neighbours_alike(values: Floats) -> float:
    """Rank correlation of every value with the next one; 0 where nothing varies."""
    if len(values) < 3:
        return 0.0
    before, after = ranks(values[:-1]), ranks(values[1:])
    return float(before @ after)


def named(columns: Iterable[str]) -> str:
    """Names in a sentence: 'a', 'b' and 3 more."""
    names = list(columns)
    shown = [f"'{name}'" for name in names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        return f"{', '.join(shown)} and {len(names) - MOST_NAMED:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def percent(share: float) -> str:
    """A share as a person writes it, never rounded to all or nothing."""
    if 0 < share < 0.001:
        return "less than 0.1 %"
    if 0.999 < share < 1:
        return "more than 99.9 %"
    return f"{share * 100:.1f} %".replace(".0 %", " %")
