"""How does the prediction go with two columns at once, and what do they have only together?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Floats
from workbench.model import FittedModel, Part, Scale
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName, Column, Range

from ._date_notes import date_notes
from ._dependence import NO_EFFECT, Asked, ask, levels_note, missing_note
from ._engine import Places
from ._grid import Grid
from ._rows import RowSample
from ._surface_figure import EQUALLY_WIDE, draw_surface
from ._values import the

Shown = Literal["prediction", "interaction"]
#: What the search for a partner looks at: so many rows, and values of every column.
ROWS_SEARCHED, POINTS_SEARCHED = 100, 5
#: A joint part smaller than this share of the largest prediction is rounding.
ROUNDING = 1e-5
JOINT_PART = (
    "The joint part is F(a, b) − F(a) − F(b) + mean prediction, F being averages over rows; the "
    "cells carry no interval."
)
#: From this share of empty cells, a note says so.
EMPTY_WORTH_A_NOTE = 0.05


@dataclass(frozen=True, kw_only=True)
class TwoWayDependence(Result):
    """The average prediction at each pair of values of two columns."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the first column that is varied",
        "other": "the second column that is varied",
        "point": "place of the first column's value on its grid, from 0",
        "other_point": "place of the second column's value on its grid, from 0",
        "value": "the value given to the first column; empty for levels and missing",
        "other_value": "the value given to the second column",
        "level": "the first column's value as text; levels by name",
        "other_level": "the second column's value as text",
        "prediction": "the average prediction there, on the scale of `output`",
        "interaction": "the part that neither column's own curve explains, in the same unit",
        "support": "rows of the cell: nearer to this pair of values than to any other",
        "output": "the number that is predicted",
        "shown": "which of prediction and interaction the picture shows",
    }

    @property
    def title(self) -> str:
        """Names both columns."""
        return f"Dependence on {self.frame['feature'].iloc[0]} and {self.frame['other'].iloc[0]}"

    def figure(self) -> Any:
        """A heat map; cells without any row are faint and crossed."""
        return draw_surface(self.frame)


@dataclass(frozen=True)
class _Surface:
    """Over two grids: the mean prediction, the joint part, the rows of every cell."""

    prediction: Floats
    interaction: Floats
    support: NDArray[np.int64]

    def spread(self, values: Floats) -> float:
        """The standard deviation of the cells' values over the rows that lie in them."""
        weights = self.support / self.support.sum()
        centre = (weights * values).sum()
        return float(np.sqrt((weights * (values - centre) ** 2).sum()))


@method("Two-way dependence", page="dependence")
def two_way_dependence(
    model: FittedModel,
    /,
    *,
    feature: Annotated[str, Column("feature"), "The column that is varied"],
    other: Annotated[str | None, Column("feature"), "The column varied with it"] = None,
    show: Annotated[Shown, "What is shown"] = "prediction",
    target_class: Annotated[str | None, ClassName(), "The class whose output is shown"] = None,
    scale: Annotated[Scale, "The prediction itself, or what boosted trees add up to"] = "response",
    rows: Annotated[Part, "Rows that are averaged over"] = "all",
    most_rows: Annotated[
        int | None, Range(10, 10_000_000), "A random sample of so many rows"
    ] = None,
    grid_points: Annotated[int, Range(2, 60), "Values of a number that are tried"] = 12,
    seed: int = 0,
    progress: Progress = silent,
) -> TwoWayDependence:
    """What the model predicts, on average, as two columns go through their values together.

    Every row is given every pair of values in turn; the average over rows is the surface F(a, b).
    `interaction` is the part the two have together, in the unit of the prediction:

        F(a, b) − F(a) − F(b) + mean prediction,

    which is 0 everywhere exactly where the model adds up a part of the one and a part of the other.
    A cell of the grid is supported where rows lie nearer to it than to any other cell; elsewhere
    the model guesses, and the picture crosses the cell out. Without `other` the column is taken
    whose joint part with `feature` varies most over a quick look at 100 rows (a note says so).

    The cells have no interval. This is what the model does with the values, not what would happen
    if they were changed. Cost: grid² predictions per row where the trees cannot be read.

    Raises `NotApplicable` where a column does not vary, or for a margin the family does not have.

    Source: Friedman, Annals of Statistics 29 (2001); for the joint part Friedman & Popescu, Annals
    of Applied Statistics 2 (2008).
    """
    asked = ask(model, rows, most_rows, target_class, scale, seed)
    first = _varying(asked, feature, grid_points)
    partner = other or _partner(asked, feature, seed, part(progress, 0, 0.3))
    if partner == feature:
        raise NotApplicable(
            f"The two columns are both '{feature}'.", "Choose another column to go with it."
        )
    second = _varying(asked, partner, grid_points)
    surface = _surface(
        asked, (feature, partner), (first, second), part(progress, 0 if other else 0.3, 0.95)
    )
    frame = _frame(surface, (first, second))
    output = model.output_label(target_class, scale)
    frame = frame.assign(feature=feature, other=partner, output=output, shown=show)
    frame = frame[list(TwoWayDependence.columns)]
    notes = (
        asked.sample.note,
        asked.engine.note,
        *(() if other else (_chosen(feature, partner),)),
        NO_EFFECT,
        JOINT_PART,
        *((EQUALLY_WIDE,) if first.is_number or second.is_number else ()),
        *missing_note(feature, first),
        *missing_note(partner, second),
        *date_notes(model, feature, asked.every[:, asked.place(feature)], first.present),
        *date_notes(model, partner, asked.every[:, asked.place(partner)], second.present),
        *_empty_note(surface),
        *levels_note(feature, first),
        *levels_note(partner, second),
    )
    progress(1.0)
    summary = _summary(frame, surface, len(asked.sample))
    return TwoWayDependence(frame=frame, summary=summary, notes=notes)


