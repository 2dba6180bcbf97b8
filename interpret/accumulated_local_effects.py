"""How does the prediction go with one column, where columns move together?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Z95, Floats
from workbench.model import FittedModel, Part, Scale
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName, Column, Range

from ._accumulate import Accumulated, accumulate, accumulate_levels, make_bins, varies
from ._accumulated_figure import LEVELS_DRAWN, draw_levels, draw_numbers
from ._date_notes import date_notes
from ._dependence import NO_EFFECT
from ._engine import Engine, Target, engine_of
from ._level_order import level_order
from ._rows import RowSample, automatic, sample_rows
from ._values import is_levels, shown_values, the, value_names


@dataclass(frozen=True, kw_only=True)
class AccumulatedLocalEffects(Result):
    """The accumulated local effect of one column at the edges of its bins, or at its levels."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column",
        "value": "an edge between two bins, a value that occurs; a date's a date; empty for levels",
        "level": "the value as text; levels by name, in the order in which they were accumulated",
        "effect": "change of `output` against its mean over the rows, in its unit",
        "conf_low": "lower end of the 95 % interval from the sampling of rows",
        "conf_high": "upper end of the 95 % interval",
        "rows": "rows in the bin that ends at this value, or at this level; 0 at the first edge",
        "share_below": "share of the rows with a value up to this one; empty for levels",
        "output": "the number that is predicted",
    }

    @property
    def title(self) -> str:
        """Names the column, since a report often holds several."""
        return f"Accumulated local effects of {self.frame['feature'].iloc[0]}"

    def figure(self) -> Any:
        """The curve with its interval about 0, the mean; thin regions are shaded."""
        is_number = self.frame["value"].notna().any()
        return draw_numbers(self.frame) if is_number else draw_levels(self.frame)


@method("Accumulated local effects (ALE)", page="dependence")
def accumulated_local_effects(
    model: FittedModel,
    /,
    *,
    feature: Annotated[str, Column("feature"), "The column whose effect is accumulated"],
    target_class: Annotated[str | None, ClassName(), "The class whose output is shown"] = None,
    scale: Annotated[Scale, "The prediction itself, or what boosted trees add up to"] = "response",
    rows: Annotated[Part, "Rows that are looked at"] = "all",
    most_rows: Annotated[
        int | None, Range(10, 10_000_000), "A random sample of so many rows"
    ] = None,
    bins: Annotated[int, Range(1, 500), "Bins of a number, at most"] = 50,
    seed: int = 0,
    progress: Progress = silent,
) -> AccumulatedLocalEffects:
    """How the prediction moves with one column, from rows that are only moved a little.

    A number is cut into bins of about equally many rows, between values that occur. Each row is
    moved to both edges of its own bin and nowhere else; the mean changes are added up from bin to
    bin and centred, so that the mean effect over the rows is 0. Where columns move together this
    asks the model about rows like those there are, which partial dependence does not. Levels are
    moved to their neighbours; levels without an order are put in one by how alike their rows are.

    The interval is the accumulated mean ± 1.96 standard errors over rows. It covers which rows were
    sampled; it says nothing about how sure the model is, nor about the width of the bins. Two
    values far apart are compared along all the values between them.

    Cost: two predictions of every row (three for levels). Raises `NotApplicable` for a column with
    one value, and for a margin the family does not have.

    Source: Apley & Zhu, Journal of the Royal Statistical Society B 82 (2020).
    """
    engine = engine_of(model)
    sample = sample_rows(model, rows, automatic(engine, most_rows), seed)
    at, target = model.features.index(feature), Target(model.explained_class(target_class), scale)
    _require_two_values(sample.codes[:, at], feature)
    if is_levels(model.transform, feature):
        order = level_order(model, sample.codes, at)
        found = accumulate_levels(engine, sample.codes, at, order.codes, target, progress)
        how = (order.words, *_drawn(len(found.codes)))
    else:
        found = _of_number(engine, sample.codes, at, bins, target, part(progress, 0, 1))
        how = _bins_note(found)
    frame = _frame(model, feature, sample.codes[:, at], found)
    frame["output"] = model.output_label(target_class, scale)
    notes = (sample.note, engine.note, *how, *_notes(model, sample, feature, at))
    progress(1.0)
    return AccumulatedLocalEffects(
        frame=frame, summary=_summary(frame, feature, len(sample)), notes=notes
    )


