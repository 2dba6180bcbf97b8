"""All estimators that answer a question, on one axis: how much of the answer is the method's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.blocks import one_blas_thread
from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, ORANGE, escape, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import Result

from .adjustment import used_set
from .effect import CRUDE, EffectEstimate
from .estimators.aipw import aipw
from .estimators.difference_in_means import difference_in_means
from .estimators.double_machine_learning import double_machine_learning
from .estimators.entropy_balancing import entropy_balancing
from .estimators.g_estimation import g_estimation
from .estimators.linear_regression import linear_regression
from .estimators.matching import matching
from .estimators.standardisation import standardisation
from .estimators.stratification import stratification
from .estimators.tmle import tmle
from .estimators.weighting import weighting
from .question import WHOM, CausalQuestion

Estimator = Callable[..., EffectEstimate]
#: Closed forms, a moment each.
QUICK: Mapping[str, Estimator] = {
    "Difference in means": difference_in_means,
    "Linear regression": linear_regression,
    "Standardisation": standardisation,
    "Weighting": weighting,
    "G-estimation": g_estimation,
    "Entropy balancing": entropy_balancing,
    "Stratification": stratification,
    "Matching": matching,
}
#: Those that learn their nuisances and take seconds.
LEARNED: Mapping[str, Estimator] = {
    "AIPW": aipw,
    "TMLE": tmle,
    "Double machine learning": double_machine_learning,
}


@dataclass(frozen=True, kw_only=True)
class EstimatorComparison(Result):
    """One row per estimator, as it gave it; those that refuse stand last, with their sentence. For
    the CATE one row for each group and estimator, group by group.

    `unit` says the scale of the estimates; `no_effect` is 0 for a difference and 1 for a ratio.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "estimator": "the method",
        "estimand": "what it answered: ATE, ATT, ATC, ATO or CATE; or that it is the crude "
        "difference",
        "contrast": "the treatment's value compared with which other",
        "group": "whom its average runs over",
        "estimate": "the effect, in the outcome's unit, or a ratio",
        "std_error": "its standard error; of a ratio, that of its logarithm",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
        "p_value": "two-sided p-value of no effect",
        "as_asked": "it answers for the population the question asks about, all of it",
        "refused": "why it does not answer; empty where it does",
    }

    unit: str = ""
    no_effect: float = 0.0

    def figure(self) -> Any:
        """Estimates and intervals on one axis: blue what was asked, orange another population, grey
        the crude difference."""
        shown = self.frame[self.frame["refused"] == ""].iloc[::-1]
        figure = new_figure(height=140 + 42 * len(shown), x=self.unit)
        figure.add_vline(x=self.no_effect, line={"color": LIGHT_GREY, "width": 2})
        if self.no_effect:
            figure.update_xaxes(type="log")
        names = [_label(row) for _, row in shown.iterrows()]
        kinds = [_kind(row) for _, row in shown.iterrows()]
        for kind, colour in (("as asked", BLUE), ("another population", ORANGE),
                             ("not adjusted", GREY)):  # fmt: skip
            at = [k for k, each in enumerate(kinds) if each == kind]
            part_of = shown.iloc[at]
            if part_of.empty:
                continue
            figure.add_scatter(
                x=part_of["estimate"], y=at, mode="markers", name=kind,
                marker={"size": 10, "color": colour},
                error_x={
                    "type": "data", "symmetric": False, "thickness": 2, "width": 5,
                    "array": part_of["conf_high"] - part_of["estimate"],
                    "arrayminus": part_of["estimate"] - part_of["conf_low"],
                },
                customdata=part_of[["estimator", "conf_low", "conf_high"]].map(
                    lambda v: escape(v) if isinstance(v, str) else number(v)
                ),
                hovertemplate="%{customdata[0]}: %{x:.4g} (%{customdata[1]} to %{customdata[2]})"
                "<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(
            tickvals=list(range(len(names))), ticktext=names, range=[-0.6, len(names) - 0.4],
            showgrid=False, ticks="", zeroline=False,
        )  # fmt: skip
        return figure


