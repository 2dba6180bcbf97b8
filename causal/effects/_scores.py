"""The doubly robust score of every row: an unbiased, noisy reading of its own effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable, QuestionError
from workbench.progress import Progress

from ..adjustment import forbidden, path_opened, used_set
from ..analysis import Analysis, complete_rows, require_answer
from ..estimators.aipw import Nuisances, contributions, nuisances
from ..propensity import CLIP, COMMON
from ..question import CausalQuestion

Floats = NDArray[np.float64]
#: With a larger share of rows outside the common range a warning is given.
MOST_WITHOUT_COUNTERPART = 0.1
FOLDS = 5


@dataclass(frozen=True)
class Scores:
    """`values` (n,): m1 - m0 + t(y - m1)/e - (1 - t)(y - m0)/(1 - e), every nuisance predicted by
    models that never saw the row. Their mean is the AIPW estimate; their mean over any rows chosen
    by the covariates is the effect there. `left` (n,) is what the covariates leave unexplained of
    the outcome, y - e m1 - (1 - e) m0, and of the treatment, t - e."""

    analysis: Analysis
    values: Floats
    left: tuple[Floats, Floats]
    notes: tuple[str, ...]

    def influence_on_mean(self, over: Floats) -> tuple[float, Floats]:
        """The weighted mean score with weights `over` (n,), and each row's influence on it."""
        share = self.analysis.weight * over
        share = share / share.mean()
        mean = float((share * self.values).mean())
        return mean, share * (self.values - mean)


def scores_of(
    question: CausalQuestion, what: str, along: tuple[str, ...], seed: int, progress: Progress
) -> Scores:
    """The scores of the complete rows, adjusting for the used set and the columns `along` which
    effects are to vary.

    Effects within levels of a column need that column among those adjusted for: it may move the
    treatment. Raises `NotApplicable` where it comes after the treatment, or where the graph says
    that adjusting for it would open a path; and for other than two arms, the ATE, a difference.
    """
    require_answer(question, what, ("ATE",))
    if not question.treated.is_binary:
        raise NotApplicable(
            f"{what} compares two arms, and '{question.treatment}' has more values than two.",
            "Make a yes/no column of the treatment.",
        )
    used = used_set(question)
    added = tuple(c for c in along if c not in used)
    _require_before(question, along)
    together = used + added
    if added and (opened := path_opened(question, together)):
        raise NotApplicable(
            f"By the graph, adjusting for {_listed(added)} as well opens the path {opened} between "
            "treatment and outcome, so that differences within it are no effects.",
            f"Choose among the columns adjusted for: {_listed(used)}.",
        )
    says = (
        f"Adjusted for {_listed(together)}. These are effects only if no common cause of treatment "
        "and outcome is missing."
        if together
        else "Nothing is adjusted for: right only if the treatment was assigned at random."
    )
    analysis = complete_rows(question, together, says=says)
    learned = nuisances(analysis, FOLDS, seed, progress)
    chance = learned.chance.predictions
    e = np.clip(chance, CLIP, 1 - CLIP)
    start, to, _ = contributions(
        "ATE", (analysis.control, analysis.arm), analysis.y,
        (learned.untreated.predictions, learned.treated.predictions), (1 - e, e),
    )  # fmt: skip
    untreated, treated = learned.untreated.predictions, learned.treated.predictions
    left = (analysis.y - chance * treated - (1 - chance) * untreated, analysis.arm - chance)
    return Scores(analysis, to - start, left, (*analysis.notes, *_notes(analysis, added, learned)))


def _require_before(question: CausalQuestion, along: tuple[str, ...]) -> None:
    after = question.graph.descendants(question.treatment) | forbidden(
        question.graph, question.treatment, question.outcome
    )
    for column in along:
        if column not in question.data.kinds:
            raise QuestionError(
                f"'{column}' is not a column of {question.data.name}.", "Choose one of its columns."
            )
        if column in {question.treatment, question.outcome} | after:
            raise NotApplicable(
                f"'{column}' is the treatment or comes after it, and acting would change it: "
                "effects cannot be told apart by it.",
                "Choose columns that were settled before the treatment.",
            )
        if column in question.instruments:
            raise NotApplicable(
                f"'{column}' is an instrument; adjusting for it makes any hidden bias larger.",
                "Choose a confounder or a modifier.",
            )


def _notes(analysis: Analysis, added: tuple[str, ...], learned: Nuisances) -> list[str]:
    chance = learned.chance.predictions
    notes = [race.says for race in learned.races]
    if added:
        notes.insert(0, (
            f"{_listed(added)} is adjusted for as well, as effects within it need. It must have "
            "been settled before the treatment: the graph or the table cannot tell."
        ))  # fmt: skip
    moved = int(((chance < CLIP) | (chance > 1 - CLIP)).sum())
    if moved:
        notes.append(f"{moved:,} of {len(chance):,} propensities were moved to {CLIP} or "
                     f"{1 - CLIP}.")  # fmt: skip
    is_outside = (chance < COMMON[0]) | (chance > COMMON[1])
    outside = float(np.average(is_outside, weights=analysis.weight))
    if outside > MOST_WITHOUT_COUNTERPART:
        notes.append(
            f"Warning: for {outside:.0%} of the rows the chance of treatment is below {COMMON[0]} "
            f"or above {COMMON[1]}: their effects rest on few rows, and intervals may be too "
            "short. See the overlap check."
        )
    return notes


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{n}'" for n in names) or "no column"
