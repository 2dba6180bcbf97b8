"""How does the prediction go with one column, all others left as they are?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.case_weights import weight_column
from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Z95, Floats
from workbench.model import FittedModel, Part, Scale
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName, Column, Range

from ._association import thinned
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
from ._engine import Places
from ._grid import Grid
from ._refits import band_note, refitted_band
from ._support import MOST_BINS, worst_outside
from ._values import the


@dataclass(frozen=True, kw_only=True)
class PartialDependence(Result):
    """The average prediction at each value of one column, and single rows' curves (ICE)."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column that is varied",
        "curve": "average, or row for one row's own curve",
        "row": "number of that row in the table, from 0; empty for the average",
        "value": "the value given to the column, a number or date; empty for levels and missing",
        "level": "the value as text; levels by name",
        "prediction": "the (average) prediction there, or its change; `output` says which",
        "conf_low": "lower end of the average's 95 % interval from the sampling of rows",
        "conf_high": "upper end of it; both are empty for single rows",
        "band_low": "2.5 % point of the average's curve over refitted models; empty without refits",
        "band_high": "97.5 % point of it",
        "support": "rows at this level, or nearer to this value than to its neighbours",
        "share_below": "share of the rows with a value up to this one; empty for levels",
        "output": "what `prediction` is: the number, or from where its change is taken",
    }

    @property
    def title(self) -> str:
        """Names the column, since a report often holds several."""
        return f"Partial dependence of {self.frame['feature'].iloc[0]}"

    def figure(self) -> Any:
        """The average with its interval over single rows' curves; thin regions are shaded."""
        is_number = self.frame["share_below"].notna().any()
        return draw_numbers(self.frame) if is_number else draw_levels(self.frame)


@method("Partial dependence", page="dependence", weighs=True)
def partial_dependence(
    model: FittedModel,
    /,
    *,
    feature: Annotated[str, Column("feature"), "The column that is varied"],
    target_class: Annotated[str | None, ClassName(), "The class whose output is shown"] = None,
    scale: Annotated[Scale, "The prediction itself, or what boosted trees add up to"] = "response",
    rows: Annotated[Part, "Rows that are averaged over"] = "all",
    most_rows: Annotated[
        int | None, Range(10, 10_000_000), "A random sample of so many rows"
    ] = None,
    ice: Annotated[int, Range(0, 300), "Single rows' curves that are drawn"] = 50,
    grid_points: Annotated[int, Range(2, 200), "Values of a number that are tried"] = 40,
    centred: Annotated[bool, "Let every curve start at 0"] = False,
    refits: Annotated[int, Range(0, 100), "Bootstrap refits for a band"] = 0,
    seed: int = 0,
    progress: Progress = silent,
) -> PartialDependence:
    """What the model predicts, on average, as one column goes through its values.

    Every row is given every value of the grid in turn; the average over rows is the curve (with a
    column of case weights the weighted average), single rows' curves are drawn behind it. Where the
    trees can be read this is counted exactly over all rows, else the model itself is asked about a
    sample (a note says which). The grid of a number holds values that occur, at quantiles, the
    smallest and largest among them; levels are shown one by one; missing is a value of its own
    where it occurs.

    The interval is mean ± 1.96 standard errors over rows: it covers which rows were sampled, and
    says nothing about how sure the model is. For that, `refits` learns the model's recipe again on
    bootstrap samples of the training rows; the band is the middle 95 % of the refitted curves, on
    the same rows and grid. `centred` sets every curve to 0 at the smallest value (of levels: the
    most frequent). This is what the model does, not what would happen if someone changed the value;
    where columns move together the curve rests on rows that do not exist (a note says how many).

    Raises `NotApplicable` for a margin the family does not have, or a column without any value.

    Source: Friedman, Annals of Statistics 29 (2001); Goldstein et al., JCGS 24 (2015).
    """
    asked = ask(model, rows, most_rows, target_class, scale, seed).weighted()
    grid = asked.grid(feature, grid_points)
    reference = reference_of(grid, centred)
    chosen = _chosen(ice, len(asked.sample), seed)
    curve = _curve(asked, feature, grid, reference, part(progress, 0, 0.1 if refits else 0.9))
    single = asked.curves(feature, grid, reference, asked.sample.codes[chosen], silent)
    curve["band_low"], curve["band_high"] = refitted_band(
        asked, feature, grid, reference, refits, seed, part(progress, 0.1, 0.95)
    )
    frame = _frame(curve, single, asked.sample.positions[chosen])
    frame = frame.assign(feature=feature, output=asked.label(feature, grid, reference))
    frame = frame[list(PartialDependence.columns)]
    notes = (
        asked.sample.note,
        asked.engine.note,
        *_weight_note(model),
        *_notes(feature, grid),
        *date_notes(model, feature, asked.every[:, asked.place(feature)], grid.present),
        *centred_note(feature, grid, reference),
        *band_note(refits, seed),
        *_drawn(ice, len(asked.sample), seed),
        *levels_note(feature, grid),
        *_doubts(model, asked.every, feature, grid),
    )
    progress(1.0)
    summary = _summary(frame, feature, len(asked.sample))
    return PartialDependence(frame=frame, summary=summary, notes=notes)


