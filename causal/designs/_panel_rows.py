"""From the rows of a table to units by periods: which cell a row is, and from when on each unit is
treated, or a sentence that says why it cannot be told."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import QuestionError
from workbench.transform import level_names

from .periods import Periods

if TYPE_CHECKING:
    from .panel import PanelQuestion

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
#: A table of units by periods larger than this, and emptier than that share, is a wrong column.
MOST_CELLS, LEAST_FILLED = 20_000_000, 0.02


@dataclass(frozen=True)
class Grid:
    """Which cell each row is."""

    shape: tuple[int, int]
    unit: Codes
    period: Codes

    def spread(self, values: Floats, empty: float = np.nan) -> Floats:
        made = np.full(self.shape, empty)
        made[self.unit, self.period] = values
        return made


def units_of(values: pd.Series) -> tuple[tuple[str, ...], Codes]:
    """The names of the units, in order, and the number of each row's (n,)."""
    if values.isna().any():
        row = int(np.flatnonzero(values.isna())[0])
        raise QuestionError(
            f"The unit '{values.name}' is empty in row {row} and "
            f"{int(values.isna().sum()) - 1} more.",
            "Fill the units in or drop these rows.",
        )
    codes, distinct = pd.factorize(values, sort=True)
    names = tuple(str(name) for name in level_names(pd.Series(distinct)))
    if len(names) < 2:
        raise QuestionError(
            f"'{values.name}' holds one unit only, {names[0]}.",
            "Add units to compare with, or look at the one series alone: an interrupted series.",
        )
    return names, codes.astype(np.intp)


def require_one_row_each(
    question: PanelQuestion, names: tuple[str, ...], grid: Grid, periods: Periods
) -> None:
    """Refuses several rows of one unit and period."""
    cell = grid.unit.astype(np.int64) * len(periods) + grid.period
    distinct, counts = np.unique(cell, return_counts=True)
    twice = distinct[counts > 1]
    if not len(twice):
        return
    u, t = divmod(int(twice[0]), len(periods))
    raise QuestionError(
        f"'{question.unit}' {names[u]} has {int(counts[counts > 1][0])} rows in "
        f"{periods.names[t]}, and {len(twice) - 1:,} more units and periods have several.",
        f"A row is one '{question.unit}' in one '{question.time}': name the column of the persons "
        "that were followed; or, if others are seen each time, say that these are repeated "
        "cross-sections, whose rows are averaged.",
    )


def require_size(question: PanelQuestion, shape: tuple[int, int]) -> None:
    """Refuses a table of cells that is huge and nearly empty."""
    cells, rows = shape[0] * shape[1], len(question.data)
    if cells > MOST_CELLS and rows < LEAST_FILLED * cells:
        raise QuestionError(
            f"{shape[0]:,} units by {shape[1]:,} periods are {cells:,} cells, of which {rows:,} "
            "are filled.",
            f"Is '{question.unit}' who is followed and '{question.time}' the period? Wider "
            "periods (months instead of days) make fewer cells.",
        )


def in_force(question: PanelQuestion) -> Floats:
    """Whether the treatment is in force in each row, 1 or 0 (n,)."""
    column = cast(str, question.treated)
    missing = question.data.frame[column].isna().to_numpy()
    if missing.any():
        raise QuestionError(
            f"'{column}' is empty in {int(missing.sum()):,} rows, the first of them row "
            f"{int(np.flatnonzero(missing)[0])}.",
            "Say for every row whether the treatment is in force.",
        )
    variable = question.variable(column)
    if not variable.is_binary:
        raise QuestionError(
            f"'{column}' takes more than two values.",
            "A treatment is in force or not: 1 or 0. For one that comes in doses, make a yes/no "
            "column of the dose you mean.",
        )
    return variable.as_effect_scale


def require_same_in_cells(
    question: PanelQuestion, names: tuple[str, ...], grid: Grid, on: Floats, periods: Periods
) -> None:
    """Of several rows of a unit and period none is treated, or all."""
    mixed = np.flatnonzero(grid.spread(on)[grid.unit, grid.period] != on)
    if len(mixed) and question.repeated_cross_sections:
        u, t = grid.unit[mixed[0]], grid.period[mixed[0]]
        mine = on[(grid.unit == u) & (grid.period == t)]
        raise QuestionError(
            f"'{question.treated}' is 1 in {int(mine.sum()):,} and 0 in {int((mine == 0).sum()):,} "
            f"rows of {names[u]} in {periods.names[t]}.",
            f"The treatment has to be the same for all rows of one '{question.unit}' and "
            f"'{question.time}': choose as unit the groups in which it was decided.",
        )


