"""Mean outcomes of an experiment's arms with each row's influence on them.

An arm's mean is the height of its own regression on centred covariates (and strata) at the means of
everyone: Lin (2013), which adjusts without assuming that the regression is right. All effects,
intervals and tests of an experiment are made of these influences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ..influence import MeanOutcomes, standard_error
from ._rows import clusters_of, columns_of_rows, weightless, weights_of
from .design import Floats
from .experiment import ExperimentQuestion

Adjustment = Literal["lin", "cuped", "none"]
Rows = NDArray[np.intp]
#: An arm needs so many rows per column adjusted for.
ROWS_PER_COLUMN = 5
#: A column that adds a smaller share of itself to the others is made up of them.
COLLINEAR = 1e-9


@dataclass(frozen=True)
class Arms:
    """The complete rows of an outcome, and the arms' `means` (k,) with each row's `influence`
    (n, k) on them; `columns` is how many were adjusted for, strata included."""

    y: Floats
    arm: Rows
    rows: Rows
    means: Floats
    influence: Floats
    columns: int
    weight: Floats
    clusters: Rows | None

    def effect(self, level: int, start: int = 0) -> tuple[float, float, float]:
        """An arm's mean less another's: estimate, standard error, degrees of freedom."""
        influence = self.influence[:, level] - self.influence[:, start]
        estimate = float(self.means[level] - self.means[start])
        if self.clusters is not None:
            degrees = float(max(self.clusters.max() + 1 - 2, 1))
        else:
            degrees = self._welch(influence, (level, start))
        return estimate, self.error_of(influence), degrees

    def error_of(self, influence: Floats) -> float:
        """The standard error from each row's influence, which holds its own correction (HC2), or
        from their sums over clusters."""
        if self.clusters is not None:
            return standard_error(influence, self.clusters)
        return float(np.sqrt((influence**2).sum())) / len(influence)

    @property
    def spread(self) -> float:
        """The standard deviation of the outcome within the arms; rows count by their weights."""
        sizes, sums = (np.bincount(self.arm, w) for w in (self.weight, self.weight * self.y))
        rest = self.y - (sums / sizes)[self.arm]
        left = len(rest) - len(self.means)
        return float(np.sqrt((self.weight * rest**2).sum() / left))

    def compared(self, level: int) -> MeanOutcomes:
        """Two means, for their ratio."""
        return MeanOutcomes(
            float(self.means[0]), float(self.means[level]), self.influence[:, [0, level]]
        )

    def _welch(self, influence: Floats, levels: tuple[int, int]) -> float:
        """Satterthwaite's degrees of freedom of the two arms' variances."""
        spread = whole = 0.0
        for level in levels:
            of = self.arm == level
            part = float((influence[of] ** 2).sum())
            whole += part
            spread += part**2 / max(int(of.sum()) - 1 - self.columns, 1)
        return whole**2 / spread if spread > 0 else np.inf


def arms_of(
    question: ExperimentQuestion,
    *,
    outcome: str | None = None,
    adjustment: Adjustment = "lin",
    rows: Rows | None = None,
) -> Arms:
    """The arms' means of an outcome (the question's own by default), over some rows or all.

    Raises `NotApplicable` where an arm, or with strata an arm of a stratum, has too few rows.
    """
    y = question.numbers(outcome or question.outcome)
    has_roles = question.data.frame[list(columns_of_rows(question.data))].notna().all(axis=1)
    whole = ~np.isnan(y) & (question.arms >= 0) & has_roles.to_numpy()
    whole &= ~weightless(question.data)
    used = np.flatnonzero(whole) if rows is None else rows[whole[rows]]
    y, arm, weight = y[used], question.arms[used], weights_of(question.data, used)
    clusters = clusters_of(question.data, used)
    _check(question, arm, clusters)
    strata = _strata(question, used, arm) if adjustment != "none" or question.strata else None
    before = question.before[0][used] if adjustment != "none" else np.empty((len(y), 0))
    if adjustment == "cuped":
        y = y - _explained(y, before, arm, weight)
        before = before[:, :0]
    z = before if strata is None else np.column_stack([strata, before])
    z = z - np.average(z, axis=0, weights=weight)
    z = z[:, _kept(z, arm, len(question.levels), weight)]
    _check_columns(question, z.shape[1], arm)
    made = [_arm(y, z, arm == k, weight, clusters is None) for k in range(len(question.levels))]
    return Arms(
        y, arm, used, np.array([m for m, _ in made]), np.column_stack([i for _, i in made]),
        z.shape[1], weight, clusters,
    )  # fmt: skip


def _arm(
    y: Floats, z: Floats, of: NDArray[np.bool_], weight: Floats, with_leverage: bool
) -> tuple[float, Floats]:
    """An arm's mean at everyone's covariates, and each row's influence on it: its own residual,
    enlarged by 1/√(1 − leverage) (HC2), and that the covariates' means are those of a sample."""
    root = np.sqrt(weight[of])
    design = np.column_stack([np.ones(of.sum()), z[of]]) * root[:, None]
    q, r = np.linalg.qr(design)
    coefficients = np.linalg.solve(r, q.T @ (y[of] * root))
    residuals = y[of] * root - design @ coefficients
    if with_leverage:
        residuals = residuals / np.sqrt(1 - np.clip((q**2).sum(axis=1), 0, 1 - 1e-10))
    first = np.linalg.solve(r.T, np.eye(len(r))[0])  # so that q @ first makes the first coefficient
    influence = weight * (z @ coefficients[1:])
    influence[of] += len(y) * (q @ first) * residuals
    return float(coefficients[0]), influence


