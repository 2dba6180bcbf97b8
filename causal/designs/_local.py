"""Local polynomials on the two sides of a cut-off: the jump, its bandwidth and its robust interval.

Everything here is a weighted sum of outcomes: a local polynomial's coefficient is Σ lᵢ yᵢ, its
leading bias Σ lᵢ xᵢ^(p+1) times the next coefficient, its variance Σ lᵢ² σ̂ᵢ². So the bandwidth, the
bias correction and the interval that knows of it are a few lines each.

Source: Calonico, Cattaneo & Titiunik, Econometrica 82 (2014); with covariates Calonico, Cattaneo,
Farrell & Titiunik, Review of Economics and Statistics 101 (2019).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ..effect import reach_and_p

Floats = NDArray[np.float64]
#: The pilot bandwidth for the variances, in spreads of the running variable (triangular kernel).
PILOT = 2.576
#: How many of the nearest rows say what a row's outcome would be without its noise.
NEIGHBOURS = 3
#: With so many rows that share their value, bandwidths reach over so many distinct values at least.
SHARED, REACH = 0.2, 10
#: From so many degrees of freedom on, intervals are normal as the method's authors have them: those
#: from t would be longer by less than 1.3 %.
MANY = 100
#: A direction in which covariates vary by a smaller share of what they do in others is noise.
COLLINEAR = 1e-12
_A_LITTLE = 1 + np.sqrt(np.finfo(float).eps)


@dataclass(frozen=True)
class Side:
    """The rows of one side in the order of `x` (n,), which is 0 at the cut-off. `d` (n, k) holds
    the outcome, then the treatment where it does not follow from the side (`is_fuzzy`), then
    covariates."""

    x: Floats
    d: Floats
    weight: Floats
    clusters: NDArray[np.intp] | None
    is_fuzzy: bool

    def within(self, h: float) -> Side:
        """Its rows that the kernel gives weight: nearer than `h`."""
        near = (np.abs(self.x) < h) & (self.weight > 0)
        return self.take(near)

    def take(self, rows: NDArray[np.bool_]) -> Side:
        """Some of its rows."""
        clusters = None if self.clusters is None else self.clusters[rows]
        return Side(self.x[rows], self.d[rows], self.weight[rows], clusters, self.is_fuzzy)

    def shifted(self, at: float) -> Side:
        """The same with the cut-off elsewhere."""
        return Side(self.x - at, self.d, self.weight, self.clusters, self.is_fuzzy)

    def scaled(self, by: float) -> Side:
        """The same with the running variable in another unit."""
        return Side(self.x / by, self.d, self.weight, self.clusters, self.is_fuzzy)

    @property
    def first_covariate(self) -> int:
        """Which column of `d` is the first covariate."""
        return 1 + self.is_fuzzy

    @property
    def distinct(self) -> Floats:
        """Its distances from the cut-off, each once, the nearest first."""
        return np.unique(np.abs(self.x))


@dataclass(frozen=True)
class Jump:
    """The jump at the cut-off: `estimate` with its `std_error` when the bias is forgotten, and
    `corrected` for the bias with `robust_error`, which counts that the bias was estimated. `h` and
    `b` are the bandwidths of the estimate and of its bias, `rows` (left, right) those within `h`.
    `first` is the jump of the treatment and `first_error` its robust error (of 1 where the side
    decides). `degrees` are what the robust error is worth as an estimate: infinite from `MANY` on,
    and over clusters."""

    estimate: float
    std_error: float
    corrected: float
    robust_error: float
    h: float
    b: float
    rows: tuple[int, int]
    first: float = 1.0
    first_error: float = 0.0
    clusters: int = 0
    degrees: float = np.inf

    @property
    def interval(self) -> tuple[float, float]:
        """The robust bias-corrected 95 % interval."""
        reach, _ = reach_and_p(self.corrected, self.robust_error, self.degrees)
        return self.corrected - reach, self.corrected + reach

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no jump, robust."""
        return reach_and_p(self.corrected, self.robust_error, self.degrees)[1]


