"""What the model says the treatment does, beside what it does: one axis, and the differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import (
    BLUE,
    GREEN,
    GREY,
    LIGHT_GREY,
    ORANGE,
    VERMILION,
    escape,
    new_figure,
    number,
)
from workbench.methods import method
from workbench.model import FittedModel
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Range

from .analysis import Analysis, arms_analysis, require_answer
from .bridge import ModelAndQuestion
from .dose_curve import dosed_analysis
from .dose_response import dose_contrast
from .effect import CRUDE, reach_and_p, row_of_means
from .estimators.aipw import drawn_scores
from .estimators.linear_regression import linear_regression, regression_influence
from .influence import standard_error
from .learners import LEARNERS, worth
from .licence import read_licence
from .model_contrast import (
    Counts,
    ModelContrast,
    drawn_rows,
    model_columns,
    refitted_changes,
)
from .question import CausalQuestion

Floats = NDArray[np.float64]
#: What is compared of a treatment that is an amount, where the question asks for one unit more.
QUARTILES = (0.25, 0.75)
#: A dose further from what is expected of a row than all but this share of the rows' own doses are,
#: on either side, is one that rows like it do not have.
FAR = 0.005
#: From this share of rows without a counterpart the contrast is called extrapolation.
MANY_UNSUPPORTED = 0.1

MODEL = "the model (partial dependence)"
CRUDE_NAME, REGRESSION = "crude difference", "linear regression"
LEARNED, KNOWN = "how the model learned", "which columns the model knows"


@dataclass(frozen=True, kw_only=True)
class PredictionAgainstCause(Result):
    """The model's contrast, the usual estimates of the same contrast, and the model minus each.

    `unit` is the unit of all numbers, `contrast` what is compared with what.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "estimate, or difference: the model minus an estimate, or a part of it",
        "quantity": "what was estimated, or subtracted from the model's contrast",
        "contrast": "the treatment's value compared with which other",
        "estimate": "change of the outcome, or of its prediction, in the outcome's unit",
        "std_error": "its standard error",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
        "p_value": "two-sided p-value that it is 0",
        "error_from": "where the error comes from: refits of the model on bootstrap samples, or "
        "each row's influence",
    }

    unit: str = ""
    contrast: str = ""

    def figure(self) -> Any:
        """Estimates above, differences below, on one axis with a line at zero."""
        shown = self.frame.iloc[::-1].reset_index(drop=True)
        gap = (shown["kind"] == "estimate").astype(float)
        figure = new_figure(height=150 + 48 * len(shown), x=f"{self.contrast}: {self.unit}",
                            showlegend=False)  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        at = shown.index + 0.6 * gap
        for colour, rows in _groups(shown):
            some = shown[rows]
            figure.add_scatter(
                x=some["estimate"], y=at[rows], mode="markers+text",
                marker={"size": 10, "color": colour},
                text=[_in_words(row) for _, row in some.iterrows()], textposition="top center",
                textfont={"size": 12},
                error_x={
                    "type": "data", "symmetric": False, "thickness": 2, "width": 5,
                    "color": colour, "array": some["conf_high"] - some["estimate"],
                    "arrayminus": some["estimate"] - some["conf_low"],
                },
                hovertemplate="%{text}<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(
            tickvals=list(at), ticktext=[_label(row) for _, row in shown.iterrows()],
            range=[-0.6, float(at.max()) + 0.9], showgrid=False, ticks="", zeroline=False,
        )  # fmt: skip
        # The numbers above the marks are wider than the intervals.
        ends = shown[["estimate", "conf_low", "conf_high"]].assign(zero=0.0).to_numpy()
        low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
        figure.update_xaxes(range=[low - 0.2 * (high - low), high + 0.2 * (high - low)])
        return figure


@method("Prediction against cause", page="effect", joined=ModelAndQuestion, weighs=True,
        tasks=("regression", "binary"))  # fmt: skip
