"""Which columns the model uses most, beside those that do most: where the two orders part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from interpret import permutation_importance, shap_importance
from workbench.errors import AnalysisError, NotApplicable
from workbench.figures import BLUE, GREY, INK, VERMILION, escape, new_grid
from workbench.methods import method
from workbench.model import FittedModel
from workbench.progress import Progress, part, silent
from workbench.result import Result

from .analysis import Analysis, analyse, require_answer
from .bridge import ModelAndQuestion
from .effect import EffectEstimate
from .estimators.double_machine_learning import double_machine_learning
from .estimators.linear_regression import linear_regression
from .model_contrast import require_same_rows
from .question import CausalQuestion

Importance = Literal["shap", "permutation"]
Estimator = Literal["linear regression", "double machine learning"]
#: Held-out rows whose SHAP values are taken, and training rows they are compared with.
MOST_ROWS, BACKGROUND = 1_000, 100
#: The figure shows so many columns; the table has them all.
MOST_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class RankAgainstEffect(Result):
    """A line per column of the model: its importance, its effect, and the rank by each.

    `unit` is the outcome's unit of the effects, `measure` what importance was measured by.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the model's column",
        "importance": "how much the model uses it; `measure` of the result says by what",
        "importance_low": "lower end of the 95 % interval of the importance",
        "importance_high": "upper end of it",
        "importance_rank": "1 for the most important of all columns",
        "effect": "total effect on the outcome of one unit more, or of the one value rather than "
        "the other; empty where it cannot be had",
        "effect_low": "lower end of its 95 % interval",
        "effect_high": "upper end of it",
        "size": "the effect's size times how far rows are from the column's mean, on average: what "
        "a model that told it would give as mean |SHAP value|",
        "size_low": "lower end of the 95 % interval of the size, 0 where the effect's covers 0",
        "size_high": "upper end of it",
        "rank_among": "rank by importance among the columns whose effect is had",
        "effect_rank": "rank by the size of the effect among them",
        "effect_rank_low": "the best rank that the intervals of the sizes allow",
        "effect_rank_high": "the worst rank they allow",
        "parts": "whether the rank by importance lies outside of the ranks the effect may have",
        "why_not": "why there is no effect; empty where there is one",
    }

    unit: str = ""
    measure: str = ""

    def figure(self) -> Any:
        """Importance on the left, the size of the effect on the right, each with its rank."""
        shown = self.frame.iloc[:MOST_SHOWN].iloc[::-1].reset_index(drop=True)
        figure = new_grid(1, 2, height=170 + 34 * len(shown), showlegend=True,
                          titles=("How much the model uses it", "How much it does"))  # fmt: skip
        sides = (
            ("importance", "importance_low", "importance_high", "importance_rank", self.measure),
            ("size", "size_low", "size_high", "effect_rank", f"effect × spread: {self.unit}"),
        )
        for at, (value, low, high, rank, title) in enumerate(sides, start=1):
            for name, colour, rows in _groups(shown):
                some = shown[rows]
                if some.empty:
                    continue
                figure.add_bar(
                    x=some[value].fillna(0), y=some.index, orientation="h", row=1, col=at,
                    name=name, marker={"color": colour}, showlegend=at == 1,
                    error_x={"type": "data", "symmetric": False, "color": INK, "thickness": 1,
                             "array": (some[high] - some[value]).fillna(0),
                             "arrayminus": (some[value] - some[low]).fillna(0)},
                    text=[_ranked(r) for r in some[rank]],
                    textposition="auto", insidetextanchor="start",
                    customdata=[escape(why, 200) for why in some["why_not"]],
                    hovertemplate="%{x:.4g} %{customdata}<extra></extra>",
                )  # fmt: skip
            # A bar of length 0 shows no text of its own.
            bare = shown[shown[value].fillna(0) == 0]
            figure.add_scatter(
                x=[0] * len(bare), y=bare.index, row=1, col=at, mode="text", showlegend=False,
                text=[_ranked(r) for r in bare[rank]], textposition="middle right",
                hoverinfo="skip",
            )  # fmt: skip
            figure.update_xaxes(title_text=escape(title, 46), rangemode="tozero", row=1, col=at)
        figure.update_layout(barmode="overlay", legend={"y": 1.12}, margin={"t": 70})
        figure.update_yaxes(
            tickvals=list(shown.index), ticktext=[escape(f, 28) for f in shown["feature"]],
            showgrid=False, ticks="", zeroline=False, range=[-0.6, len(shown) - 0.4],
        )  # fmt: skip
        return figure


@method("Importance rank against effect rank", page="importance", joined=ModelAndQuestion,
        tasks=("regression", "binary"))  # fmt: skip