def jump_at(left: Side, right: Side, h: float | None = None, b: float | None = None) -> Jump:
    """The jump from left to right, by straight lines within `h` of the cut-off and curves within
    `b` for their bias; bandwidths that are not given are those of the smallest mean squared error,
    and `b` is `h` where only that was given.

    Raises `NotApplicable` where the running variable has too few distinct values for it.
    """
    if h is None:
        h, b = bandwidths(left, right)
    b = h if b is None else b
    fits = [Fit(side, h, b) for side in (left, right)]
    gamma = _slopes_of_covariates(fits)
    plain, corrected = (
        _combined(fits[1].at(which) - fits[0].at(which), gamma) for which in ("l", "bc")
    )
    is_fuzzy = left.is_fuzzy
    s = _weights_of(plain, gamma, is_fuzzy)
    errors = [np.sqrt(sum(f.variance(which, s) for f in fits)) for which in ("l", "bc")]
    made: dict[str, Any] = {
        "std_error": float(errors[0]), "robust_error": float(errors[1]), "h": h, "b": b,
        "rows": (fits[0].count(h), fits[1].count(h)),
        "clusters": _count_clusters([f.side for f in fits]), "degrees": _degrees(fits),
    }  # fmt: skip
    if not is_fuzzy:
        return Jump(estimate=float(plain[0]), corrected=float(corrected[0]), **made)
    if plain[1] == 0:
        raise NotApplicable(
            "The treatment does not jump at the cut-off: there is no effect to be had of it.",
            "Check the cut-off, or choose another design.",
        )
    ratio = plain[0] / plain[1]
    bias = plain - corrected
    toward = np.array([1 / plain[1], -plain[0] / plain[1] ** 2])
    of_first = _weights_of_first(gamma)
    return Jump(
        estimate=float(ratio), corrected=float(ratio - toward @ bias[:2]), **made,
        first=float(plain[1]),
        first_error=float(np.sqrt(sum(f.variance("bc", of_first) for f in fits))),
    )  # fmt: skip


def line_at(side: Side, h: float, at: Floats) -> tuple[Floats, Floats]:
    """The straight line of one side within `h`, at some places: its height and standard error."""
    near = side.within(h)
    weights = np.vander(at, 2, increasing=True) @ coefficients(near, 1, h)
    noise = _noise(near, 1, h)[:, 0]
    return weights @ near.d[:, 0], np.sqrt(_sum_of_squares(weights * noise, near, 2))


# The bandwidth of the smallest mean squared error


def bandwidths(left: Side, right: Side) -> tuple[float, float]:
    """`h` for the jump and `b` for its bias: each minimises an estimate of the mean squared error
    at the cut-off, plus how uncertain that estimate is, from pilots one order up (CCT 2014, section
    4.2)."""
    x = np.r_[left.x, right.x]
    unit = float(x.std(ddof=1))
    sides = [side.scaled(unit) for side in (left, right)]
    if any(s.is_fuzzy and np.ptp(s.d[:, 1]) == 0 for s in sides):
        # Where one side complies perfectly the ratio's bandwidth is undefined: that of the outcome.
        sides = [without_treatment(s) for s in sides]
    spans = [float(np.abs(s.x).max()) for s in sides]
    widest = max(spans)
    least, distinct = _least(sides)
    pilot = PILOT * min(1.0, _quartile_range(x / unit) / 1.349) * distinct ** (-1 / 5)
    pilot = max(min(pilot, widest), least)

    def best(order: int, which: int, reach: list[float], is_first: bool = False) -> float:
        parts = [
            _error_parts(s, order, which, pilot, r, 0.0 if is_first else 1.0)
            for s, r in zip(sides, reach, strict=True)
        ]
        variance = sum(p[0] for p in parts)
        bias = (parts[1][1] - parts[0][1]) ** 2 + sum(p[2] for p in parts)
        if not (bias > 0 and variance > 0):
            raise _too_few()
        return min(float((variance / bias) ** (1 / (2 * order + 3))), widest)

    d = max(best(3, 3, [span * _A_LITTLE for span in spans], True), least)
    b = best(2, 2, [d, d])
    h = best(1, 0, [b, b])
    return h * unit, b * unit


