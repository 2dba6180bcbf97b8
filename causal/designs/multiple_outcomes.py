"""Which outcomes did the experiment change, all of them taken together?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, LIGHT_GREY, escape, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.several_tests import benjamini_hochberg, holm

from ..effect import reach_and_p
from ._arms import arms_of, notes_of
from .experiment import ExperimentQuestion

LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class MultipleOutcomes(Result):
    """One row per outcome and arm, with p-values for each alone and for all together."""

    columns: ClassVar[Mapping[str, str]] = {
        "outcome": "what was measured",
        "contrast": "the arm compared with the control",
        "estimate": "the effect, in the outcome's unit",
        "std_error": "its standard error",
        "conf_low": "lower end of its own 95 % interval",
        "conf_high": "upper end",
        "p_value": "two-sided p-value, for this one alone",
        "p_holm": "after Holm: below 0.05 the chance of any false finding is 5 %",
        "p_bh": "after Benjamini and Hochberg: below 0.05 about 5 % of the findings are false",
        "in_sd": "the estimate in standard deviations of the outcome within the arms",
        "sd_low": "lower end of its interval, the same",
        "sd_high": "upper end",
    }

    correction: str = "p_holm"

    def figure(self) -> Any:
        """Effects in standard deviations; blue where one stands after the correction."""
        shown = self.frame.iloc[::-1]
        figure = new_figure(height=150 + 40 * len(shown), showlegend=False,
                            x="effect in standard deviations of the outcome")  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        for at, (_, row) in enumerate(shown.iterrows()):
            colour = BLUE if row[self.correction] < LEVEL else GREY
            figure.add_scatter(
                x=[row["in_sd"]], y=[at], mode="markers", marker={"size": 10, "color": colour},
                error_x={"type": "data", "symmetric": False,
                         "array": [row["sd_high"] - row["in_sd"]],
                         "arrayminus": [row["in_sd"] - row["sd_low"]],
                         "color": colour, "thickness": 2, "width": 6},
                hovertemplate=f"{escape(row['outcome'])}: {number(row['estimate'])}<extra></extra>",
            )  # fmt: skip
        several = self.frame["contrast"].nunique() > 1
        names = [
            escape(r["outcome"], 30) + (f"<br>{escape(r['contrast'], 24)}" if several else "")
            for _, r in shown.iterrows()
        ]
        figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names,
                            range=[-0.6, len(names) - 0.4], showgrid=False, ticks="",
                            zeroline=False)  # fmt: skip
        return figure


@method("Multiple outcomes", page="experiment", weighs=True)
def multiple_outcomes(
    question: ExperimentQuestion,
    /,
    *,
    correction: Annotated[
        Literal["holm", "benjamini-hochberg"],
        "holm: hardly any false finding; benjamini-hochberg: few among the findings",
    ] = "holm",
    progress: Progress = silent,
) -> MultipleOutcomes:
    """Which of several outcomes and arms differ, counting that many were looked at.

    With twenty outcomes one differs at 5 % by chance alone. The effect on each (adjusted as in
    `experiment_effect`) with its own interval, and p-values for all together: by Holm the chance
    that any finding is false stays at 5 %; by Benjamini and Hochberg about 5 % of the findings are
    false, which leaves more of them. Units: each outcome's; the picture is in its standard
    deviations within the arms. Intervals are 95 % each, not corrected.

    All outcomes that were looked at must be named, those without an effect too.
    Source: Holm (1979); Benjamini & Hochberg (1995).
    """
    outcomes = (question.outcome, *question.other_outcomes)
    rows, notes = [], []
    for k, outcome in enumerate(outcomes):
        progress(k / len(outcomes), f"The effect on {outcome}")
        made = arms_of(question, outcome=outcome)
        notes += notes_of(question, made) if k == 0 else _missing(question, outcome)
        if question.in_words(outcome) != outcome:
            notes.append(f"The effect on {outcome} is one on {question.in_words(outcome)}.")
        spread = arms_of(question, outcome=outcome, adjustment="none").spread
        for level in range(1, len(question.levels)):
            rows.append(_row(question, outcome, level, made.effect(level), spread))
    frame = pd.DataFrame(rows)
    frame.insert(7, "p_holm", holm(frame["p_value"]))
    frame.insert(8, "p_bh", benjamini_hochberg(frame["p_value"]))
    chosen = "p_holm" if correction == "holm" else "p_bh"
    progress(1.0)
    if len(frame) == 1:
        notes = ["Only one outcome of one arm is named: nothing is to be corrected.", *notes]
    return MultipleOutcomes(
        frame=frame,
        summary=_summary(frame, chosen),
        notes=tuple(notes),
        correction=chosen,
    )


def _missing(question: ExperimentQuestion, outcome: str) -> list[str]:
    lost = np.isnan(question.numbers(outcome)) & (question.arms >= 0)
    return [f"{int(lost.sum()):,} rows have no {outcome} and are left out of it."] * bool(
        lost.any()
    )


def _row(
    question: ExperimentQuestion,
    outcome: str,
    level: int,
    found: tuple[float, float, float],
    spread: float,
) -> dict[str, Any]:
    estimate, error, degrees = found
    reach, p = reach_and_p(estimate, error, degrees)
    return {
        "outcome": outcome, "contrast": f"{question.levels[level]} vs {question.levels[0]}",
        "estimate": estimate, "std_error": error, "conf_low": estimate - reach,
        "conf_high": estimate + reach, "p_value": p, "in_sd": estimate / spread,
        "sd_low": (estimate - reach) / spread, "sd_high": (estimate + reach) / spread,
    }  # fmt: skip


def _summary(frame: pd.DataFrame, chosen: str) -> str:
    name = "Holm" if chosen == "p_holm" else "Benjamini and Hochberg"
    found = frame[frame[chosen] < LEVEL]
    alone = int((frame["p_value"] < LEVEL).sum())
    if found.empty:
        return (
            f"Of {len(frame)} effects none stands at 5 % after {name}'s correction; {alone} would, "
            "taken alone."
        )
    named = ", ".join(f"{r['outcome']} ({number(r['estimate'])})" for _, r in found.iterrows())
    return (
        f"Of {len(frame)} effects {len(found)} stand{'s' if len(found) == 1 else ''} at 5 % after "
        f"{name}'s correction: {named}; {alone} would, taken alone."
    )
