"""Why do two models say different things of one row? The waterfall of the difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.errors import ModelError, NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.model import FittedModel, Scale
from workbench.progress import Progress, part, silent
from workbench.quality.comparing.model_set import ModelSet
from workbench.quality.comparing.prediction_differences import pair_of
from workbench.result import Result
from workbench.settings import ClassName, ModelName, Range, RowNumber

from ._contributions import Contributions, explain
from ._reference import reference_of
from ._subset_shap import MOST_PLAYERS
from ._values import row_values
from .shap_row import waterfall

#: The training rows as they flowed through the trees are not the same rows for two models.
SameRows = Literal["train", "test", "row"]


@dataclass(frozen=True, kw_only=True)
class DifferenceRow(Result):
    """What each of a row's values adds to the difference of two predictions, the largest first."""

    columns: ClassVar[Mapping[str, str]] = {
        "row": "number of the row in the table, from 0",
        "feature": "the column",
        "value": "the row's value, as text",
        "first": "what the value adds to the output of the first model (its SHAP value)",
        "second": "what it adds to that of the second; 0 for a column the model does not use",
        "contribution": "first less second: what the value adds to the difference",
        "base": "the difference of the two means, where the contributions start",
        "prediction": "the difference of the two predictions: base plus all contributions",
        "first_base": "E[f(X)] of the first model over the reference rows",
        "second_base": "E[f(X)] of the second model over the same rows",
        "first_prediction": "what the first model says of this row",
        "second_prediction": "what the second model says",
        "first_model": "what the first model is called",
        "second_model": "what the second model is called",
        "output": "the number whose difference is explained",
    }

    @property
    def title(self) -> str:
        """Names the row, since a report often holds several."""
        return f"Why the models differ in row {self.frame['row'].iloc[0]}"

    def figure(self) -> Any:
        """A waterfall from the difference of the means to that of the predictions; red pushes the
        first model above the second, blue below."""
        shown = self.frame.assign(output="difference in " + self.frame["output"])
        return waterfall(shown, "difference of the means", "difference of the predictions")