def _error_parts(
    side: Side, order: int, which: int, pilot: float, reach: float, penalty: float
) -> tuple[float, float, float]:
    """What coefficient `which` of a polynomial adds to the mean squared error: variance, bias, and
    the uncertainty of the bias, each without the powers of the bandwidth."""
    near = side.within(pilot)
    makes = coefficients(near, order, pilot)[which]
    noise = _noise(near, order, pilot)
    gamma = _slopes_of_covariates([Fit(side, pilot, pilot, order)])
    s = _weights_of(_combined(makes @ near.d, gamma), gamma, side.is_fuzzy)
    variance = _sum_of_squares((makes * (noise @ s))[None], near, order + 1)[0]
    leading = pilot**which * float(makes @ (near.x / pilot) ** (order + 1))
    wide = side.within(reach)
    top = coefficients(wide, order + 1, reach)[-1]
    bias = np.sqrt(2 * (order + 1 - which)) * leading * float(s @ (top @ wide.d))
    unsure = 0.0
    if penalty:
        of_top = _noise(wide, order + 1, reach) @ s
        spread = _sum_of_squares((top * of_top)[None], wide, order + 2)[0]
        unsure = penalty * 2 * (order + 1 - which) * 3 * leading**2 * float(spread)
    return (2 * which + 1) * pilot ** (2 * which + 1) * float(variance), float(bias), unsure


def _least(sides: list[Side]) -> tuple[float, int]:
    """The smallest bandwidth allowed where many rows share values (else 0), and how many distinct
    values there are."""
    distinct = [s.distinct for s in sides]
    shared = max(1 - len(u) / len(s.x) for u, s in zip(distinct, sides, strict=True))
    count = sum(map(len, distinct))
    if shared < SHARED:
        return 0.0, count
    return max(float(u[min(REACH, len(u)) - 1]) for u in distinct) * _A_LITTLE, count


# One side's fit


class Fit:
    """One side's local polynomial: `l` (n,) makes its height at the cut-off, `bc` the same less its
    leading bias; both are zero beyond their bandwidths."""

    def __init__(self, side: Side, h: float, b: float, order: int = 1) -> None:
        self.side = side.within(max(h, b))
        self.order = order
        inside = np.abs(self.side.x) < h
        self.h, self._inside = h, inside
        self.l = np.zeros(len(inside))
        near = self.side.take(inside)
        self.l[inside] = coefficients(near, order, h)[0]
        in_b = np.abs(self.side.x) < b
        top = np.zeros(len(in_b))
        top[in_b] = coefficients(self.side.take(in_b), order + 1, b)[order + 1]
        self.bc = self.l - float(self.l @ self.side.x ** (order + 1)) * top
        self._in_b, self._b = in_b, b

    def at(self, which: str) -> Floats:
        """The height at the cut-off of each column."""
        return np.asarray(getattr(self, which) @ self.side.d)

    def count(self, h: float) -> int:
        """How many rows lie within `h`."""
        return int((np.abs(self.side.x) < h).sum())

    def variance(self, which: str, s: Floats) -> float:
        """The variance of the height of a combination of the columns."""
        if self.side.clusters is None:
            noise = _neighbour_noise(self.side)
        elif which == "l":
            noise = _residuals(self.side, self.order, self.h)
        else:
            noise = _residuals(self.side, self.order + 1, self._b)
        parameters = self.order + (1 if which == "l" else 2)
        weights = getattr(self, which) * (noise @ s)
        return float(_sum_of_squares(weights[None], self.side, parameters)[0])

    def moments(self) -> tuple[Floats, Floats]:
        """The covariates' weighted products with one another and with the first columns, all less
        their polynomials: what their common slopes are made of."""
        near = self.side.take(self._inside)
        kernel = _kernel(near, self.h)
        basis = np.vander(near.x / self.h, self.order + 1, increasing=True)
        root = np.sqrt(kernel)[:, None]
        d = near.d * root
        d = d - (basis * root) @ np.linalg.lstsq(basis * root, d, rcond=None)[0]
        z = d[:, near.first_covariate :]
        return z.T @ z, z.T @ d[:, : near.first_covariate]


