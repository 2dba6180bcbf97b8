"""The mean outcome at every dose, from rows weighted by the generalised propensity score."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.settings import Range

from ..analysis import Analysis, require_answer
from ..dose_curve import MOST_WEIGHT, CurveFit, DoseResponse, curve_result, dosed_analysis
from ..propensity import effective_rows
from ..question import CausalQuestion
from ._covariates import Covariates, covariates_of
from ._form import form_warning

Floats = NDArray[np.float64]
#: With less of the dose's variance than this left, hardly any row has another's dose.
LEAST_LEFT = 1e-3
#: A covariate that goes with the dose by more than this is not balanced (Zhu et al. 2015).
BALANCED = 0.1
#: Weights worth less than this share of the rows make the interval doubtful, and so does a dose of
#: whose variance the covariates tell more than this: the weights' own variance then grows, until it
#: is infinite at a quarter (of normal doses). Measured: where 18 % are told, intervals at the ends
#: of a right curve held it in 86 of 100 tables of 4,000 rows; of 500 rows 11 % did as much.
LEAST_WORTH, MOST_TOLD = 0.5, 0.15
FEW_ROWS, MOST_TOLD_OF_FEW = 1_000, 0.08
#: A dose that more than this share of the rows have is none that a normal density could give.
LARGEST_HEAP = 0.25


@method("Marginal structural model", page="effect", weighs=True)
def marginal_structural_model(
    question: CausalQuestion,
    /,
    *,
    degree: Annotated[int, Range(1, 4), "of the polynomial in the dose: 1 straight, 2 bent"] = 2,
    squares: Annotated[bool, "squares of numbers help to predict the dose"] = True,
    seed: int = 0,
    progress: Progress = silent,
) -> DoseResponse:
    """What the mean outcome would be if everyone had a given dose, from weighted rows.

    The dose is regressed on what is adjusted for, and taken to be normal around that line with one
    spread: its density at a row's own dose is the *generalised propensity score*. A row weighs the
    density of its dose among all rows by that score, so that in the weighted rows the dose has
    nothing to do with what is adjusted for; the outcome is then regressed on a polynomial of the
    dose alone. Unit: the outcome's. Two bands: 95 % at each dose, and 95 % for the whole curve at
    once; both count that the densities were estimated (stacked estimating equations). The curve is
    drawn from the 2.5th to the 97.5th percentile of the doses. How well the weights balance the
    covariates is in the notes; a weight above 20 counts as 20, and a note says how many. A warning
    stands where the covariates tell so much of the dose (15 % of its variance; of few rows 8 %)
    that intervals at the ends were measured to be too short.

    Assumes that no common cause is missing, that every kind of row could have had every dose, and
    that the dose's density is right: nothing corrects it where it is not (`dose_response` learns
    the outcome, too). For a treatment that is an amount with at least eight distinct doses.
    Source: Robins, Hernán & Brumback (2000); Hirano & Imbens (2004); Hernán & Robins, What If,
    section 12.4.
    """
    progress(0.0, "Density of the dose")
    require_answer(question, "The marginal structural model", ("ATE",))
    analysis = dosed_analysis(question)
    density = _Density.of(analysis, covariates_of(analysis, squares))
    basis = _Polynomial(degree, float(analysis.t.mean()), float(analysis.t.std()))
    fit = _weighted(analysis, basis(analysis.t), density)
    progress(1.0)
    how = f"by a marginal structural model of degree {degree}"
    return curve_result(analysis, basis, fit, seed, how)


@dataclass(frozen=True)
class _Polynomial:
    """Powers of the dose up to a degree, measured from its middle in its spreads."""

    degree: int
    middle: float
    spread: float

    def __call__(self, t: Floats) -> Floats:
        """The powers (n, 1 + degree) of doses (n,)."""
        return np.vander((t - self.middle) / self.spread, self.degree + 1, increasing=True)


@dataclass(frozen=True)
class _Density:
    """The normal density of the dose, overall and given the covariates: what is left of the dose
    in each (n,), the two variances, and the covariates (n, p)."""

    overall: Floats
    given: Floats
    variances: tuple[float, float]
    covariates: Covariates

    @classmethod
    def of(cls, analysis: Analysis, covariates: Covariates) -> "_Density":
        x, t, w = covariates.columns, analysis.t, analysis.weight
        root = np.sqrt(w)
        slopes = np.linalg.lstsq(x * root[:, None], t * root, rcond=None)[0]
        overall, given = t - float(w @ t / w.sum()), t - x @ slopes
        # Unbiased, as in the regressions of the textbooks.
        variances = (
            float(w @ overall**2) / (len(t) - 1), float(w @ given**2) / (len(t) - x.shape[1])
        )  # fmt: skip
        if variances[1] < LEAST_LEFT * variances[0]:
            raise NotApplicable(
                f"What is adjusted for tells '{analysis.question.treatment}' almost completely, so "
                "that no row could have had another dose.",
                "Remove the columns that stand for the treatment.",
            )
        return cls(overall, given, variances, covariates)

    @property
    def ratio(self) -> Floats:
        """How common a row's dose is overall by how common it is among rows like it (n,)."""
        overall, given = (
            np.log(variance) + left**2 / variance
            for left, variance in zip((self.overall, self.given), self.variances, strict=True)
        )
        return np.asarray(np.exp((given - overall) / 2))

    def influence_through(self, slopes: Floats, weight: Floats) -> Floats:
        """What each row contributes (n, k) to sums over rows because the two densities were
        estimated from it; `slopes` (n, k) is how each row's part of the sums changes with the
        logarithm of its ratio (Stefanski & Boos 2002)."""
        x, n = self.covariates.columns, len(weight)
        one = np.ones((n, 1))
        return self._of(self.overall, self.variances[0], one, slopes, weight) - self._of(
            self.given, self.variances[1], x, slopes, weight
        )

    @staticmethod
    def _of(left: Floats, variance: float, x: Floats, slopes: Floats, weight: Floats) -> Floats:
        n = len(left)
        # of the mean: d log f / d mean = left / variance; of the variance likewise
        through_mean = (x * (left / variance)[:, None]).T @ slopes / n
        moved = np.linalg.solve((x * weight[:, None]).T @ x / n, through_mean)
        mean = (x @ moved) * (weight * left)[:, None]
        by_variance = (0.5 * (left**2 / variance - 1) / variance) @ slopes / n
        return np.asarray(mean + np.outer(weight * (left**2 - variance), by_variance))