def rank_against_effect(
    model: FittedModel,
    question: CausalQuestion,
    /,
    *,
    importance: Annotated[
        Importance, "Mean |SHAP value| (interventional), or the loss when shuffled"
    ] = "shap",
    estimator: Annotated[
        Estimator, "What estimates the effects; the second learns, which takes seconds for each"
    ] = "linear regression",
    seed: int = 0,
    progress: Progress = silent,
) -> RankAgainstEffect:
    """Where the order of what the model uses and the order of what would change the outcome part.

    For every column of the model its importance, and its total effect on the outcome by the
    question's graph: each column is asked about in turn as the treatment, adjusted for what the
    graph wants for it (not for what the model holds). A proxy may carry all importance without any
    effect, and a cause whose mediator the model knows may carry all the effect without importance.

    Effects of amounts and of yes/no columns are made comparable by the spread of the column: the
    slope times the mean distance of rows from the column's mean. For a linear model that told the
    effect this would be its mean |SHAP value|. Ranks of effects come with the best and the worst
    rank that the 95 % intervals of the sizes allow, pair by pair; they are not simultaneous.

    *Linear regression* assumes straight lines; *double machine learning* (partially linear) learns
    the rest. A column without a way to the outcome in the graph has the effect 0; columns whose
    effect the graph does not give, or which have several levels, are listed with the reason.

    Answers for everyone (ATE), as a difference. Needs a drawn graph: roles speak of the treatment
    alone (`NotApplicable`).

    Source: Westreich & Greenland, AJE 177 (2013) for why one set of columns does not adjust for
    every effect; Janzing, Minorics & Blöbaum (AISTATS 2020) on what SHAP values are an answer to.
    """
    require_same_rows(model, question)
    require_answer(question, "The comparison of ranks", ("ATE",))
    require_graph(question, "The comparison of ranks")
    used = _importance(model, importance, seed, part(progress, 0.0, 0.4))
    lines = list(_effects(model, question, estimator, seed, part(progress, 0.4, 1.0)))
    frame = _frame(used, pd.DataFrame(lines, columns=_EFFECT_COLUMNS))
    progress(1.0)
    return RankAgainstEffect(
        frame=frame,
        summary=_summary(question, frame),
        notes=tuple(_notes(frame, used, estimator)),
        unit=_unit(question),
        measure=_measure(used),
    )


def require_graph(question: CausalQuestion, what: str) -> None:
    """Raises `NotApplicable` for a question asked with roles."""
    if not question.graph_was_drawn:
        raise NotApplicable(
            f"{what} needs the causes of every column, and the question's roles speak of "
            f"{question.treatment} alone.",
            "Draw the graph, or give one as `graph`.",
        )


_EFFECT_COLUMNS = ["feature", "effect", "effect_low", "effect_high", "spread", "why_not"]


def _importance(model: FittedModel, by: Importance, seed: int, progress: Progress) -> Result:
    if by == "permutation":
        return permutation_importance(model, seed=seed, progress=progress)
    try:
        return shap_importance(model, compared_with="train", background_rows=BACKGROUND,
                               most_rows=MOST_ROWS, seed=seed, progress=progress)  # fmt: skip
    except NotApplicable as error:
        raise NotApplicable(error.message, "Measure importance by permutation.") from error


def _measure(used: Result) -> str:
    if "measure" in used.frame:
        return str(used.frame["measure"].iloc[0])
    return f"mean |SHAP value|: {used.frame['output'].iloc[0]}"


def _effects(
    model: FittedModel,
    question: CausalQuestion,
    estimator: Estimator,
    seed: int,
    progress: Progress,
) -> Iterator[dict[str, Any]]:
    count = len(model.features)
    for k, feature in enumerate(model.features):
        lap = part(progress, k / count, (k + 1) / count, f"The effect of {feature}")
        lap(0.0)
        try:
            yield _effect(question, feature, estimator, seed, lap)
        except AnalysisError as error:
            yield {"feature": feature, "why_not": error.message}


def _effect(
    question: CausalQuestion, feature: str, estimator: Estimator, seed: int, progress: Progress
) -> dict[str, Any]:
    graph, outcome = question.graph, question.outcome
    if feature not in graph.observed:
        raise NotApplicable(f"The graph does not hold {feature}.", "Draw it.")
    if outcome not in graph.descendants(feature):
        return {"feature": feature, "effect": 0.0, "effect_low": 0.0, "effect_high": 0.0,
                "spread": 0.0, "why_not": ""}  # fmt: skip
    asked = _asked(question, feature)
    found: EffectEstimate = (
        linear_regression(asked, progress=progress)
        if estimator == "linear regression"
        else double_machine_learning(asked, seed=seed, progress=progress)
    )
    line = found.frame.iloc[0]
    return {"feature": feature, "effect": line["estimate"], "effect_low": line["conf_low"],
            "effect_high": line["conf_high"], "spread": _spread(analyse(asked)),
            "why_not": ""}  # fmt: skip


def _asked(question: CausalQuestion, feature: str) -> CausalQuestion:
    """The question with another treatment: one unit more, or one value rather than the other."""
    if feature == question.treatment and question.treated.is_binary:
        low, high = question.treated.values
        return question.about(contrast=(low, high))
    asked = question.about(treatment=feature)
    if asked.treated.is_amount:
        return asked.about(contrast=(0.0, 1.0))
    if not asked.treated.is_binary:
        raise NotApplicable(
            f"{feature} has several levels, so that it has an effect for each pair of them.",
            "Ask about two of its levels.",
        )
    return asked


