"""Do single rows' predictions go the same way with one column, or does their average hide it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Z95, Floats
from workbench.model import FittedModel, Part, Scale
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName, Column, Range

from ._date_notes import date_notes
from ._dependence import (
    NO_EFFECT,
    Asked,
    ask,
    centred_note,
    levels_note,
    missing_note,
    reference_of,
)
from ._dependence_figure import draw_levels, draw_numbers
from ._grid import Grid
from ._values import is_levels, missing_name, shown_values, value_names

#: Rows are coloured by so many groups of a number, equal in size, or by so many levels.
GROUPS, LEVELS_COLOURED = 4, 5
#: A curve that moves less than this share of the widest one does not move at all.
FLAT = 1e-9
#: From this share of rows that go against the average, the average hides them.
MANY_AGAINST = 0.2


@dataclass(frozen=True, kw_only=True)
class IndividualConditionalExpectation(Result):
    """Single rows' curves over one column, and their average."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column that is varied",
        "curve": "average (of these rows), or row for one row's own curve",
        "row": "number of that row in the table, from 0; empty for the average",
        "value": "the value given to the column, a number or date; empty for levels and missing",
        "level": "the value as text; levels by name",
        "prediction": "the prediction there, or its change; `output` says which",
        "conf_low": "lower end of the average's 95 % interval from the sampling of rows",
        "conf_high": "upper end of it; both are empty for single rows",
        "support": "rows at this level, or nearer to this value than to its neighbours",
        "share_below": "share of the rows with a value up to this one; empty for levels",
        "with_average": "correlation of the row's curve with the average; below 0 it goes against",
        "colour_by": "the column the rows are coloured by",
        "group": "which values of it the row belongs to",
        "colour_value": "the row's value of it, where it is a number or a date",
        "output": "what `prediction` is: the number, or from where its change is taken",
    }

    @property
    def title(self) -> str:
        """Names the column."""
        return f"Single rows' curves of {self.frame['feature'].iloc[0]}"

    def figure(self) -> Any:
        """Every row's curve, the rows of a group in one colour, the average on top."""
        is_number = self.frame["share_below"].notna().any()
        return draw_numbers(self.frame) if is_number else draw_levels(self.frame)


@method("Single rows' curves", page="dependence")
def individual_conditional_expectation(
    model: FittedModel,
    /,
    *,
    feature: Annotated[str, Column("feature"), "The column that is varied"],
    colour_by: Annotated[str | None, Column("feature"), "Column the rows are coloured by"] = None,
    target_class: Annotated[str | None, ClassName(), "The class whose output is shown"] = None,
    scale: Annotated[Scale, "The prediction itself, or what boosted trees add up to"] = "response",
    rows: Annotated[Part, "Rows that are drawn from"] = "all",
    curves: Annotated[int, Range(2, 2_000), "Rows whose curves are drawn"] = 200,
    centred: Annotated[bool, "Let every curve start at 0"] = True,
    grid_points: Annotated[int, Range(2, 200), "Values of a number that are tried"] = 40,
    seed: int = 0,
    progress: Progress = silent,
) -> IndividualConditionalExpectation:
    """Whether single rows go the same way with a column, or an average hides opposite curves.

    A row's curve is its prediction as the column goes through its values and all else stays as it
    is. With `centred` all start at 0 (at the smallest value, of levels at the most frequent), so
    that differences of shape are seen and not of height; where the curves then fan out, the column
    works together with others. `colour_by` shows with which.

    A row goes *against* the average where its curve and the average's are negatively correlated
    over the values (weighted by the rows at each); the share of such rows is given with a 95 %
    interval for the sampling of rows (Wilson). The spread is the standard deviation, over rows, of
    the change from the first value to the largest (of levels: at the level where they differ most).

    This is what the model does, not what would happen if the value were changed; a row's curve may
    run through combinations of values that do not occur.

    Raises `NotApplicable` for a margin the family does not have, or a column without any value.

    Source: Goldstein, Kapelner, Bleich & Pitkin, JCGS 24 (2015); Wilson, JASA 22 (1927).
    """
    asked = ask(model, rows, curves, target_class, scale, seed)
    grid = asked.grid(feature, grid_points)
    reference = reference_of(grid, centred)
    found = asked.curves(feature, grid, reference, asked.sample.codes, part(progress, 0, 0.95))
    alike = _with_average(found, grid)
    frame = _frame(asked, feature, grid, found, alike, colour_by)
    frame["output"] = asked.label(feature, grid, reference)
    frame = frame[list(IndividualConditionalExpectation.columns)]
    notes = (
        asked.sample.note,
        asked.engine.note,
        NO_EFFECT,
        "The average is that of these rows; its interval covers which rows were drawn.",
        *missing_note(feature, grid),
        *date_notes(model, feature, asked.every[:, asked.place(feature)], grid.present),
        *centred_note(feature, grid, reference),
        *_hidden(alike),
        *_colour_notes(model, feature, colour_by),
        *levels_note(feature, grid),
    )
    progress(1.0)
    return IndividualConditionalExpectation(
        frame=frame, summary=_summary(feature, grid, found, alike), notes=notes
    )


