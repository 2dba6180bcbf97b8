"""What do two numbers do together, beyond what each does alone, where columns move together?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Floats
from workbench.model import FittedModel, Part, Scale
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName, Column, Range

from ._accumulate import Bins, make_bins, varies
from ._date_notes import date_notes
from ._dependence import NO_EFFECT
from ._effect_map import draw_effect
from ._engine import Engine, Target, engine_of
from ._rows import automatic, sample_rows
from ._second_order import SecondOrder, second_order
from ._surface_figure import EQUALLY_WIDE
from ._values import shown_values, the, value_names

#: The other column is looked for on so many rows, in so many bins.
ROWS_TO_CHOOSE, BINS_TO_CHOOSE = 500, 5


@dataclass(frozen=True, kw_only=True)
class TwoWayAccumulatedEffects(Result):
    """The second-order accumulated local effect at every pair of edges of two columns' bins."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the first column",
        "other": "the second column",
        "point": "number of the first column's value, from 0, in their order",
        "other_point": "number of the second column's value",
        "value": "the first column's value, an edge between two bins",
        "other_value": "the second column's value",
        "level": "the first column's value as text",
        "other_level": "the second column's value as text",
        "effect": "what the two do together here, beyond each alone, in the unit of `output`",
        "support": "rows in the cells that meet at this pair of values; 0: borrowed, a guess",
        "output": "the number that is predicted",
    }

    @property
    def title(self) -> str:
        """Names both columns, since a report often holds several."""
        first = self.frame.iloc[0]
        return f"Accumulated effects of {first['feature']} and {first['other']} together"

    def figure(self) -> Any:
        """A heat map about 0, what lies in no row's neighbourhood faint and crossed."""
        return draw_effect(self.frame)


@method("Two-way accumulated effects", page="dependence")
def two_way_accumulated_effects(
    model: FittedModel,
    /,
    *,
    feature: Annotated[str, Column("feature"), "The first column, a number"],
    other: Annotated[str | None, Column("feature"), "The second column, a number"] = None,
    target_class: Annotated[str | None, ClassName(), "The class whose output is shown"] = None,
    scale: Annotated[Scale, "The prediction itself, or what boosted trees add up to"] = "response",
    rows: Annotated[Part, "Rows that are looked at"] = "all",
    most_rows: Annotated[
        int | None, Range(10, 10_000_000), "A random sample of so many rows"
    ] = None,
    bins: Annotated[int, Range(1, 100), "Bins of each number, at most"] = 20,
    seed: int = 0,
    progress: Progress = silent,
) -> TwoWayAccumulatedEffects:
    """What two numbers do to the prediction together, beyond what each of them does alone.

    Every row is moved to the four corners of its own cell of the two columns' bins, and nowhere
    else; the second differences (does the step in one depend on the other?) are averaged, added up
    in both directions, and the effect of each column alone is taken away. It is 0 everywhere for a
    model in which the two add up, also where they move together. To the two columns' own effects
    (accumulated local effects) it has to be added.

    Without `other` the number is taken with which the first does most together, by a coarse look at
    some rows. No interval is given.

    Cost: four predictions of every row. Raises `NotApplicable` for levels, for columns with one
    value, and for a margin the family does not have.

    Source: Apley & Zhu, Journal of the Royal Statistical Society B 82 (2020), section 3.2.
    """
    engine = engine_of(model)
    sample = sample_rows(model, rows, automatic(engine, most_rows), seed)
    target = Target(model.explained_class(target_class), scale)
    first = _number(model, sample.codes, feature)
    chosen = other or _partner(model, engine, sample.codes, first, target, part(progress, 0, 0.2))
    second = _number(model, sample.codes, chosen)
    if first == second:
        raise NotApplicable("Both columns are the same.", "Choose two different columns.")
    held, cut, found = _together(
        engine, sample.codes, (first, second), bins, target, part(progress, 0.2, 1)
    )
    frame = _frame(model, (feature, chosen), cut, found)
    frame["output"] = model.output_label(target_class, scale)
    notes = (
        sample.note,
        engine.note,
        *([] if other else [f"'{chosen}' was chosen: '{feature}' does most together with it."]),
        *_notes(found, len(sample) - held, (feature, chosen)),
        *date_notes(model, feature, sample.codes[:, first]),
        *date_notes(model, chosen, sample.codes[:, second]),
        NO_EFFECT,
        EQUALLY_WIDE,
    )
    progress(1.0)
    return TwoWayAccumulatedEffects(frame=frame, summary=_summary(frame, found), notes=notes)


