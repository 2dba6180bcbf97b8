"""Which model of the series forecasts best where the answer is known?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from workbench.figures import BLUE, GREY, SKY, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result

from ._race import SMOOTHING, race
from .series import SeriesQuestion


@dataclass(frozen=True, kw_only=True)
class SeriesModels(Result):
    """The race between the models, the best first, and yardsticks below them."""

    columns: ClassVar[Mapping[str, str]] = {
        "model": "how the series is taken to run",
        "rmse": "root of the mean squared error of its forecasts, in the outcome's unit",
        "mean_error": "mean of observed minus forecast, in the outcome's unit",
        "share_inside": "share of the outcomes that lay in the 95 % intervals (the estimation of "
        "parameters left out)",
        "share": "how much it counts where the models are mixed",
        "forecasts": "how many forecasts were compared with what came",
        "is_yardstick": "stands for comparison and is never chosen",
        "is_chosen": "the best, whose path before and residuals are shown",
    }

    unit: str = ""

    def figure(self) -> Any:
        """The size of each model's forecast errors."""
        shown = self.frame.dropna(subset=["rmse"]).iloc[::-1]
        figure = new_figure(height=120 + 34 * len(shown), showlegend=False,
                            x=f"error of forecasts (RMSE, {self.unit})")  # fmt: skip
        colours = [
            GREY if yard else BLUE if is_chosen else SKY
            for yard, is_chosen in zip(shown["is_yardstick"], shown["is_chosen"], strict=True)
        ]
        figure.add_bar(
            x=shown["rmse"], y=shown["model"], orientation="h", marker={"color": colours},
            text=[number(value) for value in shown["rmse"]], textposition="outside",
            cliponaxis=False, hovertemplate="%{y}: %{x:.4g}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(range=[0, 1.15 * float(shown["rmse"].max())])
        figure.update_yaxes(ticks="", showgrid=False)
        return figure


@method("Models of the series", page="interrupted_time_series")
def series_models(question: SeriesQuestion, /, *, progress: Progress = silent) -> SeriesModels:
    """Which model forecasts the times before the intervention best, and how well.

    Each model is fitted to the first 60 % of the times before and asked for later ones from one
    origin after the other (rolling origin); its level is brought up to date, its parameters stay as
    first fitted. Up to as far ahead as the effect is read, but no farther than half of what is held
    out. The one with the smallest error is what `automatic` chooses. Exponential smoothing with a
    damped trend and the last season repeated are yardsticks: a model that is worse than they are
    misses something. Errors are in the outcome's unit.

    Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice (2021), section 5.10.
    """
    held = race(question.series, progress)
    frame = held.frame
    best = frame[frame["is_chosen"]].iloc[0]
    yardstick = frame[frame["is_yardstick"] & frame["rmse"].notna()].sort_values("rmse").iloc[0]
    progress(1.0)
    return SeriesModels(
        frame=frame,
        summary=(
            f"A {best['model']} forecasts {question.outcome} before {question.starts} best: error "
            f"{number(best['rmse'])} up to {held.steps} times ahead, against "
            f"{number(yardstick['rmse'])} by the best yardstick ({yardstick['model']})."
        ),
        notes=(
            (
                f"Fitted to the first {held.first} of {question.series.before} times before, tried "
                f"from {held.origins} origins on up to {held.steps} times ahead."
            ),
            "Neighbouring origins forecast the same times, so small differences say little.",
            f"{SMOOTHING.capitalize()} uses no regressors.",
            *held.doubts,
        ),
        unit=question.outcome,
    )
