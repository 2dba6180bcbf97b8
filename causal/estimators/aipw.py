"""The effect by augmented inverse-probability weighting: doubly robust and cross-fitted."""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from ..analysis import Analysis, arms_analysis, require_answer
from ..effect import EffectEstimate, crude_row, effect_row, means_note, row_of_means
from ..influence import MeanOutcomes, standard_error
from ..nuisances import Nuisance, Race, fold_of_rows, race
from ..propensity import CLIP, COMMON, effective_rows, treatment_nuisance, weights_for
from ..question import CausalQuestion, Estimand, Scale

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Above this share of rows without a counterpart the estimate is not to be trusted.
MOST_WITHOUT_COUNTERPART = 0.1


@method("AIPW (doubly robust)", page="cause", weighs=True)
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
    outcome's; for a two-level outcome a difference in shares; or a ratio of the two means, or of
    their odds, as the question asks. Intervals are 95 %, from the influence function and the normal
    distribution (of a ratio on the logarithm).

    Answers the ATE, ATT, ATC and ATO. A treatment with several levels is compared two levels at a
    time, over everyone (ATE) or over those with one of the two levels (ATT, ATC).

    Assumes that no common cause is missing and that every kind of row occurs in both arms.
    Not for a numeric treatment (`NotApplicable`; use `linear_regression`), nor where hardly any
    row has a counterpart: see `overlap`.

    Source: Robins, Rotnitzky & Zhao (1994); Hirano, Imbens & Ridder (2003) for the ATO;
    Chernozhukov et al. (2018).
    """
    require_answer(question, "AIPW", ESTIMANDS, SCALES)
    analysis = arms_analysis(question, "AIPW")
    if question.estimand == "ATO" and not question.treated.is_binary:
        raise NotApplicable(
            f"The ATO compares two arms, and '{question.treatment}' has several levels.",
            "Ask for the ATE, ATT or ATC.",
        )
    learned = nuisances(analysis, folds, seed, part(progress, 0.0, 0.98))
    found = learned.scores(analysis)
    frame = pd.concat([row_of_means(analysis, found.means), crude_row(analysis)])
    progress(1.0)
    return EffectEstimate.of(
        question, frame, f"by AIPW over {folds} folds",
        (*analysis.notes, means_note(analysis, found.means), *_notes(analysis, found, learned)),
    )  # fmt: skip


#: What AIPW answers.
ESTIMANDS: tuple[Estimand, ...] = ("ATE", "ATT", "ATC", "ATO")
SCALES: tuple[Scale, ...] = ("difference", "ratio", "odds ratio")


@dataclass(frozen=True)
class Scores:
    """The two mean outcomes with each row's influence, as an effect on the question's scale."""

    means: MeanOutcomes
    scale: Scale
    clusters: NDArray[np.intp] | None

    @property
    def estimate(self) -> float:
        """The effect; of a ratio the logarithm."""
        return self.means.compared(self.scale)[0]

    @property
    def influence(self) -> Floats:
        """Each row's influence on it (n,), its mean zero."""
        return self.means.compared(self.scale)[1]

    @property
    def std_error(self) -> float:
        """The standard error from the sampling of rows, or of clusters."""
        return standard_error(self.influence, self.clusters)


@dataclass(frozen=True)
class Nuisances:
    """What was learned: the outcome without and with the treatment, and the chance of either
    level; with two levels one chance is the rest of the other."""

    untreated: Race
    treated: Race
    chance: Race
    chance_of_start: Race | None = None

    @property
    def races(self) -> tuple[Race, ...]:
        """All of them."""
        more = () if self.chance_of_start is None else (self.chance_of_start,)
        return self.untreated, self.treated, self.chance, *more

    def scores(self, analysis: Analysis, clip: float = CLIP) -> Scores:
        """The estimate that these nuisances give, propensities kept `clip` from 0 and 1."""
        question = analysis.question
        chances = [1 - self.chance.predictions, self.chance.predictions]
        if self.chance_of_start is not None:
            chances[0] = self.chance_of_start.predictions
        if question.estimand != "ATO":
            chances = [np.clip(e, clip, 1 - clip) for e in chances]
        rows = contributions(
            question.estimand, (analysis.control, analysis.arm), analysis.y,
            (self.untreated.predictions, self.treated.predictions), (chances[0], chances[1]),
        )  # fmt: skip
        means = MeanOutcomes.of_rows(*rows, analysis.weight)
        return Scores(means, question.scale, analysis.clusters)


def contributions(
    estimand: Estimand,
    arms: tuple[Mask, Mask],
    y: Floats,
    m: tuple[Floats, Floats],
    e: tuple[Floats, Floats],
) -> tuple[Floats, Floats, Floats]:
    """What each row contributes to the two means, and how much of it is in the population, (n,).

    All pairs are (from, to): who is in the arm, the outcome predicted under it, the chance of it.
    ATE: m + 1{arm}(y - m)/e over everyone. ATT, over the rows of the arm the contrast goes to: y,
    and m0 + 1{start}(y - m0) e1/e0; ATC likewise from the other side. ATO: (t - e)² m and
    1{arm}(y - m)(1 - e) over (t - e)², which is the efficient score with e(1 - e) as the weight.
    """
    (in0, in1), (m0, m1), (e0, e1) = (tuple(a.astype(float) for a in arms), m, e)
    if estimand == "ATE":
        return m0 + in0 * (y - m0) / e0, m1 + in1 * (y - m1) / e1, np.ones(len(y))
    if estimand == "ATT":
        return in1 * m0 + in0 * (y - m0) * e1 / e0, in1 * y, in1
    if estimand == "ATC":
        return in0 * y, in0 * m1 + in1 * (y - m1) * e0 / e1, in0
    over = (in1 - e1) ** 2
    return over * m0 + in0 * (y - m0) * e1, over * m1 + in1 * (y - m1) * e0, over