@method("All estimators", page="effect", weighs=True)
def compare_estimators(
    question: CausalQuestion,
    /,
    *,
    learned: Annotated[
        bool, "also those that learn their models: seconds each, not moments"
    ] = True,
    seed: int = 0,
    progress: Progress = silent,
) -> EstimatorComparison:
    """How far the answer depends on the estimator: each that answers the question, on one axis.

    All are by adjustment, for the same columns, by their default settings. Where they agree, their
    different assumptions (a linear outcome, a logit of the treatment, near rows alike, learned
    models) do not matter much for the answer; all still share the one that no common cause is
    missing. Where two part by more than their intervals allow, a note names them. Estimators
    that answer for another population are coloured and left out of that comparison; those that
    refuse are listed with their reason.

    Choosing the estimate one likes best makes its interval worthless: decide on one before looking.
    Raises `NotApplicable` where the effect is not identified by adjustment, or none answers.
    """
    used_set(question)
    chosen = {**QUICK, **LEARNED} if learned else QUICK
    with one_blas_thread():
        rows = list(_rows(question, chosen, seed, progress))
    frame = pd.DataFrame(rows, columns=list(EstimatorComparison.columns))
    if question.by is not None:
        place = {group: k for k, group in enumerate(dict.fromkeys(frame["group"]))}
        frame = frame.sort_values("group", key=lambda s: s.map(place), kind="stable")
    frame = frame.sort_values("refused", key=lambda s: s != "", kind="stable", ignore_index=True)
    answers = frame[frame["as_asked"]]
    if answers.empty and (frame["refused"] != "").all():
        raise NotApplicable(
            f"No estimator by adjustment answers this question: {frame['refused'].iloc[0]}",
            "Ask for another estimand or scale; instrumental variables answer the LATE.",
        )
    progress(1.0)
    return EstimatorComparison(
        frame=frame,
        summary=_summary(question, answers, frame),
        notes=tuple(_notes(question, answers, frame)),
        unit=question.unit_in_words,
        no_effect=question.no_effect,
    )


def _rows(
    question: CausalQuestion, chosen: Mapping[str, Estimator], seed: int, progress: Progress
) -> Iterator[dict[str, Any]]:
    # What learns takes nearly all of the time.
    cost = {name: 20.0 if name in LEARNED else 1.0 for name in chosen}
    total, done = sum(cost.values()), 0.0
    for name, estimator in chosen.items():
        lap = part(progress, done / total, (done + cost[name]) / total, name)
        lap(0.0)
        yield from _found(question, name, estimator, seed, lap)
        done += cost[name]


def _found(
    question: CausalQuestion, name: str, estimator: Estimator, seed: int, progress: Progress
) -> Iterator[dict[str, Any]]:
    """The row of an estimator's answer, or those of every group; or why there is none."""
    settings = {"seed": seed} if name in LEARNED else {}
    try:
        frame = estimator(question, progress=progress, **settings).frame
    except NotApplicable as error:
        empty = dict.fromkeys(EffectEstimate.columns, np.nan)
        words = {"estimand": "", "contrast": "", "group": ""}
        yield {"estimator": name, **empty, **words, "as_asked": False, "refused": error.message}
        return
    for _, row in (frame if question.by is not None else frame.iloc[:1]).iterrows():
        found = {column: row[column] for column in EffectEstimate.columns}
        whom = found["group"] if question.by is not None else WHOM[question.estimand]
        as_asked = (found["estimand"], found["group"]) == (question.estimand, whom)
        yield {"estimator": name, **found, "as_asked": as_asked, "refused": ""}


