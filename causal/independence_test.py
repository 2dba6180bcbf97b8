"""Are two columns independent once others are known? Tested on residuals, for numbers and levels.

Each column, or each of its levels as 0/1, is predicted from the others by cross-fitted ridge
regressions on splines and products, and the residuals are correlated: the generalised covariance
measure of Shah & Peters, Annals of Statistics 48 (2020). For two numbers the partial correlation
(Fisher 1924) may be asked for, which assumes straight lines. Rows count by their weights, in what
is learned and in what is correlated: where who is in the table depends on an effect of both
columns, they go together in its rows alone. Errors are from sums over groups where there are any.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.case_weights import case_weights
from workbench.dataset import Dataset
from workbench.transform import level_names

from .design_matrix import MOST_LEVELS, design_matrix
from .learners import bent_columns, ridge_means

Floats = NDArray[np.float64]
FOLDS = 5
#: With fewer complete rows no test is made.
FEWEST_ROWS = 50
#: With fewer groups their sums tell nothing of chance.
FEWEST_GROUPS = 10
#: A level with fewer rows than this is joined with other rare ones; at most so many are kept.
FEWEST_OF_A_LEVEL, MOST_SHOWN_LEVELS = 20, 8
#: What is left of a column whose residuals vary less than this share of it is determined by others.
LEAST_LEFT = 1e-6
RESIDUALS, PARTIAL = "residuals", "partial correlation"


@dataclass(frozen=True)
class Association:
    """What is left between two columns: a correlation of residuals in [-1, 1] with its 95 %
    interval and the p-value of none. For levels it is the largest over the levels named in
    `between`, interval and p-value widened for the choice (Bonferroni)."""

    correlation: float
    conf_low: float
    conf_high: float
    p_value: float
    between: str
    test: str
    rows: int


@dataclass(frozen=True)
class Counting:
    """How rows count: by weights (n,) of mean one, and together with those of their group (n,)."""

    weight: Floats
    groups: NDArray[np.intp] | None

    @property
    def size(self) -> int:
        """How many rows, or groups, are independent."""
        return len(self.weight) if self.groups is None else int(self.groups.max()) + 1

    def sums(self, values: Floats) -> Floats:
        """What each independent unit adds: its value, or its rows' together."""
        return values if self.groups is None else np.bincount(self.groups, values).astype(float)


@dataclass(frozen=True)
class _Target:
    """A column as one or more numbers: itself, or a 0/1 for each level."""

    label: str
    values: Floats

    @property
    def is_chance(self) -> bool:
        return bool(np.isin(self.values, (0.0, 1.0)).all())


def why_not_testable(data: Dataset, column: str) -> str:
    """Why a column cannot be tested; empty where it can."""
    values, kind = data.frame[column], data.kinds[column]
    is_numeric = bool(pd.api.types.is_numeric_dtype(values))
    if kind == "date":
        return "a date"
    if kind == "text" or (kind == "identifier" and not is_numeric):
        return "free text"
    if is_numeric and kind != "category":
        return "infinite in some rows" if np.isinf(values.to_numpy(float, na_value=0)).any() else ""
    return f"of more than {MOST_LEVELS} levels" if values.nunique() > MOST_LEVELS else ""


@dataclass(frozen=True)
class IndependenceTester:
    """Tests on one table: on its complete rows that count at all, `most_rows` of them drawn where
    there are more."""

    data: Dataset
    method: str
    most_rows: int
    seed: int

    @cached_property
    def weight(self) -> Floats:
        """What every row of the table counts (N,)."""
        every = np.arange(len(self.data))
        given = case_weights(self.data, every)
        return np.ones(len(every)) if given is None else given

    @cached_property
    def groups(self) -> NDArray[np.intp] | None:
        """The group of every row of the table (N,), -1 where it has none; None where rows are
        independent."""
        named = self.data.with_role("group")
        return pd.factorize(self.data.frame[named[0]])[0] if named else None

    @property
    def are_alike(self) -> bool:
        """All rows count the same, and are independent."""
        return self.groups is None and bool(np.ptp(self.weight) == 0)

    def counting(self, rows: NDArray[np.intp]) -> Counting:
        """How these rows count."""
        own, groups = self.weight[rows], self.groups
        units = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
        return Counting(own / own.mean(), units)

    def association(self, first: str, second: str, given: tuple[str, ...]) -> Association | str:
        """What is left between two columns, or why that cannot be told."""
        rows = self.rows(first, second, given)
        if len(rows) < FEWEST_ROWS:
            return f"only {len(rows)} complete rows"
        counting = self.counting(rows)
        if counting.size < FEWEST_GROUPS:
            return f"only {counting.size} groups"
        sides = [_targets(self.data, column, rows) for column in (first, second)]
        if not all(sides):
            return "a column does not vary"
        covariates = design_matrix(self.data, given, rows).matrix
        if self.method == PARTIAL and self.are_alike and all(_is_number(side) for side in sides):
            return _partial(sides[0][0].values, sides[1][0].values, covariates)
        left = self._residuals(np.column_stack([t.values for side in sides for t in side]),
                               covariates, counting)  # fmt: skip
        if left is None:
            return "a column is determined by the others"
        parts = left[:, : len(sides[0])], left[:, len(sides[0]) :]
        return _largest(sides, parts, counting)

    def rows(self, first: str, second: str, given: tuple[str, ...]) -> NDArray[np.intp]:
        """The complete rows of these columns, or a sample of them."""
        whole = self.data.frame[[first, second, *given]].notna().all(axis=1).to_numpy()
        whole = whole & (self.weight > 0)
        if self.groups is not None:
            whole &= self.groups >= 0
        rows = np.flatnonzero(whole)
        if len(rows) > self.most_rows:
            rng = np.random.default_rng(self.seed)
            rows = np.sort(rng.choice(rows, self.most_rows, replace=False))
        return rows

    def _residuals(self, y: Floats, x: Floats, counting: Counting) -> Floats | None:
        """Out-of-fold residuals (n, k); None where of some column nothing is left to speak of."""
        left = y - np.average(y, axis=0, weights=counting.weight)
        if x.shape[1]:
            columns = bent_columns(x, has_bends=self.method != PARTIAL)
            drawn = np.random.default_rng(self.seed).permutation(counting.size) % FOLDS
            fold = drawn if counting.groups is None else drawn[counting.groups]
            for k in range(FOLDS):
                learned, held = fold != k, fold == k
                predict = ridge_means(columns[learned], y[learned], counting.weight[learned])
                left[held] = y[held] - predict(columns[held])
        return left if (left.var(axis=0) > LEAST_LEFT * y.var(axis=0)).all() else None


