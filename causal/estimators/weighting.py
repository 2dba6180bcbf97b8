"""The effect by inverse-probability weighting: arms made alike by the chance of their treatment."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.settings import Range

from ..analysis import DIFFERENCES, Analysis, arms_analysis, require_answer
from ..effect import EffectEstimate, over_everyone
from ..influence import MeanOutcomes, standard_error
from ..propensity import CLIP
from ..question import CausalQuestion
from ._choice_model import ChoiceModel, choice_model
from ._covariates import Covariates, covariates_of
from ._form import form_warning
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


@method("Inverse-probability weighting", page="effect", weighs=True)
def weighting(
    question: CausalQuestion,
    /,
    *,
    squares: Annotated[bool, "the chance bends with numeric confounders (squares)"] = True,
    clip: Annotated[float, Range(0, 0.2), "chances in a denominator are at least this"] = CLIP,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes, rows weighted so that the arms look like those asked about.

    The chance of every level of the treatment is a logit (of several levels: a multinomial one) of
    what is adjusted for, by maximum likelihood. A row of an arm weighs h(x)/e(x), e being the
    chance of its own level and h that of being asked about: 1 (ATE), the chance of the level the
    contrast goes to (ATT: the odds) or comes from (ATC), or the product of the two (ATO). The mean
    outcomes are weighted averages (Hájek; stabilised weights change nothing in them); of the CATE
    those of each group's rows. Unit: the
    outcome's; for a two-level outcome a difference in shares; or a ratio of the two means or odds.

    Intervals are 95 %, from stacked estimating equations: that the chances were estimated is part
    of the error, which makes it smaller than the usual robust one; a note gives both. Of several
    levels two are compared; the ATO is for two.

    Assumes that no common cause is missing, that every kind of row occurs in both arms, and that
    the logit is right: nothing corrects it where it is not (use `aipw`). Not for a numeric
    treatment.
    Source: Hernán & Robins, What If, chapter 12; Lunceford & Davidian (2004); Li, Morgan &
    Zaslavsky (2018).
    """
    progress(0.0, "Chance of treatment")
    require_answer(
        question, "Weighting", (*DIFFERENCES, "ATO", "CATE"), ("difference", "ratio", "odds ratio")
    )
    if question.estimand == "ATO" and not question.treated.is_binary:
        raise NotApplicable(
            f"The ATO compares two arms, and '{question.treatment}' has several levels or values.",
            "Ask for the ATE, ATT or ATC.",
        )
    analysis = arms_analysis(question, "Weighting")
    covariates = covariates_of(analysis, squares)
    model = _Chances.of(analysis, covariates)
    found = model.weighted(analysis, clip)
    means = [found.means(analysis, within=group) for group in analysis.groups or (None,)]
    notes = (*covariates.notes, *_notes(analysis, model, found, clip),
             *form_warning(analysis))  # fmt: skip
    progress(1.0)
    return EffectEstimate.of_means(analysis, means, "by inverse-probability weighting", notes)


@dataclass(frozen=True)
class _Chances:
    """The chances of all levels; `start` and `to` are the columns of the two compared."""

    model: ChoiceModel
    start: int
    to: int

    @classmethod
    def of(cls, analysis: Analysis, covariates: Covariates) -> "_Chances":
        codes, level = np.unique(analysis.t, return_inverse=True)
        question = analysis.question
        start, to = (int(np.flatnonzero(codes == code)[0]) for code in question.contrast)
        model = choice_model(covariates, level, analysis.weight, question.treatment)
        return cls(model, start, to)

    @property
    def compared(self) -> tuple[Floats, Floats]:
        """The chances (n,) of the two levels that are compared: (from, to)."""
        return self.model.chances[:, self.start], self.model.chances[:, self.to]

    def weighted(self, analysis: Analysis, clip: float) -> "_Weighted":
        """The weights of both arms, and how they change with the chances."""
        estimand, e = analysis.question.weighs_as, self.compared
        arms = (analysis.control, analysis.arm)
        made = [arm_weights(estimand, arms, e, k, clip) for k in (0, 1)]
        moved = sum(m.moved for m in made)
        return _Weighted(self, (made[0], made[1]), moved)


@dataclass(frozen=True)
class _Weighted:
    """Both arms' weights."""

    chances: _Chances
    arms: tuple[ArmWeights, ArmWeights]
    moved: int

    def means(
        self, analysis: Analysis, *, within: Mask | None = None, weights_known: bool = False
    ) -> MeanOutcomes:
        """The weighted means, of all rows or of those `within` a group, with their influence; with
        `weights_known` as if the chances had not been estimated, as the usual robust standard error
        has it."""
        weight = analysis.weight if within is None else analysis.weight * within
        made = [self._mean(analysis.y, weight, arm, weights_known) for arm in self.arms]
        return MeanOutcomes(made[0][0], made[1][0], np.column_stack([m[1] for m in made]))

    def _mean(
        self, y: Floats, weight: Floats, arm: ArmWeights, weights_known: bool
    ) -> tuple[float, Floats]:
        full = weight * arm.values
        mean = float(full @ y / full.sum())
        influence = full * (y - mean)
        if not weights_known:
            slopes = np.zeros(self.chances.model.chances.shape)
            rest = weight * (y - mean)
            slopes[:, self.chances.start] = arm.slopes[0] * rest
            slopes[:, self.chances.to] = arm.slopes[1] * rest
            influence = influence + self.chances.model.influence_through(slopes)
        return mean, influence / full.mean()


def _notes(analysis: Analysis, chances: _Chances, found: _Weighted, clip: float) -> list[str]:
    question = analysis.question
    known = found.means(analysis, weights_known=True).compared(question.scale)[1]
    own = found.means(analysis).compared(question.scale)[1]
    errors = [number(standard_error(part, analysis.clusters)) for part in (own, known)]
    weights = (analysis.weight * found.arms[0].values, analysis.weight * found.arms[1].values)
    whose = "standard error" if question.by is None else "standard error over everyone"
    notes = [
        (
            f"Intervals are 95 %, from stacked estimating equations ({whose} {errors[0]}); "
            f"taking the weights as known, as the usual robust error does, it would be {errors[1]}."
        ),
        effective_note(analysis, weights),
    ]
    if found.moved:
        raw = chances.weighted(analysis, 0.0).means(analysis)
        said = [over_everyone(question, m.compared(question.scale)[0])
                for m in (raw, found.means(analysis))]  # fmt: skip
        notes += clipping_note(found.moved, clip, said[0], said[1])
    lost = share_lost(analysis, chances.compared)
    return [*notes, *overlap_warning(analysis, weights, lost),
            *group_warning(analysis, chances.compared)]  # fmt: skip
