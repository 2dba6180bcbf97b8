"""The effect by comparing the arms within strata of the chance of treatment."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.settings import Range

from ..analysis import Analysis, binary_analysis, require_answer
from ..effect import EffectEstimate, crude_row, few_note, means_note, row_of_means
from ..influence import MeanOutcomes, standard_error
from ..question import CausalQuestion
from ._choice_model import ChoiceModel, choice_model
from ._covariates import Covariates, covariates_of
from ._form import form_warning
from ._least_squares import least_squares
from ._weights import arm_weights

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: An arm with fewer rows than this in a stratum has no spread there to make an interval of.
FEWEST = 2
#: Above this share of the rows asked about in dropped strata a warning stands.
MOST_DROPPED = 0.05
#: Of the smaller arm where their number is not given, and the fewest and most strata then.
ROWS_PER_STRATUM, STRATA = 25, (10, 100)
#: A warning stands where what strata leave over is more than this many standard errors.
MOST_BIAS = 0.25


@method("Stratification", page="effect", weighs=True)
def stratification(
    question: CausalQuestion,
    /,
    *,
    strata: Annotated[
        int | None,
        Range(2, 100),
        "strata of equally many of the rows asked about; automatic: by the rows of the smaller arm",
    ] = None,
    squares: Annotated[bool, "the chance bends with numeric confounders (squares)"] = True,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes, comparing rows whose chance of treatment is about the same.

    The chance of treatment is a logit of what is adjusted for. The rows are cut into strata at its
    quantiles (among those asked about), the arms' means are compared within each, and the strata
    are averaged in proportion to everyone (ATE), the treated (ATT) or the untreated (ATC). Unit:
    the outcome's; for a two-level outcome a difference in shares; or a ratio of means or odds.

    Strata in which an arm has fewer than two rows cannot be compared: they are dropped, and the
    answer is then about the others, which the sentence and a note say. Intervals are 95 %, from the
    spread within strata and of the strata (Neyman within each), less what the chance, being
    estimated, already balances: with a known chance they would be wider.

    Assumes that no common cause is missing, that the logit is right, and that within a stratum
    treatment is as good as random: with five strata about a tenth of the confounding is left over
    (Cochran 1968), with more less. A note says by how much that moves the estimate, as far as a
    regression tells, and warns where it is a quarter of the standard error. For two-level
    treatments.
    Source: Rosenbaum & Rubin, JASA 79 (1984); Lunceford & Davidian (2004); for the estimated chance
    Abadie & Imbens, Econometrica 84 (2016).
    """
    progress(0.0, "Chance of treatment")
    require_answer(
        question, "Stratification", ("ATE", "ATT", "ATC"), ("difference", "ratio", "odds ratio")
    )
    analysis = binary_analysis(question, "Stratification")
    covariates = covariates_of(analysis, squares)
    level = analysis.arm.astype(np.intp)
    model = choice_model(covariates, level, analysis.weight, question.treatment)
    cut = _Strata.of(analysis, model, _automatic(analysis) if strata is None else strata)
    means = cut.means(analysis)
    row = row_of_means(analysis, means)
    if cut.is_narrower:
        kept = f" in {cut.count - len(cut.dropped)} of {cut.count} strata"
        row = row.assign(group=row["group"] + kept)
    frame = pd.concat([row, crude_row(analysis)])
    notes = (
        *analysis.notes,
        means_note(analysis, means),
        *covariates.notes,
        *cut.notes(analysis),
        *_bias_note(analysis, cut, means, covariates),
        *form_warning(analysis),
        *few_note(analysis, means.compared(question.scale)[1]),
    )
    progress(1.0)
    return EffectEstimate.of(question, frame, f"by stratification into {cut.count} strata", notes)