def first_on(
    question: PanelQuestion, names: tuple[str, ...], on: Floats, periods: Periods
) -> tuple[Codes, list[str]]:
    """The number of each unit's first treated period, by where the treatment is in force (N, T),
    and notes; refuses one that is switched off again."""
    seen = ~np.isnan(on)
    given = seen & (on == 1)
    first = np.where(given.any(axis=1), given.argmax(axis=1), len(periods)).astype(np.intp)
    off = seen & (on == 0) & (np.arange(len(periods)) > first[:, None])
    if off.any():
        u, t = (int(k[0]) for k in np.nonzero(off))
        raise QuestionError(
            f"The treatment of {names[u]} is switched off: '{question.treated}' is 1 in "
            f"{periods.names[first[u]]} and 0 in {periods.names[t]} ({int(off.any(axis=1).sum()):,}"
            " units in all).",
            "These designs are for a treatment that stays. Keep the periods until it ends, or mark "
            "a unit as treated from its first treatment on and read the effect as that of ever "
            "having had it.",
        )
    treated = np.flatnonzero(first < len(periods))
    had = treated[seen[treated, np.maximum(first[treated] - 1, 0)]]
    earlier = treated[[bool(seen[u, : first[u]].any()) for u in treated]]
    unsure = np.setdiff1d(earlier, had)
    notes = []
    if len(unsure):
        notes.append(
            f"Warning: {len(unsure):,} units (such as {names[unsure[0]]}) have no row in the "
            "period before they are first seen treated, so it may have begun earlier."
        )
    return first, notes


def first_named(
    question: PanelQuestion, names: tuple[str, ...], unit: Codes, periods: Periods
) -> Codes:
    """The same by a column that names it."""
    column = cast(str, question.adopted)
    _require_zero_is_no_period(question.data.frame[column], periods)
    rows = periods.of_values(question.data.frame[column])
    least, most = np.full(len(names), len(periods)), np.zeros(len(names), dtype=np.intp)
    np.minimum.at(least, unit, rows)
    np.maximum.at(most, unit, rows)
    if (least != most).any():
        u = int(np.flatnonzero(least != most)[0])
        mine = question.data.frame[column][unit == u]
        shown = " and ".join(str(v) for v in mine.astype(object).unique()[:2])
        raise QuestionError(
            f"'{column}' gives more than one first treated period for {names[u]}: {shown}.",
            "Write each unit's first treated period in all of its rows; a column that is 1 in "
            "treated rows is named as treated.",
        )
    return least.astype(np.intp)


def _require_zero_is_no_period(values: pd.Series, periods: Periods) -> None:
    zeros = values.astype(object).map(lambda v: str(v).strip() in ("0", "0.0"))
    if "0" in periods.names and zeros.any():
        raise QuestionError(
            f"'{values.name}' is 0 for some units, which says never; but 0 is a period, too.",
            "Leave the field empty for units that are never treated, and number the periods from "
            "1.",
        )


def chosen_units(text: str, names: tuple[str, ...], column: str) -> Codes:
    """The numbers of the units that a person named, separated by commas or semicolons."""
    at = {name: k for k, name in enumerate(names)}
    whole = text.strip()
    parts = [whole] if whole in at else whole.split(";" if ";" in whole else ",")
    wanted = [part.strip() for part in parts if part.strip()]
    for name in wanted:
        if name not in at:
            near = difflib.get_close_matches(name, names, 3) or names[:3]
            raise QuestionError(
                f"There is no '{name[:60]}' in '{column}'.",
                f"There are: {', '.join(near)}"
                + (" …" if len(names) > len(near) else "")
                + ". Names are separated by commas, or by semicolons where they hold commas.",
            )
    return np.array([at[name] for name in wanted], dtype=np.intp)


def clusters_of_units(
    question: PanelQuestion, by: str | None, names: tuple[str, ...], unit: Codes
) -> tuple[Codes, str]:
    """The number of each unit's cluster (N,), and which column they are of."""
    if by is None or by == question.unit:
        return np.arange(len(names), dtype=np.intp), question.unit
    empty = question.data.frame[by].isna().to_numpy()
    if empty.any():
        raise QuestionError(
            f"The group '{by}', by which intervals are clustered, is empty in row "
            f"{int(np.flatnonzero(empty)[0])} and {int(empty.sum()) - 1} more.",
            f"Fill the groups in, drop these rows, or give '{by}' the role 'ignore'.",
        )
    group = pd.factorize(question.data.frame[by], use_na_sentinel=False)[0].astype(np.intp)
    of_unit = np.zeros(len(names), dtype=np.intp)
    of_unit[unit] = group
    if (of_unit[unit] != group).any():
        u = int(unit[np.flatnonzero(of_unit[unit] != group)[0]])
        raise QuestionError(
            f"{names[u]} is in more than one group of '{by}', by which intervals are clustered.",
            f"A group holds whole units: give '{by}' the role 'ignore', or correct it.",
        )
    if len(np.unique(of_unit)) < 2:
        raise QuestionError(
            f"All units are in one group of '{by}', so no group can be compared with another.",
            f"Give '{by}' the role 'ignore'.",
        )
    return of_unit, by