def prediction_against_cause(
    model: FittedModel,
    question: CausalQuestion,
    /,
    *,
    refits: Annotated[
        int, Range(0, 400), "Bootstrap samples on which the model is learned again; 0: none"
    ] = 40,
    seed: int = 0,
    progress: Progress = silent,
) -> PredictionAgainstCause:
    """By how much the model's answer differs from the effect, and which of two reasons it has.

    *The model's contrast* is its partial dependence at the value the question's contrast goes to,
    less that at the value it comes from: every row is given the one and the other, and the mean of
    the two predictions is compared. Beside it, of the same contrast over the same rows: the crude
    difference, linear regression, and the effect by AIPW (two levels) or by the additive
    dose-response curve (an amount; where the question asks for one unit more, from the 25th to the
    75th percentile of the doses, which a note says).

    The model minus the effect is then taken apart into two. With E(C) the same estimator adjusting
    for the columns C the model uses, and E(A) for those the graph wants,

        model - E(A) = [model - E(C)] + [E(C) - E(A)].

    The first is *how the model learned*: shrinkage, a form that does not fit, extrapolation. The
    second is *which columns it knows*: a common cause it lacks, a mediator or a common effect it
    holds fixed; the graph says which (`licence`).

    Intervals are 95 %. Of the model and of every difference with it they come from a paired
    bootstrap: rows are drawn with replacement (whole groups where a column has that role), the
    model's recipe is learned again from its training rows as they were drawn and averaged over the
    rows as they were drawn, and the other estimates are moved by each row's influence on them
    (their nuisances are not learned again); ± t with `refits` - 1 degrees of freedom times the
    standard deviation. Of a calibrated model the map is learned again as well. With `refits=0` the
    model is taken as given: its interval then covers only which rows it is averaged over, and is
    too short to speak of the recipe. The other estimates have the intervals they have everywhere.

    Answers the ATE as a difference, for models of a number's mean or of two classes.
    Raises `NotApplicable` where the effect is not identified by adjustment, where the model does
    not use the treatment or predicts a quantile, and `QuestionError` where the two are of two
    tables.

    Source: Zhao & Hastie, JBES 39 (2021) for partial dependence as the back-door formula;
    Chernozhukov et al. (2018) on what shrinkage does to a coefficient read off a prediction.
    """
    require_answer(question, "Prediction against cause", ("ATE",))
    asked, how = _with_two_values(question)
    analysis = _analysis(asked)
    contrast = ModelContrast.of(model, asked, analysis)
    changes = contrast.changes(model, part(progress, 0.0, 0.05))
    others = _others(model, asked, analysis, seed, part(progress, 0.05, 0.5))
    subject = ModelAndQuestion(model, question)
    mean = float(np.average(changes, weights=analysis.weight))
    own = _Own(mean, analysis.weight * (changes - mean))
    counts = drawn_rows(subject, analysis, refits, seed)
    drawn = refitted_changes(subject, contrast, analysis, counts, part(progress, 0.5, 0.99))
    paired = _Paired(analysis, own, drawn, counts)
    frame = _frame(asked, others, paired)
    progress(1.0)
    return PredictionAgainstCause(
        frame=frame,
        summary=_summary(asked, frame, others),
        notes=(
            *how, *analysis.notes, *_why(model, asked, frame, others),
            *_notes(model, refits, seed, others),
        ),
        unit=asked.unit_in_words,
        contrast=f"{asked.treatment} {asked.contrast_in_words}",
    )  # fmt: skip


@dataclass(frozen=True)
class _Own:
    """The model's contrast, and each row's influence (n,) on it while the model stays the same."""

    estimate: float
    influence: Floats


@dataclass(frozen=True)
class _Other:
    """An estimate of the same contrast: its influence (n,), and its row as it is elsewhere."""

    name: str
    estimate: float
    influence: Floats
    low: float
    high: float
    std_error: float
    p_value: float