def _require_two_values(column: Floats, feature: str) -> None:
    if not varies(column):
        held = "no value" if np.isnan(column).all() else "one value only"
        raise NotApplicable(
            f"'{feature}' holds {held} in these rows, so there is no step to another.",
            "Choose another column or other rows.",
        )


def _of_number(
    engine: Engine, rows: Floats, at: int, most: int, target: Target, progress: Progress
) -> Accumulated:
    bins = make_bins(rows[:, at], most)
    steps = engine.steps(rows, at, bins.edges, bins.of_row, target, progress)
    return accumulate(steps, bins)


def _frame(model: FittedModel, feature: str, column: Floats, found: Accumulated) -> pd.DataFrame:
    names = value_names(model.transform, feature, found.codes)
    of_levels = is_levels(model.transform, feature)
    present = np.sort(column[~np.isnan(column)])
    below = np.searchsorted(present, found.codes, side="right") / len(present)
    frame = pd.DataFrame(
        {
            "feature": feature,
            "value": shown_values(model.transform, feature, found.codes),
            "level": np.array(names, dtype=object),
            "effect": found.effect,
            "conf_low": found.effect - Z95 * found.std_error,
            "conf_high": found.effect + Z95 * found.std_error,
            "rows": found.rows,
            "share_below": np.nan if of_levels else below,
            "output": "",
        }
    )
    return frame[list(AccumulatedLocalEffects.columns)]


def _bins_note(found: Accumulated) -> tuple[str, ...]:
    rows = found.rows[1:]
    held = f"{rows.min():,} to {rows.max():,} rows each" if len(rows) > 1 else f"{rows[0]:,} rows"
    notes = [f"{len(rows)} bin{'s' if len(rows) > 1 else ''} with {held}."]
    alone = int((rows == 1).sum())
    if alone:
        notes.append(
            f"In {alone} bin{'s' if alone > 1 else ''} there is a single row, which is taken to "
            "vary as rows do in the other bins."
        )
    return tuple(notes)


def _drawn(levels: int) -> tuple[str, ...]:
    if levels <= LEVELS_DRAWN:
        return ()
    note = (
        f"The picture shows the {LEVELS_DRAWN} most frequent of {levels} levels; the table holds "
        "them all."
    )
    return (note,)


def _notes(model: FittedModel, sample: RowSample, feature: str, at: int) -> tuple[str, ...]:
    notes = [
        "The interval covers which rows were sampled; it is not how sure the model is.",
        NO_EFFECT,
    ]
    missing = int(np.isnan(sample.codes[:, at]).sum())
    if missing:
        of_levels = model.transform.is_category[at]
        unseen = " or hold a level that training did not see" if of_levels else ""
        notes.append(
            f"{missing:,} of {len(sample):,} rows miss '{feature}'{unseen}. Missing lies beside no "
            "value, so it has no local effect: it is not drawn, and these rows do not count here."
        )
    return (*notes, *date_notes(model, feature, sample.codes[:, at]))


def _summary(frame: pd.DataFrame, feature: str, rows: int) -> str:
    output = the(frame["output"].iloc[0])
    ends = (
        "; this is what the model does, and by itself not what would happen if the value were "
        "changed."
    )
    known = frame[frame["share_below"].notna()]
    if len(known):
        # the middle of the data, where there are rows to speak of
        first = known[known["share_below"] >= 0.05].iloc[0]
        last = known[known["share_below"] >= 0.95].iloc[0]
        where = "5th to 95th percentile"
        if first["value"] == last["value"]:  # few bins, or nearly all rows have one value
            first, last, where = known.iloc[0], known.iloc[-1], "smallest to largest"
        change = last["effect"] - first["effect"]
        return (
            f"Over {rows:,} rows, from {first['level']} to {last['level']} of '{feature}' "
            f"({where}) the local effects on {output} add up to {number(change)}{ends}"
        )
    low = frame.sort_values("effect", kind="stable").iloc[0]
    high = frame.sort_values("effect", kind="stable").iloc[-1]
    return (
        f"Over {rows:,} rows, the local effects of '{feature}' on {output} go from "
        f"{number(low['effect'])} at {low['level']} to {number(high['effect'])} at "
        f"{high['level']}, about a mean of 0{ends}"
    )