def coefficients(side: Side, order: int, h: float) -> Floats:
    """The weights (order + 1, n) that make a polynomial's coefficients at the cut-off of outcomes.

    Raises `NotApplicable` where the values are too few to tell it."""
    if len(np.unique(side.x)) < order + 1:
        raise _too_few()
    root = np.sqrt(_kernel(side, h))
    basis = np.vander(side.x / h, order + 1, increasing=True) * root[:, None]
    q, r = np.linalg.qr(basis)
    weights = np.linalg.solve(r, q.T) * root
    return np.asarray(weights / (h ** np.arange(order + 1))[:, None])


def _kernel(side: Side, h: float) -> Floats:
    """The triangular kernel times the rows' own weights."""
    return np.asarray(np.clip(1 - np.abs(side.x) / h, 0, None) / h * side.weight)


def _noise(side: Side, order: int, h: float) -> Floats:
    """Each row's noise in each column: from its neighbours, or with clusters from the fit."""
    if side.clusters is None:
        return _neighbour_noise(side)
    return _residuals(side, order, h)


def _residuals(side: Side, order: int, h: float) -> Floats:
    near = np.abs(side.x) < h
    inside = side.take(near)
    basis = np.vander(side.x, order + 1, increasing=True)
    return np.asarray(side.d - basis @ (coefficients(inside, order, h) @ inside.d))


def _neighbour_noise(side: Side) -> Floats:
    """Each row less the mean of its nearest neighbours, ties taken together, scaled to the variance
    of its noise (Abadie & Imbens 2006)."""
    start, stop = _neighbours(side.x)
    count = (stop - start - 1)[:, None]
    centred = side.d - side.d.mean(axis=0)
    sums = np.vstack([np.zeros(centred.shape[1]), np.cumsum(centred, axis=0)])
    around = sums[stop] - sums[start] - centred
    return np.asarray(np.sqrt(count / (count + 1)) * (centred - around / count))


