"""A question of a cut-off: does the outcome jump where the treatment begins?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable, QuestionError
from workbench.figures import number
from workbench.settings import Column, Range

from ..design_matrix import design_matrix
from ._local import SHARED, Jump, Side, jump_at
from ._rows import clusters_of, columns_of_rows, weightless, weights_of
from .design import Design, Floats

#: On each side: with fewer rows, or fewer distinct values, no curve can be told from noise.
FEWEST_ROWS, FEWEST_VALUES = 30, 10
#: With fewer rows within the bandwidth on one side, the variance hangs on a handful of them.
FEW_ROWS = 50
#: Fewer clusters than this on one side within the bandwidth make intervals too short.
FEWEST_CLUSTERS = 10
#: A jump of the treatment with a smaller F than this makes the ratio's interval unreliable.
WEAK = 10.0


@dataclass(frozen=True)
class Sides:
    """The complete rows on both sides of the cut-off, in the order of the running variable. `sign`
    is −1 where those below are the treated, so that the effect is minus the jump."""

    left: Side
    right: Side
    sign: float
    notes: tuple[str, ...]

    def jump(self, h: float | None = None, b: float | None = None) -> Jump:
        """The jump from left to right."""
        return jump_at(self.left, self.right, h, b)


@dataclass(frozen=True, kw_only=True)
class CutoffQuestion(Design):
    """What a treatment does to those at the cut-off where it begins.

    A row is a unit with a value of the running variable (a score, an age, a margin of votes); those
    on one side of the cut-off are treated (sharp), or are treated more often, as `treatment` says
    (fuzzy). Just beside the cut-off both sides are alike but for the treatment, so a jump of the
    outcome there is its effect, on those there. Assumes that everything else runs smoothly through
    the cut-off: nobody could choose the side, and nothing else begins there.

    Covariates make the interval shorter and must have been settled before. A column with the role
    group says which rows belong together, one with the role weight how much rows count.

    Raises `QuestionError` for a running variable that is no number, and for too few rows or
    distinct values on one side. Source: Imbens & Lemieux (2008); Cattaneo, Idrobo & Titiunik, A
    Practical Introduction to Regression Discontinuity Designs (2020).
    """

    outcome: Annotated[str, Column(None), "what may jump"]
    running: Annotated[str, Column(None), "the score that decides who is treated"]
    cutoff: Annotated[float, Range(-1e15, 1e15), "the value at which the treatment begins"] = 0.0
    treated: Annotated[
        Literal["at or above", "below"], "the side that is treated; nothing to say when fuzzy"
    ] = "at or above"
    treatment: Annotated[
        str | None, Column(None), "who was in fact treated; none: the side alone decides (sharp)"
    ] = None
    covariates: Annotated[
        tuple[str, ...], Column(None), "settled before; they make the interval shorter"
    ] = ()

    @property
    def sentence(self) -> str:
        """The question in words."""
        if self.treatment:
            return f"What does {self.treatment} do to {self.outcome} at {self.place}?"
        return f"What does being {self.treated} {self.place} do to {self.outcome}?"

    @property
    def is_fuzzy(self) -> bool:
        """Who is treated does not follow from the side alone."""
        return self.treatment is not None

    @property
    def place(self) -> str:
        """Whom the effect is about."""
        return f"{self.running} = {number(self.cutoff)}"

    @property
    def contrast(self) -> str:
        """What is compared with what."""
        if self.treatment is not None:
            levels = self.variable(self.treatment).levels
            return f"{levels[1]} vs {levels[0]}" if levels else "+1"
        other = "below" if self.treated == "at or above" else "at or above"
        return f"{self.treated} vs {other}"

    def check(self) -> None:
        """Raises `QuestionError` where the running variable cannot carry the design."""
        if self.data.kinds[self.running] == "date" or not pd.api.types.is_numeric_dtype(
            self.data.frame[self.running]
        ):
            raise QuestionError(
                f"The running variable '{self.running}' is no number.",
                "Choose the score that is compared with the cut-off; of dates make days.",
            )
        if np.isinf(self.score).any():
            raise QuestionError(
                f"The running variable '{self.running}' holds infinite values.",
                "Correct them, or leave them empty.",
            )
        self.numbers(self.outcome)
        self._check_sides()

    def _check_sides(self) -> None:
        x = self.score[self.rows] - self.cutoff
        for name, side in (("below", x[x < 0]), ("at or above", x[x >= 0])):
            where = f"{name} the cut-off {number(self.cutoff)}"
            values = len(np.unique(side))
            if len(side) < FEWEST_ROWS:
                low, high = np.nanmin(self.score), np.nanmax(self.score)
                raise QuestionError(
                    f"{len(side)} complete rows have '{self.running}' {where}; {FEWEST_ROWS} are "
                    f"needed on each side. It runs from {number(low)} to {number(high)}.",
                    "Check the cut-off, or bring more rows.",
                )
            if values < FEWEST_VALUES:
                raise QuestionError(
                    f"'{self.running}' takes {values} distinct values {where}; {FEWEST_VALUES} are "
                    "needed: how the outcome runs towards the cut-off cannot be told from so few.",
                    "Use the running variable before it was rounded, or another design.",
                )

    @cached_property
    def score(self) -> Floats:
        """The running variable of every row, NaN where missing."""
        return self.data.frame[self.running].to_numpy(dtype=float, na_value=np.nan)

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """The rows that have all that the question names and a weight, in the order of the running
        variable."""
        named = [self.outcome, self.running, *self.covariates, *columns_of_rows(self.data)]
        named += [self.treatment] if self.treatment is not None else []
        seen = self.data.frame[named].notna().all(axis=1).to_numpy()
        whole = np.flatnonzero(seen & ~weightless(self.data))
        return np.asarray(whole[np.argsort(self.score[whole], kind="stable")], dtype=np.intp)

    @cached_property
    def sides(self) -> Sides:
        """The rows on both sides with outcome, treatment and covariates."""
        columns = [self.numbers(self.outcome)[self.rows]]
        if self.treatment is not None:
            columns.append(self.numbers(self.treatment)[self.rows])
        z = design_matrix(self.data, self.covariates, self.rows).matrix
        z = z / z.std(axis=0)  # in their spreads: none is lost among larger numbers
        d = np.column_stack([*columns, z])
        left, right = self._split(self.rows, d, self.is_fuzzy)
        sign = -1.0 if self.treated == "below" and not self.is_fuzzy else 1.0
        return Sides(left, right, sign, tuple(self._notes()))

    def sides_of(self, values: Floats) -> Sides:
        """The same for another outcome (n,) of all rows of the table, nothing adjusted for and the
        side taken as treatment; rows where it is missing are left out."""
        rows = self.rows[~np.isnan(values[self.rows])]
        left, right = self._split(rows, values[rows][:, None], is_fuzzy=False)
        return Sides(left, right, 1.0, ())

    def effect(self, h: float | None = None, b: float | None = None) -> Jump:
        """The jump of the outcome (by that of the treatment), from left to right.

        Raises `NotApplicable` where the treatment does not jump.
        """
        found = self.sides.jump(h, b)
        if self.is_fuzzy and not abs(found.first) > 1.96 * found.first_error:
            raise NotApplicable(
                f"'{self.treatment}' does not jump at {self.place}: its jump is "
                f"{number(found.first)} with the standard error {number(found.first_error)}.",
                "Check the cut-off; where the treatment does not change there, nothing can be "
                "learned of it.",
            )
        return found

    def _split(self, rows: NDArray[np.intp], d: Floats, is_fuzzy: bool) -> tuple[Side, Side]:
        x = self.score[rows] - self.cutoff
        whole = Side(x, d, weights_of(self.data, rows), clusters_of(self.data, rows), is_fuzzy)
        return whole.take(x < 0), whole.take(x >= 0)

    @property
    def left_out(self) -> list[str]:
        """How many rows are not used, and why, as a note."""
        if len(self.rows) == len(self.data):
            return []
        none = int(weightless(self.data).sum())
        missing = len(self.data) - len(self.rows) - none
        why = ["the others have missing values"] if missing else []
        why += [f"{none:,} weigh 0"] if none else []
        return [f"{len(self.rows):,} of {len(self.data):,} rows are used; {' and '.join(why)}."]

    def _notes(self) -> list[str]:
        notes = [
            (
                "It is assumed that everything but the treatment runs smoothly through the "
                "cut-off: nobody chose the side, and nothing else begins there."
            )
        ]
        if not self.is_fuzzy:
            notes.append(
                f"It is taken that every row {self.treated} the cut-off was treated and no other; "
                "if that is not so, say who was (treatment)."
            )
        notes += self.left_out
        x = self.score[self.rows]
        shared = 1 - len(np.unique(x)) / len(x)
        if shared >= SHARED:
            notes.append(
                f"Warning: '{self.running}' takes {len(np.unique(x)):,} distinct values in "
                f"{len(x):,} rows. Many rows share a value, and how the outcome runs between two "
                "values is not seen: the interval is right only if it runs smoothly there."
            )
        return notes


def notes_of(question: CutoffQuestion, found: Jump) -> list[str]:
    """What must be known of a jump: bandwidths, what the interval is, weak treatments, clusters."""
    notes = list(question.sides.notes)
    if found.first_error > 0 and (found.first / found.first_error) ** 2 < WEAK:
        notes.append(
            f"Warning: the treatment's jump is weak (F = "
            f"{number((found.first / found.first_error) ** 2)}, under {WEAK:g}): the interval of "
            "the ratio is unreliable."
        )
    if min(found.rows) < FEW_ROWS:
        notes.append(
            f"Warning: one side has {min(found.rows)} rows within the bandwidth. With fewer than "
            f"{FEW_ROWS} the interval may be a little short (93.8 ± 1.1 % in simulations)."
        )
    if found.clusters:
        column = question.data.with_role("group")[0]
        note = f"Intervals take the groups of '{column}' as independent, not the rows."
        if found.clusters < FEWEST_CLUSTERS:
            note = (
                f"Warning: {note} One side has {found.clusters} of them within the bandwidth, too "
                "few for a reliable interval."
            )
        notes.append(note)
    return notes