def _summary(question: CausalQuestion, answers: pd.DataFrame, frame: pd.DataFrame) -> str:
    crude = int((frame["estimand"] == CRUDE).sum())
    others = int(((frame["refused"] == "") & ~frame["as_asked"]).sum()) - crude
    silent_ones = int((frame["refused"] != "").sum())
    rest = []
    if others:
        rest.append(f"{others} answer{'s' if others == 1 else ''} for others")
    if crude:
        rest.append(f"{crude} adjusts for nothing")
    if silent_ones:
        rest.append(f"{silent_ones} do{'es' if silent_ones == 1 else ''} not answer")
    tail = f"; {', '.join(rest)}" if rest else ""
    if answers.empty:
        return f"No estimator answers for {WHOM[question.estimand]} as asked{tail}."
    names = answers["estimator"].nunique()
    count = f"{names} estimator{'' if names == 1 else 's'}"
    start = f"{question.treatment} {question.contrast_in_words}: by {count}, "
    if question.by is None:
        span = _span(answers["estimate"])
        return (
            f"{start}{question.effect_in_words(span)} on average over "
            f"{WHOM[question.estimand]}{tail}."
        )
    groups = [(str(name), part["estimate"]) for name, part in answers.groupby("group", sort=False)]
    least, most = (pick(groups, key=lambda g: g[1].median()) for pick in (min, max))
    said = f"{_span(least[1])} ({least[0]}) up to {_span(most[1])} ({most[0]})"
    return f"{start}{question.effect_in_words(said)}{tail}."


def _span(estimates: pd.Series) -> str:
    low, high = number(estimates.min()), number(estimates.max())
    return low if len(estimates) == 1 else f"{low} to {high}"


def _notes(question: CausalQuestion, answers: pd.DataFrame, frame: pd.DataFrame) -> Iterator[str]:
    used = used_set(question)
    adjusted = f"All adjust for {', '.join(used)}." if used else "Nothing is adjusted for."
    yield adjusted + " That no common cause is missing is assumed by each of them."
    yield from _agreement(question, answers)
    for _, row in frame[(frame["refused"] == "") & ~frame["as_asked"]].iterrows():
        if row["estimand"] == CRUDE:
            yield f"{row['estimator']} adjusts for nothing, and is no effect here."
        else:
            yield f"{row['estimator']} answers for {row['group']} ({row['estimand']})."
    for _, row in frame[frame["refused"] != ""].iterrows():
        yield f"{row['estimator']} does not answer: {row['refused']}"


def _agreement(question: CausalQuestion, answers: pd.DataFrame) -> Iterator[str]:
    """Which two part so far that neither interval holds the other's estimate."""
    pairs = [
        (a, b)
        for _, part_of in answers.groupby("group", sort=False)
        for (_, a), (_, b) in combinations(part_of.iterrows(), 2)
    ]
    if not pairs:
        return
    apart = [
        (abs(_scaled(question, a["estimate"]) - _scaled(question, b["estimate"])), a, b)
        for a, b in pairs
        if part_ways(a, b)
    ]
    if not apart:
        yield "No two part by more than their intervals allow: the method matters little here."
        return
    _, a, b = max(apart, key=lambda pair: pair[0])
    where = "" if question.by is None else f" (these two in {a['group']})"
    yield (
        f"Warning: {a['estimator']} ({number(a['estimate'])}) and {b['estimator']} "
        f"({number(b['estimate'])}) part by more than their intervals allow, as do "
        f"{len(apart)} of {len(pairs)} pairs in all{where}. They rest on the "
        "same columns, so that what one of them assumes about the outcome or the treatment is "
        "wrong: see overlap and balance, and trust those that learn more than straight lines."
    )


def part_ways(a: pd.Series, b: pd.Series) -> bool:
    """Whether two rows of estimates differ so far that neither interval holds the other's
    estimate."""
    return not (_holds(a, b["estimate"]) or _holds(b, a["estimate"]))


def _holds(row: pd.Series, value: float) -> bool:
    return bool(row["conf_low"] <= value <= row["conf_high"])


def _scaled(question: CausalQuestion, estimate: float) -> float:
    return estimate if question.scale == "difference" else float(np.log(estimate))


def _kind(row: pd.Series) -> str:
    if row["estimand"] == CRUDE:
        return "not adjusted"
    return "as asked" if row["as_asked"] else "another population"


def _label(row: pd.Series) -> str:
    name = escape(row["estimator"])
    if row["estimand"] == CRUDE:
        return f"{name} (crude)"
    if row["estimand"] == "CATE":
        return f"{escape(row['group'], 30)}: {name}"
    return name if row["as_asked"] else f"{name} ({row['estimand']})"
