"""Every defensible way to compute the effect at once, and which choice decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.blocks import one_blas_thread
from workbench.case_weights import case_weights
from workbench.dataset import Dataset
from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, VERMILION, escape, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.script import Name

from .adjustment import adjustment, forbidden, is_valid
from .analysis import require_one_effect
from .compare_estimators import LEARNED, QUICK, Estimator
from .question import CausalQuestion

#: More adjustment sets than this are not tried.
MOST_SETS = 14
#: A number's extremes are moved to these quantiles in the second coding of the outcome.
WINSORISED = (0.01, 0.99)
AS_IT_IS, CLIPPED = "as it is", "extremes moved to the 1st and 99th percentile"
CHOICES = {"set": "what is adjusted for", "estimator": "the estimator",
           "outcome": "the outcome's coding"}  # fmt: skip
NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class SpecificationCurve(Result):
    """One row per specification: adjustment set × estimator × coding of the outcome, smallest
    estimate first.

    `unit` says the scale of the estimates; `no_effect` is 0 for a difference and 1 for a ratio.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "place": "its place along the curve, from 1",
        "set": "the set in short: as used, without or with a column, nothing",
        "adjusted_for": "the columns adjusted for; 'nothing' for none",
        "is_valid": "by the graph this set closes every path that is not causal, and no other",
        "is_used": "the set that the estimators of this package use for the question",
        "estimator": "the estimator",
        "outcome": "how the outcome was coded",
        "estimate": "the effect, in the outcome's unit, or a ratio",
        "std_error": "its standard error; of a ratio, that of its logarithm",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
    }

    unit: str = ""
    no_effect: float = 0.0

    def figure(self) -> Any:
        """The estimates in order with their intervals, blue where the graph allows the set, and
        below them which choices were made."""
        frame = self.frame
        levels = [
            (choice, level) for choice in CHOICES for level in dict.fromkeys(sorted(frame[choice]))
        ]
        height = 300 + 22 * len(levels)
        split = 22 * len(levels) / height
        figure = new_figure(height=height, x="specification, smallest estimate first", y=self.unit)
        for valid, colour, symbol, name in (
            (True, BLUE, "circle", "allowed by the graph"),
            (False, VERMILION, "diamond-open", "not allowed"),
        ):
            shown = frame[frame["is_valid"] == valid]
            if shown.empty:
                continue
            says = shown.apply(_says, axis=1)
            figure.add_scatter(
                x=shown["place"], y=shown["estimate"], mode="markers", name=name,
                marker={"color": colour, "symbol": symbol, "size": 7}, customdata=says,
                hovertemplate="%{customdata}<extra></extra>",
                error_y={
                    "type": "data", "symmetric": False, "width": 0, "thickness": 1,
                    "array": shown["conf_high"] - shown["estimate"],
                    "arrayminus": shown["estimate"] - shown["conf_low"],
                },
            )  # fmt: skip
            at = [
                (place, k)
                for k, (choice, level) in enumerate(levels)
                for place in shown.loc[shown[choice] == level, "place"]
            ]
            figure.add_scatter(
                x=[place for place, _ in at], y=[k for _, k in at], yaxis="y2", mode="markers",
                marker={"color": colour, "symbol": "square", "size": 5}, showlegend=False,
                hoverinfo="skip",
            )  # fmt: skip
        figure.add_hline(y=self.no_effect, line={"color": LIGHT_GREY, "width": 2})
        names = [escape(level, 46) for _, level in levels]
        figure.update_layout(
            xaxis={"anchor": "y2"},
            yaxis={"domain": [split + 0.03, 1], "type": "log" if self.no_effect else "linear"},
            yaxis2={
                "domain": [0, split], "anchor": "x", "tickvals": list(range(len(levels))),
                "ticktext": names, "range": [len(levels) - 0.4, -0.6], "showgrid": False,
                "zeroline": False, "automargin": True, "tickfont": {"size": 11},
            },
        )  # fmt: skip
        for edge in _edges([choice for choice, _ in levels]):
            figure.add_shape(
                type="line", xref="paper", yref="y2", x0=0, x1=1, y0=edge, y1=edge,
                line={"color": GREY, "width": 1, "dash": "dot"},
            )  # fmt: skip
        return figure