def _automatic(analysis: Analysis) -> int:
    """So many strata that what they leave over is small beside the standard error, which shrinks
    with the rows (of rows that belong together: with their groups), and each still holds both
    arms."""
    units = np.arange(len(analysis)) if analysis.clusters is None else analysis.clusters
    smaller = min(len(np.unique(units[rows])) for rows in (analysis.arm, analysis.control))
    return int(np.clip(smaller // ROWS_PER_STRATUM, *STRATA))


def _bias_note(
    analysis: Analysis, cut: "_Strata", means: MeanOutcomes, covariates: Covariates
) -> list[str]:
    """How much confounding the strata leave over, by a regression of the outcome."""
    if not covariates.terms:
        return []
    design = np.column_stack([covariates.columns, analysis.arm])
    slopes = least_squares(design, analysis.y, analysis.weight).coefficients[:-1]
    start, to = cut.bias(analysis, covariates.columns @ slopes)
    scale = analysis.question.scale
    error = standard_error(means.compared(scale)[1], analysis.clusters)
    # a small move of both means moves what compares them as the influence of a row does
    moved = MeanOutcomes(means.start, means.to, np.array([[start, to]])).compared(scale)[1][0]
    share = abs(float(moved)) / error
    too_much = share > MOST_BIAS
    return [
        (
            f"{'Warning: within' if too_much else 'Within'} {cut.count} strata the chance still "
            f"runs: by a regression of the outcome that moves the estimate by {share:.2f} standard "
            f"errors{'; try more strata, or weighting' if too_much else ''}."
        )
    ]


@dataclass(frozen=True)
class _Strata:
    """The stratum (n,) of every row by the chances of `model`, numbered from 0, `count` in all, and
    those that were dropped. `asked` marks who the estimand is about, all strata together."""

    model: ChoiceModel
    stratum: NDArray[np.intp]
    count: int
    dropped: tuple[int, ...]
    asked: Mask

    @classmethod
    def of(cls, analysis: Analysis, model: ChoiceModel, strata: int) -> "_Strata":
        """Raises `NotApplicable` where no stratum holds both arms."""
        asked, chance = analysis.asked[0].astype(bool), model.chances[:, 1]
        # edges that occur: the same rows twice have the same strata
        last = -(-np.arange(1, strata) * int(asked.sum()) // strata) - 1
        edges = np.sort(chance[asked])[np.maximum(last, 0)]
        held, stratum = np.unique(np.searchsorted(edges, chance), return_inverse=True)
        count = len(held)
        fewest = np.minimum(*(np.bincount(stratum[a], minlength=count)
                              for a in (analysis.arm, analysis.control)))  # fmt: skip
        dropped = tuple(int(k) for k in np.flatnonzero(fewest < FEWEST))
        if len(dropped) == count:
            raise NotApplicable(
                f"None of {count} strata has at least {FEWEST} rows of both arms.",
                "The arms have nothing in common to compare; see the overlap check.",
            )
        return cls(model, stratum, count, dropped, asked)

    @property
    def _kept(self) -> Mask:
        return ~np.isin(self.stratum, self.dropped)

    @property
    def share_dropped(self) -> float:
        """The share of the rows asked about in dropped strata."""
        return float((~self._kept)[self.asked].mean())

    @property
    def is_narrower(self) -> bool:
        """Rows asked about were dropped, so that the answer is about fewer."""
        return self.share_dropped > 0

    def means(self, analysis: Analysis) -> MeanOutcomes:
        """The strata's means averaged over the rows asked about, with each row's influence."""
        over = analysis.weight * (self.asked & self._kept)
        size = np.bincount(self.stratum, weights=over, minlength=self.count).astype(float)
        made = [self._mean(analysis, k, over, size) for k in (0, 1)]
        return MeanOutcomes(made[0][0], made[1][0], np.column_stack([m[1] for m in made]))

    def _mean(self, analysis: Analysis, k: int, over: Floats, size: Floats) -> tuple[float, Floats]:
        """The mean of one arm (0: control) and each row's influence on it."""
        own = analysis.weight * (analysis.control, analysis.arm)[k]
        total = np.bincount(self.stratum, weights=own, minlength=self.count)
        sums = np.bincount(self.stratum, weights=own * analysis.y, minlength=self.count)
        with np.errstate(invalid="ignore", divide="ignore"):
            of_stratum = np.where(total > 0, sums / total, 0.0)[self.stratum]
            share = np.where(self._kept, own / total[self.stratum], 0.0)
        mean = float(over @ of_stratum / over.sum())
        within = share * size[self.stratum] * (analysis.y - of_stratum)
        balanced = self._through_chances(analysis, k, within)
        if analysis.clusters is None:
            within = within / np.sqrt(1 - np.clip(share, 0, 1 - 1e-10))
        between = over * (of_stratum - mean)
        return mean, (within + between + balanced) / over.mean()

    def _through_chances(self, analysis: Analysis, k: int, within: Floats) -> Floats:
        """What each row takes part in through the chances: as in weighting, a row that moves up a
        stratum's chance loses weight, its outcome being measured from its stratum's mean."""
        chances = self.model.chances
        made = arm_weights(
            analysis.question.weighs_as, (analysis.control, analysis.arm),
            (chances[:, 0], chances[:, 1]), k, 0.0,
        )  # fmt: skip
        per_weight = within / np.where(made.values > 0, made.values, 1.0)
        return self.model.influence_through(np.column_stack(made.slopes) * per_weight[:, None])

    def bias(self, analysis: Analysis, expected: Floats) -> tuple[float, float]:
        """By how much the two means are off because the chance still runs within strata, where the
        outcome without treatment runs along `expected` (n,): the arms' expected means, no draw of
        the treatment in them."""
        kept, chances = analysis.weight * self._kept, self.model.chances
        about = analysis.question.weighs_as
        over = kept if about == "ATE" else kept * chances[:, 1 if about == "ATT" else 0]

        def mean(rows: Floats) -> Floats:
            total, size = (np.bincount(self.stratum, weights=rows * of, minlength=self.count)
                           for of in (expected, np.ones(len(rows))))  # fmt: skip
            return np.asarray(np.divide(total, size, out=np.zeros(self.count), where=size > 0))

        size = np.bincount(self.stratum, weights=over, minlength=self.count)
        asked = mean(over)
        start, to = (float(size @ (mean(kept * chances[:, k]) - asked) / size.sum())
                     for k in (0, 1))  # fmt: skip
        return start, to

    def notes(self, analysis: Analysis) -> list[str]:
        """How the strata are cut, and who was dropped."""
        notes = [
            (
                "Intervals are 95 %, from the spread within strata and of the strata, less what "
                "the estimated chance balances."
            )
        ]
        if self.dropped:
            lost = int((~self._kept).sum())
            share = self.share_dropped
            warning = "Warning: " if share > MOST_DROPPED else ""
            text = (
                f"{len(self.dropped)} of {self.count} strata have fewer than {FEWEST} rows of one "
                f"arm and were dropped, with {lost:,} rows ({share:.1%} of those asked about)."
            )
            notes.append(warning + text[:1].upper() + text[1:])
            if share:
                notes[-1] += " The answer is about the others only."
        left = self._left_over(analysis)
        if left is not None:
            notes.append(left)
        return notes

    def _left_over(self, analysis: Analysis) -> str | None:
        """The covariate in which the arms still differ most within strata."""
        x = analysis.covariates
        if not x.terms:
            return None
        over = analysis.weight * (self.asked & self._kept)
        size = np.bincount(self.stratum, weights=over, minlength=self.count)
        weights = []
        for arm in (analysis.arm, analysis.control):
            own = analysis.weight * arm * self._kept
            total = np.bincount(self.stratum, weights=own, minlength=self.count)
            with np.errstate(invalid="ignore", divide="ignore"):
                weights.append(np.where(own > 0, own * (size / total)[self.stratum], 0.0))
        means = [w @ x.matrix / w.sum() for w in weights]
        apart = (means[0] - means[1]) / x.matrix.std(axis=0)
        k = int(np.abs(apart).argmax())
        return (
            f"Within strata the arms still differ most in {x.terms[k].label}, by "
            f"{number(float(apart[k]))} standard deviations on average."
        )
