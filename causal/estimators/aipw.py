"""The effect by augmented inverse-probability weighting: doubly robust and cross-fitted."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from ..analysis import Analysis, arms_analysis, require_answer
from ..effect import EffectEstimate, over_everyone, reach_and_p
from ..influence import MeanOutcomes, degrees_of, standard_error
from ..learners import LEARNERS, REGRESSIONS, Learner
from ..nuisances import Nuisance, Race, fold_of_rows, race
from ..propensity import CLIP, treatment_nuisance
from ..question import CausalQuestion, Estimand, Scale
from ._weights import (
    ArmWeights,
    arm_weights,
    clipping_note,
    effective_note,
    group_warning,
    overlap_warning,
    share_lost,
)

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Racers = Literal["all", "regressions"]
#: Who takes part in the race for a nuisance.
RACERS: dict[Racers, tuple[Learner, ...]] = {"all": LEARNERS, "regressions": REGRESSIONS}


@method("AIPW (doubly robust)", page="effect", weighs=True)
def aipw(
    question: CausalQuestion,
    /,
    *,
    folds: Annotated[int, Range(2, 20), "each part is predicted from the others"] = 5,
    draws: Annotated[
        int | None, Range(1, 50), "how often the folds are drawn; automatic: 5 for a small arm"
    ] = None,
    learners: Annotated[
        Racers, "who races: regressions and boosting, or only the regressions, which are faster"
    ] = "all",
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes with the treatment, without assuming straight lines.

    Two things are learned: what the outcome is in each arm, and the chance of treatment. The
    estimate is right if either is (doubly robust), and each row is predicted by models that never
    saw it (cross-fitting). Per nuisance the learner is the winner of a race between a linear model,
    splines with products, and two sizes of boosting; the losses are in the notes. Without boosting
    (`learners="regressions"`) it takes a third of the time, which matters on a million rows, and
    what neither straight lines, splines nor products follow is missed by both nuisances. Unit: the
    outcome's; for a two-level outcome a difference in shares; or a ratio of the two means, or of
    their odds, as the question asks. Intervals are 95 %, from the influence function and t with as
    many degrees of freedom as rows tell the error (of a ratio on the logarithm).

    How the folds fall is chance. Where an arm has fewer than 300 rows it moves the estimate, so
    they are drawn five times and the estimate is the average; a note says how far it moved.

    Answers the ATE, ATT, ATC, ATO and CATE (of every group the mean of its rows' contributions). A
    treatment with several levels is compared two levels at a
    time, over everyone (ATE) or over those with one of the two levels (ATT, ATC).

    Assumes that no common cause is missing and that every kind of row occurs in both arms.
    Not for a numeric treatment (`NotApplicable`; use `linear_regression`), nor where hardly any
    row has a counterpart: see `overlap`.

    Source: Robins, Rotnitzky & Zhao (1994); Hirano, Imbens & Ridder (2003) for the ATO;
    Chernozhukov et al. (2018).
    """
    analysis = aipw_analysis(question)
    learned, found, drawn = drawn_scores(
        analysis, folds, draws, seed, part(progress, 0.0, 0.98), RACERS[learners]
    )
    progress(1.0)
    without = (_NO_BOOSTING,) if learners == "regressions" else ()
    return aipw_of(analysis, learned, folds, found, (*drawn, *without))


def aipw_analysis(question: CausalQuestion) -> Analysis:
    """The rows that AIPW works on; raises `NotApplicable` for a question it does not answer."""
    require_answer(question, "AIPW", ESTIMANDS, SCALES)
    if question.estimand == "ATO" and not question.treated.is_binary:
        raise NotApplicable(
            f"The ATO compares two arms, and '{question.treatment}' has several levels.",
            "Ask for the ATE, ATT or ATC.",
        )
    return arms_analysis(question, "AIPW")


def aipw_of(
    analysis: Analysis,
    learned: "Nuisances",
    folds: int,
    averaged: "Scores | None" = None,
    said: tuple[str, ...] = (),
) -> EffectEstimate:
    """The estimate from nuisances that were learned before, over `folds` folds; `averaged` over
    several draws of them, and what is `said` of that."""
    own = learned.scores(analysis)
    found = averaged or own
    return EffectEstimate.of_means(
        analysis, found.within or [found.means], f"by AIPW over {folds} folds",
        (*said, *_notes(analysis, own, learned)),
    )  # fmt: skip