@method("Specification curve", page="robustness", weighs=True)
def specification_curve(
    question: CausalQuestion,
    /,
    *,
    learned: Annotated[
        bool, "also AIPW, TMLE and double machine learning: seconds for each set"
    ] = False,
    seed: int = 0,
    progress: Progress = silent,
) -> SpecificationCurve:
    """How far the answer depends on choices that could have been made otherwise, and on which.

    Sets to adjust for × estimators × codings of the outcome, each computed. The sets are every
    minimal one, the one of least variance, the one in use, that one without each of its columns in
    turn, with each measured column that it leaves out, and nothing. Whether the graph allows a set
    decides its colour: what the graph forbids is no robustness check, and is shown to see how much
    hangs on the graph. Codings: the outcome as it is, and with its extremes moved to the 1st and
    99th percentile. The choice that decides most is named: the one whose levels explain most of the
    variance between the allowed estimates.

    Not a test: the specifications share their rows. One that was chosen because its number pleases
    has no valid interval.

    Source: Simonsohn, Simmons & Nelson (2020); for valid and invalid sets, Pearl (2009).
    """
    require_one_effect(question, "The specification curve")
    every = _sets(question)
    sets = every[:MOST_SETS]
    codings = _codings(question)
    estimators = {
        name: run
        for name, run in {**QUICK, **(LEARNED if learned else {})}.items()
        if name != "Difference in means"
    }
    plans = list(product(sets, estimators.items(), codings.items()))
    made, refusals = [], dict[str, str]()
    for k, (adjusted, (name, run), (coding, asked)) in enumerate(plans):
        lap = part(progress, k / len(plans), (k + 1) / len(plans), f"{k + 1} of {len(plans)}")
        lap(0.0)
        with one_blas_thread():
            found = _row(asked, adjusted, name, run, seed, lap)
        if isinstance(found, str):
            refusals.setdefault(name, found)
        else:
            made.append({**found, "estimator": name, "outcome": coding})
    if not made:
        raise NotApplicable(
            f"No estimator answers this question: {next(iter(refusals.values()))}",
            "Ask for another estimand, scale or contrast.",
        )
    frame = _ordered(question, made)
    progress(1.0)
    return SpecificationCurve(
        frame=frame,
        summary=_summary(question, frame),
        notes=tuple(_notes(question, frame, every, refusals)),
        unit=question.unit_in_words,
        no_effect=question.no_effect,
    )


def _sets(question: CausalQuestion) -> list[tuple[str, ...]]:
    """The sets to try: what the graph offers first, then those around the one in use."""
    found = adjustment(question)
    graph, named = question.graph, (question.treatment, question.outcome)
    used = found.used or ()
    others = [n for n in graph.nodes if n in graph.observed - {*named, *used}]
    wanted = [used, *([found.optimal] if found.optimal else []), *found.sets, ()]
    wanted += [tuple(n for n in used if n != left_out) for left_out in used]
    wanted += [(*used, more) for more in others]
    return list({frozenset(s): s for s in reversed(wanted)}.values())[::-1]


def _codings(question: CausalQuestion) -> dict[str, CausalQuestion]:
    response = question.response
    if response.is_binary:
        return {AS_IT_IS: question}
    low, high = _ends(question.data, question.outcome)
    moves = np.nanmin(response.numbers) < low or np.nanmax(response.numbers) > high
    if low >= high or not moves:  # of a few whole numbers the percentiles may be the ends
        return {AS_IT_IS: question}
    clipped = winsorised(question.data, column=question.outcome)
    return {AS_IT_IS: question, CLIPPED: question.adjusting_for(data=clipped)}


