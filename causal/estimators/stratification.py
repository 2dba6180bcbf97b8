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
from ..effect import EffectEstimate, crude_row, means_note, row_of_means
from ..influence import MeanOutcomes
from ..question import CausalQuestion
from ._choice_model import choice_model
from ._covariates import covariates_of
from ._form import form_warning

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: An arm with fewer rows than this in a stratum has no spread there to make an interval of.
FEWEST = 2
#: Above this share of the rows asked about in dropped strata a warning stands.
MOST_DROPPED = 0.05


@method("Stratification", page="effect", weighs=True)
def stratification(
    question: CausalQuestion,
    /,
    *,
    strata: Annotated[int, Range(2, 100), "strata of equally many of the rows asked about"] = 10,
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
    spread within strata and of the strata (Neyman within each); that the chance was estimated is
    left aside, which makes them a little too wide.

    Assumes that no common cause is missing, that the logit is right, and that within a stratum
    treatment is as good as random: with five strata about a tenth of the confounding is left over
    (Cochran 1968), with more less. For two-level treatments.
    Source: Rosenbaum & Rubin, JASA 79 (1984); Lunceford & Davidian (2004).
    """
    progress(0.0, "Chance of treatment")
    require_answer(
        question, "Stratification", ("ATE", "ATT", "ATC"), ("difference", "ratio", "odds ratio")
    )
    analysis = binary_analysis(question, "Stratification")
    covariates = covariates_of(analysis, squares)
    level = analysis.arm.astype(np.intp)
    model = choice_model(covariates, level, analysis.weight, question.treatment)
    cut = _Strata.of(analysis, model.chances[:, 1], strata)
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
        *form_warning(analysis),
    )
    progress(1.0)
    return EffectEstimate.of(question, frame, f"by stratification into {cut.count} strata", notes)


@dataclass(frozen=True)
class _Strata:
    """The stratum (n,) of every row, numbered from 0, `count` in all, and those that were dropped.
    `asked` marks who the estimand is about, all strata together."""

    stratum: NDArray[np.intp]
    count: int
    dropped: tuple[int, ...]
    asked: Mask

    @classmethod
    def of(cls, analysis: Analysis, chance: Floats, strata: int) -> "_Strata":
        """Raises `NotApplicable` where no stratum holds both arms."""
        asked = analysis.asked[0].astype(bool)
        edges = np.unique(np.quantile(chance[asked], np.linspace(0, 1, strata + 1)[1:-1]))
        stratum = np.searchsorted(edges, chance, side="right")
        count = len(edges) + 1
        fewest = np.minimum(*(np.bincount(stratum[a], minlength=count)
                              for a in (analysis.arm, analysis.control)))  # fmt: skip
        dropped = tuple(int(k) for k in np.flatnonzero(fewest < FEWEST))
        if len(dropped) == count:
            raise NotApplicable(
                f"None of {count} strata has at least {FEWEST} rows of both arms.",
                "The arms have nothing in common to compare; see the overlap check.",
            )
        return cls(stratum, count, dropped, asked)

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
        made = [self._mean(analysis, arm, over, size) for arm in (analysis.control, analysis.arm)]
        return MeanOutcomes(made[0][0], made[1][0], np.column_stack([m[1] for m in made]))

    def _mean(
        self, analysis: Analysis, arm: Mask, over: Floats, size: Floats
    ) -> tuple[float, Floats]:
        own = analysis.weight * arm
        total = np.bincount(self.stratum, weights=own, minlength=self.count)
        sums = np.bincount(self.stratum, weights=own * analysis.y, minlength=self.count)
        with np.errstate(invalid="ignore", divide="ignore"):
            of_stratum = np.where(total > 0, sums / total, 0.0)[self.stratum]
            share = np.where(self._kept, own / total[self.stratum], 0.0)
        mean = float(over @ of_stratum / over.sum())
        if analysis.clusters is None:
            share = share / np.sqrt(1 - np.clip(share, 0, 1 - 1e-10))
        within = share * size[self.stratum] * (analysis.y - of_stratum)
        between = over * (of_stratum - mean)
        return mean, (within + between) / over.mean()

    def notes(self, analysis: Analysis) -> list[str]:
        """How the strata are cut, and who was dropped."""
        notes = [
            (
                "Intervals are 95 %, from the spread within strata and of the strata; the chance "
                "of treatment is taken as known."
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
