"""How a search is drawn, from its frame alone: best so far, and which settings mattered."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from ..figures import BLUE, GREEN, GREY, LIGHT_GREY, VERMILION, escape, new_figure

#: Settings that are drawn, those first along which the score moves most.
MOST_DRAWN = 6
IN_A_ROW = 3
#: Fewer complete trials say nothing about a setting.
FEWEST = 6


def draw_tuning(frame: pd.DataFrame) -> Any:
    """The score of every trial with the best so far; below, the complete ones by each setting."""
    complete = frame[frame["state"] == "complete"]
    values = pd.DataFrame([json.loads(text) for text in complete["settings"]])
    names = by_weight(values, complete["score"].to_numpy()) if len(complete) >= FEWEST else []
    names = names[:MOST_DRAWN]
    rows = 1 + -(-len(names) // IN_A_ROW)
    figure = new_figure(height=330 + 210 * (rows - 1), y=str(frame["metric"].iloc[0]))
    first: list[Any] = [{"colspan": IN_A_ROW}, *[None] * (IN_A_ROW - 1)]
    figure.set_subplots(
        rows, IN_A_ROW, specs=[first, *([{}] * IN_A_ROW for _ in range(rows - 1))],
        row_heights=[1.4, *[1.0] * (rows - 1)], vertical_spacing=0.14 if rows > 1 else 0,
        horizontal_spacing=0.06,
    )  # fmt: skip
    look = {key: figure.layout.xaxis[key] for key in ("gridcolor", "linecolor", "tickcolor")}
    figure.update_xaxes(**look, ticks="outside", zeroline=False, automargin=True)
    figure.update_yaxes(**look, ticks="outside", zeroline=False, automargin=True)
    _add_search(figure, frame)
    for i, name in enumerate(names):
        at = {"row": 2 + i // IN_A_ROW, "col": 1 + i % IN_A_ROW}
        _add_setting(figure, values[name], complete, at)
    return figure


def by_weight(values: pd.DataFrame, score: Any) -> list[str]:
    """The settings, those first whose low, middle and high thirds differ most in their mean score
    (as a share of the spread of all scores)."""
    return sorted(values.columns, key=lambda name: (-_weight(values[name], score), name))


def _weight(value: Any, score: Any) -> float:
    known = value.notna().to_numpy()
    numeric = pd.api.types.is_numeric_dtype(value) and not pd.api.types.is_bool_dtype(value)
    if numeric:
        ranks = value[known].rank(method="average", pct=True)
        group = np.ceil(ranks.to_numpy() * 3).astype(int)
    else:
        group = pd.factorize(value[known].astype(str))[0]
    scores = score[known]
    spread = float(((scores - scores.mean()) ** 2).sum())
    if not spread > 0:
        return 0.0
    parts = [scores[group == g] for g in np.unique(group)]
    return float(sum(len(p) * (p.mean() - scores.mean()) ** 2 for p in parts)) / spread


def _add_search(figure: Any, frame: pd.DataFrame) -> None:
    marks = {"complete": ("circle", BLUE, "complete trials"),
             "dropped": ("circle-open", GREY, "dropped after some folds")}  # fmt: skip
    for state, (symbol, colour, words) in marks.items():
        shown = frame[frame["state"] == state]
        figure.add_scatter(
            x=shown["trial"], y=shown["score"], mode="markers", name=words,
            marker={"symbol": symbol, "color": colour, "size": 7},
            customdata=[escape(text, 300) for text in shown["settings"]],
            hovertemplate="trial %{x}: %{y:.5g}<br>%{customdata}<extra></extra>", row=1, col=1,
        )  # fmt: skip
    figure.add_scatter(
        x=frame["trial"], y=frame["best_so_far"], mode="lines", name="best so far",
        line={"color": VERMILION, "width": 2, "shape": "hv"}, row=1, col=1,
    )  # fmt: skip
    _add_last_round(figure, frame)
    figure.update_xaxes(title={"text": "trial (0 has the defaults)"}, row=1, col=1)
    figure.update_yaxes(range=_range(frame), row=1, col=1)


def _add_last_round(figure: Any, frame: pd.DataFrame) -> None:
    """The finalists on the fresh folds, the chosen one filled."""
    again = frame[frame["fresh_score"].notna()]
    if again.empty:
        return
    figure.add_scatter(
        x=again["trial"], y=again["fresh_score"], mode="markers", name="again, on fresh folds",
        marker={"symbol": np.where(again["chosen"], "diamond", "diamond-open"), "color": GREEN,
                "size": 11, "line": {"width": 2, "color": GREEN}},
        customdata=again[["fresh_gain", "fresh_gain_error"]].to_numpy(),
        hovertemplate="trial %{x} on fresh folds: %{y:.5g}<br>%{customdata[0]:.3g} better than the "
        "defaults (standard error %{customdata[1]:.3g})<extra></extra>", row=1, col=1,
    )  # fmt: skip


def _range(frame: pd.DataFrame) -> list[float]:
    """From a little beyond the best down to three quarters of the trials: a few hopeless ones must
    not flatten the rest."""
    scores = frame["score"].dropna()
    up = bool(frame["higher_is_better"].iloc[0])
    default = float(frame["score"].iloc[0])
    ends = [
        float(scores.quantile(0.25 if up else 0.75)),
        float(scores.max() if up else scores.min()),
    ]
    ends += [] if np.isnan(default) else [default]
    ends += list(frame["fresh_score"].dropna())
    low, high = min(ends), max(ends)
    room = 0.1 * (high - low) or 0.01
    return [low - room, high + room]


def _add_setting(
    figure: Any, values: pd.Series, complete: pd.DataFrame, at: dict[str, int]
) -> None:
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    figure.add_scatter(
        x=values if numeric else values.astype(str),
        y=complete["score"].to_numpy(),
        mode="markers",
        showlegend=False,
        marker={
            "color": np.where(complete["trial"] == 0, LIGHT_GREY, BLUE),
            "size": 6,
            "line": {"width": np.where(complete["trial"] == 0, 1.5, 0), "color": VERMILION},
        },
        hovertemplate="%{x}: %{y:.5g}<extra></extra>",
        **at,
    )
    wide = numeric and (values > 0).all() and values.max() > 30 * values.min()
    title = {"text": escape(str(values.name), 30), "font": {"size": 12}, "standoff": 4}
    ticks = {"type": "log", "dtick": 1} if wide else {"nticks": 5}
    figure.update_xaxes(**ticks, title=title, **at)
