"""The effect by matching: every row asked about compared with the nearest rows of the other arm."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Range

from ..analysis import Analysis, arms_analysis, require_answer
from ..effect import EffectEstimate, crude_row, effect_row
from ..question import CausalQuestion
from ._choice_model import choice_model
from ._covariates import covariates_of
from ._neighbours import Pairs, nearest
from ._weights import overlap_warning

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Distance = Literal["mahalanobis", "propensity"]
#: The spread of the outcome given the covariates is told from this many neighbours of the same arm.
VARIANCE_NEIGHBOURS = 2
#: Squares and products enter the bias adjustment with at least this many matches for each term.
ROWS_PER_TERM = 10
#: Above this share of the rows asked about without a match a warning stands.
MOST_UNMATCHED = 0.05


@method("Matching", page="effect", weighs=True)
def matching(
    question: CausalQuestion,
    /,
    *,
    distance: Annotated[Distance, "what makes rows near: all covariates, or the propensity"] = (
        "mahalanobis"
    ),
    neighbours: Annotated[int, Range(1, 50), "matches per row, with replacement"] = 1,
    bias_adjustment: Annotated[bool, "correct what distance is left within matches"] = True,
    caliper: Annotated[
        float | None, Range(0, 100), "farthest match, in standard deviations; none: no limit"
    ] = None,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the outcome changes, every row asked about set beside its nearest counterparts.

    What a row would have had under the other value is the mean of its nearest rows there, used as
    often as needed (with replacement), all ties counted. Near is by Mahalanobis distance over what
    is adjusted for, or by the logit of the chance of treatment. With the bias adjustment the mean
    is shifted by a regression, within the matches, on the covariates in which a row and its matches
    still differ (with squares and products where the matches can carry them); without it several
    continuous covariates leave bias. Answers the ATE, ATT and ATC; of several levels two are
    compared. Unit: the outcome's; for a two-level outcome a difference in shares; or a ratio of
    means or odds.

    With a caliper, rows without a match within it are dropped, and the answer is about the others.
    Intervals are 95 %, from Abadie and Imbens's variance (never a bootstrap, which is wrong for
    matching), for the population the rows come from; a propensity is taken as known.

    Assumes that no common cause is missing and that near rows are alike. Refuses columns of the
    role `group`: its variance takes rows as independent.
    Source: Abadie & Imbens, Econometrica 74 (2006), JBES 29 (2011); Abadie, Drukker, Herr & Imbens,
    Stata Journal 4 (2004), for ties.
    """
    progress(0.0, "Matching")
    require_answer(
        question, "Matching", ("ATE", "ATT", "ATC"), ("difference", "ratio", "odds ratio")
    )
    analysis = arms_analysis(question, "Matching")
    _require_fit(analysis, distance, neighbours)
    if caliper is not None and question.estimand == "ATE" and not question.treated.is_binary:
        raise NotApplicable(
            "With several levels, a caliper would leave other rows for each of the two compared.",
            "Do without a caliper, or ask for the ATT or ATC.",
        )
    cells = _Cells.of(analysis, _positions(analysis, distance))
    made = [
        _Imputed.of(analysis, cells, arm, neighbours, caliper, bias_adjustment,
                    part(progress, 0.45 * k, 0.45 * k + 0.45))
        for k, arm in enumerate((analysis.control, analysis.arm))
    ]  # fmt: skip
    found = _Matched.of(analysis, (made[0], made[1]))
    row = found.row(analysis)
    if found.share_lost:
        row = row.assign(group=row["group"] + " with a match")
    frame = pd.concat([row, crude_row(analysis)])
    notes = (*analysis.notes, *found.notes(analysis),
             *_notes(distance, neighbours),
             *(found.adjusted(analysis) if bias_adjustment else ()))  # fmt: skip
    progress(1.0)
    return EffectEstimate.of(question, frame, "by matching", notes)


@dataclass(frozen=True)
class _Cells:
    """Rows that lie at the same place are one cell: `cell` (n,) is the cell of a row, `places`
    (c, p) where it lies; distances are Euclidean between places."""

    cell: NDArray[np.intp]
    places: Floats

    @classmethod
    def of(cls, analysis: Analysis, places: Floats) -> "_Cells":
        if not places.shape[1]:
            return cls(np.zeros(len(analysis), dtype=np.intp), np.zeros((1, 1)))
        distinct, cell = np.unique(places, axis=0, return_inverse=True)
        return cls(cell.ravel(), distinct)

    def sums(self, values: Floats) -> Floats:
        """The sum of values (n,) over the rows of each cell, (c,)."""
        made = np.bincount(self.cell, weights=values, minlength=len(self.places))
        return np.asarray(made, dtype=float)