def _neighbours(x: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first row of each row's neighbours (itself among them) and the first beyond them."""
    n = len(x)
    values, block, sizes = np.unique(x, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    first, last = np.arange(len(values)), np.arange(len(values))
    wanted = min(NEIGHBOURS, n - 1)
    before = np.r_[0, ends]
    while True:
        found = before[last + 1] - before[first] - 1
        short = found < wanted
        if not short.any():
            break
        can_left, can_right = first > 0, last < len(values) - 1
        to_left = np.where(can_left, values - values[first - 1], np.inf)
        to_right = np.where(can_right, values[np.minimum(last + 1, len(values) - 1)] - values,
                            np.inf)  # fmt: skip
        farther = np.fmax(np.where(can_left, to_left, 0), np.where(can_right, to_right, 0))
        alike = farther * np.sqrt(np.finfo(float).eps)
        with np.errstate(invalid="ignore"):
            go_left = short & can_left & (~can_right | (to_left - to_right <= alike))
            go_right = short & can_right & (~can_left | (to_right - to_left <= alike))
        first, last = first - go_left, last + go_right
    return before[first][block], before[last + 1][block]


def _degrees(fits: list[Fit]) -> float:
    """Satterthwaite's degrees of freedom of the robust variance Σ lᵢ² σ̂ᵢ², were all rows equally
    noisy: a quadratic form in normal noise has mean tr Q and variance 2 tr Q² (Bell & McCaffrey
    2002). Far fewer than the rows, since those at the cut-off count most."""
    if any(f.side.clusters is not None for f in fits):
        return float("inf")
    squares = [f.bc**2 for f in fits]
    trace = sum(float(w.sum()) for w in squares)
    of_rows = trace**2 / sum(float((w**2).sum()) for w in squares)
    if of_rows > 4 * MANY:  # neighbours that are shared take less than three quarters of them
        return float("inf")
    of_square = sum(_trace_of_square(f.side.x, w) for f, w in zip(fits, squares, strict=True))
    degrees = trace**2 / of_square
    return degrees if degrees < MANY else float("inf")


def _trace_of_square(x: Floats, weights: Floats) -> float:
    """Σᵢⱼ wᵢ wⱼ cᵢⱼ², c the correlation of the neighbour noises of rows i and j."""
    from scipy.sparse import csr_array, diags_array

    start, stop = _neighbours(x)
    size = stop - start
    share = np.sqrt((size - 1) / size)
    rows = np.r_[0, np.cumsum(size)]
    columns = np.arange(rows[-1]) - np.repeat(rows[:-1] - start, size)
    around = csr_array((np.repeat(share / (size - 1), size), columns, rows))
    noise = diags_array(1 / share) - around
    alike = noise @ noise.T
    return float(weights @ (alike.multiply(alike) @ weights))


def _sum_of_squares(parts: Floats, side: Side, parameters: int) -> Floats:
    """The variance of Σ of each row of `parts` (m, n): their squares, or those of their sums over
    clusters with the usual correction for few of them."""
    if side.clusters is None:
        return np.asarray((parts**2).sum(axis=1))
    groups, codes = np.unique(side.clusters, return_inverse=True)
    g, n = len(groups), len(codes)
    if g < 2 or n <= parameters:
        raise NotApplicable(
            "Within the bandwidth one side of the cut-off has a single cluster, from which no "
            "spread can be told.",
            "Give the column of clusters the role 'ignore', or choose a wider bandwidth.",
        )
    sums = np.array([np.bincount(codes, weights=row, minlength=g) for row in parts])
    return np.asarray((n - 1) / (n - parameters) * g / (g - 1) * (sums**2).sum(axis=1))


# Combinations of the columns


def _slopes_of_covariates(fits: list[Fit]) -> Floats:
    """Common slopes (covariates, first columns) of outcome and treatment on the covariates. What
    others make up takes nothing from them: of all slopes that fit as well these are the smallest.
    """
    moments = [f.moments() for f in fits]
    inverse = np.linalg.pinv(sum(m[0] for m in moments), rcond=COLLINEAR, hermitian=True)
    return np.asarray(inverse @ sum(m[1] for m in moments))


def _combined(heights: Floats, gamma: Floats) -> Floats:
    """Outcome (and treatment) less what the covariates explain."""
    count = gamma.shape[1]
    return np.asarray(heights[:count] - heights[count:] @ gamma)


def _weights_of(plain: Floats, gamma: Floats, is_fuzzy: bool) -> Floats:
    """How each column enters the estimate, to first order."""
    if not is_fuzzy:
        return np.concatenate([[1.0], -gamma[:, 0]])
    y, t = plain
    of_covariates = -gamma[:, 0] / t + y / t**2 * gamma[:, 1]
    return np.concatenate([[1 / t, -y / t**2], of_covariates])


def _weights_of_first(gamma: Floats) -> Floats:
    return np.concatenate([[0.0, 1.0], -gamma[:, 1]])


def without_treatment(side: Side) -> Side:
    """The same without the treatment among its columns, the side taken as the treatment."""
    if not side.is_fuzzy:
        return side
    d = np.delete(side.d, 1, axis=1)
    return Side(side.x, d, side.weight, side.clusters, is_fuzzy=False)


def _count_clusters(sides: list[Side]) -> int:
    if any(s.clusters is None for s in sides):
        return 0
    return min(len(np.unique(s.clusters)) for s in sides)  # type: ignore[arg-type]


def _quartile_range(x: Floats) -> float:
    low, high = np.quantile(x, [0.25, 0.75], method="averaged_inverted_cdf")
    return float(high - low)


def _too_few() -> NotApplicable:
    return NotApplicable(
        "Near the cut-off the running variable takes too few distinct values, or the outcome does "
        "not vary there: no line can be told from its noise.",
        "Use a running variable that is measured more finely, or choose a bandwidth.",
    )