def winsorised(data: Dataset, *, column: str) -> Dataset:
    """The same table with a number's extremes moved to its 1st and 99th percentile; where a column
    has the role weight, to those of the population that the rows stand for.

    Raises `ParameterError` for a column that the table has not.
    """
    data.require(column)
    low, high = _ends(data, column)
    name = data.script.name
    script = data.script.then(name, "causal", "winsorised", Name(name), column=column)
    values = data.frame[column].astype(float).clip(low, high)
    return replace(data, frame=data.frame.assign(**{column: values}), script=script)


def _ends(data: Dataset, column: str) -> tuple[float, float]:
    """The percentiles to which extremes are moved."""
    values = data.frame[column].to_numpy(dtype=float, na_value=np.nan)
    known = np.flatnonzero(~np.isnan(values))
    given = case_weights(data, known)
    weight = np.ones(len(known)) if given is None else given
    known, weight = known[weight > 0], weight[weight > 0]
    if np.ptp(weight) == 0:
        low, high = np.quantile(values[known], WINSORISED)
    else:
        low, high = np.quantile(values[known], WINSORISED, weights=weight, method="inverted_cdf")
    return float(low), float(high)


def specified(question: CausalQuestion, specification: pd.Series) -> CausalQuestion:
    """The question that one row of the curve answers: with its columns as the confounders, and its
    coding of the outcome. The estimator of the row answers it with the row's estimate."""
    sets = {_in_words(s): s for s in _sets(question)}
    coded = _codings(question)[str(specification["outcome"])]
    return coded.adjusting_for(*sets[str(specification["adjusted_for"])])


def method_of(estimator: str) -> str:
    """The registered name of an estimator by its name in the curve."""
    return f"causal.{ {**QUICK, **LEARNED}[estimator].__name__ }"


def _in_words(adjusted: tuple[str, ...]) -> str:
    return ", ".join(adjusted) or NOTHING


def _row(
    asked: CausalQuestion, adjusted: tuple[str, ...], name: str, run: Estimator, seed: int,
    progress: Progress,
) -> dict[str, Any] | str:  # fmt: skip
    """The estimate of one specification, or why there is none."""
    settings = {"seed": seed} if name in LEARNED else {}
    try:
        question = asked.adjusting_for(*adjusted)
        row = run(question, progress=progress, **settings).frame.iloc[0]
    except NotApplicable as error:
        return error.message
    if row["estimand"] != asked.estimand:
        return f"It answers for {row['group']} ({row['estimand']})."
    columns = ("estimate", "std_error", "conf_low", "conf_high")
    return {"columns": frozenset(adjusted), "adjusted_for": _in_words(adjusted),
            **{c: float(row[c]) for c in columns}}  # fmt: skip


def _ordered(question: CausalQuestion, made: list[dict[str, Any]]) -> pd.DataFrame:
    graph, named = question.graph, (question.treatment, question.outcome)
    frame = pd.DataFrame(made).sort_values("estimate", kind="stable", ignore_index=True)
    used = frozenset(adjustment(question).used or ())
    frame["place"] = np.arange(1, len(frame) + 1)
    frame["is_valid"] = [is_valid(graph, *named, s) for s in frame["columns"]]
    found = adjustment(question)
    frame["is_used"] = frame["columns"] == used if found.used is not None else False
    optimal = frozenset(found.optimal or ())
    frame["set"] = [_in_short(s, used, optimal) for s in frame["columns"]]
    return frame[list(SpecificationCurve.columns)]


def _in_short(columns: frozenset[str], used: frozenset[str], optimal: frozenset[str]) -> str:
    """A set beside the one in use: what it lacks and what it has more."""
    if columns == used:
        return "as used" if used else NOTHING
    if not columns:
        return NOTHING
    if columns == optimal:
        return "of least variance"
    lacks, more = sorted(used - columns), sorted(columns - used)
    parts = [f"without {', '.join(lacks)}"] if lacks else []
    return " and ".join([*parts, *([f"with {', '.join(more)}"] if more else [])])