def _with_average(curves: Floats, grid: Grid) -> Floats:
    """Every row's weighted correlation with the average curve; NaN where either does not move."""
    weights = grid.support / grid.support.sum()
    moved = curves - (curves @ weights)[:, None]
    average = moved.mean(axis=0)
    size = np.sqrt(moved**2 @ weights)
    of_average = float(np.sqrt(average**2 @ weights))
    still = (size <= FLAT * size.max(initial=0.0)) | (of_average <= FLAT * size.max(initial=0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (moved * average) @ weights / (size * of_average)
    return np.where(still, np.nan, np.clip(found, -1, 1))


def _frame(
    asked: Asked, feature: str, grid: Grid, curves: Floats, alike: Floats, colour_by: str | None
) -> pd.DataFrame:
    """The average first, then the rows: group by group, so that the order of groups is kept."""
    groups = _groups(asked, colour_by)
    order = np.lexsort((asked.sample.positions, groups["order"]))
    n, points = curves.shape
    error = curves.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(points, np.nan)
    mean = curves.mean(axis=0)
    repeated = {
        "value": grid.values,
        "level": np.array(grid.labels, dtype=object),
        "support": grid.support,
        "share_below": grid.share_below,
    }
    of_row = {
        "row": asked.sample.positions, "with_average": alike,
        "group": groups["group"].to_numpy(dtype=object),
        "colour_value": groups["colour_value"].to_numpy(),
    }  # fmt: skip
    average = pd.DataFrame({**repeated, "curve": "average", "prediction": mean,
                            "conf_low": mean - Z95 * error,
                            "conf_high": mean + Z95 * error})  # fmt: skip
    single = pd.DataFrame({
        **{k: np.tile(v, n) for k, v in repeated.items()},
        **{k: np.repeat(v[order], points) for k, v in of_row.items()},
        "curve": "row", "prediction": curves[order].ravel(),
    })  # fmt: skip
    frame = pd.concat([average, single], ignore_index=True)
    frame["row"] = frame["row"].astype("Int64")
    return frame.assign(feature=feature, colour_by=colour_by)


def _groups(asked: Asked, colour_by: str | None) -> pd.DataFrame:
    """Per row the group it is coloured as, the groups' order, and its number."""
    rows = len(asked.sample)
    if colour_by is None:
        return pd.DataFrame({"group": [None] * rows, "order": 0, "colour_value": np.nan})
    column = asked.sample.codes[:, asked.place(colour_by)]
    if is_levels(asked.model.transform, colour_by):
        return _level_groups(asked.model, colour_by, column)
    return _number_groups(asked.model, colour_by, column)


def _level_groups(model: FittedModel, name: str, column: Floats) -> pd.DataFrame:
    text = pd.Series(value_names(model.transform, name, column), dtype=object)
    present = pd.Series(column).dropna()
    shown = present.value_counts().index[:LEVELS_COLOURED]
    is_other = ~np.isnan(column) & ~np.isin(column, shown)
    order = np.where(np.isnan(column), np.inf, column)
    return pd.DataFrame({
        "group": text.mask(is_other, "other levels"),
        "order": np.where(is_other, 1e9, order),
        "colour_value": np.nan,
    })  # fmt: skip


def _number_groups(model: FittedModel, name: str, column: Floats) -> pd.DataFrame:
    present = column[~np.isnan(column)]
    shares = np.arange(1, GROUPS) / GROUPS if len(present) else np.zeros(0)
    borders = np.unique(np.quantile(present, shares))
    at = np.where(np.isnan(column), GROUPS, np.searchsorted(borders, column, side="left"))
    names = {GROUPS: missing_name(model.transform, name)}
    for group in np.unique(at[~np.isnan(column)]):
        members = column[at == group]
        low, high = value_names(model.transform, name, np.array([members.min(), members.max()]))
        names[int(group)] = low if low == high else f"{low} to {high}"
    shown = shown_values(model.transform, name, column)
    return pd.DataFrame({"group": [names[int(g)] for g in at], "order": at, "colour_value": shown})


def _colour_notes(model: FittedModel, feature: str, colour_by: str | None) -> tuple[str, ...]:
    if colour_by is None:
        return ()
    notes = []
    if len(model.transform.levels.get(colour_by, ())) > LEVELS_COLOURED:
        notes.append(f"The {LEVELS_COLOURED} most frequent levels of '{colour_by}' are coloured.")
    elif not is_levels(model.transform, colour_by):
        notes.append(
            f"Rows are coloured by '{colour_by}' in up to {GROUPS} groups of about equal size."
        )
    if colour_by == feature:
        notes.append(f"'{colour_by}' is what the rows hold of the column before it is varied.")
    return tuple(notes)


def _hidden(alike: Floats) -> tuple[str, ...]:
    against = float((alike < 0).mean())
    if np.isnan(alike).all() or against < MANY_AGAINST:
        return ()
    note = (
        f"{against:.0%} of these rows go against the average, which hides opposite curves and must "
        "not be read alone: the column works together with others."
    )
    return (note,)


def _summary(feature: str, grid: Grid, curves: Floats, alike: Floats) -> str:
    n = len(curves)
    if np.isnan(alike).all():
        return _summary_of_none(feature, grid, curves)
    low, high = _wilson(int((alike < 0).sum()), n)
    still = float(np.isnan(alike).mean())
    flat = f" and {still:.0%} do not move" if still >= 0.01 else ""
    return (
        f"Of {n:,} rows' curves over '{feature}', {(alike < 0).mean():.0%} go against their "
        f"average (95 % interval {low:.0%} to {high:.0%}){flat}; {_spread(grid, curves)}."
    )


def _summary_of_none(feature: str, grid: Grid, curves: Floats) -> str:
    moves = np.ptp(curves, axis=1).max() > 0
    if not moves:
        return f"None of {len(curves):,} rows' predictions moves with '{feature}'."
    return (
        f"The average of {len(curves):,} rows' curves over '{feature}' is flat, though single rows "
        f"move; {_spread(grid, curves)}."
    )


def _spread(grid: Grid, curves: Floats) -> str:
    """How much the curves differ where they end, all being 0 where they start."""
    start, end = _ends(grid, curves)
    change = curves[:, end] - curves[:, start]
    error = float(change.std(ddof=1)) if len(change) > 1 else float("nan")
    if error <= FLAT * np.abs(change).max():
        error = 0.0
    return (
        f"from {grid.labels[start]} to {grid.labels[end]} they change by "
        f"{number(float(change.mean()))} on average, with a standard deviation of "
        f"{number(error)} between rows"
    )


def _ends(grid: Grid, curves: Floats) -> tuple[int, int]:
    """The first value and the largest; the most frequent level and where rows differ most."""
    present = np.flatnonzero(~np.isnan(grid.codes))
    start = reference_of(grid, centred=True) or 0
    if grid.is_number:
        return start, int(present[-1])
    change = curves[:, present] - curves[:, [start]]
    return start, int(present[change.std(axis=0).argmax()])


def _wilson(count: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    share, z2 = count / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z95 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return float(max(0.0, centre - reach)), float(min(1.0, centre + reach))