def _number(model: FittedModel, rows: Floats, feature: str) -> int:
    """The place of a column that is fit for this; says why where it is not."""
    at = model.features.index(feature)
    if model.transform.is_category[at]:
        raise NotApplicable(
            f"'{feature}' has levels, between which there is no step.",
            "Choose two numbers, or look at the two-way dependence.",
        )
    if not varies(rows[:, at]):
        raise NotApplicable(
            f"'{feature}' does not vary in these rows.", "Choose another column or other rows."
        )
    return at


def _partner(
    model: FittedModel,
    engine: Engine,
    rows: Floats,
    first: int,
    target: Target,
    progress: Progress,
) -> str:
    """The number with which the first column does most together, on some rows."""
    some = rows[:: max(1, -(-len(rows) // ROWS_TO_CHOOSE))]
    able = [
        j
        for j, is_category in enumerate(model.transform.is_category)
        if j != first and not is_category and varies(rows[:, j])
    ]
    if not able:
        raise NotApplicable(
            "There is no second number that varies.", "Look at the effects of single columns."
        )
    sizes = {}
    for i, j in enumerate(able):
        stretch = part(progress, i / len(able), (i + 1) / len(able))
        both = some[~np.isnan(some[:, [first, j]]).any(axis=1)]
        usable = len(both) and varies(both[:, first]) and varies(both[:, j])
        pair = (first, j)
        sizes[j] = (
            _together(engine, both, pair, BINS_TO_CHOOSE, target, stretch)[2].size
            if usable
            else 0.0
        )
    return model.features[max(able, key=lambda j: sizes[j])]


def _together(
    engine: Engine,
    rows: Floats,
    pair: tuple[int, int],
    most: int,
    target: Target,
    progress: Progress,
) -> tuple[int, tuple[Bins, Bins], SecondOrder]:
    """How many rows have both values, the bins, and the effect."""
    both = rows[~np.isnan(rows[:, pair]).any(axis=1)]
    if not (varies(both[:, pair[0]]) and varies(both[:, pair[1]])):
        raise NotApplicable(
            "In the rows that have both values one of the two columns does not vary.",
            "Choose another column or other rows.",
        )
    bins = make_bins(both[:, pair[0]], most), make_bins(both[:, pair[1]], most)
    edges = bins[0].edges, bins[1].edges
    steps = engine.cell_steps(both, pair, edges, (bins[0].of_row, bins[1].of_row), target, progress)
    return len(both), bins, second_order(steps, bins)


def _frame(
    model: FittedModel, names: tuple[str, str], bins: tuple[Bins, Bins], found: SecondOrder
) -> pd.DataFrame:
    first, second = (each.edges for each in bins)
    i, j = (each.ravel() for each in np.indices(found.effect.shape))
    words = [
        np.array(value_names(model.transform, name, edges), dtype=object)
        for name, edges in zip(names, (first, second), strict=True)
    ]
    shown = [
        shown_values(model.transform, name, edges)
        for name, edges in zip(names, (first, second), strict=True)
    ]
    frame = pd.DataFrame(
        {
            "feature": names[0],
            "other": names[1],
            "point": i,
            "other_point": j,
            "value": shown[0][i],
            "other_value": shown[1][j],
            "level": words[0][i],
            "other_level": words[1][j],
            "effect": found.effect.ravel(),
            "support": found.support.ravel(),
            "output": "",
        }
    )
    return frame[list(TwoWayAccumulatedEffects.columns)]


def _notes(found: SecondOrder, left_out: int, names: tuple[str, str]) -> tuple[str, ...]:
    first, second = names
    empty = found.rows == 0
    notes = ["Each column's own effect is taken away: this is only what the two do together."]
    if left_out:
        notes.append(
            f"{left_out:,} rows that miss '{first}' or '{second}' are left out: missing lies "
            "beside no value."
        )
    if empty.any():
        notes.append(
            f"{int(empty.sum())} of {empty.size} cells hold no row and borrow from the nearest "
            "cell that does; where only such cells meet, the picture is faint and crossed."
        )
    return tuple(notes)


def _summary(frame: pd.DataFrame, found: SecondOrder) -> str:
    first = frame.iloc[0]
    pair = f"'{first['feature']}' and '{first['other']}'"
    output = the(first["output"])
    if not found.size > 0:
        return f"Over {len(found.of_rows):,} rows {pair} do nothing to {output} together."
    known = frame[frame["support"] > 0]
    effect = known["effect"].to_numpy()
    low, high = known.iloc[effect.argmin()], known.iloc[effect.argmax()]
    return (
        f"Over {len(found.of_rows):,} rows {pair} together move {output} by "
        f"{number(found.size)} (standard deviation) beyond what each does alone: from "
        f"{number(low['effect'])} (at {_where(low)}) to {number(high['effect'])} "
        f"(at {_where(high)})."
    )


def _where(cell: "pd.Series[Any]") -> str:
    return f"{cell['feature']} = {cell['level']}, {cell['other']} = {cell['other_level']}"
