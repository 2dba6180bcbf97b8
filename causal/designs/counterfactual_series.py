"""The picture of an interrupted series: what was seen, what would have been, and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import BAND, BLUE, GREY, INK, LIGHT_GREY, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result

from ._race import Model
from ._structural import one_step
from ._without import Without, notes_of, without
from .design import Floats
from .series import SeriesQuestion


@dataclass(frozen=True, kw_only=True)
class CounterfactualSeries(Result):
    """The series, its path without the intervention, the effect at each time and summed up."""

    columns: ClassVar[Mapping[str, str]] = {
        "time": "a date or number as in the table",
        "observed": "the outcome, in its unit",
        "counterfactual": "the outcome without the intervention: before it the forecast from the "
        "time before, after it from before it began; empty while the level is being found",
        "conf_low": "lower end of the 95 % prediction interval",
        "conf_high": "upper end of the 95 % prediction interval",
        "effect": "observed minus counterfactual, after the beginning",
        "effect_low": "lower end of its 95 % interval",
        "effect_high": "upper end of its 95 % interval",
        "cumulative": "sum of the effects so far",
        "cumulative_low": "lower end of its 95 % interval",
        "cumulative_high": "upper end of its 95 % interval",
        "is_after": "from the beginning on",
    }

    outcome: str = ""
    time: str = ""

    def figure(self) -> Any:
        """Three pictures over one axis of time: the two paths, the effect, its running sum."""
        frame = self.frame
        figure = new_figure(height=640, x=self.time)
        look = figure.layout.yaxis.to_plotly_json()
        titles = (self.outcome, "effect", "sum of effects")
        for k, (domain, title) in enumerate(
            zip(((0.5, 1.0), (0.26, 0.45), (0.0, 0.21)), titles, strict=True), start=1
        ):
            words = new_figure(y=title).layout.yaxis.title.to_plotly_json()
            figure.layout[f"yaxis{k if k > 1 else ''}"] = {**look, "domain": domain, "title": words}
        figure.update_layout(xaxis={"anchor": "y3"}, legend={"y": 1.01})
        after = frame[frame["is_after"]]
        _add_paths(figure, frame)
        for axis, name in (("y2", "effect"), ("y3", "cumulative")):
            _add_band(figure, after, f"{name}_low", f"{name}_high", axis)
            figure.add_scatter(
                x=after["time"], y=after[name], yaxis=axis, mode="lines", showlegend=False,
                line={"color": BLUE, "width": 2}, name=name.replace("cumulative", "sum so far"),
                hovertemplate="%{x}: %{y:.4g}<extra></extra>",
            )  # fmt: skip
            figure.add_shape(
                type="line", xref="paper", x0=0, x1=1, yref=axis, y0=0, y1=0,
                line={"color": LIGHT_GREY, "width": 2}, layer="below",
            )  # fmt: skip
        figure.add_shape(
            type="line", x0=after["time"].iloc[0], x1=after["time"].iloc[0], yref="paper", y0=0,
            y1=1, line={"color": GREY, "width": 1, "dash": "dash"},
        )  # fmt: skip
        return figure


@method("Observed and without the intervention", page="interrupted_time_series")
def counterfactual_series(
    question: SeriesQuestion,
    /,
    *,
    model: Model = "automatic",
    seed: int = 0,
    progress: Progress = silent,
) -> CounterfactualSeries:
    """What was seen beside what would have been without the intervention, time by time.

    The same forecast as that of `interrupted_time_series`, drawn: the outcome and its path without
    the intervention with the 95 % prediction interval, their difference at each time, and the sum
    of the differences so far with its own interval. Before the beginning the path is the forecast
    from the time before by the model that forecast best, so the eye can see how closely it
    follows. Each interval holds for one time by itself, not for all of them together. Unit: the
    outcome's.

    Source: Brodersen et al., Annals of Applied Statistics 9 (2015), figure 1.
    """
    made = without(question, model, seed, progress)
    frame = _frame(made)
    progress(1.0)
    return CounterfactualSeries(
        frame=frame,
        summary=_summary(question, made, frame),
        notes=(
            *notes_of(question, made),
            "Each interval holds for one time (or one sum) by itself.",
        ),
        outcome=question.outcome,
        time=question.time,
    )


def _frame(made: Without) -> pd.DataFrame:
    before, point, total = made.series.before, made.point, made.total
    path, reach = one_step(made.fitted)
    low, high = (point.quantile(share) for share in (0.025, 0.975))
    low_sum, high_sum = (total.quantile(share) for share in (0.025, 0.975))
    unseen = ~made.series.seen_after
    columns = {
        "observed": made.series.y,
        "counterfactual": np.concatenate([path, point.mean]),
        "conf_low": np.concatenate([path - reach, low]),
        "conf_high": np.concatenate([path + reach, high]),
        "effect": _after(before, made.observed - point.mean),
        "effect_low": _after(before, made.observed - high),
        "effect_high": _after(before, made.observed - low),
        "cumulative": _after(before, made.so_far - total.mean, unseen),
        "cumulative_low": _after(before, made.so_far - high_sum, unseen),
        "cumulative_high": _after(before, made.so_far - low_sum, unseen),
    }
    is_after = np.arange(len(made.series)) >= before
    return pd.DataFrame({"time": made.series.when, **columns, "is_after": is_after})


def _after(before: int, values: Floats, unseen: Any = None) -> Floats:
    shown = values if unseen is None else np.where(unseen, np.nan, values)
    return np.concatenate([np.full(before, np.nan), shown])


def _summary(question: SeriesQuestion, made: Without, frame: pd.DataFrame) -> str:
    after = frame[frame["is_after"]].dropna(subset=["effect"])
    outside = int(((after["effect_low"] > 0) | (after["effect_high"] < 0)).sum())
    farthest = int(np.nanargmax(frame["effect"].abs().to_numpy()))
    return (
        f"From {question.starts} on, {question.outcome} lay outside the 95 % interval of its path "
        f"without the intervention at {outside} of {len(after)} times, and farthest from it at "
        f"{made.series.names[farthest]} ({number(frame['effect'].iloc[farthest])}), by a "
        f"{made.model}."
    )


def _add_paths(figure: Any, frame: pd.DataFrame) -> None:
    _add_band(figure, frame, "conf_low", "conf_high", "y")
    figure.add_scatter(
        x=frame["time"], y=frame["counterfactual"], mode="lines", name="without the intervention",
        line={"color": BLUE, "width": 2}, hovertemplate="%{x}: %{y:.4g}<extra>without</extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=frame["time"], y=frame["observed"], mode="lines", name="observed",
        line={"color": INK, "width": 1.5}, hovertemplate="%{x}: %{y:.4g}<extra>observed</extra>",
    )  # fmt: skip


def _add_band(figure: Any, frame: pd.DataFrame, low: str, high: str, axis: str) -> None:
    known = frame.dropna(subset=[low, high])
    for bound, fill in ((high, None), (low, "tonexty")):
        figure.add_scatter(
            x=known["time"], y=known[bound], yaxis=axis, mode="lines", line={"width": 0},
            fill=fill, fillcolor=BAND, showlegend=False, hoverinfo="skip",
        )  # fmt: skip