_NO_BOOSTING = "By choice only regressions raced: boosting might have predicted better."


#: What AIPW answers.
ESTIMANDS: tuple[Estimand, ...] = ("ATE", "ATT", "ATC", "ATO", "CATE")
SCALES: tuple[Scale, ...] = ("difference", "ratio", "odds ratio")
#: With fewer rows in an arm the draw of the folds moves the estimate: they are drawn anew.
FEW_ROWS, DRAWS = 300, 5


@dataclass(frozen=True)
class Scores:
    """The two mean outcomes with each row's influence, as an effect on the question's scale; and
    those `within` each group, where groups are asked about."""

    means: MeanOutcomes
    scale: Scale
    clusters: NDArray[np.intp] | None
    within: tuple[MeanOutcomes, ...] = ()

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

    @property
    def degrees(self) -> float:
        """The degrees of freedom of the interval."""
        return degrees_of(self.influence, self.clusters)

    @property
    def reach(self) -> float:
        """Half the length of the 95 % interval."""
        return reach_and_p(self.estimate, self.std_error, self.degrees)[0]


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

    @property
    def chances(self) -> tuple[Floats, Floats]:
        """The chances (n,) of the two levels that are compared: (from, to)."""
        to, other = self.chance.predictions, self.chance_of_start
        return (1 - to if other is None else other.predictions), to

    def of_rows(self, rows: NDArray[np.intp]) -> "Nuisances":
        """The same for some of the rows, the models being as they are."""
        cut = [replace(race, predictions=race.predictions[rows]) for race in self.races]
        return Nuisances(*cut)

    def share_lost(self, analysis: Analysis) -> float:
        """The share of the rows asked about that have hardly a counterpart at one of the levels."""
        return share_lost(analysis, self.chances)

    def weights(self, analysis: Analysis, clip: float = CLIP) -> tuple[ArmWeights, ArmWeights]:
        """What the residuals of the two arms' rows weigh, chances in a denominator at least
        `clip`."""
        arms, estimand = (analysis.control, analysis.arm), analysis.question.weighs_as
        first, second = (arm_weights(estimand, arms, self.chances, k, clip) for k in (0, 1))
        return first, second

    def scores(self, analysis: Analysis, clip: float = CLIP) -> Scores:
        """The estimate that these nuisances give, chances in a denominator at least `clip`."""
        question, estimand = analysis.question, analysis.question.weighs_as
        start, to = self.chances
        # Only what stands in a denominator is clipped.
        start = np.maximum(start, clip) if estimand in ("ATE", "ATT") else start
        to = np.maximum(to, clip) if estimand in ("ATE", "ATC") else to
        rows = contributions(
            estimand,
            (analysis.control, analysis.arm),
            analysis.y,
            (self.untreated.predictions, self.treated.predictions),
            (start, to),
        )
        means = MeanOutcomes.of_rows(*rows, analysis.weight)
        within = tuple(
            MeanOutcomes.of_rows(*rows, analysis.weight * group) for group in analysis.groups or ()
        )
        return Scores(means, question.scale, analysis.clusters, within)


def scores(estimand: Estimand, arm: Mask, y: Floats, m0: Floats, m1: Floats, e: Floats) -> Scores:
    """The difference of two arms for given predictions: outcomes m0 and m1, chance of treatment e,
    all (n,); every row counts once."""
    rows = contributions(estimand, (~arm, arm), y, (m0, m1), (1 - e, e))
    return Scores(MeanOutcomes.of_rows(*rows, np.ones(len(y))), "difference", None)


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


def drawn_scores(
    analysis: Analysis,
    folds: int,
    draws: int | None,
    seed: int,
    progress: Progress,
    learners: tuple[Learner, ...] = LEARNERS,
) -> tuple[Nuisances, Scores, tuple[str, ...]]:
    """The nuisances of the first draw of the folds, the estimate averaged over all of them (five
    where an arm is small, unless `draws` says how many), and how far they lie apart."""
    each = drawn_nuisances(analysis, folds, draws, seed, progress, learners)
    found, drawn = averaged([one.scores(analysis) for one in each], analysis.question)
    return each[0], found, drawn