@dataclass(frozen=True)
class _Imputed:
    """The outcome under one value for every row asked about, its own or its matches' (n,); NaN
    where there is no match. `used` (n,) is how often, weighted, a row of the arm stands in for
    others, `used_squared` the same with squared shares (K and K' of Abadie et al. 2004), and
    `variance` (n,) that of the outcome around a row, given its covariates."""

    outcome: Floats
    own: Floats
    used: Floats
    used_squared: Floats
    variance: Floats

    @classmethod
    def of(
        cls, analysis: Analysis, cells: _Cells, arm: Mask, neighbours: int,
        caliper: float | None, bias_adjustment: bool, progress: Progress,
    ) -> "_Imputed":  # fmt: skip
        asked = _asked(analysis)
        wants = asked & ~arm
        counts = cells.sums(arm.astype(float)).astype(np.intp)
        pool = np.flatnonzero(counts)
        places, queries = cells.places, np.unique(cells.cell[wants])
        y = analysis.y - analysis.y.mean()
        limit = np.inf if caliper is None else caliper
        outcome = np.where(arm & asked, y, np.nan)
        used, used_squared = np.zeros(len(y)), np.zeros(len(y))
        if len(queries):
            pairs = nearest(places[queries], places[pool], counts[pool], neighbours, limit=limit,
                            progress=part(progress, 0.0, 0.5))  # fmt: skip
            pairs = Pairs(queries[pairs.query], pool[pairs.pool])
            size = _gathered(pairs, counts.astype(float))
            w = analysis.weight * wants
            used = arm * _scattered(pairs, cells.sums(w), size)[cells.cell]
            used_squared = arm * _scattered(pairs, cells.sums(w**2), size**2)[cells.cell]
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = _gathered(pairs, cells.sums(y * arm)) / size
            filled = mean[cells.cell]
            if bias_adjustment and analysis.covariates.terms:
                filled = filled + _bias(analysis, cells, pairs, arm, used, size)
            outcome[wants] = filled[wants]
        variance = _variance(cells, y, arm, counts, part(progress, 0.5, 1.0))
        own = analysis.weight * (arm & asked)
        return cls(outcome + analysis.y.mean(), own, used, used_squared, variance)


def _gathered(pairs: Pairs, values: Floats) -> Floats:
    """For every cell the sum of values (c,) over the cells matched to it."""
    made = np.bincount(pairs.query, weights=values[pairs.pool], minlength=len(values))
    return np.asarray(made, dtype=float)


def _scattered(pairs: Pairs, values: Floats, size: Floats) -> Floats:
    """For every cell the sum of values/size (c,) over the cells it is matched to."""
    each = values[pairs.query] / size[pairs.query]
    made = np.bincount(pairs.pool, weights=each, minlength=len(values))
    return np.asarray(made, dtype=float)


def _bias(
    analysis: Analysis, cells: _Cells, pairs: Pairs, arm: Mask, used: Floats, size: Floats
) -> Floats:
    """What a regression among the matches, weighted by how often each is used, says the outcome
    differs by between a row and the mean of its matches (Abadie & Imbens 2011)."""
    x = analysis.covariates.matrix
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    rows = arm & (used > 0)
    if rows.sum() < x.shape[1] + 5:
        raise NotApplicable(
            f"Only {int(rows.sum())} rows serve as matches, too few to correct for "
            f"{x.shape[1]} covariates.",
            "Match without the bias adjustment or with a wider caliper, adjust for fewer columns, "
            "or bring more rows.",
        )
    x = _bent(x, int(rows.sum()))
    root = np.sqrt(used[rows])
    design = np.column_stack([np.ones(rows.sum()), x[rows]])
    slopes = np.linalg.lstsq(design * root[:, None], analysis.y[rows] * root, rcond=1e-10)[0][1:]
    fitted = x @ slopes
    with np.errstate(invalid="ignore", divide="ignore"):
        of_matches = _gathered(pairs, cells.sums(fitted * arm)) / size
    return np.asarray(fitted - of_matches[cells.cell])


