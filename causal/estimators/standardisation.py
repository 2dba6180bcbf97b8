"""The effect by standardisation: the outcome predicted for everyone under both values."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable, ParameterError
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.settings import Column

from ..analysis import (
    DIFFERENCES,
    Analysis,
    analyse,
    arms_analysis,
    outside_note,
    require_answer,
)
from ..effect import EffectEstimate
from ..independent_columns import independent_columns
from ..influence import MeanOutcomes
from ..question import CausalQuestion
from ._covariates import Covariates, covariates_of
from ._form import form_warning
from ._outcome_model import Family, OutcomeModel, outcome_model

Floats = NDArray[np.float64]
Model = Literal["auto", "linear", "logit", "poisson"]
#: One unit more may take so many of the rows beyond all values there are without a warning.
MOST_BEYOND = 0.5


@method("Standardisation (g-formula)", page="effect", weighs=True)
def standardisation(
    question: CausalQuestion,
    /,
    *,
    model: Annotated[Model, "the outcome's model; auto is logit for yes/no, else linear"] = "auto",
    squares: Annotated[bool, "also adjust for the squares of numeric confounders"] = True,
    varies_with: Annotated[
        tuple[str, ...], Column(None), "the effect varies with these columns; none chosen means all"
    ] = (),
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the mean outcome changes when everyone's treatment is set to one, then the other.

    The outcome is modelled from the treatment, what is adjusted for, and their products: by least
    squares, for a two-level outcome by a logit, for counts, if chosen, by a Poisson model. Every
    row asked about is then predicted under both values, and the predictions are averaged (the
    g-formula; regression adjustment). Answers the ATE, ATT, ATC and CATE of arms, two levels of
    several, and the ATE and CATE of a numeric treatment, which enters with its square: a contrast
    sets everyone to the one value and to the other, without one everyone gets one unit more than
    they had. Unit: the outcome's; for a two-level outcome a difference in shares; or a ratio of the
    two means or odds, which are those of the population, not of single rows.

    Intervals are 95 %, from each row's influence (the delete-one correction of HC2 included) and t
    with as many degrees of freedom as rows tell the error, of which it is part that covariates were
    sampled.

    Assumes that no common cause is missing and that the outcome's model is right (use `aipw` where
    it may not be). With `varies_with` the products are with those columns alone, not their squares.
    Source: Hernán & Robins, What If, chapter 13; Imbens & Wooldridge (2009), section 5.3.
    """
    progress(0.0, "Modelling the outcome")
    require_answer(
        question, "Standardisation", (*DIFFERENCES, "CATE"), ("difference", "ratio", "odds ratio")
    )
    is_amount = question.treated.is_amount
    analysis = analyse(question) if is_amount else arms_analysis(question, "Standardisation")
    family = _family(analysis, model)
    covariates = covariates_of(analysis, squares)
    fitted = _Fitted.of(analysis, covariates, family, _varying(covariates, analysis, varies_with))
    means = [fitted.means(analysis, over) for over in analysis.asked]
    notes = (*covariates.notes, *fitted.notes, *_doubts(analysis, family),
             *form_warning(analysis))  # fmt: skip
    progress(1.0)
    return EffectEstimate.of_means(
        analysis, means, f"by standardisation of a {family} model", notes
    )


