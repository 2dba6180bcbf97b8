"""How far did the series leave the path that it was on?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from workbench.figures import BLUE, LIGHT_GREY, escape, new_grid
from workbench.methods import method
from workbench.progress import Progress, silent

from ..effect import EffectEstimate, number, p_in_words
from ._bars import bar
from ._race import Model
from ._without import Without, notes_of, without
from .design import estimate_row
from .series import SeriesQuestion

#: The rows of the estimate.
MEAN, SUM, RELATIVE = "mean", "sum", "relative"


@dataclass(frozen=True, kw_only=True)
class InterruptedTimeSeries(EffectEstimate):
    """The effect per time, in all, and as a share of what would have been."""

    columns: ClassVar[Mapping[str, str]] = {
        **EffectEstimate.columns,
        "estimand": "mean: the effect per time; sum: over all times after; relative: the sum as a "
        "share of the sum without the intervention (0.1: 10 % more)",
        "contrast": "with the intervention compared with without it",
        "group": "the times the effect runs over",
        "estimate": "outcome observed minus outcome forecast, in its unit; or their ratio minus 1",
        "std_error": "standard deviation of the forecast, with that of its parameters; of the "
        "relative effect to first order",
    }

    def figure(self) -> Any:
        """The three with their intervals, each on its own axis."""
        frame = self.frame
        titles = [f"{MEAN}, {self.unit}", "sum of all times", "relative to without"]
        figure = new_grid(1, len(frame), height=230, titles=titles[: len(frame)], showlegend=False)
        for k, (_, row) in enumerate(frame.iterrows(), start=1):
            text = number(row["estimate"])
            if row["estimand"] == RELATIVE:
                text = f"{row['estimate']:+.1%}".replace("-", "−")
            figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2}, row=1, col=k)
            figure.add_scatter(
                x=[row["estimate"]], y=[0], mode="markers+text", text=[text],
                textposition="top center", marker={"size": 11, "color": BLUE},
                error_x=bar(row, BLUE),
                hovertemplate=f"{escape(row['estimand'])}: %{{x:.4g}}<extra></extra>",
                row=1, col=k,
            )  # fmt: skip
            low, high = min(row["conf_low"], 0.0), max(row["conf_high"], 0.0)
            room = 0.08 * (high - low)
            figure.update_xaxes(
                range=[low - room, high + room],
                tickformat="+.0%" if row["estimand"] == RELATIVE else None,
                nticks=4,
                row=1,
                col=k,
            )
        figure.update_yaxes(showticklabels=False, showgrid=False, ticks="", range=[-1, 1.4],
                            zeroline=False)  # fmt: skip
        return figure


@method("Interrupted time series", page="interrupted_time_series")
def interrupted_time_series(
    question: SeriesQuestion,
    /,
    *,
    model: Model = "automatic",
    seed: int = 0,
    progress: Progress = silent,
) -> InterruptedTimeSeries:
    """How far the outcome left the path it was on: per time, in all, and relative.

    Structural models (level, slope, season, regressors, each with its own noise) are fitted to the
    times before the intervention only and continued beyond them; the effect is what was observed
    minus that. They are mixed by the likelihood of their forecasts of held-out times before; a
    model that is named stands alone. Unit: the outcome's, per time and summed; the relative effect
    is a share. The 95 % interval and the p-value are those of the forecast: its state, its noise,
    its parameters (drawn from their posterior; levels and slopes that hardly move are likelier
    beforehand) and which model is right are uncertain.

    Assumes that nothing else began at the same time, that nobody acted in advance, and that
    regressors are untouched. Raises `NotApplicable` where no model can be fitted. Source: Harvey
    (1989); Brodersen et al., Annals of Applied Statistics 9 (2015); Bernal, Cummins & Gasparrini,
    International Journal of Epidemiology 46 (2017).
    """
    made = without(question, model, seed, progress)
    frame = _rows(question, made)
    notes = list(notes_of(question, made))
    if len(frame) == 2:
        notes.append(
            "No relative effect is given: the sum without the intervention may be zero or less."
        )
    progress(1.0)
    return InterruptedTimeSeries(
        frame=frame,
        summary=_summary(question, made, frame),
        notes=tuple(notes),
        unit=f"{question.outcome} per {made.series.unit}",
    )


def _rows(question: SeriesQuestion, made: Without) -> pd.DataFrame:
    count = float(made.counted.sum())
    seen, total = float(made.so_far[-1]), made.total
    forecast, error = float(total.mean[-1]), float(total.sd[-1])
    low, high = (float(total.quantile(share)[-1]) for share in (0.025, 0.975))
    named: dict[str, Any] = {
        "contrast": f"since {question.starts} vs without",
        "group": made.stretch,
        "p_value": float(total.p_value(made.so_far)[-1]),
    }
    rows = [
        estimate_row(
            estimand=name, estimate=(seen - forecast) / size, std_error=error / size,
            interval=((seen - high) / size, (seen - low) / size), **named,
        )
        for name, size in ((MEAN, count), (SUM, 1.0))
    ]  # fmt: skip
    if low > 0:
        ends = (seen / high - 1, seen / low - 1)
        rows.append(
            estimate_row(
                estimand=RELATIVE, estimate=seen / forecast - 1,
                std_error=abs(seen) / forecast**2 * error,
                interval=(min(ends), max(ends)), **named,
            )
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def _summary(question: SeriesQuestion, made: Without, frame: pd.DataFrame) -> str:
    mean, total = frame.iloc[0], frame.iloc[1]
    where = "above" if mean["estimate"] >= 0 else "below"
    share = f", {frame.iloc[2]['estimate']:+.1%}" if len(frame) > 2 else ""
    low, high = number(mean["conf_low"]), number(mean["conf_high"])
    return (
        f"From {question.starts} on, {question.outcome} ran {number(abs(mean['estimate']))} per "
        f"{made.series.unit} {where} the path it was on (effect {number(mean['estimate'])}, 95 % "
        f"interval {low} to {high}, {p_in_words(mean['p_value'])}; in all "
        f"{number(total['estimate'])}{share.replace('-', '−')}), by a {made.model}."
    )