def _bent(x: Floats, matches: int) -> Floats:
    """Covariates with their squares and products where the matches can carry them: the adjustment
    is a series in theory, and a straight one leaves bias where the outcome bends."""
    if not _is_bent(x.shape[1], matches):
        return x
    left, right = np.triu_indices(x.shape[1])
    return np.hstack([x, x[:, left] * x[:, right]])


def _is_bent(columns: int, matches: int) -> bool:
    return matches >= ROWS_PER_TERM * (columns + columns * (columns + 1) // 2)


def _variance(
    cells: _Cells, y: Floats, arm: Mask, counts: NDArray[np.intp], progress: Progress
) -> Floats:
    """The outcome's variance among a row and its nearest rows of the same arm, (n,)."""
    pool = np.flatnonzero(counts)
    places = cells.places[pool]
    pairs = nearest(places, places, counts[pool], VARIANCE_NEIGHBOURS + 1, progress=progress)
    pairs = Pairs(pool[pairs.query], pool[pairs.pool])
    size, total, squares = (
        _gathered(pairs, cells.sums(values * arm)) for values in (np.ones(len(y)), y, y**2)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.maximum(squares - total**2 / size, 0) / (size - 1)
    return np.where(arm, found[cells.cell], 0.0)


@dataclass(frozen=True)
class _Matched:
    """Both arms' outcomes for the rows that are left, what the rows asked about were, and the share
    of these, as they are weighted, without a match."""

    arms: tuple[_Imputed, _Imputed]
    left: Mask
    asked: Mask
    means: tuple[float, float]
    share_lost: float

    @classmethod
    def of(cls, analysis: Analysis, arms: tuple[_Imputed, _Imputed]) -> "_Matched":
        asked = _asked(analysis)
        left = asked & ~np.isnan(arms[0].outcome) & ~np.isnan(arms[1].outcome)
        if not left.any():
            raise NotApplicable(
                "No row asked about has a match within the caliper.", "Allow a wider caliper."
            )
        w = analysis.weight[left]
        means = [float(np.average(a.outcome[left], weights=w)) for a in arms]
        lost = float(np.average(~left[asked], weights=analysis.weight[asked]))
        return cls(arms, left, asked, (means[0], means[1]), lost)

    def row(self, analysis: Analysis) -> pd.DataFrame:
        """The effect on the question's scale, with Abadie and Imbens's standard error."""
        question = analysis.question
        estimate, slopes = _compared(question, self.means)
        weight = analysis.weight * self.left
        each = [
            s * (np.where(self.left, a.outcome, 0.0) - m)
            for s, a, m in zip(slopes, self.arms, self.means, strict=True)
        ]
        spread = float(((weight * (each[0] + each[1])) ** 2).sum())
        for slope, arm in zip(slopes, self.arms, strict=True):
            own = arm.own * self.left
            more = arm.used**2 + 2 * own * arm.used - arm.used_squared
            spread += slope**2 * float((arm.variance * more).sum())
        return effect_row(question, estimate, float(np.sqrt(spread)) / float(weight.sum()))

    def adjusted(self, analysis: Analysis) -> tuple[str, ...]:
        """How the bias adjustment was made, in words."""
        columns = len(analysis.covariates.terms)
        counts = [int((arm.used > 0).sum()) for arm in self.arms if arm.used.any()]
        if not columns or not counts:
            return ()
        if _is_bent(columns, min(counts)):
            how = "by a regression with squares and products"
        else:
            how = "along straight lines; the matches are too few for squares and products"
        return (f"What distance is left within matches is corrected {how}.",)

    def notes(self, analysis: Analysis) -> list[str]:
        """How many rows do the work, and who has no match."""
        question = analysis.question
        notes = []
        for level, arm, rows in zip(
            question.compared, self.arms, (analysis.control, analysis.arm), strict=True
        ):
            if arm.used.any():
                count, most = int((arm.used > 0).sum()), float(arm.used.max())
                notes.append(
                    f"{count:,} of {int(rows.sum()):,} rows with {question.treatment} = {level} "
                    f"stand in for others, one of them for {number(most)}."
                )
        if self.share_lost:
            lost = self.asked & ~self.left
            warning = "Warning: " if self.share_lost > MOST_UNMATCHED else ""
            as_weighted = " as they are weighted" if analysis.is_weighted else ""
            notes.append(
                f"{warning}{int(lost.sum()):,} of {int(self.asked.sum()):,} rows asked about "
                f"({self.share_lost:.1%}{as_weighted}) have no match within the caliper: the "
                "answer is about the others only." + _who(analysis, lost, self.left)
            )
        weights = [arm.own + arm.used for arm in self.arms]
        return notes + overlap_warning(analysis, (weights[0], weights[1]), 0.0)


def _compared(
    question: CausalQuestion, means: tuple[float, float]
) -> tuple[float, tuple[float, float]]:
    """The effect (of a ratio the logarithm), and how it changes with either mean."""
    from ..influence import MeanOutcomes

    unit = MeanOutcomes(*means, np.eye(2))
    estimate, slopes = unit.compared(question.scale)
    return estimate, (float(slopes[0]), float(slopes[1]))


def _asked(analysis: Analysis) -> Mask:
    everyone = np.ones(len(analysis), dtype=bool)
    return {"ATE": everyone, "ATT": analysis.arm, "ATC": analysis.control}[
        analysis.question.estimand
    ]


def _positions(analysis: Analysis, distance: Distance) -> Floats:
    """Where the rows lie, so that Euclidean distance is the one that was chosen."""
    x = analysis.covariates.matrix
    if not x.shape[1]:
        return np.zeros((len(x), 0))
    if distance == "propensity":
        covariates = covariates_of(analysis, squares=False)
        level = analysis.arm.astype(np.intp)
        model = choice_model(covariates, level, analysis.weight, analysis.question.treatment)
        logit = np.log(model.chances[:, 1]) - np.log(model.chances[:, 0])
        return np.asarray((logit / logit.std())[:, None])
    distinct, cell = np.unique(x, axis=0, return_inverse=True)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(x / x.std(axis=0), rowvar=False)))
    kept = values > 1e-10 * values.max()
    # Cells are told apart before turning, which would part equal rows by rounding.
    turned = (distinct / x.std(axis=0)) @ (vectors[:, kept] / np.sqrt(values[kept]))
    return np.asarray(turned[cell.ravel()])