@dataclass(frozen=True)
class _Others:
    """What the model is held against. `effect` adjusts for what the graph wants, `same_columns`
    for what the model knows; None where these are the same columns. `unsupported` is the share of
    rows like which there are hardly any at one of the two values."""

    before: tuple[_Other, ...]
    effect: _Other
    same_columns: _Other | None
    unsupported: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Paired:
    """The model's contrast as it is and over the draws (b,), and how often each row was drawn."""

    analysis: Analysis
    own: _Own
    drawn: Floats
    counts: Sequence[Counts]

    def minus(self, others: Sequence[tuple[float, _Other]], *, own: float = 1.0) -> dict[str, Any]:
        """`own` times the model's contrast plus a weighted sum of others, with its interval."""
        n, clusters = len(self.analysis), self.analysis.clusters
        estimate = own * self.own.estimate + sum(w * each.estimate for w, each in others)
        influence = sum((w * each.influence for w, each in others), np.zeros(n))
        if not own or not len(self.drawn):
            error = standard_error(influence + own * self.own.influence, clusters)
            degrees, source = float("inf"), "influence"
        else:
            rows = self.analysis.rows
            moved = np.array([counts[rows] @ influence / n for counts in self.counts])
            error = float((own * self.drawn + moved).std(ddof=1))
            degrees, source = len(self.drawn) - 1, "refits"
        reach, p = reach_and_p(estimate, error, degrees)
        return _numbers(estimate, error, estimate - reach, estimate + reach, p, source)


def _numbers(
    estimate: float, error: float, low: float, high: float, p: float, source: str
) -> dict[str, Any]:
    return {"estimate": estimate, "std_error": error, "conf_low": low, "conf_high": high,
            "p_value": p, "error_from": source}  # fmt: skip


def _with_two_values(question: CausalQuestion) -> tuple[CausalQuestion, tuple[str, ...]]:
    """The question between two values of the treatment: of an amount asked for one unit more,
    between the quartiles of the doses."""
    treated = question.treated
    if not treated.is_amount or question.contrast != (0.0, 1.0):
        return question, ()
    present = treated.numbers[~np.isnan(treated.numbers)]
    start, to = (float(v) for v in np.quantile(present, QUARTILES, method="nearest"))
    if start == to:
        raise NotApplicable(
            f"Half of the rows have {question.treatment} = {number(start)}, so that its quartiles "
            "are one and the same.",
            "Name the two values to compare as the question's contrast.",
        )
    note = (
        f"The question asks for one unit more; compared here, by every estimate, is "
        f"{question.treatment} = {number(to)} with {number(start)}, the 75th percentile with the "
        "25th."
    )
    return question.about(contrast=(start, to)), (note,)


def _analysis(question: CausalQuestion) -> Analysis:
    if question.treated.is_amount:
        return dosed_analysis(question)
    return arms_analysis(question, "Prediction against cause")


# What the model is held against


def _others(
    model: FittedModel, question: CausalQuestion, analysis: Analysis, seed: int, progress: Progress
) -> _Others:
    before = _regressions(question, analysis)
    columns, notes = model_columns(model, analysis)
    names = tuple(f for f in model.features if f != question.treatment)
    knows_the_same = set(names) == set(analysis.adjusted_for)
    same = replace(analysis, covariates=columns, adjusted_for=names)
    effect, lost = _effect(analysis, seed, part(progress, 0.0, 0.5))
    if knows_the_same:
        return _Others(before, effect, None, lost, ())
    own, lost = _effect(same, seed, part(progress, 0.5, 1.0))
    name = f"{own.name}, adjusting for the model's columns"
    return _Others(before, effect, replace(own, name=name), lost, tuple(notes))


def _regressions(question: CausalQuestion, analysis: Analysis) -> tuple[_Other, ...]:
    """The crude difference, where anything is adjusted for, and linear regression, as they are
    shown everywhere."""
    lines = linear_regression(question).frame
    estimate, influence = regression_influence(analysis)
    found = [_other(REGRESSION, estimate, influence, lines.iloc[0])]
    crude = lines[lines["estimand"] == CRUDE]
    if len(crude):
        bare = replace(analysis, covariates=analysis.covariates.take([]), adjusted_for=())
        estimate, influence = regression_influence(bare)
        found.insert(0, _other(CRUDE_NAME, estimate, influence, crude.iloc[0]))
    return tuple(found)


def _other(name: str, estimate: float, influence: Floats, line: pd.Series) -> _Other:
    return _Other(name, estimate, influence, float(line["conf_low"]), float(line["conf_high"]),
                  float(line["std_error"]), float(line["p_value"]))  # fmt: skip


