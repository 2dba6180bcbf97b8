"""Which columns act together in this model? SHAP interaction values, averaged over rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.blocks import blocks
from workbench.errors import ModelError, NotApplicable
from workbench.figures import GREY, escape, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95, Floats
from workbench.model import FittedModel, Part
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName, Range, RowNumber

from ._contributions import explain
from ._engine import Target, engine_of
from ._engine.exact import Exact
from ._reference import ComparedWith, reference_of
from ._rows import PART_NAMES, sample_rows
from ._surface_figure import SEQUENTIAL
from ._values import the
from .shap_importance import NOT_ACCURACY

#: Columns that are drawn, the ones that act most.
MOST_DRAWN = 12
#: Interaction values that are held at once.
MOST_VALUES = 5_000_000
#: A row's interactions may miss its SHAP values by this share of their sum.
TOLERANCE = 1e-5


@dataclass(frozen=True, kw_only=True)
class ShapInteractions(Result):
    """The mean size of the interaction of every pair, and of each column alone."""

    columns: ClassVar[Mapping[str, str]] = {
        "first": "the column, or the first of a pair",
        "second": "the other column; the same as the first for a column's own part",
        "importance": "mean over rows of the size of what the two add together, both halves",
        "conf_low": "lower end of the 95 % interval from the sampling of rows, not below 0",
        "conf_high": "upper end of the 95 % interval",
        "output": "the number that is explained",
    }

    def figure(self) -> Any:
        """A heat map of the pairs; the diagonal says in numbers what each column does alone."""
        return _heat_map(self.frame)


@method("SHAP interactions", page="interactions")
def shap_interactions(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class that is explained"] = None,
    rows: Annotated[Part, "Rows that are explained"] = "test",
    most_rows: Annotated[int, Range(10, 1_000_000), "A random sample where there are more"] = 2_000,
    compared_with: Annotated[ComparedWith, "What the rows are compared with"] = "paths",
    background_rows: Annotated[int, Range(1, 1_000_000), "Rows compared with, at most"] = 200,
    baseline_row: Annotated[int | None, RowNumber(), "The one row to compare with"] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> ShapInteractions:
    """Which columns act together: how much of each SHAP value belongs to a pair and not to one.

    The SHAP value of a column is split into its own part and a half of what it adds together with
    each other column (Shapley interaction index). A pair's importance is the mean over rows of the
    size of both halves together, on the scale on which the trees add up. Zero for every pair means
    that the model is a sum of functions of single columns.

    Every row's parts are checked to add up to its SHAP values, and these to the prediction.

    Raises `NotApplicable` for models that are not made of trees that can be read; `ModelError`
    where the parts do not add up.

    Source: Lundberg et al., Nature Machine Intelligence 2 (2020); Fujimoto, Kojadinovic & Marichal,
    Games and Economic Behavior 55 (2006).
    """
    engine = engine_of(model)
    if not isinstance(engine, Exact):
        raise NotApplicable(
            f"SHAP interactions are not computed for this model. {engine.note}",
            "Use the interaction strength, which asks the model itself.",
        )
    if len(model.features) < 2:
        raise NotApplicable("There is only one column.", "Interactions take two.")
    sample = sample_rows(model, rows, most_rows, seed)
    reference = reference_of(model, compared_with, background_rows, baseline_row, seed)
    found = explain(
        model, sample.codes, target_class, reference=reference, progress=part(progress, 0, 0.3)
    )
    target = Target(model.explained_class(target_class), found.scale)
    sums = _sums(engine, sample.codes, target, reference.codes, found.values, progress)
    frame = _frame(model, *sums, len(sample), found.output)
    pairs = frame[frame["first"] != frame["second"]]
    notes = (
        sample.note,
        *found.notes,
        "Colours are pairs, both halves together; on the diagonal is what a column does alone.",
        NOT_ACCURACY,
    )
    return ShapInteractions(
        frame=frame, summary=_summary(pairs, found.output, len(sample), rows), notes=notes
    )


def _sums(
    engine: Exact,
    codes: Floats,
    target: Target,
    background: Floats | None,
    contributions: Floats,
    progress: Progress,
) -> tuple[Floats, Floats]:
    """Over the rows, the sums of |interaction| and of its square, (p, p) each."""
    p = codes.shape[1]
    total, squares = np.zeros((p, p)), np.zeros((p, p))
    slices = blocks(len(codes), max(1, MOST_VALUES // p**2))
    for i, at in enumerate(slices):
        stretch = part(progress, 0.3 + 0.7 * i / len(slices), 0.3 + 0.7 * (i + 1) / len(slices))
        values = engine.shap_interactions(codes[at], target, background, stretch)
        _require_sum(values, contributions[at])
        together = np.abs(values + values.transpose(0, 2, 1))
        together[:, np.arange(p), np.arange(p)] /= 2
        total += together.sum(axis=0)
        squares += (together**2).sum(axis=0)
    return total, squares


def _require_sum(values: Floats, contributions: Floats) -> None:
    gap = float(np.abs(values.sum(axis=2) - contributions).max(initial=0.0))
    allowed = TOLERANCE * max(float(np.abs(contributions).sum(axis=1).max(initial=0.0)), 1e-12)
    if not gap <= allowed:
        raise ModelError(
            f"The interactions miss the SHAP values by up to {gap:.3g} (allowed: {allowed:.2g}).",
            "No values are shown rather than wrong ones; use the interaction strength.",
        )


def _frame(model: FittedModel, total: Floats, squares: Floats, n: int, output: str) -> pd.DataFrame:
    first, second = np.triu_indices(len(model.features))
    mean = (total / n)[first, second]
    variance = np.maximum((squares / n)[first, second] - mean**2, 0)
    error = np.sqrt(variance / (n - 1)) if n > 1 else mean * np.nan
    names = np.array(model.features, dtype=object)
    frame = pd.DataFrame(
        {
            "first": names[first],
            "second": names[second],
            "importance": mean,
            "conf_low": np.maximum(mean - Z95 * error, 0),
            "conf_high": mean + Z95 * error,
            "output": output,
        }
    )
    return frame.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def _summary(pairs: pd.DataFrame, output: str, n: int, rows: str) -> str:
    first = pairs.iloc[0]
    if not first["importance"] > 0:
        return (
            f"Over {n:,} {PART_NAMES[rows]} rows no two columns act together: the model is a sum "
            "of functions of single columns."
        )
    return (
        f"Over {n:,} {PART_NAMES[rows]} rows '{first['first']}' and '{first['second']}' act "
        f"together most: as a pair they move {the(output)} by {number(first['importance'])} on "
        f"average, up or down (95 % interval {number(first['conf_low'])} to "
        f"{number(first['conf_high'])})."
    )


def _heat_map(frame: pd.DataFrame) -> Any:
    strength = pd.concat(
        [frame[["first", "importance"]].set_axis(["feature", "importance"], axis=1),
         frame[["second", "importance"]].set_axis(["feature", "importance"], axis=1)]
    )  # fmt: skip
    order = strength.groupby("feature")["importance"].sum().sort_values(ascending=False)
    names = list(order.index[:MOST_DRAWN])
    at = {name: i for i, name in enumerate(names)}
    grid = np.full((len(names), len(names)), np.nan)
    for line in frame.itertuples():
        if line.first in at and line.second in at:
            grid[at[line.first], at[line.second]] = line.importance
            grid[at[line.second], at[line.first]] = line.importance
    alone = grid.diagonal().copy()
    np.fill_diagonal(grid, np.nan)
    labels = [escape(name, longest=24) for name in names]
    figure = new_figure(height=160 + 34 * max(4, len(names)))
    figure.add_heatmap(
        z=grid, x=list(range(len(names))), y=list(range(len(names))), colorscale=SEQUENTIAL,
        hovertext=[[_words(a, b, grid[i, j]) for j, b in enumerate(names)]
                   for i, a in enumerate(names)],
        hoverinfo="text", hoverongaps=False, xgap=0.5, ygap=0.5,
        colorbar={"title": {"text": f"Mean size: {escape(frame['output'].iloc[0], longest=40)}",
                            "side": "right"}, "thickness": 12, "outlinewidth": 0},
    )  # fmt: skip
    # alone a column does more than with any other: its colour would leave none to the pairs
    figure.add_scatter(
        x=list(range(len(names))), y=list(range(len(names))), mode="text",
        text=[number(float(value), 3) for value in alone], textfont={"size": 11, "color": GREY},
        hovertext=[_words(name, name, value) for name, value in zip(names, alone, strict=True)],
        hoverinfo="text", showlegend=False,
    )  # fmt: skip
    ticks = {"tickvals": list(range(len(names))), "ticktext": labels, "showgrid": False}
    figure.update_xaxes(**ticks, zeroline=False, ticks="")
    figure.update_yaxes(**ticks, zeroline=False, ticks="", autorange="reversed")
    return figure


def _words(a: str, b: str, value: float) -> str:
    what = f"{escape(a)} alone" if a == b else f"{escape(a)} with {escape(b)}"
    return f"{what}: {number(value)}"