def _explained(y: Floats, before: Floats, arm: Rows, weight: Floats) -> Floats:
    """What covariates explain of an outcome with one slope for all arms: CUPED."""
    within, centred = y.copy(), before.copy()
    for k in np.unique(arm):
        of = arm == k
        within[of] -= np.average(y[of], weights=weight[of])
        centred[of] -= np.average(before[of], axis=0, weights=weight[of])
    root = np.sqrt(weight)
    slopes = np.linalg.lstsq(centred * root[:, None], within * root, rcond=None)[0]
    return np.asarray((before - np.average(before, axis=0, weights=weight)) @ slopes)


def _kept(z: Floats, arm: Rows, levels: int, weight: Floats) -> list[int]:
    """The columns that no arm can do without."""
    kept = list(range(z.shape[1]))
    for k in range(levels):
        of = arm == k
        design = np.column_stack([np.ones(of.sum()), z[np.ix_(of, kept)]])
        design = design * np.sqrt(weight[of])[:, None]
        # What a column adds to those before it stands on R's diagonal.
        adds = np.abs(np.diag(np.linalg.qr(design, mode="r")))[1:]
        sizes = np.linalg.norm(design, axis=0)[1 : len(adds) + 1]
        kept = [c for c, new in zip(kept, adds > COLLINEAR * sizes, strict=False) if new]
    return kept


def _strata(question: ExperimentQuestion, used: Rows, arm: Rows) -> Floats | None:
    """Indicators of the strata but the first; each needs two rows of each arm."""
    if not question.strata:
        return None
    names, cells = np.unique(question.cells[used], return_inverse=True)
    counts = np.zeros((len(names), len(question.levels)), dtype=int)
    np.add.at(counts, (cells, arm), 1)
    short = int((counts < 2).any(axis=1).sum())
    if short:
        raise NotApplicable(
            f"{short} of {len(names)} strata hold fewer than two rows of some arm.",
            "Take coarser strata, or adjust for these columns as covariates.",
        )
    return np.asarray(np.eye(len(names))[cells][:, 1:])


def _check(question: ExperimentQuestion, arm: Rows, clusters: Rows | None) -> None:
    counts = np.bincount(arm, minlength=len(question.levels))
    if counts.min() < 2:
        level = question.levels[int(counts.argmin())]
        raise NotApplicable(
            f"The arm '{level}' has {counts.min()} rows with an outcome.",
            "Bring more rows: from so few no spread can be told.",
        )
    if clusters is not None and clusters.max() < 3:
        raise NotApplicable(
            f"The rows belong to {clusters.max() + 1} groups, too few to tell chance from effect.",
            "Give the column the role 'ignore' if rows were assigned one by one.",
        )


def _check_columns(question: ExperimentQuestion, columns: int, arm: Rows) -> None:
    least = int(np.bincount(arm, minlength=len(question.levels)).min())
    strata = len(np.unique(question.cells)) - 1
    if columns > strata and least < ROWS_PER_COLUMN * columns:
        raise NotApplicable(
            f"{columns} columns are to be adjusted for, and the smallest arm has {least} rows.",
            f"Name fewer covariates: {ROWS_PER_COLUMN} rows of each arm are needed for each.",
        )


def notes_of(question: ExperimentQuestion, made: Arms) -> list[str]:
    """What must be known of an experiment's numbers: what is assumed, who is missing, groups."""
    notes = [
        "It is assumed that chance alone decided the arm and that no unit is touched by another's."
    ]
    none = int(weightless(question.data).sum())
    dropped = len(question.data) - len(made.rows) - none
    if dropped:
        notes.append(_missing(question, dropped))
    if none:
        notes.append(f"{none:,} rows weigh 0 and are left out.")
    if made.clusters is not None:
        column, count = question.data.with_role("group")[0], int(made.clusters.max()) + 1
        note = f"Intervals take the {count:,} groups of '{column}' as independent, not the rows."
        if count < 30:
            note = f"Warning: {note} With fewer than 30 they tend to be too short."
        notes.append(note)
    return notes


def _missing(question: ExperimentQuestion, dropped: int) -> str:
    from scipy.stats import chi2_contingency

    note = f"{dropped:,} of {len(question.data):,} rows have no outcome or arm and are left out."
    lost = np.isnan(question.numbers(question.outcome))
    table = np.array(
        [[(lost & (question.arms == k)).sum(), (~lost & (question.arms == k)).sum()]
         for k in range(len(question.levels))]
    )  # fmt: skip
    if table[:, 0].sum() == 0:
        return note
    shares = ", ".join(
        f"{row[0] / row.sum():.1%} of {n}" for n, row in zip(question.levels, table, strict=True)
    )
    if chi2_contingency(table).pvalue < 0.05:
        return (
            f"Warning: {note} The outcome is missing in {shares}: the arms lose rows unevenly, and "
            "what is left of them was not drawn by chance alone."
        )
    return f"{note} The outcome is missing in {shares}."
