"""Columns as a matrix of numbers, one grammar for every estimate: numbers as they are, levels as
0/1 without the first, and, where asked, squares of the numbers. Internal positions, no formulas:
a column's name is never run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.dataset import Dataset
from workbench.errors import QuestionError
from workbench.transform import level_names

Floats = NDArray[np.float64]
#: A category with more levels than this would have most of its levels nearly empty.
MOST_LEVELS = 60


@dataclass(frozen=True)
class Term:
    """Where a column of the matrix comes from: a column of the table, a level of it, a power; and
    the kind of row outside of which it is 0, if there is one."""

    column: str
    level: str | None = None
    power: int = 1
    within: str | None = None

    @property
    def label(self) -> str:
        """How it is named in tables: education = 2, age², age² where sex = 1."""
        where = "" if self.within is None else f" where {self.within}"
        if self.level is not None:
            return f"{self.column} = {self.level}{where}"
        return self.column + ("²" if self.power == 2 else "") + where


@dataclass(frozen=True)
class DesignMatrix:
    """`matrix` (n, p) without a constant column, and the `terms` of its columns."""

    matrix: Floats
    terms: tuple[Term, ...]

    def take(self, kept: list[int]) -> DesignMatrix:
        """Some of its columns."""
        return DesignMatrix(self.matrix[:, kept], tuple(self.terms[k] for k in kept))

    def beside(self, other: DesignMatrix) -> DesignMatrix:
        """The columns of both."""
        return DesignMatrix(np.hstack([self.matrix, other.matrix]), self.terms + other.terms)

    @property
    def with_squares(self) -> DesignMatrix:
        """The same with the square of every number that takes more than two values."""
        curved = [k for k in range(len(self.terms)) if self._is_curved(k)]
        squares = tuple(Term(self.terms[k].column, power=2) for k in curved)
        centred = self.matrix[:, curved] - self.matrix[:, curved].mean(axis=0)
        return DesignMatrix(np.hstack([self.matrix, centred**2]), self.terms + squares)

    def _is_curved(self, k: int) -> bool:
        column = self.matrix[:, k]
        is_end = (column == column.min()) | (column == column.max())
        return self.terms[k].level is None and not bool(is_end.all())


def design_matrix(data: Dataset, columns: tuple[str, ...], rows: NDArray[np.intp]) -> DesignMatrix:
    """The matrix of some columns over some rows, none of them missing there. Columns that do not
    vary over these rows are left out: they explain nothing.

    Raises `QuestionError` for a column that is a date, free text, or has too many levels.
    """
    parts = [_block(data, column, rows) for column in columns]
    matrix = np.hstack([np.empty((len(rows), 0)), *(p.matrix for p in parts)])
    made = DesignMatrix(matrix, tuple(t for p in parts for t in p.terms))
    return made.take([k for k in range(matrix.shape[1]) if np.ptp(matrix[:, k]) > 0])


def _block(data: Dataset, column: str, rows: NDArray[np.intp]) -> DesignMatrix:
    values = data.frame[column].iloc[rows]
    kind = data.kinds[column]
    if kind == "date" or kind == "text" or (kind == "identifier" and not _is_numeric(values)):
        raise QuestionError(
            f"'{column}' is {'a date' if kind == 'date' else 'free text'} and cannot be adjusted "
            "for.",
            "Make a number or a category of it, or leave it out.",
        )
    if _is_numeric(values) and kind != "category":
        return DesignMatrix(_finite(values)[:, None], (Term(column),))
    return _levels(column, values)


def _levels(column: str, values: pd.Series) -> DesignMatrix:
    names = level_names(values)
    levels = sorted(names.unique())
    if len(levels) > MOST_LEVELS:
        raise QuestionError(
            f"'{column}' has {len(levels)} levels, too many to adjust for.",
            f"Group them into at most {MOST_LEVELS}, or leave it out.",
        )
    texts = names.to_numpy()
    matrix = np.column_stack([np.asarray(texts == level, dtype=float) for level in levels])
    return DesignMatrix(matrix[:, 1:], tuple(Term(column, level) for level in levels[1:]))


def _is_numeric(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values))


def _finite(values: pd.Series) -> Floats:
    numbers = values.to_numpy(dtype=float)
    if np.isinf(numbers).any():
        raise QuestionError(
            f"'{values.name}' holds {int(np.isinf(numbers).sum())} infinite values.",
            "Replace them by a number or leave them empty.",
        )
    return numbers