@dataclass(frozen=True)
class _Fitted:
    """The model of the outcome, and the designs of all rows under both values."""

    model: OutcomeModel
    under: tuple[Floats, Floats]
    rows: NDArray[np.bool_]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls, analysis: Analysis, covariates: Covariates, family: Family, varying: list[int]
    ) -> "_Fitted":
        """Fitted to the two arms, or for a numeric treatment to all rows."""
        question, n = analysis.question, len(analysis)
        if question.treated.is_amount:
            rows, own = np.ones(n, dtype=bool), analysis.t
            is_step = question.contrast_in_words == "+1"
            values = [own + (v if is_step else v - own) for v in question.contrast]
            spread, middle = float(own.std()), float(own.mean())
        else:
            rows, own = analysis.arm | analysis.control, analysis.arm.astype(float)
            values, spread, middle = [np.zeros(n), np.ones(n)], 1.0, 0.0

        def design(t: Floats) -> Floats:
            s = (t - middle) / spread
            bent = [s**2] if question.treated.is_amount and _is_curved(own) else []
            products = s[:, None] * covariates.columns[:, varying]
            return np.column_stack([covariates.columns, s, *bent, products])

        full = design(own)[rows]
        kept = independent_columns(full)
        at = covariates.columns.shape[1]
        if at not in kept:
            raise NotApplicable(
                f"What is adjusted for determines '{question.treatment}' completely, so no rows "
                "are left to compare.",
                "Remove the columns that stand for the treatment.",
            )
        if rows.sum() < len(kept) + 4:
            raise NotApplicable(
                f"{int(rows.sum())} rows cannot carry a model with {len(kept)} coefficients.",
                "Let the effect vary with fewer columns, adjust for fewer, or bring more rows.",
            )
        first = full.shape[1] - len(varying)
        lost = [covariates.terms[varying[k - first] - 1].label
                for k in range(first, full.shape[1]) if k not in kept]  # fmt: skip
        made = outcome_model(
            family, full[:, kept], analysis.y[rows], analysis.weight[rows],
            has_clusters=analysis.clusters is not None,
        )  # fmt: skip
        under = (design(values[0])[:, kept], design(values[1])[:, kept])
        return cls(made, under, rows, _variation_notes(covariates, varying, lost))

    def means(self, analysis: Analysis, over: Floats) -> MeanOutcomes:
        """The mean predictions over the rows `over` (n,), with every row's influence on them."""
        share = analysis.weight * over
        size = float(share.mean())
        found = []
        for design in self.under:
            predicted = self.model.means(design)
            mean = float(share @ predicted / share.sum())
            influence = share * (predicted - mean) / size
            # The rows fitted to are `rows.mean()` of all, and each counts for as many more.
            gradient = self.model.gradient(design, share / share.sum())
            influence[self.rows] += self.model.influence(gradient) / self.rows.mean()
            found.append((mean, influence))
        return MeanOutcomes(found[0][0], found[1][0], np.column_stack([f[1] for f in found]))


def _family(analysis: Analysis, model: Model) -> Family:
    is_binary = analysis.question.response.is_binary
    if model == "auto":
        return "logit" if is_binary else "linear"
    outcome = analysis.question.outcome
    if model == "logit" and not is_binary:
        raise NotApplicable(
            f"'{outcome}' takes more than two values, and a logit is for two.",
            "Choose the linear or the Poisson model.",
        )
    if model == "poisson" and analysis.y.min() < 0:
        raise NotApplicable(
            f"'{outcome}' goes down to {number(float(analysis.y.min()))}, and a Poisson model is "
            "for counts.",
            "Choose the linear model.",
        )
    return model


def _varying(covariates: Covariates, analysis: Analysis, varies_with: tuple[str, ...]) -> list[int]:
    """The positions of the columns whose products with the treatment enter."""
    if not varies_with:
        return list(range(1, covariates.columns.shape[1]))
    for name in varies_with:
        if name not in analysis.adjusted_for:
            raise ParameterError(
                f"varies_with holds '{name}', which is not adjusted for.",
                f"Choose among: {', '.join(analysis.adjusted_for) or 'nothing is adjusted for'}.",
            )
    by = analysis.question.by
    if by is not None and by not in varies_with:
        raise ParameterError(
            f"The effect is asked for by '{by}', and varies_with holds it the same over {by}.",
            f"Add '{by}', or choose none, which means all.",
        )
    chosen = covariates.positions_of(varies_with)
    return [k for k in chosen if covariates.terms[k - 1].power == 1]


def _variation_notes(
    covariates: Covariates, varying: list[int], lost: list[str]
) -> tuple[str, ...]:
    if not covariates.terms:
        return ()
    names = dict.fromkeys(covariates.terms[k - 1].column for k in varying)
    notes = [f"The effect may vary with {', '.join(names)}."]
    if lost:
        notes.append(
            f"It was held the same over {', '.join(lost)}: one arm has too few rows to tell."
        )
    return tuple(notes)


def _is_curved(t: Floats) -> bool:
    return len(np.unique(t)) > 2


def _doubts(analysis: Analysis, family: Family) -> list[str]:
    question = analysis.question
    notes = ["Intervals are 95 %, from each row's influence on the means (HC2)."]
    if question.treated.is_amount:
        notes += [f"{question.treatment} enters with its square.", *outside_note(analysis)]
        beyond = float(np.average(analysis.t + 1 > analysis.t.max(), weights=analysis.weight))
        if question.contrast_in_words == "+1" and beyond > MOST_BEYOND:
            notes.append(
                f"Warning: one unit more of {question.treatment} takes {beyond:.0%} of the rows "
                f"beyond the largest value there is ({number(float(analysis.t.max()))}): what is "
                "said of them is the model's alone. Ask for a contrast between two values."
            )
    elif question.treated.levels is not None and not question.treated.is_binary:
        notes.append("Rows with other levels are predicted, but do not shape the model.")
    y = analysis.y
    is_count = bool((y >= 0).all() and (y == np.round(y)).all() and np.median(y) < 10)
    if family == "linear" and not question.response.is_binary and is_count:
        notes.append("The outcome looks like a count: model='poisson' keeps its mean above zero.")
    return notes
