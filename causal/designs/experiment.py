"""A question of an experiment: chance decided who got what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import QuestionError
from workbench.settings import Column
from workbench.transform import level_names

from ..design_matrix import design_matrix
from ..variables import Variable, read_variable
from .design import Design, Floats

#: An arm with fewer rows tells no spread.
FEWEST_ROWS = 2
MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class ExperimentQuestion(Design):
    """What an experiment shows: the outcome by arm, the arms being drawn by chance.

    A row is a unit that was assigned to an arm. `covariates` were measured before the assignment:
    they make intervals shorter and show whether the arms are alike. `strata` are the columns within
    whose cells the assignment was drawn. A column with the role group says which rows were assigned
    or hang together; one with the role weight how much rows count.

    Assumes that chance alone decided the arm and that no unit is touched by another's. Raises
    `QuestionError` for fewer than two arms, more than twenty, an arm of one row, and planned shares
    that do not fit. Source: Imbens & Rubin, Causal Inference (2015), part II; Kohavi, Tang & Xu,
    Trustworthy Online Controlled Experiments (2020).
    """

    outcome: Annotated[str, Column(None), "what the experiment was about"]
    arm: Annotated[str, Column(None), "what each row was assigned to"]
    control: Annotated[
        str | None, "the arm that others are compared with, as in the table; none: the first"
    ] = None
    other_outcomes: Annotated[
        tuple[str, ...], Column(None), "what else was measured after the assignment"
    ] = ()
    planned: Annotated[
        str | None,
        "planned shares, the control's first, such as 50:50 or 2:1:1; none: all alike",
    ] = None
    covariates: Annotated[tuple[str, ...], Column(None), "measured before the assignment"] = ()
    strata: Annotated[
        tuple[str, ...], Column(None), "within whose cells the assignment was drawn"
    ] = ()

    @property
    def sentence(self) -> str:
        """The question in words."""
        others = " or ".join(self.levels[1:])
        return f"What does {self.arm} = {others} do to {self.outcome}, against {self.levels[0]}?"

    def check(self) -> None:
        """Raises `QuestionError` where the arms are none, or the plan does not fit them."""
        for column in (self.outcome, *self.other_outcomes):
            self.numbers(column)
        counts = np.bincount(self.arms[self.arms >= 0], minlength=len(self.levels))
        if counts.min() < FEWEST_ROWS:
            level = self.levels[int(counts.argmin())]
            raise QuestionError(
                f"The arm '{level}' has {counts.min()} row; each arm needs {FEWEST_ROWS}.",
                "Leave these rows out, or bring more of them.",
            )
        if not (self.shares > 0).all():
            raise QuestionError("A planned share is zero.", "Leave that arm out, or correct it.")

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """The arms, the control first."""
        named = self._read.levels or ()
        if self.control is None:
            return named
        if self.control not in named:
            raise QuestionError(
                f"control = '{self.control}' is no value of '{self.arm}'.",
                f"Choose one of: {', '.join(named)}.",
            )
        return (self.control, *(level for level in named if level != self.control))

    @cached_property
    def arms(self) -> NDArray[np.intp]:
        """The number of each row's arm in `levels`, −1 where it is missing."""
        found = np.full(len(self.data), -1, dtype=np.intp)
        for code, name in zip(self._read.codes, self._read.levels or (), strict=True):
            found[self._read.numbers == code] = self.levels.index(name)
        return found

    @cached_property
    def _read(self) -> Variable:
        return read_variable(self.data.frame[self.arm], "category", "treatment")

    @cached_property
    def shares(self) -> Floats:
        """The planned share of each arm."""
        count = len(self.levels)
        if self.planned is None:
            return np.full(count, 1 / count)
        try:
            parts = [float(p) for p in re.split(r"[:,;/\s]+", self.planned.strip())]
        except ValueError as error:
            raise self._bad_plan() from error
        if len(parts) != count or not all(np.isfinite(p) and p >= 0 for p in parts):
            raise self._bad_plan()
        return np.array(parts) / sum(parts)

    def _bad_plan(self) -> QuestionError:
        return QuestionError(
            f"planned = '{self.planned}' does not give a share to each of the {len(self.levels)} "
            f"arms ({', '.join(self.levels)}).",
            f"Write one number for each, such as {':'.join('1' * len(self.levels))}.",
        )

    @cached_property
    def cells(self) -> NDArray[np.intp]:
        """The number of each row's stratum (all 0 without strata); what is missing is a level."""
        if not self.strata:
            return np.zeros(len(self.data), dtype=np.intp)
        names = pd.DataFrame(
            {c: level_names(self.data.frame[c]).fillna(MISSING) for c in self.strata}
        )
        return np.asarray(names.groupby(list(names.columns)).ngroup(), dtype=np.intp)

    @cached_property
    def before(self) -> tuple[Floats, tuple[str, ...]]:
        """The covariates as a matrix (n, p) over all rows, and what its columns are called. A
        missing value becomes the mean, and that it was missing a column of its own: the assignment
        being random, this biases nothing."""
        parts: list[Floats] = []
        names: list[str] = []
        for column in self.covariates:
            seen = self.data.frame[column].notna().to_numpy()
            made = design_matrix(self.data, (column,), np.flatnonzero(seen))
            for term, values in zip(made.terms, made.matrix.T, strict=True):
                filled = np.full(len(seen), values.mean())
                filled[seen] = values
                parts.append(filled)
                names.append(term.label)
            if not seen.all() and seen.any():
                parts.append((~seen).astype(float))
                names.append(f"{column} {MISSING}")
        matrix = np.column_stack(parts) if parts else np.empty((len(self.data), 0))
        return matrix, tuple(names)