@method("Why they differ in one row", page="compare")
def difference_row(
    models: ModelSet,
    /,
    *,
    row: Annotated[int, RowNumber(), "Number of the row in the table, from 0"],
    first: Annotated[str | None, ModelName(), "The one model; by default the first"] = None,
    second: Annotated[str | None, ModelName(), "The other; by default the second"] = None,
    target_class: Annotated[str | None, ClassName(), "The class that is explained"] = None,
    scale: Annotated[
        Literal["margin", "response"] | None,
        "Log-odds or the prediction; by default what both models' trees add up to",
    ] = None,
    compared_with: Annotated[SameRows, "What the row is compared with"] = "train",
    background_rows: Annotated[int, Range(1, 1_000_000), "Rows compared with, at most"] = 200,
    baseline_row: Annotated[int | None, RowNumber(), "The one row to compare with"] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> DifferenceRow:
    """Why two models say different things of one row: what each of its values adds to the gap.

    The Shapley value is linear, so the SHAP values of the difference of two models are the
    differences of their SHAP values, provided that both are on the same scale and compared with the
    same rows: interventional values over up to `background_rows` training or held-out rows, or
    against one row. They start at the difference of the two mean outputs over these rows and add up
    to the difference of the two predictions, which is checked. A column only one model uses adds
    nothing in the other.

    Without a `scale` it is the one on which the trees of both add up (log-odds for two boosted
    classifiers), else the response: probabilities of boosting are exact and refused for more than
    twelve columns. Of more than two classes the one the first model finds most probable is
    explained unless another is asked for.

    A contribution is a share of a difference between two models, not of a difference in the world.

    Raises `ModelError` where the models have other reference rows or the values do not add up,
    `ParameterError` for one model twice, `NotApplicable` for values that cannot be had.

    Source: Lundberg & Lee, NeurIPS (2017), and Shapley (1953) for linearity.
    """
    one, other = pair_of(models, first, second)
    left, right = models.models[one], models.models[other]
    _require_same_rows(left, right, compared_with)
    raw = models.dataset.frame.iloc[[row]]
    chosen = _chosen_class(left, raw, target_class)
    on = scale or _common_scale(left, right)
    _require_few_columns(left, right, on)
    found = [
        explain(
            model,
            model.transform.codes(raw),
            chosen,
            reference=reference_of(model, compared_with, background_rows, baseline_row, seed),
            scale=on,
            progress=part(progress, at / 2, (at + 1) / 2),
        )
        for at, model in enumerate((left, right))
    ]
    names = models.names[one], models.names[other]
    frame = _frame(row, raw, (left, right), found, names)
    notes = (*_class_notes(left, chosen, target_class, names[0]), *_notes(frame, found))
    return DifferenceRow(frame=frame, summary=_summary(frame), notes=notes)


def _require_same_rows(left: FittedModel, right: FittedModel, compared_with: SameRows) -> None:
    if compared_with == "row" or np.array_equal(
        left.positions(compared_with), right.positions(compared_with)
    ):
        return
    raise ModelError(
        "The two models have not learned from the same rows, so their SHAP values would be "
        "compared with different rows.",
        "Compare with the held-out rows (compared_with='test'), which are the same.",
    )


def _chosen_class(model: FittedModel, raw: pd.DataFrame, asked: str | None) -> str | None:
    if asked is None and model.task == "multiclass":
        return str(model.predict(raw)[0])
    return model.explained_class(asked)


def _common_scale(left: FittedModel, right: FittedModel) -> Scale:
    scales: set[Scale] = {model.family.additive_scale(model.task) for model in (left, right)}
    return scales.pop() if len(scales) == 1 else "response"


def _require_few_columns(left: FittedModel, right: FittedModel, scale: Scale) -> None:
    """Two families may have no scale in common on which both add up."""
    asked = [m for m in (left, right) if m.family.additive_scale(m.task) != scale]
    most = max((len(model.features) for model in asked), default=0)
    if most > MOST_PLAYERS and scale == "response":
        raise NotApplicable(
            f"A {asked[0].family.title} adds up on the log-odds and not on the probability, on "
            f"which the two have to be compared; there every coalition of columns is asked about, "
            f"and {most} columns are too many (up to {MOST_PLAYERS}).",
            "Compare two boosted models (on the log-odds), or two of trees and forests.",
        )


def _frame(
    row: int,
    raw: pd.DataFrame,
    models: tuple[FittedModel, FittedModel],
    found: list[Contributions],
    names: tuple[str, str],
) -> pd.DataFrame:
    """One line for each column that either of them uses."""
    values: dict[str, Any] = {}
    parts: list[dict[str, float]] = []
    for model, each in zip(models, found, strict=True):
        said = row_values(model, raw, model.transform.codes(raw)).iloc[0]
        values = {**dict(said), **values}
        parts.append(dict(zip(model.transform.columns, each.values[0], strict=True)))
    features = list(dict.fromkeys([*parts[0], *parts[1]]))
    first, second = (np.array([each.get(name, 0.0) for name in features]) for each in parts)
    frame = pd.DataFrame(
        {
            "row": row,
            "feature": features,
            "value": [values[name] for name in features],
            "first": first,
            "second": second,
            "contribution": first - second,
            "base": found[0].base - found[1].base,
            "prediction": found[0].prediction[0] - found[1].prediction[0],
            "first_base": found[0].base,
            "second_base": found[1].base,
            "first_prediction": found[0].prediction[0],
            "second_prediction": found[1].prediction[0],
            "first_model": names[0],
            "second_model": names[1],
            "output": found[0].output,
        }
    )
    order = frame["contribution"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _summary(frame: pd.DataFrame) -> str:
    top = frame.iloc[0]
    gap = top["prediction"]
    said = (
        f"Row {top['row']}: {top['first_model']} says {number(top['first_prediction'])} and "
        f"{top['second_model']} {number(top['second_prediction'])} ({top['output']})"
    )
    if top["contribution"] == 0:
        return f"{said}; no value of the row makes a difference beyond that of the means."
    direction = "up" if top["contribution"] > 0 else "down"
    return (
        f"{said}; of the difference of {number(gap)}, {number(top['base'])} is there on average "
        f"over the reference rows, and '{top['feature']}' = {top['value']} moves it most, "
        f"{direction} by {number(abs(top['contribution']))}."
    )


def _class_notes(
    model: FittedModel, chosen: str | None, asked: str | None, name: str
) -> tuple[str, ...]:
    if model.task != "multiclass" or asked is not None:
        return ()
    return (f"'{chosen}' is explained because {name} finds it most probable for this row.",)


def _notes(frame: pd.DataFrame, found: list[Contributions]) -> tuple[str, ...]:
    top = frame.iloc[0]
    gap = abs(top["base"] + float(frame["contribution"].sum()) - top["prediction"])
    scale = (
        f"Both are explained on the scale of the {top['output']}, compared with the same "
        f"{found[0].reference.words} (interventional SHAP values)."
    )
    means = (
        f"Over these rows the mean output of {top['first_model']} is {number(top['first_base'])} "
        f"and that of {top['second_model']} {number(top['second_base'])}: the waterfall starts at "
        "the difference."
    )
    checked = (
        "Checked: the difference of the means plus all contributions is the difference of the two "
        f"models' own outputs; the gap is {number(gap, 2)}."
    )
    return (scale, means, checked, *dict.fromkeys(each.notes[2] for each in found))