def _effect(analysis: Analysis, seed: int, progress: Progress) -> tuple[_Other, float]:
    """The effect with its influence, and the share of rows without a counterpart."""
    question = analysis.question
    if question.treated.is_amount:
        estimate, influence = dose_contrast(analysis, question.contrast, seed, progress)
        error = standard_error(influence, analysis.clusters)
        reach, p = reach_and_p(estimate, error, float("inf"))
        found = _Other("dose-response curve", estimate, influence, estimate - reach,
                       estimate + reach, error, p)  # fmt: skip
        return found, _doses_lost(analysis)
    learned, scores, _ = drawn_scores(analysis, 5, None, seed, progress)
    line = row_of_means(analysis, scores.means).iloc[0]
    found = _other("AIPW", scores.estimate, scores.influence, line)
    return found, learned.share_lost(analysis)


def _doses_lost(analysis: Analysis) -> float:
    """The share of rows, as they are weighted, for which one of the two doses is further from what
    is expected of the row than rows' own doses are."""
    x, t = analysis.covariates.matrix, analysis.t
    if not x.shape[1]:
        return 0.0
    expected = LEARNERS[1].fit(x, t, worth(analysis.weight), False, 0)(x)
    low, high = np.quantile(t - expected, (FAR, 1 - FAR))
    beyond = [(dose - expected < low) | (dose - expected > high)
              for dose in analysis.question.contrast]  # fmt: skip
    return float(np.average(beyond[0] | beyond[1], weights=analysis.weight))


# The table


def _frame(question: CausalQuestion, others: _Others, paired: _Paired) -> pd.DataFrame:
    every = [*others.before, others.effect]
    every += [others.same_columns] if others.same_columns else []
    lines: list[dict[str, Any]] = [{"kind": "estimate", "quantity": MODEL, **paired.minus(())}]
    lines += [
        {"kind": "estimate", "quantity": each.name,
         **_numbers(each.estimate, each.std_error, each.low, each.high, each.p_value, "influence")}
        for each in every
    ]  # fmt: skip
    lines += [
        {"kind": "difference", "quantity": each.name, **paired.minus([(-1, each)])}
        for each in (*others.before, others.effect)
    ]
    if others.same_columns:
        lines.append({"kind": "difference", "quantity": LEARNED,
                      **paired.minus([(-1, others.same_columns)])})  # fmt: skip
        both = [(1.0, others.same_columns), (-1.0, others.effect)]
        lines.append({"kind": "difference", "quantity": KNOWN, **paired.minus(both, own=0.0)})
    frame = pd.DataFrame(lines).assign(contrast=question.contrast_in_words)
    return frame[list(PredictionAgainstCause.columns)]


def _line(frame: pd.DataFrame, kind: str, quantity: str) -> pd.Series:
    return frame[(frame["kind"] == kind) & (frame["quantity"] == quantity)].iloc[0]


# What it says


def _summary(question: CausalQuestion, frame: pd.DataFrame, others: _Others) -> str:
    own = _line(frame, "estimate", MODEL)
    effect = _line(frame, "estimate", others.effect.name)
    apart = _line(frame, "difference", others.effect.name)
    start, to = question.compared
    what = question.outcome_in_words
    said = (
        f"{question.treatment} {to} rather than {start}: by the model (partial dependence) {what} "
        f"changes by {_with_interval(own)}, by {others.effect.name} by {_with_interval(effect)}"
    )
    if not _is_apart(apart):
        return f"{said}; the difference of {_with_interval(apart)} is no more than chance allows."
    return f"{said}; they differ by {_with_interval(apart)}, {_reason(frame, others)}."


def _reason(frame: pd.DataFrame, others: _Others) -> str:
    if others.same_columns is None:
        return f"which lies in {LEARNED}, as it knows just the columns that are adjusted for"
    parts = {name: _line(frame, "difference", name) for name in (KNOWN, LEARNED)}
    told = [f"{number(line['estimate'])} in {name}" for name, line in parts.items()
            if _is_apart(line)]  # fmt: skip
    if not told:
        return f"which cannot be told to lie in {LEARNED} or in {KNOWN}"
    return "of which " + " and ".join(told)