def _spread(analysis: Analysis) -> float:
    """How far the rows are from the column's mean, on average; two values are 0 and 1."""
    t = analysis.t
    if analysis.question.treated.is_binary:
        t = analysis.arm.astype(float)
    middle = np.average(t, weights=analysis.weight)
    return float(np.average(np.abs(t - middle), weights=analysis.weight))


def _frame(used: Result, effects: pd.DataFrame) -> pd.DataFrame:
    importance = used.frame.rename(
        columns={"conf_low": "importance_low", "conf_high": "importance_high"}
    )[["feature", "importance", "importance_low", "importance_high"]]
    frame = importance.merge(effects, on="feature", validate="one_to_one")
    number_columns = ["effect", "effect_low", "effect_high", "spread"]
    frame[number_columns] = frame[number_columns].astype(float)
    frame["importance_rank"] = _ranks(frame["importance"])
    ends = frame[["effect_low", "effect_high"]].abs()
    covers = (frame["effect_low"] <= 0) & (frame["effect_high"] >= 0)
    frame["size"] = frame["effect"].abs() * frame["spread"]
    frame["size_low"] = ends.min(axis=1).mask(covers, 0.0) * frame["spread"]
    frame["size_high"] = ends.max(axis=1) * frame["spread"]
    had = frame["effect"].notna()
    frame["rank_among"] = _ranks(frame["importance"].where(had))
    frame["effect_rank"] = _ranks(frame["size"])
    best, worst = _possible_ranks(frame[had])
    frame["effect_rank_low"] = best.reindex(frame.index).astype("Int64")
    frame["effect_rank_high"] = worst.reindex(frame.index).astype("Int64")
    outside = (frame["rank_among"] < frame["effect_rank_low"]) | (
        frame["rank_among"] > frame["effect_rank_high"]
    )
    frame["parts"] = outside.fillna(False).astype(bool)
    return frame[list(RankAgainstEffect.columns)]


def _ranks(values: pd.Series) -> pd.Series:
    return values.rank(ascending=False, method="min").astype("Int64")


def _possible_ranks(had: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The best rank: behind those that are larger beyond doubt; the worst: before those that are
    smaller beyond doubt."""
    low, high = had["size_low"].to_numpy(), had["size_high"].to_numpy()
    larger = (low[None, :] > high[:, None]).sum(axis=1)
    smaller = (high[None, :] < low[:, None]).sum(axis=1)
    return pd.Series(1 + larger, had.index), pd.Series(len(had) - smaller, had.index)


def _summary(question: CausalQuestion, frame: pd.DataFrame) -> str:
    had, count = frame[frame["why_not"] == ""], len(frame)
    if had.empty:
        return f"The graph gives the effect of none of the model's {count} columns."
    apart = had[had["parts"]]
    start = f"Of the model's {count} columns the graph gives the effects of {len(had)} on "
    start += question.outcome
    if apart.empty:
        return f"{start}; their order by importance is one that their effects may have."
    first = apart.iloc[(apart["rank_among"] - apart["effect_rank"]).abs().to_numpy().argmax()]
    return (
        f"{start}; {len(apart)} of them stand elsewhere by importance than by effect, most of all "
        f"{first['feature']}: number {first['rank_among']} by importance, number "
        f"{first['effect_rank']} by effect ({first['effect_rank_low']} to "
        f"{first['effect_rank_high']} by the intervals)."
    )


def _notes(frame: pd.DataFrame, used: Result, estimator: Estimator) -> Iterator[str]:
    yield (
        "Importance says how much this model uses a column; the effect what the outcome would "
        "change by if the column were set. Neither follows from the other."
    )
    yield (
        f"Effects are total ones by {estimator}, each adjusted for what the graph wants for that "
        "column, and right only if the graph is."
    )
    yield (
        "The size of an effect is its slope times the mean distance of rows from the column's "
        "mean; the ranks it may have are pair by pair, not simultaneous."
    )
    none = frame[(frame["why_not"] == "") & (frame["effect"] == 0) & (frame["size_high"] == 0)]
    if len(none):
        yield f"By the graph these have no effect: {', '.join(none['feature'])}."
    for _, line in frame[frame["why_not"] != ""].iterrows():
        yield f"No effect of {line['feature']} is shown: {line['why_not']}"
    yield from used.notes[:2]
    if len(frame) > MOST_SHOWN:
        yield f"The picture shows the {MOST_SHOWN} most important of {len(frame)} columns."


def _unit(question: CausalQuestion) -> str:
    if question.response.is_binary:
        return f"share with {question.outcome} = {(question.response.levels or ('', ''))[1]}"
    return question.outcome


def _ranked(rank: Any) -> str:
    return "not had" if pd.isna(rank) else f" number {rank} "


def _groups(shown: pd.DataFrame) -> list[tuple[str, str, pd.Series]]:
    """Names, colours and rows of what is drawn alike."""
    is_had = shown["why_not"] == ""
    return [
        ("stands elsewhere by importance than by effect", VERMILION, shown["parts"]),
        ("stands where its effect may", BLUE, is_had & ~shown["parts"]),
        ("effect not had", GREY, ~is_had),
    ]