def nuisances(analysis: Analysis, folds: int, seed: int, progress: Progress) -> Nuisances:
    """The nuisances, cross-fitted, each by the winner of its race."""
    fold = fold_of_rows(analysis.t, folds, seed, analysis.clusters)
    x = analysis.covariates.matrix
    return Nuisances(*race(x, _wanted(analysis), fold, seed=seed, progress=progress))


def refitted(analysis: Analysis, first: Nuisances, seed: int, progress: Progress) -> Scores:
    """The estimate for another treatment, by the learners that won before, fitted anew."""
    folds = fold_of_rows(analysis.t, 5, seed, analysis.clusters)
    wanted = [
        replace(nuisance, learners=(before.winner,))
        for nuisance, before in zip(_wanted(analysis), first.races, strict=True)
    ]
    x = analysis.covariates.matrix
    return Nuisances(*race(x, wanted, folds, seed=seed, progress=progress)).scores(analysis)


def _wanted(analysis: Analysis) -> list[Nuisance]:
    question = analysis.question
    start, to = question.compared
    name = f"Outcome where {question.treatment} = "
    wanted = [
        Nuisance(name + start, analysis.y, analysis.control),
        Nuisance(name + to, analysis.y, analysis.arm),
        treatment_nuisance(analysis),
    ]
    if question.treated.is_binary:
        return wanted
    everyone = np.ones(len(analysis), dtype=bool)
    chance = f"Chance of {question.treatment} = "
    return [
        *wanted[:2],
        replace(wanted[2], name=chance + to),
        Nuisance(chance + start, analysis.control.astype(float), everyone),
    ]


def _notes(analysis: Analysis, found: Scores, learned: Nuisances) -> list[str]:
    notes = ["Intervals are 95 %, from each row's influence on the estimate."]
    if analysis.is_weighted:
        notes.append("The nuisances are learned from unweighted rows, the means are weighted.")
    if analysis.adjusted_for:
        notes += [race.says for race in learned.races]
    return notes + _clipping(analysis, found, learned) + _overlap(analysis, learned)


def _clipping(analysis: Analysis, found: Scores, learned: Nuisances) -> list[str]:
    question = analysis.question
    chances = [r.predictions for r in learned.races if r.is_chance and r.name.startswith("Chance")]
    moved = sum(int(((e < CLIP) | (e > 1 - CLIP)).sum()) for e in chances)
    if not moved or question.estimand == "ATO":
        return []
    raw = effect_row(question, learned.scores(analysis, clip=1e-6).estimate, 1.0)["estimate"]
    kept = effect_row(question, found.estimate, 1.0)["estimate"]
    weights = _weights(analysis, learned)
    heaviest = np.sort(weights)[::-1][: max(1, len(weights) // 100)].sum()
    return [
        (
            f"{moved:,} of {len(analysis) * len(chances):,} propensities were moved to {CLIP} or "
            f"{1 - CLIP}. Without that the estimate would be {number(raw.iloc[0])} instead of "
            f"{number(kept.iloc[0])}. The heaviest 1 % of the rows carry "
            f"{heaviest / weights.sum():.0%} of the weight."
        )
    ]


def _weights(analysis: Analysis, learned: Nuisances) -> Floats:
    """What the two arms' rows weigh; those with another level weigh nothing."""
    if learned.chance_of_start is None:
        estimand = analysis.question.estimand
        return weights_for(estimand, analysis.arm, learned.chance.predictions).values
    e0, e1 = (
        np.clip(r.predictions, CLIP, 1 - CLIP) for r in (learned.chance_of_start, learned.chance)
    )
    over = {"ATE": np.ones(len(e0)), "ATT": e1, "ATC": e0}[analysis.question.estimand]
    return np.asarray(over * (analysis.arm / e1 + analysis.control / e0))


def _overlap(analysis: Analysis, learned: Nuisances) -> list[str]:
    if analysis.question.estimand == "ATO":
        return []
    outside = _share_outside(analysis, learned)
    if outside <= MOST_WITHOUT_COUNTERPART:
        return []
    weights = _weights(analysis, learned)
    left = [effective_rows(weights[a]) for a in (analysis.arm, analysis.control)]
    return [
        (
            f"Warning: for {outside:.0%} of the rows the chance of treatment is below {COMMON[0]} "
            f"or above {COMMON[1]}: they have hardly a counterpart. The arms count "
            f"like {left[0]:,.0f} and {left[1]:,.0f} rows, and the interval may be far too "
            "short: see the overlap check; a narrower question (ATT, ATC or ATO) may be "
            "answerable."
        )
    ]


def _share_outside(analysis: Analysis, learned: Nuisances) -> float:
    e1 = learned.chance.predictions
    if learned.chance_of_start is None:
        return float(((e1 < COMMON[0]) | (e1 > COMMON[1])).mean())
    # A rare level is no lack of counterparts by itself; what counts is its chance beside its share.
    rare = [
        race.predictions < COMMON[0] * min(1.0, 2 * rows.mean())
        for race, rows in (
            (learned.chance_of_start, analysis.control),
            (learned.chance, analysis.arm),
        )
    ]
    return float((rare[0] | rare[1]).mean())
