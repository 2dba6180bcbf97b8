"""The effect by augmented inverse-probability weighting: doubly robust and cross-fitted."""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from ..analysis import Analysis, binary_analysis
from ..effect import CRUDE, EffectEstimate, effect_row, effect_summary
from ..nuisances import Nuisance, Race, fold_of_rows, race
from ..propensity import CLIP, COMMON, effective_rows, treatment_nuisance, weights_for
from ..question import CausalQuestion, Estimand

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Above this share of rows without a counterpart the estimate is not to be trusted.
MOST_WITHOUT_COUNTERPART = 0.1


@method("AIPW (doubly robust)", page="cause")
def aipw(
    question: CausalQuestion,
    /,
    *,
    folds: Annotated[int, Range(2, 20), "each part is predicted from the others"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes with the treatment, without assuming straight lines.

    Two things are learned: what the outcome is in each arm, and the chance of treatment. The
    estimate is right if either is (doubly robust), and each row is predicted by models that never
    saw it (cross-fitting). Per nuisance the learner is the winner of a race between a linear model,
    splines with products, and two sizes of boosting; the losses are in the notes. Unit: the
    outcome's; for a two-level outcome a difference in shares. Intervals are 95 %, from the
    influence function and the normal distribution.

    Assumes that no common cause is missing and that every kind of row occurs in both arms.
    Not for a numeric treatment (`NotApplicable`; use `linear_regression`), nor where hardly any
    row has a counterpart: see `overlap`.

    Source: Robins, Rotnitzky & Zhao (1994); Chernozhukov et al. (2018).
    """
    analysis = binary_analysis(question, "AIPW")
    learned = nuisances(analysis, folds, seed, part(progress, 0.0, 0.98))
    found = learned.scores(analysis)
    row = effect_row(question, found.estimate, found.std_error)
    frame = pd.concat([row, _crude(analysis)], ignore_index=True)
    progress(1.0)
    return EffectEstimate(
        frame=frame,
        summary=effect_summary(question, frame, f"by AIPW over {folds} folds"),
        notes=(*analysis.notes, *_notes(analysis, found, learned)),
        unit=question.unit_in_words,
    )


@dataclass(frozen=True)
class Scores:
    """The estimate and each row's influence on it (n,), its mean zero."""

    estimate: float
    influence: Floats

    @property
    def std_error(self) -> float:
        """The standard error from the sampling of rows."""
        return float(self.influence.std(ddof=1) / np.sqrt(len(self.influence)))


@dataclass(frozen=True)
class Nuisances:
    """What was learned: the outcome without and with the treatment, and the chance of it."""

    untreated: Race
    treated: Race
    chance: Race

    @property
    def races(self) -> tuple[Race, Race, Race]:
        """All three."""
        return self.untreated, self.treated, self.chance

    def scores(self, analysis: Analysis, clip: float = CLIP) -> Scores:
        """The estimate that these nuisances give, propensities kept `clip` from 0 and 1."""
        e = np.clip(self.chance.predictions, clip, 1 - clip)
        m0, m1 = self.untreated.predictions, self.treated.predictions
        return scores(analysis.question.estimand, analysis.arm, analysis.y, m0, m1, e)


def scores(estimand: Estimand, arm: Mask, y: Floats, m0: Floats, m1: Floats, e: Floats) -> Scores:
    """The estimate for given predictions: outcomes m0 and m1, chance of treatment e, all (n,).

    ATE: mean of m1 - m0 + t(y - m1)/e - (1-t)(y - m0)/(1-e). ATT: with p = P(t), the mean of
    [t(y - m0) - (1-t)(y - m0) e/(1-e)] / p; ATC likewise from the other side.
    """
    t = arm.astype(float)
    if estimand == "ATE":
        rows = m1 - m0 + t * (y - m1) / e - (1 - t) * (y - m0) / (1 - e)
        share = np.ones(len(y))
    elif estimand == "ATT":
        rows = t * (y - m0) - (1 - t) * (y - m0) * e / (1 - e)
        share = t
    else:
        rows = t * (y - m1) * (1 - e) / e + (1 - t) * (m1 - y)
        share = 1 - t
    estimate = float(rows.sum() / share.sum())
    return Scores(estimate, (rows - share * estimate) / share.mean())


def nuisances(analysis: Analysis, folds: int, seed: int, progress: Progress) -> Nuisances:
    """The three nuisances, cross-fitted, each by the winner of its race."""
    fold = fold_of_rows(analysis.arm, folds, seed)
    x = analysis.covariates.matrix
    return Nuisances(*race(x, _wanted(analysis), fold, seed=seed, progress=progress))


def refitted(analysis: Analysis, first: Nuisances, seed: int, progress: Progress) -> Scores:
    """The estimate for another treatment, by the learners that won before, fitted anew."""
    return learned_again(analysis, first, seed, progress).scores(analysis)


def learned_again(
    analysis: Analysis,
    first: Nuisances,
    seed: int,
    progress: Progress,
    fold: NDArray[np.intp] | None = None,
) -> Nuisances:
    """The nuisances of changed rows, covariates or treatment, by the learners that won before.

    `fold` of every row where copies of a row must stay together; else drawn.
    """
    folds = fold_of_rows(analysis.arm, 5, seed) if fold is None else fold
    wanted = [
        replace(nuisance, learners=(before.winner,))
        for nuisance, before in zip(_wanted(analysis), first.races, strict=True)
    ]
    x = analysis.covariates.matrix
    return Nuisances(*race(x, wanted, folds, seed=seed, progress=progress))


def _wanted(analysis: Analysis) -> list[Nuisance]:
    to, _, start = analysis.question.contrast_in_words.partition(" vs ")
    name = f"Outcome where {analysis.question.treatment} = "
    return [
        Nuisance(name + start, analysis.y, ~analysis.arm),
        Nuisance(name + to, analysis.y, analysis.arm),
        treatment_nuisance(analysis),
    ]


def _crude(analysis: Analysis) -> pd.DataFrame | None:
    if not analysis.adjusted_for:
        return None
    arm, y = analysis.arm, analysis.y
    error = np.sqrt(sum(y[a].var(ddof=1) / a.sum() for a in (arm, ~arm)))
    difference = float(y[arm].mean() - y[~arm].mean())
    return effect_row(analysis.question, difference, float(error), estimand=CRUDE)


def _notes(analysis: Analysis, found: Scores, learned: Nuisances) -> list[str]:
    notes = ["Intervals are 95 %, from each row's influence on the estimate."]
    if analysis.adjusted_for:
        notes += [race.says for race in learned.races]
    return notes + _clipping(analysis, found, learned) + _overlap(analysis, learned.chance)


def _clipping(analysis: Analysis, found: Scores, learned: Nuisances) -> list[str]:
    estimand, arm = analysis.question.estimand, analysis.arm
    weights = weights_for(estimand, arm, learned.chance.predictions)
    if not weights.clipped:
        return []
    raw = learned.scores(analysis, clip=1e-6)
    heaviest = np.sort(weights.values)[::-1][: max(1, len(arm) // 100)].sum()
    return [
        (
            f"{weights.clipped:,} of {len(arm):,} propensities were moved to {CLIP} or {1 - CLIP}. "
            f"Without that the estimate would be {number(raw.estimate)} instead of "
            f"{number(found.estimate)}. The heaviest 1 % of the rows carry "
            f"{heaviest / weights.values.sum():.0%} of the weight."
        )
    ]


def _overlap(analysis: Analysis, chance: Race) -> list[str]:
    e = chance.predictions
    outside = float(((e < COMMON[0]) | (e > COMMON[1])).mean())
    if outside <= MOST_WITHOUT_COUNTERPART:
        return []
    weights = weights_for(analysis.question.estimand, analysis.arm, e).values
    left = [effective_rows(weights[a]) for a in (analysis.arm, ~analysis.arm)]
    return [
        (
            f"Warning: for {outside:.0%} of the rows the chance of treatment is below {COMMON[0]} "
            f"or above {COMMON[1]}: they have hardly a counterpart. The arms count "
            f"like {left[0]:,.0f} and {left[1]:,.0f} rows, and the interval may be far too "
            "short: see the overlap check; a narrower question (ATT or ATC) may be answerable."
        )
    ]