def _varying(asked: Asked, feature: str, points: int) -> Grid:
    grid = asked.grid(feature, points)
    if np.count_nonzero(grid.support) < 2:
        raise NotApplicable(
            f"'{feature}' holds a single value in these rows.",
            "Choose a column that varies, or other rows.",
        )
    return grid


def _surface(
    asked: Asked, features: tuple[str, str], grids: tuple[Grid, Grid], progress: Progress
) -> _Surface:
    rows, places = asked.sample.codes, (asked.place(features[0]), asked.place(features[1]))
    codes = grids[0].codes, grids[1].codes
    together = asked.engine.surface(rows, places, codes, asked.target, part(progress, 0, 0.8))
    alone = [
        asked.average(name, grid, None, part(progress, 0.8 + 0.08 * i, 0.88 + 0.08 * i)).mean
        for i, (name, grid) in enumerate(zip(features, grids, strict=True))
    ]
    mean = asked.engine.predict(rows, asked.target, part(progress, 0.96, 1)).mean()
    return _Surface(
        together,
        together - alone[0][:, None] - alone[1] + mean,
        _support(asked.every[:, list(places)], grids),
    )


def _support(columns: Floats, grids: tuple[Grid, Grid]) -> NDArray[np.int64]:
    """How many rows lie nearest to each cell, (points of the first, of the second)."""
    first, second = (_nearest(grid, columns[:, i]) for i, grid in enumerate(grids))
    shape = len(grids[0]), len(grids[1])
    cell = np.ravel_multi_index((first, second), shape)
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)


def _nearest(grid: Grid, column: Floats) -> Places:
    """Every row's point of a grid: its level, or the nearest value (of two the lower); a missing
    value's is the last."""
    points = grid.codes[~np.isnan(grid.codes)]
    if grid.is_number:
        # as the support of a grid is counted
        at = np.searchsorted(points[:-1] + (points[1:] - points[:-1]) / 2, column, side="left")
    else:
        at = np.nan_to_num(column).astype(np.intp)
    return np.where(np.isnan(column), len(points), at)


def _partner(asked: Asked, feature: str, seed: int, progress: Progress) -> str:
    """The column whose joint part with a feature varies most, from a quick look at few rows."""
    quick = replace(asked, sample=_some(asked.sample, seed))
    grid = quick.grid(feature, POINTS_SEARCHED)
    found: dict[str, float] = {}
    for i, name in enumerate(asked.model.features):
        progress(i / len(asked.model.features), "Looking for the column to go with it")
        column = asked.every[:, i]
        present = column[~np.isnan(column)]
        if name == feature or not len(present) or present.min() == present.max():
            continue
        surface = _surface(
            quick, (feature, name), (grid, quick.grid(name, POINTS_SEARCHED)), silent
        )
        found[name] = surface.spread(surface.interaction)
    if not found:
        raise NotApplicable(
            f"No column but '{feature}' varies in these rows.", "Bring a second column."
        )
    return max(found, key=lambda name: found[name])


def _some(sample: RowSample, seed: int) -> RowSample:
    if len(sample) <= ROWS_SEARCHED:
        return sample
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(len(sample), ROWS_SEARCHED, replace=False))
    return RowSample(sample.positions[at], sample.codes[at], sample.note)


def _frame(surface: _Surface, grids: tuple[Grid, Grid]) -> pd.DataFrame:
    points = [
        pd.DataFrame(
            {
                "point": np.arange(len(grid)),
                "value": grid.values,
                "level": np.array(grid.labels, dtype=object),
            }
        )
        for grid in grids
    ]
    cells = points[0].merge(points[1].add_prefix("other_"), how="cross")
    return cells.assign(
        prediction=surface.prediction.ravel(),
        interaction=surface.interaction.ravel(),
        support=surface.support.ravel(),
    )


def _chosen(feature: str, partner: str) -> str:
    return (
        f"'{partner}' was chosen: of all columns it has the largest joint part with '{feature}' "
        f"at {POINTS_SEARCHED} values each, over up to {ROWS_SEARCHED} rows."
    )


def _empty_note(surface: _Surface) -> tuple[str, ...]:
    empty = float((surface.support == 0).mean())
    if empty < EMPTY_WORTH_A_NOTE:
        return ()
    note = (
        f"{empty:.0%} of the {surface.support.size:,} cells hold no row (crossed): there the model "
        "guesses about rows it never met."
    )
    return (note,)


def _summary(frame: pd.DataFrame, surface: _Surface, rows: int) -> str:
    known = frame[frame["support"] > 0].sort_values("prediction", kind="stable")
    low, high = known.iloc[0], known.iloc[-1]
    first, second, output = (frame[name].iloc[0] for name in ("feature", "other", "output"))
    return (
        f"Over the pairs of '{first}' and '{second}' that occur, averaged over {rows:,} rows, "
        f"{the(output)} goes from {number(low['prediction'])} (at {_where(low)}) to "
        f"{number(high['prediction'])} (at {_where(high)}); {_joint(surface)}; this is what the "
        "model does, and by itself not what would happen if the values were changed."
    )


def _where(cell: pd.Series[Any]) -> str:
    return f"{cell['feature']} = {cell['level']}, {cell['other']} = {cell['other_level']}"


def _joint(surface: _Surface) -> str:
    """How large the part is that the two have only together."""
    joint, whole = surface.spread(surface.interaction), surface.spread(surface.prediction)
    if joint <= ROUNDING * float(np.abs(surface.prediction).max()):
        return "each adds its own part and they have none together"
    return (
        f"the part they have only together has a standard deviation of {number(joint)} over the "
        f"rows, beside {number(whole)} of the whole"
    )
