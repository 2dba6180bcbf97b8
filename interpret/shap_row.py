"""Why does the model say this of this row? Its SHAP values, from the average to the prediction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.figures import (
    GREY,
    INK,
    PUSHES_DOWN,
    PUSHES_UP,
    escape,
    new_figure,
    number,
    numbers_alike,
)
from workbench.methods import method
from workbench.model import FittedModel
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import ClassName, Range, RowNumber

from ._contributions import Contributions, explain
from ._date_notes import beyond_notes
from ._reference import ComparedWith, reference_of
from ._values import row_values

#: The bars of a waterfall; what is left over is one more.
MOST_BARS = 10


@dataclass(frozen=True, kw_only=True)
class ShapRow(Result):
    """The contributions of one row's values, the largest first."""

    columns: ClassVar[Mapping[str, str]] = {
        "row": "number of the row in the table, from 0",
        "feature": "the column",
        "value": "the row's value, as text",
        "contribution": "what the value adds to the output, on the scale of `output`",
        "base": "E[f(X)], where the contributions start",
        "prediction": "f(x), what the model says of this row: base plus all contributions",
        "output": "the number that is explained",
    }

    @property
    def title(self) -> str:
        """Names the row, since a report often holds several."""
        return f"Why this prediction of row {self.frame['row'].iloc[0]}"

    def figure(self) -> Any:
        """A waterfall from E[f(X)] at the bottom to f(x) on top; red pushes up, blue down."""
        return waterfall(self.frame)