def _weighted(analysis: Analysis, columns: Floats, density: _Density) -> CurveFit:
    ratio, n = density.ratio, len(analysis)
    is_cut = ratio > MOST_WEIGHT
    full = analysis.weight * np.minimum(ratio, MOST_WEIGHT)
    q = (columns * full[:, None]).T @ columns / n
    slopes = np.asarray(np.linalg.solve(q, (columns * full[:, None]).T @ analysis.y / n))
    own = columns * (full * (analysis.y - columns @ slopes))[:, None]
    through = density.influence_through(own * ~is_cut[:, None], analysis.weight)
    # A heavy row draws the curve to itself, so that little is left there: by so much it is more.
    leverage = full * np.einsum("ij,ij->i", columns @ np.linalg.inv(q), columns) / n
    own = own / (1 - np.minimum(leverage, 0.9))[:, None]
    influence = np.asarray(np.linalg.solve(q, (own + through).T).T, dtype=np.float64)
    notes = _notes(analysis, density, full, int(is_cut.sum()))
    return CurveFit(slopes, influence, (*density.covariates.notes, *notes, *form_warning(analysis)))


def _notes(analysis: Analysis, density: _Density, full: Floats, cut: int) -> list[str]:
    ratio, n = np.minimum(density.ratio, MOST_WEIGHT), len(analysis)
    worth = effective_rows(full) / n
    says = (
        f"Weights average {number(float(np.average(ratio, weights=analysis.weight)))} (about 1 "
        "where the density is right) and go from "
        f"{number(ratio.min())} to {number(ratio.max())}; the {n:,} rows count like "
        f"{effective_rows(full):,.0f}."
    )
    notes = [says, *_heap(analysis)]
    if cut:
        notes.append(f"{cut:,} weights above {MOST_WEIGHT:g} count as {MOST_WEIGHT:g}.")
    if not analysis.covariates.terms:
        return notes
    before, after = (_correlations(analysis, w) for w in (analysis.weight, full))
    at = int(np.abs(after).argmax())
    label = analysis.covariates.terms[at].label
    notes.append(
        f"Largest correlation of the dose with what is adjusted for: "
        f"{number(float(np.abs(before).max()))} before weighting, {number(abs(float(after[at])))} "
        f"after ({label})."
    )
    compare = "Compare the dose-response curve, which learns the outcome as well."
    if abs(float(after[at])) > BALANCED:
        notes.append(
            f"Warning: after weighting the dose still goes with {label}: the curve may be far from "
            f"the effect. {compare}"
        )
    told = 1 - density.variances[1] / density.variances[0]
    is_few = effective_rows(analysis.weight) < FEW_ROWS
    if worth < LEAST_WORTH or told > (MOST_TOLD_OF_FEW if is_few else MOST_TOLD):
        notes.append(
            f"Warning: the covariates tell {told:.0%} of the variance of the dose, and the weights "
            f"are worth {worth:.0%} of the rows: the ends of the curve rest on few of them, and "
            f"intervals there are too short. {compare}"
        )
    return notes


def _heap(analysis: Analysis) -> list[str]:
    """A warning where so many rows share a dose that no normal density is right."""
    doses, at = np.unique(analysis.t, return_inverse=True)
    shares = np.bincount(at, analysis.weight) / analysis.weight.sum()
    most = int(shares.argmax())
    if shares[most] <= LARGEST_HEAP:
        return []
    return [
        (
            f"Warning: {shares[most]:.0%} of the rows have {analysis.question.treatment} = "
            f"{number(float(doses[most]))}, and the dose is taken to be normal: the weights are "
            "wrong there. Compare the dose-response curve, which needs no density."
        )
    ]


def _correlations(analysis: Analysis, weight: Floats) -> Floats:
    """Of the dose with every covariate (p,), rows weighted."""
    share = weight / weight.sum()
    t = analysis.t - share @ analysis.t
    x = analysis.covariates.matrix - share @ analysis.covariates.matrix
    return np.asarray((share * t) @ x / np.sqrt((share @ t**2) * (share @ x**2)))