def _is_number(side: list[_Target]) -> bool:
    return len(side) == 1 and not side[0].is_chance


def _targets(data: Dataset, column: str, rows: NDArray[np.intp]) -> list[_Target]:
    """The column as numbers; empty where it does not vary."""
    values = data.frame[column].iloc[rows]
    if pd.api.types.is_numeric_dtype(values) and data.kinds[column] != "category":
        numbers = values.to_numpy(float)
        distinct = np.unique(numbers)
        if len(distinct) == 2:
            return [_Target(f"{column} = {distinct[1]:g}", (numbers == distinct[1]).astype(float))]
        return [_Target(column, numbers)] if len(distinct) > 2 else []
    return _levels(column, level_names(values).to_numpy())


def _levels(column: str, names: NDArray[np.object_]) -> list[_Target]:
    levels, counts = np.unique(names.astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    kept = [levels[k] for k in order if counts[k] >= FEWEST_OF_A_LEVEL][:MOST_SHOWN_LEVELS]
    targets = [_Target(f"{column} = {name}", (names == name).astype(float)) for name in kept]
    targets = [t for t in targets if 0 < t.values.mean() < 1]
    return targets[1:] if len(levels) == 2 else targets


def _largest(
    sides: list[list[_Target]], left: tuple[Floats, Floats], counting: Counting
) -> Association:
    """The largest correlation of residuals over all pairs of components."""
    from scipy.special import ndtr, ndtri

    pairs = [(a, b) for a in range(len(sides[0])) for b in range(len(sides[1]))]
    made = [_correlation(left[0][:, a], left[1][:, b], counting) for a, b in pairs]
    best = max(range(len(made)), key=lambda k: abs(made[k][2]))
    correlation, error, statistic = made[best]
    wide = float(ndtri(1 - 0.025 / len(pairs)))
    low, high = np.tanh(np.arctanh(correlation) + wide * np.array([-error, error]))
    a, b = pairs[best]
    return Association(
        correlation=correlation,
        conf_low=float(low),
        conf_high=float(high),
        p_value=min(1.0, len(pairs) * 2 * float(ndtr(-abs(statistic)))),
        between=f"{sides[0][a].label} and {sides[1][b].label}",
        test=RESIDUALS,
        rows=len(left[0]),
    )


def _correlation(a: Floats, b: Floats, counting: Counting) -> tuple[float, float, float]:
    """The correlation, the standard error of its Fisher transform from its influence function, and
    the statistic of the generalised covariance measure."""
    w = counting.weight
    products = counting.sums(w * a * b)
    statistic = float(np.sqrt(len(products)) * products.mean() / products.std())
    za, zb = (_standardised(values, w) for values in (a, b))
    correlation = float(np.clip((w * za * zb).mean(), -1 + 1e-9, 1 - 1e-9))
    influence = counting.sums(w * (za * zb - correlation * (za**2 + zb**2) / 2))
    error = float(influence.std()) * np.sqrt(len(influence)) / len(a)
    return correlation, error / (1 - correlation**2), statistic


def _standardised(values: Floats, weight: Floats) -> Floats:
    away = values - np.average(values, weights=weight)
    return np.asarray(away / np.sqrt(np.average(away**2, weights=weight)))


def _partial(a: Floats, b: Floats, x: Floats) -> Association | str:
    """The partial correlation with its t test and Fisher's interval."""
    from scipy.special import stdtr

    design = np.column_stack([np.ones(len(a)), x])
    both = np.column_stack([a, b])
    fitted, _, rank, _ = np.linalg.lstsq(design, both, rcond=None)
    left = both - design @ fitted
    if (left.var(axis=0) <= LEAST_LEFT * both.var(axis=0)).any():
        return "a column is determined by the others"
    correlation = float(np.clip(np.corrcoef(left.T)[0, 1], -1 + 1e-9, 1 - 1e-9))
    freedom = len(a) - int(rank) - 1
    statistic = correlation * np.sqrt(freedom / (1 - correlation**2))
    wide = 1.959963984540054 / np.sqrt(freedom - 1)
    low, high = np.tanh(np.arctanh(correlation) + np.array([-wide, wide]))
    return Association(
        correlation=correlation,
        conf_low=float(low),
        conf_high=float(high),
        p_value=float(2 * stdtr(freedom, -abs(statistic))),
        between="",
        test=PARTIAL,
        rows=len(a),
    )