@method("Why this prediction", page="prediction")
def shap_row(
    model: FittedModel,
    /,
    *,
    row: Annotated[int, RowNumber(), "Number of the row in the table, from 0"],
    target_class: Annotated[str | None, ClassName(), "The class that is explained"] = None,
    scale: Annotated[
        Literal["trees", "response"], "What the trees add up to, or the prediction itself"
    ] = "trees",
    compared_with: Annotated[ComparedWith, "What the row is compared with"] = "paths",
    background_rows: Annotated[int, Range(1, 1_000_000), "Rows compared with, at most"] = 1_000,
    baseline_row: Annotated[int | None, RowNumber(), "The one row to compare with"] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> ShapRow:
    """Why the model says what it says of one row: what each of its values adds to the output.

    SHAP values of the row, on the scale on which the trees add up: the target's unit for
    regression, probability for a tree or forest, log-odds or softmax score for boosting. With
    scale="response" a boosted classifier's probability is explained by asking the model about every
    coalition of columns: exact, and refused for more than twelve columns. Of more than two classes
    the row's most probable one is explained unless another is asked for.

    `compared_with` is the other half of every contribution: "paths", the training rows as they
    flowed through the trees; "train" or "test", up to `background_rows` of these rows, whose values
    stand in for what is not known (interventional SHAP values); "row", the row `baseline_row`.

    A contribution is a share of this model's output. It does not say what would happen if the
    value were changed.

    Raises `ParameterError` for a row that is not in the table, `NotApplicable` or `ModelError`
    where the values would be wrong or do not add up.

    Source: Lundberg et al., Nature Machine Intelligence 2 (2020).
    """
    raw = model.data.frame.iloc[[row]]
    codes = model.transform.codes(raw)
    chosen = _chosen_class(model, codes, target_class)
    found = explain(
        model,
        codes,
        chosen,
        reference=reference_of(model, compared_with, background_rows, baseline_row, seed),
        scale=None if scale == "trees" else "response",
        progress=progress,
    )
    values = row_values(model, raw, codes).iloc[0]
    frame = _frame(row, values, found)
    notes = (
        *_class_notes(model, chosen, target_class),
        _where(model, row),
        *beyond_notes(model, codes),
        *found.notes,
    )
    return ShapRow(frame=frame, summary=_summary(model, frame, found), notes=notes)


def _chosen_class(model: FittedModel, codes: np.ndarray, asked: str | None) -> str | None:
    if asked is None and model.task == "multiclass":
        return model.classes[int(model.response(codes)[0].argmax())]
    return model.explained_class(asked)


def _frame(row: int, values: "pd.Series[Any]", found: Contributions) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "row": row,
            "feature": values.index.to_numpy(),
            "value": values.to_numpy(),
            "contribution": found.values[0],
            "base": found.base,
            "prediction": found.prediction[0],
            "output": found.output,
        }
    )
    size = frame["contribution"].abs()
    return frame.loc[size.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def _summary(model: FittedModel, frame: pd.DataFrame, found: Contributions) -> str:
    first = frame.iloc[0]
    says = f"{found.output} is {number(first['prediction'])}"
    if found.scale == "margin":
        chance = model.output_label(found.target_class)
        says += f", that is {chance} = {number(float(found.response[0]))}"
    if first["contribution"] == 0:
        return f"Row {first['row']}: {says}; none of its values moves it from the start."
    direction = "up" if first["contribution"] > 0 else "down"
    return (
        f"Row {first['row']}: {says}; compared with {found.reference.words}, for which it starts "
        f"from {number(found.base)}, '{first['feature']}' = {first['value']} moves it most, "
        f"{direction} by {number(abs(first['contribution']))}."
    )


def _class_notes(model: FittedModel, chosen: str | None, asked: str | None) -> tuple[str, ...]:
    if model.task != "multiclass" or asked is not None:
        return ()
    return (f"'{chosen}' is explained because it is this row's most probable class.",)


def _where(model: FittedModel, row: int) -> str:
    if row in model.split.test:
        return f"Row {row} was held out: the model has not seen it."
    if row in model.split.train:
        return f"Row {row} is one the model learned from."
    if row in model.split.stopping:
        return f"Row {row} told when to stop training: it was neither learned from nor held out."
    return f"Row {row} has no '{model.target.name}': it was neither learned from nor held out."


# The picture


def waterfall(
    frame: pd.DataFrame, start: str = "E[f(X)]", end: str = "f(x)", longest: int = 14
) -> Any:
    """Bars from `base` to `prediction`, the largest contribution on top; `start` and `end` name
    the two. A value is written with up to `longest` letters."""
    bars = _bars(frame, longest)
    base, prediction = float(frame["base"].iloc[0]), float(frame["prediction"].iloc[0])
    figure = new_figure(
        height=150 + 32 * max(3, len(bars)), x=str(frame["output"].iloc[0]), showlegend=False
    )
    figure.add_bar(
        x=bars["contribution"],
        base=bars["start"],
        y=list(range(len(bars))),
        orientation="h",
        width=0.66,
        marker={"color": [PUSHES_UP if c > 0 else PUSHES_DOWN for c in bars["contribution"]]},
        hovertext=bars["hover"],
        hoverinfo="text",
    )
    figure.update_xaxes(range=_room(bars), zeroline=False)
    _connect(figure, bars)
    *steps, first, last = numbers_alike([*bars["contribution"], base, prediction])
    _write_contributions(figure, bars, steps)
    _mark(figure, base, len(bars) - 0.4, f"{start} = {first}", "top")
    _mark(figure, prediction, -0.6, f"{end} = {last}", "bottom")
    figure.update_yaxes(
        tickvals=list(range(len(bars))),
        ticktext=bars["label"],
        range=[len(bars) + 0.3, -1.1],
        showgrid=False,
        zeroline=False,
        ticks="",
    )
    return figure


def _bars(frame: pd.DataFrame, longest: int) -> pd.DataFrame:
    """From the top: the largest, …, the smallest drawn, the others together; `start` to `end`."""
    drawn = frame if len(frame) <= MOST_BARS + 1 else frame.head(MOST_BARS)
    rest = frame.iloc[len(drawn) :]
    labels = [
        f"{escape(feature, longest=22, end=8)} = {escape(value, longest=longest)}"
        for feature, value in zip(drawn["feature"], drawn["value"], strict=True)
    ]
    contributions = list(drawn["contribution"])
    if len(rest):
        labels.append(f"{len(rest)} other features")
        contributions.append(rest["contribution"].sum())
    steps = np.array(contributions)
    end = float(frame["base"].iloc[0]) + steps[::-1].cumsum()[::-1]
    return pd.DataFrame(
        {
            "label": labels,
            "contribution": steps,
            "start": end - steps,
            "end": end,
            "hover": [f"{name}: {step:+.4g}" for name, step in zip(labels, steps, strict=True)],
        }
    )


def _connect(figure: Any, bars: pd.DataFrame) -> None:
    """Thin lines from where one bar ends to where the one above it starts."""
    for at in range(1, len(bars)):
        end = bars["end"].iloc[at]
        figure.add_shape(
            type="line", x0=end, x1=end, y0=at + 0.33, y1=at - 1.33,
            line={"color": GREY, "width": 1, "dash": "dot"}, layer="below",
        )  # fmt: skip


def _write_contributions(figure: Any, bars: pd.DataFrame, steps: list[str]) -> None:
    right = bars[["start", "end"]].max(axis=1)
    for at, (x, step) in enumerate(zip(right, steps, strict=True)):
        figure.add_annotation(
            x=x,
            y=at,
            text=step if step.startswith("−") else f"+{step}",
            showarrow=False,
            xanchor="left",
            xshift=4,
            font={"size": 12, "color": INK},
        )


def _mark(figure: Any, x: float, y: float, text: str, side: str) -> None:
    low, high = figure.layout.xaxis.range
    figure.add_annotation(
        x=x, y=y, text=text, showarrow=False, yanchor=side, font={"size": 13, "color": INK},
        xanchor="left" if x < (low + high) / 2 else "right",
    )  # fmt: skip


def _room(bars: pd.DataFrame) -> list[float]:
    """The range of the axis, with room for the words beside the bars."""
    low = float(min(bars["start"].min(), bars["end"].min()))
    high = float(max(bars["start"].max(), bars["end"].max()))
    reach = (high - low) or max(abs(high), 1.0) * 0.1
    return [low - 0.1 * reach, high + 0.22 * reach]
