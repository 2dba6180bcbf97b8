"""What is adjusted for as columns an estimator can fit: a constant, standardised, none made up of
the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ..analysis import Analysis
from ..design_matrix import Term
from ..independent_columns import independent_columns

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Covariates:
    """`columns` (n, 1 + p): ones, then the covariates with mean 0 and standard deviation 1.
    `terms` (p) says what each is; `notes` which squares were added and which columns left out."""

    columns: Floats
    terms: tuple[Term, ...]
    notes: tuple[str, ...]

    def positions_of(self, names: tuple[str, ...]) -> list[int]:
        """The columns that come from these columns of the table."""
        return [k + 1 for k, term in enumerate(self.terms) if term.column in names]


def covariates_of(analysis: Analysis, squares: bool) -> Covariates:
    """The covariates of an analysis, with the squares of its numbers where asked.

    Raises `NotApplicable` where there are not clearly more rows than columns.
    """
    made = analysis.covariates.with_squares if squares else analysis.covariates
    made = analysis.slopes_of_groups(made)
    x = made.matrix
    if x.shape[1]:
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    columns = np.column_stack([np.ones(len(x)), x])
    kept = independent_columns(columns)
    if len(analysis) < len(kept) + 4:
        raise NotApplicable(
            f"{len(analysis)} rows cannot carry a model with {len(kept)} coefficients.",
            "Adjust for fewer columns or bring more rows.",
        )
    terms = tuple(made.terms[k - 1] for k in kept[1:])
    left = [term.label for k, term in enumerate(made.terms, start=1)
            if k not in kept and term.within is None]  # fmt: skip
    notes = []
    curved = [term.label for term in terms if term.power == 2 and term.within is None]
    if analysis.groups is not None and any(term.within for term in terms):
        notes.append("What is adjusted for has slopes of its own in every group.")
    if curved:
        notes.append(f"Squares are adjusted for as well: {', '.join(curved)}.")
    if left:
        notes.append(f"Left out, as other columns already say the same: {', '.join(left)}.")
    return Covariates(columns[:, kept], terms, tuple(notes))
