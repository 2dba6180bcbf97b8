"""The effect by targeted maximum likelihood: predictions moved until they answer the question."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from ..analysis import DIFFERENCES, Analysis, arms_analysis, require_answer
from ..effect import EffectEstimate, over_everyone
from ..influence import MeanOutcomes
from ..propensity import CLIP
from ..question import CausalQuestion
from ._weights import (
    clipping_note,
    effective_note,
    group_warning,
    overlap_warning,
    share_lost,
)
from .aipw import Nuisances, Scores, averaged, drawn_nuisances

Floats = NDArray[np.float64]
#: Predictions are kept this far, as a share of the outcome's range, from its ends.
INSIDE = 1e-3
#: Halvings of the move that is looked for.
STEPS = 60


@method("TMLE (doubly robust)", page="effect", weighs=True)
def tmle(
    question: CausalQuestion,
    /,
    *,
    folds: Annotated[int, Range(2, 20), "each part is predicted from the others"] = 5,
    draws: Annotated[
        int | None, Range(1, 50), "how often the folds are drawn; automatic: 5 for a small arm"
    ] = None,
    clip: Annotated[float, Range(0, 0.2), "chances in a denominator are at least this"] = CLIP,
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes, by learned predictions that are moved to fit the question.

    The outcome in each arm and the chance of treatment are learned as in `aipw` (cross-fitted, by
    the winners of a race). The predictions are then moved, on the logit of the outcome's range, by
    just as much as makes the weighted residuals of each arm add up to zero; their average is the
    answer. Unlike AIPW's it can never leave the range that the outcome has, which steadies it where
    weights are large. Answers the ATE, ATT, ATC and CATE (moved for every group anew); of several
    levels two are compared. Unit: the
    outcome's; for a two-level outcome a difference in shares; or a ratio of means or odds.

    Right if either the outcomes or the chances are (doubly robust). Intervals are 95 %, from the
    influence function and t, as those of `aipw`. As there, where an arm has fewer than 300
    rows the folds are drawn five times and the estimate is the average.

    Assumes that no common cause is missing and that every kind of row occurs in both arms. Not for
    a numeric treatment, nor the ATO.
    Source: van der Laan & Rose, Targeted Learning (2011), chapters 4 and 7; Gruber & van der Laan
    (2010) for bounded outcomes; Zheng & van der Laan (2011) for cross-fitting.
    """
    require_answer(question, "TMLE", (*DIFFERENCES, "CATE"), ("difference", "ratio", "odds ratio"))
    analysis = arms_analysis(question, "TMLE")
    drawn = drawn_nuisances(analysis, folds, draws, seed, part(progress, 0.0, 0.98))
    found, said = averaged([_scores(analysis, learned, clip) for learned in drawn], question)
    progress(1.0)
    return EffectEstimate.of_means(
        analysis, found.within or [found.means], f"by TMLE over {folds} folds",
        (*said, *_notes(analysis, drawn[0], clip)),
    )  # fmt: skip


def _scores(analysis: Analysis, learned: Nuisances, clip: float) -> Scores:
    """The means over all who are asked about, and within every group."""
    means = targeted(analysis, learned, clip)
    within = analysis.asked if analysis.groups is not None else ()
    return Scores(
        means, analysis.question.scale, analysis.clusters,
        tuple(targeted(analysis, learned, clip, over) for over in within),
    )  # fmt: skip


def targeted(
    analysis: Analysis, learned: Nuisances, clip: float = CLIP, over: Floats | None = None
) -> MeanOutcomes:
    """The two means from the moved predictions of these nuisances, with their influence: of those
    asked about, or where groups are, of the rows `over` (1 or 0) or of all."""
    everyone = np.ones(len(analysis))
    if analysis.groups is None:
        over, within = analysis.asked[0], everyone
    else:
        over = within = everyone if over is None else over
    low, high = float(analysis.y.min()), float(analysis.y.max())
    rows = []
    for race, arm in zip((learned.untreated, learned.treated), learned.weights(analysis, clip),
                         strict=True):  # fmt: skip
        weights = arm.values * within
        share = analysis.weight * weights
        y, m = ((v - low) / (high - low) for v in (analysis.y, race.predictions))
        m = low + (high - low) * _moved(m, y, share)
        rows.append(over * m + weights * (analysis.y - m))
    return MeanOutcomes.of_rows(rows[0], rows[1], over, analysis.weight)


def _moved(m: Floats, y: Floats, share: Floats) -> Floats:
    """Predictions in (0, 1) moved by one number on the logit so that Σ share (y - m) = 0."""
    score = np.log(np.clip(m, INSIDE, 1 - INSIDE))
    score -= np.log1p(-np.clip(m, INSIDE, 1 - INSIDE))
    low, high = -40.0, 40.0  # the sum falls as the number grows: halving cannot fail
    for _ in range(STEPS):
        middle = (low + high) / 2
        if float(share @ (y - 1 / (1 + np.exp(-(score + middle))))) > 0:
            low = middle
        else:
            high = middle
    return np.asarray(1 / (1 + np.exp(-(score + (low + high) / 2))))


def _notes(analysis: Analysis, learned: Nuisances, clip: float) -> list[str]:
    question = analysis.question
    notes = ["Intervals are 95 %, from each row's influence on the estimate."]
    if analysis.adjusted_for:
        notes += [race.says for race in learned.races]
    arms = learned.weights(analysis, clip)
    weights = (analysis.weight * arms[0].values, analysis.weight * arms[1].values)
    notes.append(effective_note(analysis, weights))
    moved = arms[0].moved + arms[1].moved
    if moved:
        said = [
            over_everyone(
                question, targeted(analysis, learned, at_least).compared(question.scale)[0]
            )
            for at_least in (1e-6, clip)
        ]
        notes += clipping_note(moved, clip, said[0], said[1])
    lost = share_lost(analysis, learned.chances)
    return [*notes, *overlap_warning(analysis, weights, lost),
            *group_warning(analysis, learned.chances)]  # fmt: skip