def _require_fit(analysis: Analysis, distance: Distance, neighbours: int) -> None:
    question = analysis.question
    if analysis.clusters is not None:
        raise NotApplicable(
            "The variance of matching takes rows as independent, and the rows here come in groups "
            f"of '{question.data.with_role('group')[0]}'.",
            "Use weighting, standardisation or AIPW, which take groups.",
        )
    if distance == "propensity" and not question.treated.is_binary:
        raise NotApplicable(
            f"A propensity is the chance of one of two arms, and '{question.treatment}' has "
            "several levels.",
            "Match on all covariates (mahalanobis).",
        )
    needed = max(neighbours, VARIANCE_NEIGHBOURS + 1)
    fewest = min(int(analysis.arm.sum()), int(analysis.control.sum()))
    if fewest < needed:
        raise NotApplicable(
            f"The smaller arm has {fewest} rows, and at least {needed} are needed.",
            "Match with fewer neighbours, or bring more rows.",
        )


def _who(analysis: Analysis, lost: Mask, left: Mask) -> str:
    """The columns in which rows without a match differ most from those with one."""
    x = analysis.covariates
    if not x.terms:
        return ""
    apart = (analysis.means(lost) - analysis.means(left)) / x.matrix.std(axis=0)
    most = np.argsort(-np.abs(apart))[:3]
    words = ", ".join(
        f"{x.terms[k].label} ({'higher' if apart[k] > 0 else 'lower'} by {abs(apart[k]):.1f} SD)"
        for k in most
    )
    return f" Those without differ most in {words}."


def _notes(distance: Distance, neighbours: int) -> list[str]:
    near = "Mahalanobis distance" if distance == "mahalanobis" else "the logit of the propensity"
    many = "the nearest row" if neighbours == 1 else f"the {neighbours} nearest rows"
    notes = [
        f"Matched with {many} by {near}, with replacement; all ties count.",
        "Intervals are 95 %, from Abadie and Imbens's variance.",
    ]
    if distance == "propensity":
        notes.append(
            "The propensity is taken as known: for everyone (ATE) this makes the interval a little "
            "too wide, for the treated or the untreated either way."
        )
    return notes