def drawn_nuisances(
    analysis: Analysis,
    folds: int,
    draws: int | None,
    seed: int,
    progress: Progress,
    learners: tuple[Learner, ...] = LEARNERS,
) -> list[Nuisances]:
    """The nuisances of every draw of the folds: five draws where an arm is small, one otherwise,
    unless `draws` says how many."""
    draws = draws or (DRAWS if _smaller_arm(analysis) < FEW_ROWS else 1)
    return [
        nuisances(analysis, folds, seed + k, part(progress, k / draws, (k + 1) / draws), learners)
        for k in range(draws)
    ]


def _smaller_arm(analysis: Analysis) -> int:
    return min(int(analysis.arm.sum()), int(analysis.control.sum()))


def averaged(draws: list[Scores], question: CausalQuestion) -> tuple[Scores, tuple[str, ...]]:
    """The estimate averaged over draws of the folds, each with races of its own; its influence is
    the average, too. And how far the draws lie apart, in words."""
    first = draws[0]
    if len(draws) == 1:
        return first, ()
    means = MeanOutcomes.average([s.means for s in draws])
    within = map(MeanOutcomes.average, zip(*(s.within for s in draws), strict=True))
    said = [over_everyone(question, estimate) for estimate in sorted(s.estimate for s in draws)]
    note = (
        f"The folds were drawn {len(draws)} times and the estimate is the average: single draws "
        f"give {said[0]} to {said[-1]}. What is said of the models below is of the first."
    )
    return Scores(means, first.scale, first.clusters, tuple(within)), (note,)


def nuisances(
    analysis: Analysis,
    folds: int,
    seed: int,
    progress: Progress,
    learners: tuple[Learner, ...] = LEARNERS,
) -> Nuisances:
    """The nuisances, cross-fitted, each by the winner of its race."""
    fold = fold_of_rows(analysis.t, folds, seed, analysis.clusters)
    x = analysis.covariates.matrix
    wanted = [replace(nuisance, learners=learners) for nuisance in _wanted(analysis)]
    own = analysis.weight
    return Nuisances(*race(x, wanted, fold, weight=own, seed=seed, progress=progress))


def learned_again(
    analysis: Analysis,
    first: Nuisances,
    seed: int,
    progress: Progress,
    fold: NDArray[np.intp] | None = None,
    keeps_chance: bool = False,
) -> Nuisances:
    """The nuisances of changed rows, covariates, treatment or outcome, by the learners that won.

    `fold` of every row where copies of a row must stay together; else drawn. `keeps_chance`: only
    the outcome has changed, so that the chance of treatment is as it was.
    """
    folds = fold_of_rows(analysis.t, 5, seed, analysis.clusters) if fold is None else fold
    wanted = [
        replace(nuisance, learners=(before.winner,))
        for nuisance, before in zip(_wanted(analysis), first.races, strict=True)
    ]
    x, own = analysis.covariates.matrix, analysis.weight
    if keeps_chance:
        outcomes = race(x, wanted[:2], folds, weight=own, seed=seed, progress=progress)
        return replace(first, untreated=outcomes[0], treated=outcomes[1])
    return Nuisances(*race(x, wanted, folds, weight=own, seed=seed, progress=progress))


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
    if analysis.adjusted_for:
        notes += [race.says for race in learned.races]
    arms = learned.weights(analysis)
    weights = (analysis.weight * arms[0].values, analysis.weight * arms[1].values)
    moved = arms[0].moved + arms[1].moved
    if moved:
        said = [over_everyone(analysis.question, each.estimate)
                for each in (learned.scores(analysis, clip=1e-6), found)]  # fmt: skip
        notes += clipping_note(moved, CLIP, said[0], said[1])
        notes.append(effective_note(analysis, weights))
    lost = share_lost(analysis, learned.chances)
    return [*notes, *overlap_warning(analysis, weights, lost),
            *group_warning(analysis, learned.chances)]  # fmt: skip