def _summary(question: CausalQuestion, frame: pd.DataFrame) -> str:
    allowed, others = frame[frame["is_valid"]], frame[~frame["is_valid"]]
    change = f"{question.treatment} {question.contrast_in_words}"
    if allowed.empty:
        return (
            f"{change}: none of {len(frame)} specifications is allowed by the graph; they range "
            f"from {number(frame['estimate'].min())} to {number(frame['estimate'].max())}."
        )
    apart = (allowed["conf_low"] > question.no_effect) | (allowed["conf_high"] < question.no_effect)
    text = (
        f"{change}: {len(allowed)} specifications that the graph allows range from "
        f"{number(allowed['estimate'].min())} to {number(allowed['estimate'].max())} (median "
        f"{number(allowed['estimate'].median())}), and {apart.mean():.0%} of their intervals leave "
        "out no effect"
    )
    decides = _deciding(allowed, question)
    text += f"; {decides[0]} decides most" if decides else ""
    if len(others):
        text += (
            f". The {len(others)} that it forbids range from {number(others['estimate'].min())} to "
            f"{number(others['estimate'].max())}"
        )
    return text + "."


def _deciding(frame: pd.DataFrame, question: CausalQuestion) -> tuple[str, str, float] | None:
    """The choice whose levels explain most of the variance between estimates, the level that moves
    them most, and the share explained; None where they do not differ."""
    values = frame["estimate"] if question.scale == "difference" else np.log(frame["estimate"])
    total = float(values.var(ddof=0))
    if total <= 1e-12 * max(float(values.abs().max()) ** 2, 1e-300):
        return None
    shares = {
        choice: float(values.groupby(frame[choice]).transform("mean").var(ddof=0)) / total
        for choice in CHOICES
        if frame[choice].nunique() > 1
    }
    if not shares:
        return None
    choice = max(shares, key=lambda c: shares[c])
    means = values.groupby(frame[choice]).mean() - values.mean()
    return CHOICES[choice], str(means.abs().idxmax()), shares[choice]


def _notes(
    question: CausalQuestion,
    frame: pd.DataFrame,
    sets: list[tuple[str, ...]],
    refusals: dict[str, str],
) -> Iterator[str]:
    yield (
        "The specifications share their rows and are no independent evidence; none should be "
        "chosen for its number. Those the graph forbids answer another question."
    )
    allowed = frame[frame["is_valid"]]
    decides = _deciding(allowed, question) if len(allowed) else None
    if decides:
        choice, level, share = decides
        yield (
            f"Among the allowed ones {choice} explains {share:.0%} of the variance; {level} moves "
            "them most."
        )
    if len(sets) > MOST_SETS:
        yield f"Of {len(sets)} sets the first {MOST_SETS} were tried."
    never = forbidden(question.graph, question.treatment, question.outcome)
    tried = sorted({n for s in sets for n in s} & never)
    if tried:
        yield f"Adjusting for {', '.join(tried)} takes away a part of the effect or sorts by it."
    for name, sentence in refusals.items():
        yield f"{name} is left out where it does not answer: {sentence}"


def _says(row: pd.Series) -> str:
    low, high = number(row["conf_low"]), number(row["conf_high"])
    valid = "allowed" if row["is_valid"] else "not allowed"
    return (
        f"{number(row['estimate'])} ({low} to {high})<br>{escape(row['estimator'])}<br>adjusted "
        f"for {escape(row['adjusted_for'])} ({valid})<br>outcome {escape(row['outcome'])}"
    )


def _edges(choices: list[str]) -> list[float]:
    return [k - 0.5 for k in range(1, len(choices)) if choices[k] != choices[k - 1]]
