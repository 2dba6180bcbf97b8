"""The effect with weights that make the covariates' means exactly equal."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, silent

from ..analysis import Analysis, arms_analysis, require_answer
from ..effect import EffectEstimate
from ..influence import MeanOutcomes
from ..question import CausalQuestion
from ._covariates import Covariates, covariates_of
from ._form import form_warning
from ._weights import effective_note, overlap_warning

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
NEWTON_STEPS = 200
#: Means agree when they differ by less than this share of a standard deviation.
BALANCED = 1e-9


@method("Entropy balancing", page="effect", weighs=True)
def entropy_balancing(
    question: CausalQuestion,
    /,
    *,
    squares: Annotated[bool, "balance squares as well, so that spreads agree too"] = True,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes, with weights that give both arms exactly the same means.

    Each arm's rows get the weights closest to equal ones (in entropy) under which the means of
    everything that is adjusted for, and of its squares, are those of the rows asked about:
    everyone (ATE), the treated (ATT) or the untreated (ATC). No model of the treatment has to be
    tuned until balance is reached: it is reached exactly, or not at all. Unit: the outcome's; for a
    two-level outcome a difference in shares; or a ratio of the two means or odds. Of several levels
    two are compared.

    Intervals are 95 %, from the estimating equations of weights and means together.

    Assumes that no common cause is missing, and that the outcome is linear, or the log-odds of
    treatment are, in what is balanced; either suffices. Raises `NotApplicable` where no weights
    balance, naming the column. Not for a numeric treatment, nor the ATO.
    Source: Hainmueller, Political Analysis 20 (2012); Zhao & Percival (2017).
    """
    progress(0.0, "Balancing")
    require_answer(
        question, "Entropy balancing", ("ATE", "ATT", "ATC"), ("difference", "ratio", "odds ratio")
    )
    analysis = arms_analysis(question, "Entropy balancing")
    covariates = covariates_of(analysis, squares)
    arms = [
        _Balanced.of(analysis, covariates, arm, level)
        for arm, level in zip((analysis.control, analysis.arm), question.compared, strict=True)
    ]
    made = [arm.mean(analysis) for arm in arms]
    means = MeanOutcomes(made[0][0], made[1][0], np.column_stack([m[1] for m in made]))
    weights = (arms[0].values, arms[1].values)
    notes = (
        *covariates.notes,
        f"The weighted means of {len(covariates.terms)} terms are those of the rows asked about.",
        "Intervals are 95 %, from the estimating equations of weights and means together.",
        effective_note(analysis, weights), *overlap_warning(analysis, weights, 0.0),
        *form_warning(analysis),
    )  # fmt: skip
    progress(1.0)
    return EffectEstimate.of_means(analysis, [means], "by entropy balancing", notes)


@dataclass(frozen=True)
class _Balanced:
    """Weights (n,) of an arm's rows, exp(x'λ) and zero elsewhere, with which they have the means of
    the rows `over`; `columns` (n, p) are balanced, a constant among them."""

    columns: Floats
    values: Floats
    over: Floats
    is_target: bool

    @classmethod
    def of(cls, analysis: Analysis, covariates: Covariates, arm: Mask, level: str) -> "_Balanced":
        """Raises `NotApplicable` where no weights of this arm's rows reach these means."""
        (asked,) = analysis.asked
        over, own = analysis.weight * asked, analysis.weight * arm
        if bool((asked == arm).all()):
            return cls(covariates.columns, own, over, True)
        target = over @ covariates.columns / over.sum()
        where = f"{analysis.question.treatment} = {level}"
        values = np.zeros(len(arm))
        x = covariates.columns[arm]
        values[arm] = _entropy_weights(x, own[arm], target, covariates, where) * over.sum()
        return cls(covariates.columns, values, over, False)

    def mean(self, analysis: Analysis) -> tuple[float, Floats]:
        """The arm's weighted mean outcome and each row's influence on it, that of finding the
        weights included."""
        y, v, x = analysis.y, self.values, self.columns
        mean = float(v @ y / v.sum())
        influence = v * (y - mean)
        if not self.is_target:
            # The equations Σ v x = Σ over x, in λ; their solution's part in the mean.
            slopes = np.linalg.lstsq((x.T * v) @ x, x.T @ (v * (y - mean)), rcond=None)[0]
            influence = influence - (v - self.over) * (x @ slopes)
        return mean, influence / v.mean()


def _entropy_weights(
    x: Floats, base: Floats, target: Floats, covariates: Covariates, where: str
) -> Floats:
    """Weights (m,) that sum to one and give x (m, p) its target (p,): the dual problem, convex and
    without constraints, by Newton's method."""
    _require_within(x, target, covariates, where)
    z = x[:, 1:] - target[1:]
    log_base = np.log(np.maximum(base / base.sum(), 1e-300))
    slopes = np.zeros(z.shape[1])
    shares, value = _softmax(log_base + z @ slopes)
    for _ in range(NEWTON_STEPS):
        left = shares @ z
        if np.abs(left).max(initial=0) < BALANCED:
            return shares
        curvature = (z.T * shares) @ z - np.outer(left, left)
        step = -np.linalg.lstsq(curvature, left, rcond=1e-12)[0]
        size = min(1.0, 5.0 / max(float(np.abs(z @ step).max()), 1e-300))
        while True:
            tried, reached = _softmax(log_base + z @ (slopes + size * step))
            if reached <= value + 1e-4 * size * float(left @ step) + 1e-14 or size < 1e-8:
                break
            size /= 2
        slopes, shares, value = slopes + size * step, tried, reached
    left = np.abs(shares @ z)
    if left.max() < 1e-6:
        return shares
    raise _unreachable(covariates, int(left.argmax()), where, "together with the others")


def _softmax(scores: Floats) -> tuple[Floats, float]:
    """Shares of exp(scores), and the logarithm of their sum."""
    most = float(scores.max())
    grown = np.exp(scores - most)
    total = float(grown.sum())
    return grown / total, most + float(np.log(total))


def _require_within(x: Floats, target: Floats, covariates: Covariates, where: str) -> None:
    low, high = x.min(axis=0) - 1e-12, x.max(axis=0) + 1e-12
    outside = np.flatnonzero((target < low) | (target > high))
    if len(outside):
        raise _unreachable(covariates, int(outside[0]) - 1, where, "at all")


def _unreachable(covariates: Covariates, k: int, where: str, how: str) -> NotApplicable:
    return NotApplicable(
        f"No weights of the rows with {where} reach the mean of {covariates.terms[k].label} of the "
        f"rows asked about {how}.",
        "Those rows have no counterpart: ask for another estimand, do without squares, adjust for "
        "fewer columns, or use only rows where both arms occur.",
    )
