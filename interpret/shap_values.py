"""What pushes the model's output up and down, row by row: SHAP values of many rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import GREY, PUSHES_DOWN, PUSHES_UP, escape, new_figure, number
from workbench.methods import method
from workbench.metrics import Floats
from workbench.model import FittedModel, Part
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import ClassName, Range, RowNumber

from ._association import twin_notes
from ._contributions import Contributions, explain
from ._date_notes import beyond_notes
from ._reference import ComparedWith, reference_of
from ._rows import PART_NAMES, RowSample, sample_rows
from ._values import amounts, row_values, the
from .shap_importance import SPLIT_CREDIT

#: The features that are drawn; the rest stays in the frame.
MOST_DRAWN = 12
#: Rows that are drawn.
MOST_DOTS = 1_000
#: Of 1 between two features, how far a swarm may reach to each side.
HALF_HEIGHT = 0.38


@dataclass(frozen=True, kw_only=True)
class ShapValues(Result):
    """One line per row and feature; features in the order of their mean |contribution|."""

    columns: ClassVar[Mapping[str, str]] = {
        "row": "number of the row in the table, from 0",
        "feature": "the column",
        "value": "the row's value, as text",
        "amount": "the value as a number, of a date days since 1970; empty for levels and missing",
        "contribution": "what the value adds to the output, on the scale of `output`",
        "output": "the number that is explained",
    }

    def figure(self) -> Any:
        """A beeswarm: one dot per row, right pushes up; red is a high value, blue a low one."""
        return _beeswarm(self.frame)


@method("SHAP values", page="importance")
def shap_values(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class that is explained"] = None,
    rows: Annotated[Part, "Rows that are explained"] = "test",
    most_rows: Annotated[int, Range(10, 100_000), "A random sample where there are more"] = 1_000,
    compared_with: Annotated[ComparedWith, "What the rows are compared with"] = "paths",
    background_rows: Annotated[int, Range(1, 1_000_000), "Rows compared with, at most"] = 1_000,
    baseline_row: Annotated[int | None, RowNumber(), "The one row to compare with"] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> ShapValues:
    """How every value of every row pushes the model's output up or down from its average.

    Path-dependent SHAP values on the scale on which the trees add up: the target's unit for
    regression, probability for a tree or forest, log-odds or softmax score for boosting. Start
    plus contributions equal what the model itself predicts; this is checked on every run.

    `compared_with` is the other half of every contribution: "paths", the training rows as they
    flowed through the trees; "train" or "test", up to `background_rows` of these rows, whose values
    stand in for what is not known (interventional SHAP values); "row", the row `baseline_row`.

    A contribution is a share of this model's output, not an effect in the world.

    Raises `NotApplicable` or `ModelError` where the values would be wrong or do not add up.

    Source: Lundberg et al., Nature Machine Intelligence 2 (2020).
    """
    sample = sample_rows(model, rows, most_rows, seed)
    reference = reference_of(model, compared_with, background_rows, baseline_row, seed)
    found = explain(model, sample.codes, target_class, reference=reference, progress=progress)
    size = np.abs(found.values).mean(axis=0)
    order = np.argsort(-size, kind="stable")
    frame = _frame(model, sample, found, order)
    notes = (
        sample.note,
        *found.notes,
        *beyond_notes(model, sample.codes),
        *_left_out(size[order]),
        *_not_drawn(len(sample)),
        *_grey(frame),
        *twin_notes(model.features, sample.codes, SPLIT_CREDIT),
    )
    return ShapValues(frame=frame, summary=_summary(model, found, size, order, rows), notes=notes)


def _frame(
    model: FittedModel, sample: RowSample, found: Contributions, order: np.ndarray
) -> pd.DataFrame:
    n, features = len(sample), np.array(model.features, dtype=object)[order]
    raw = model.data.frame.iloc[sample.positions]
    values = row_values(model, raw, sample.codes)
    return pd.DataFrame(
        {
            "row": np.tile(sample.positions, len(order)),
            "feature": np.repeat(features, n),
            "value": np.concatenate([values[f].to_numpy() for f in features]),
            "amount": amounts(model.transform, sample.codes)[:, order].T.ravel(),
            "contribution": found.values[:, order].T.ravel(),
            "output": found.output,
        }
    )


def _left_out(size: Floats) -> tuple[str, ...]:
    if len(size) <= MOST_DRAWN:
        return ()
    note = (
        f"The picture shows the {MOST_DRAWN} columns with the largest mean |contribution|; the "
        f"sum over the other {len(size) - MOST_DRAWN} is "
        f"{number(float(size[MOST_DRAWN:].sum()))}; they are in the table."
    )
    return (note,)


def _grey(frame: pd.DataFrame) -> tuple[str, ...]:
    if frame["amount"].notna().all():
        return ()
    return ("Grey dots are levels, which are neither high nor low, and missing values.",)


def _not_drawn(rows: int) -> tuple[str, ...]:
    if rows <= MOST_DOTS:
        return ()
    note = f"The picture shows {MOST_DOTS:,} of the rows, evenly chosen; the table holds them all."
    return (note,)


def _summary(
    model: FittedModel, found: Contributions, size: Floats, order: np.ndarray, rows: str
) -> str:
    first = f"'{model.features[order[0]]}', by {number(float(size[order[0]]))} on average"
    second = (
        f", then '{model.features[order[1]]}' ({number(float(size[order[1]]))})"
        if len(order) > 1
        else ""
    )
    return (
        f"Over {len(found.values):,} {PART_NAMES[rows]} rows {the(found.output)} is moved most, up "
        f"or down, by {first}{second}."
    )


# The picture


def _beeswarm(frame: pd.DataFrame) -> Any:
    features = list(dict.fromkeys(frame["feature"]))[:MOST_DRAWN]
    rows = frame["row"].unique()
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_DOTS)).astype(int)]
    output, frame = frame["output"].iloc[0], frame[frame["row"].isin(chosen)]
    drawn = pd.concat([_swarm(frame[frame["feature"] == f], at) for at, f in enumerate(features)])
    figure = new_figure(
        height=130 + 40 * max(3, len(features)),
        x=f"SHAP value: change in {output}",
        showlegend=False,
    )
    grey = drawn["shade"].isna()
    figure.add_scatter(**_dots(drawn[grey]), marker={"size": 5, "color": GREY, "opacity": 0.6})
    coloured = drawn[~grey]
    figure.add_scatter(**_dots(coloured), marker=_shaded(coloured["shade"]))
    figure.add_vline(x=0, line={"color": GREY, "width": 1}, layer="below")
    figure.update_yaxes(
        tickvals=list(range(len(features))),
        ticktext=[escape(f, 28, end=10) for f in features],
        range=[len(features) - 0.4, -0.6],
        zeroline=False,
        ticks="",
    )
    return figure


def _swarm(one: pd.DataFrame, at: int) -> pd.DataFrame:
    """One feature's dots, with the height that their density asks for and the shade of the value.

    Grey (an empty shade) are missing values and levels, which are neither high nor low.
    """
    low, high = one["amount"].quantile([0.05, 0.95])
    if low == high:
        low, high = one["amount"].min(), one["amount"].max()
    shade = (one["amount"] - low) / (high - low) if high > low else one["amount"] * 0 + 0.5
    return one.assign(y=at + _heights(one["contribution"].to_numpy()), shade=shade.clip(0, 1))


def _heights(values: Floats) -> Floats:
    """Dots of the same place on the axis are stacked to both sides; fuller places reach higher."""
    spread = np.ptp(values)
    if not spread > 0:
        places = np.zeros(len(values), dtype=int)
    else:
        places = np.round(90 * (values - values.min()) / spread).astype(int)
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], places)
    rank = np.empty(len(values), dtype=int)
    rank[order] = np.arange(len(values))
    within = rank - starts
    side = np.where(within % 2, 1, -1) * ((within + 1) // 2)
    return np.asarray(side * (HALF_HEIGHT / max(np.abs(side).max(), 12)), dtype=float)


def _dots(drawn: pd.DataFrame) -> dict[str, Any]:
    return {
        "x": drawn["contribution"],
        "y": drawn["y"],
        "mode": "markers",
        "hovertext": [
            f"row {row.row}: {escape(row.feature)} = {escape(row.value)}<br>{row.contribution:+.4g}"
            for row in drawn.itertuples()
        ],
        "hoverinfo": "text",
    }


def _shaded(shade: pd.Series) -> dict[str, Any]:
    return {
        "size": 5,
        "opacity": 0.75,
        "color": shade,
        "cmin": 0,
        "cmax": 1,
        "colorscale": [[0, PUSHES_DOWN], [1, PUSHES_UP]],
        "showscale": True,
        "colorbar": {
            "title": {"text": "Value of the column", "side": "right"},
            "tickvals": [0, 1],
            "ticktext": ["low", "high"],
            "thickness": 10,
            "outlinewidth": 0,
            "ticks": "",
        },
    }