def _chosen(ice: int, rows: int, seed: int) -> Places:
    """Which of the sampled rows have their own curve kept."""
    if ice >= rows:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, ice, replace=False))


def _curve(
    asked: Asked, feature: str, grid: Grid, reference: int | None, progress: Progress
) -> pd.DataFrame:
    """The average at every point of the grid, with its interval and what stands behind it."""
    found = asked.average(feature, grid, reference, progress)
    return pd.DataFrame(
        {
            "value": grid.values,
            "level": np.array(grid.labels, dtype=object),
            "prediction": found.mean,
            "conf_low": found.mean - Z95 * found.std_error,
            "conf_high": found.mean + Z95 * found.std_error,
            "support": grid.support,
            "share_below": grid.share_below,
        }
    )


def _frame(average: pd.DataFrame, single: Floats, positions: Places) -> pd.DataFrame:
    """The average's curve, and below it those of single rows one after the other."""
    shared = ["value", "level", "support", "share_below"]
    rows = pd.DataFrame({k: np.tile(average[k], len(single)) for k in shared})
    rows = rows.astype({k: average[k].dtype for k in shared}).assign(prediction=single.ravel())
    # named here, since concatenating columns that hold nothing would lose their kind
    for empty in ("conf_low", "conf_high", "band_low", "band_high"):
        rows[empty] = np.nan
    frame = pd.concat([average, rows[average.columns]], ignore_index=True)
    frame["curve"] = ["average"] * len(average) + ["row"] * len(rows)
    numbers = np.repeat(positions, len(average))
    frame["row"] = pd.array([pd.NA] * len(average) + list(numbers), dtype="Int64")
    return frame


def _notes(feature: str, grid: Grid) -> tuple[str, ...]:
    notes = [
        "The interval covers which rows were sampled; it is not how sure the model is.",
        NO_EFFECT,
        *missing_note(feature, grid),
    ]
    if grid.is_number and (grid.share_below > 0.95).any():
        notes.append("Outside the 5th to 95th percentile (shaded) few rows stand behind the curve.")
    return tuple(notes)


def _weight_note(model: FittedModel) -> tuple[str, ...]:
    if weight_column(model.data) is None:
        return ()
    return ("Support and percentiles count every row once.",)


def _drawn(ice: int, rows: int, seed: int) -> tuple[str, ...]:
    if not 0 < ice < rows:
        return ()
    return (f"{ice} single rows are drawn, chosen at random (seed {seed}).",)


def _doubts(model: FittedModel, codes: Floats, feature: str, grid: Grid) -> tuple[str, ...]:
    found = worst_outside(model.features, codes, feature, grid)
    if found is None or not found.is_worth_a_note:
        return ()
    note = (
        f"At least {found.share:.0%} of this curve rests on combinations that do not occur: "
        f"'{feature}' moves with '{found.other}' (rank correlation {found.correlation:.2f}), and "
        f"among rows alike in '{found.other}' (up to {MOST_BINS} bins of it, "
        f"{len(thinned(codes)):,} rows looked at) no row reaches that value of '{feature}'. There "
        "the model guesses."
    )
    return (note,)


def _summary(frame: pd.DataFrame, feature: str, rows: int) -> str:
    average = frame[(frame["curve"] == "average") & (frame["support"] > 0)]
    means = f"averaged over {rows:,} rows, {the(frame['output'].iloc[0])}"
    ends = (
        "; this is what the model does, and by itself not what would happen if the value were "
        "changed."
    )
    known = average[average["share_below"].notna()]
    if len(known):
        # the middle of the data, where there are rows to speak of
        first = known[known["share_below"] >= 0.05].iloc[0]
        last = known[known["share_below"] >= 0.95].iloc[0]
        middle = known[known["value"].between(first["value"], last["value"])]["prediction"]
        return (
            f"As '{feature}' goes from {first['level']} to {last['level']} (5th to 95th "
            f"percentile), {means} goes from {number(first['prediction'])} to "
            f"{number(last['prediction'])}, staying between {number(middle.min())} and "
            f"{number(middle.max())}{ends}"
        )
    low = average.sort_values("prediction").iloc[0]
    high = average.sort_values("prediction").iloc[-1]
    return (
        f"With '{feature}' set to each level in turn, {means} goes from "
        f"{number(low['prediction'])} at {low['level']} to {number(high['prediction'])} at "
        f"{high['level']}{ends}"
    )
