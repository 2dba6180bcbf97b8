"""Which training rows does the model treat like this one? Those that end in the same leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, VERMILION, escape, new_figure, number
from workbench.methods import method
from workbench.model import FittedModel
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import Range, RowNumber

from ._engine import engine_of
from ._engine.exact import Exact
from ._values import row_values


@dataclass(frozen=True, kw_only=True)
class LeafNeighbours(Result):
    """Training rows by how often they share a leaf with one row, the most alike first."""

    columns: ClassVar[Mapping[str, str]] = {
        "row": "number of the training row in the table, from 0",
        "proximity": "share of the trees in which it ends in the same leaf as the row asked about",
        "target": "what was observed for it",
        "asked_about": "the row whose neighbours these are",
        "target_name": "the column that is predicted",
        "values": "its values where they differ from the row asked about, the most used first",
    }

    @property
    def title(self) -> str:
        """Names the row, since a report often holds several."""
        return f"Rows like row {self.frame['asked_about'].iloc[0]}"

    def figure(self) -> Any:
        """The neighbours by proximity, with what was observed for each."""
        return _bars(self.frame)


@method("Rows like this one", page="prediction")
def leaf_neighbours(
    model: FittedModel,
    /,
    *,
    row: Annotated[int, RowNumber(), "The row whose like are looked for"],
    neighbours: Annotated[int, Range(1, 100), "How many are shown"] = 10,
    progress: Progress = silent,
) -> LeafNeighbours:
    """Which training rows the model treats like this one: those that share most of its leaves.

    The proximity of two rows is the share of trees in which both end in the same leaf: 1 for rows
    that the model cannot tell apart. What was observed for the neighbours is what the prediction
    is made of; where they disagree among themselves the model is guessing.

    In a forest the neighbours' observations make up the prediction; in boosting later trees
    correct earlier ones, and proximity says only that the model asks the two rows alike.

    Raises `NotApplicable` for a model that is not made of trees.

    Source: Breiman (2002), "Manual on setting up, using, and understanding random forests";
    Lin & Jeon, JASA 101 (2006).
    """
    engine = engine_of(model)
    if not isinstance(engine, Exact):
        raise NotApplicable(
            f"Rows cannot be compared by their leaves. {engine.note}", "Use another explanation."
        )
    learned = model.split.train[model.split.train != row]
    proximity = engine.proximity(
        model.transform.codes(model.data.frame.iloc[[row]]),
        model.transform.codes(model.data.frame.iloc[learned]),
        progress,
    )
    nearest = np.lexsort((learned, -proximity))[:neighbours]
    frame = _frame(model, row, learned[nearest], proximity[nearest])
    return LeafNeighbours(
        frame=frame, summary=_summary(model, frame), notes=_notes(model, row, len(learned))
    )


def _frame(
    model: FittedModel, row: int, neighbours: np.ndarray, proximity: np.ndarray
) -> pd.DataFrame:
    rows = model.data.frame.iloc[[row, *neighbours]]
    values = row_values(model, rows, model.transform.codes(rows))
    own, others = values.iloc[0], values.iloc[1:]
    return pd.DataFrame(
        {
            "row": neighbours,
            "proximity": proximity,
            "target": [str(v) for v in rows[model.target.name].iloc[1:]],
            "asked_about": row,
            "target_name": model.target.name,
            "values": [_differences(own, other) for _, other in others.iterrows()],
        }
    )


def _differences(own: "pd.Series[Any]", other: "pd.Series[Any]") -> str:
    changed = [f"{name} = {other[name]}" for name in own.index if other[name] != own[name]]
    return "; ".join(changed) or "the same in every column"


def _summary(model: FittedModel, frame: pd.DataFrame) -> str:
    first = frame.iloc[0]
    says = (
        f"The training row most like row {first['asked_about']} is row {first['row']}: they share "
        f"a leaf in {first['proximity']:.0%} of the trees"
    )
    if model.task != "regression":
        same = (frame["target"] == first["target"]).sum()
        observed_as = f"{model.target.name} = {first['target']}"
        return f"{says}; {same} of the {len(frame)} nearest are {observed_as}."
    observed = frame["target"].astype(float)
    return (
        f"{says}; among the {len(frame)} nearest '{model.target.name}' goes from "
        f"{number(observed.min())} to {number(observed.max())}."
    )


def _notes(model: FittedModel, row: int, learned: int) -> tuple[str, ...]:
    notes = [f"Looked for among all {learned:,} training rows, over all trees."]
    if row in model.split.train:
        notes.append(f"Row {row} is a training row itself and is left out.")
    if model.family.margin is not None or "boost" in model.family.name:
        notes.append(
            "In boosting, later trees correct earlier ones: these rows are asked alike, and the "
            "prediction is not their mean."
        )
    return tuple(notes)


def _bars(frame: pd.DataFrame) -> Any:
    name = str(frame["target_name"].iloc[0])
    shown = frame.head(30)
    figure = new_figure(
        height=110 + 26 * max(4, len(shown)), x="Share of the trees in which the two share a leaf",
        showlegend=False,
    )  # fmt: skip
    at = np.arange(len(shown))
    same = shown["target"] == shown["target"].iloc[0]
    figure.add_bar(
        x=shown["proximity"],
        y=at,
        orientation="h",
        width=0.62,
        marker={"color": [BLUE if s else VERMILION for s in same]}
        if shown["target"].nunique() <= 5
        else {"color": BLUE},
        text=[f"{escape(name, longest=20)} = {escape(t, longest=20)}" for t in shown["target"]],
        textposition="inside",
        textfont={"size": 12},
        constraintext="none",
        hovertext=[escape(values, longest=200) for values in shown["values"]],
        hoverinfo="text",
    )
    figure.update_yaxes(
        tickvals=at,
        ticktext=[f"row {row}" for row in shown["row"]],
        range=[len(shown) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
        ticks="",
    )
    figure.update_xaxes(range=[0, 1.02])
    return figure