def _why(
    model: FittedModel, question: CausalQuestion, frame: pd.DataFrame, others: _Others
) -> list[str]:
    """Why the two may differ: by the graph, by the learning, and by where there are no rows."""
    read = read_licence(model, question, question.treatment)
    notes = [f"Which columns it knows: {_lower(read.reason)}"]
    learned = _line(frame, "difference", LEARNED if others.same_columns else others.effect.name)
    if _is_apart(learned):
        beside = "the same columns" if others.same_columns else "its columns"
        reference = others.same_columns or others.effect
        drawn = abs(learned["estimate"] + reference.estimate) < abs(reference.estimate)
        kind = "shrinks" if drawn else "exaggerates"
        notes.append(
            f"How it learned: with {beside} adjusted for, the estimator finds "
            f"{number(reference.estimate)}, which the model {kind}: it was made to predict well, "
            "and what it smooths over in one column it may put on another."
        )
    else:
        notes.append(
            "How it learned: beside the same columns, the model and the estimator differ by no "
            "more than chance allows."
        )
    if others.unsupported > MANY_UNSUPPORTED:
        notes.append(
            f"Warning: {others.unsupported:.0%} of the rows have hardly a counterpart at one of "
            "the two values, beside the columns the model knows: there the model guesses, and no "
            "estimate can do better."
        )
    else:
        notes.append(
            f"Extrapolation: {others.unsupported:.0%} of the rows have hardly a counterpart at one "
            "of the two values, beside the columns the model knows."
        )
    if model.training.class_weight is not None:
        notes.append(
            "Warning: the model was trained with class weights, which shift its probabilities; its "
            "contrast is one of shifted probabilities."
        )
    return notes


def _notes(model: FittedModel, refits: int, seed: int, others: _Others) -> list[str]:
    if refits:
        band = (
            f"The model's interval and those of its differences: {refits} bootstrap samples of "
            f"rows (seed {seed}), on each of which the {model.family.title} was learned again and "
            "the other estimates were moved by the rows' influence; ± t with "
            f"{refits - 1} degrees of freedom times the standard deviation. It says how far chance "
            "moves the recipe's answer around what it gives on average, not whether that is right."
        )
    else:
        band = (
            "Warning: the model was not learned again, so its interval covers only which rows it "
            "is averaged over and is too short; so are those of its differences."
        )
    return [
        band,
        "All are over the same rows, those the model learned from included.",
        "The difference is about this model: another recipe would differ by another amount.",
        *others.notes,
    ]


def _is_apart(line: pd.Series) -> bool:
    return bool(line["conf_low"] > 0 or line["conf_high"] < 0)


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:] if sentence.startswith(("The ", "By ")) else sentence


def _with_interval(line: pd.Series) -> str:
    if np.isnan(line["conf_low"]):
        return number(line["estimate"])
    return f"{number(line['estimate'])} ({number(line['conf_low'])} to {number(line['conf_high'])})"


def _in_words(row: pd.Series) -> str:
    shown = [number(row[c], 3) for c in ("estimate", "conf_low", "conf_high")]
    return f"{shown[0]}  ({shown[1]} to {shown[2]})"


def _label(row: pd.Series) -> str:
    name = escape(row["quantity"].replace(", adjusting for", ",<br>adjusting for"), 80)
    name = name.replace("&lt;br&gt;", "<br>")
    if row["kind"] == "estimate":
        return name
    if row["quantity"] in (LEARNED, KNOWN):
        return f"of this, {name}"
    return f"the model minus {name}"


def _groups(shown: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    """Colours and rows of what is drawn alike."""
    estimates = shown["kind"] == "estimate"
    own = estimates & (shown["quantity"] == MODEL)
    associations = estimates & shown["quantity"].isin([CRUDE_NAME])
    parts = ~estimates & shown["quantity"].isin([LEARNED, KNOWN])
    return [
        (VERMILION, own),
        (GREY, associations),
        (BLUE, estimates & ~own & ~associations),
        (ORANGE, ~estimates & ~parts),
        (GREEN, parts),
    ]
