"""How does the prediction go with one column, all others left as they are?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.blocks import block_length, blocks, run_all
from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Z95, Floats
from workbench.model import FittedModel, Part, Scale
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName, Column, Range

from ._association import thinned
from ._dependence_figure import LEVELS_DRAWN, draw_levels, draw_numbers
from ._grid import Grid, make_grid
from ._rows import RowSample, sample_rows
from ._support import MOST_BINS, worst_outside
from ._values import the

#: Rows that are predicted at every grid point in one go, at most; so the bar moves.
MOST_ROWS_AT_A_TIME = 256


@dataclass(frozen=True, kw_only=True)
class PartialDependence(Result):
    """The average prediction at each value of one column, and single rows' curves (ICE)."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column that is varied",
        "curve": "average, or row for one row's own curve",
        "row": "number of that row in the table, from 0; empty for the average",
        "value": "the value given to the column; empty for levels and for missing",
        "level": "the value as text; levels by name",
        "prediction": "the (average) prediction there, on the scale of `output`",
        "conf_low": "lower end of the average's 95 % interval from the sampling of rows",
        "conf_high": "upper end of it; both are empty for single rows",
        "support": "rows at this level, or nearer to this value than to its neighbours",
        "share_below": "share of the rows with a value up to this one; empty for levels",
        "output": "the number that is predicted",
    }

    @property
    def title(self) -> str:
        """Names the column, since a report often holds several."""
        return f"Partial dependence of {self.frame['feature'].iloc[0]}"

    def figure(self) -> Any:
        """The average with its interval over single rows' curves; thin regions are shaded."""
        is_number = self.frame["share_below"].notna().any()
        return draw_numbers(self.frame) if is_number else draw_levels(self.frame)


@method("Partial dependence", page="dependence")
def partial_dependence(
    model: FittedModel,
    /,
    *,
    feature: Annotated[str, Column("feature"), "The column that is varied"],
    target_class: Annotated[str | None, ClassName(), "The class whose output is shown"] = None,
    scale: Annotated[Scale, "The prediction itself, or what boosted trees add up to"] = "response",
    rows: Annotated[Part, "Rows that are averaged over"] = "all",
    most_rows: Annotated[int, Range(10, 20_000), "A random sample where there are more"] = 2_000,
    ice: Annotated[int, Range(0, 300), "Single rows' curves that are drawn"] = 50,
    grid_points: Annotated[int, Range(2, 200), "Values of a number that are tried"] = 40,
    seed: int = 0,
    progress: Progress = silent,
) -> PartialDependence:
    """What the model predicts, on average, as one column goes through its values.

    Every row is given every value of the grid in turn and the model itself is asked (brute
    force); the average over rows is the curve, single rows' curves are drawn behind it. The grid
    of a number holds values that occur, at quantiles, the smallest and largest among them;
    levels are shown one by one; missing is a value of its own where it occurs.

    The interval is mean ± 1.96 standard errors over rows: it covers which rows were sampled, and
    says nothing about how sure the model is. This is what the model does, not what would happen
    if someone changed the value; where columns move together the curve rests on rows that do not
    exist (a note says how many).

    Raises `NotApplicable` for a margin the family does not have.

    Source: Friedman, Annals of Statistics 29 (2001); Goldstein et al., JCGS 24 (2015).
    """
    sample = sample_rows(model, rows, most_rows, seed)
    at = model.features.index(feature)
    every = model.transform.codes(model.rows(rows))
    grid = make_grid(model, feature, every[:, at], grid_points)
    if not len(grid):
        raise NotApplicable(
            f"'{feature}' holds no value in these rows.", "Choose another column or other rows."
        )
    predicted = _predict(model, sample, at, grid, scale, target_class, part(progress, 0, 0.95))
    frame = _frame(sample, feature, grid, predicted, _chosen(ice, len(sample), seed))
    frame["output"] = model.output_label(target_class, scale)
    notes = (
        *_notes(sample, feature, grid),
        *_drawn(frame, ice, len(sample), seed),
        *_doubts(model, every, feature, grid),
    )
    progress(1.0)
    return PartialDependence(
        frame=frame, summary=_summary(frame, feature, len(sample)), notes=notes
    )


def _predict(
    model: FittedModel,
    sample: RowSample,
    column: int,
    grid: Grid,
    scale: Scale,
    target_class: str | None,
    progress: Progress,
) -> Floats:
    """The model's own prediction of every row at every grid point, (points, rows)."""
    model.explained_class(target_class)
    columns = sample.codes.shape[1] + max(1, len(model.classes))
    fits = block_length(3 * 8 * columns * len(grid))
    slices = blocks(len(sample), min(fits, MOST_ROWS_AT_A_TIME))

    def step(at: slice) -> Floats:
        block = sample.codes[at]
        given = np.tile(block, (len(grid), 1))
        given[:, column] = np.repeat(grid.codes, len(block))
        found = model.column(model.on_scale(given, scale), target_class)
        return found.reshape(len(grid), len(block))

    # one thread, since the models use the cores themselves; two forests that predict at once
    # disturb scikit-learn's handling of warnings
    return np.concatenate(list(run_all(step, slices, progress=progress, threads=1)), axis=1)


def _chosen(ice: int, rows: int, seed: int) -> "np.ndarray[Any, Any]":
    """Which of the sampled rows have their own curve kept."""
    if ice >= rows:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, ice, replace=False))


def _frame(
    sample: RowSample,
    feature: str,
    grid: Grid,
    predicted: Floats,
    chosen: "np.ndarray[Any, Any]",
) -> pd.DataFrame:
    mean = predicted.mean(axis=1)
    n = predicted.shape[1]
    error = predicted.std(axis=1, ddof=1) / np.sqrt(n) if n > 1 else mean * np.nan
    point = {
        "value": grid.codes if grid.is_number else np.full(len(grid), np.nan),
        "level": np.array(grid.labels, dtype=object),
        "support": grid.support,
        "share_below": grid.share_below,
    }
    average = pd.DataFrame(
        {**point, "prediction": mean, "conf_low": mean - Z95 * error,
         "conf_high": mean + Z95 * error}
    )  # fmt: skip
    single = pd.DataFrame({k: np.tile(v, len(chosen)) for k, v in point.items()})
    single = single.assign(
        prediction=predicted[:, chosen].T.ravel(), conf_low=np.nan, conf_high=np.nan
    )
    frame = pd.concat([average, single], ignore_index=True)
    frame["feature"] = feature
    frame["curve"] = ["average"] * len(average) + ["row"] * len(single)
    rows = np.repeat(sample.positions[chosen], len(grid))
    frame["row"] = pd.array([pd.NA] * len(average) + list(rows), dtype="Int64")
    frame["output"] = ""
    return frame[list(PartialDependence.columns)]


def _notes(sample: RowSample, feature: str, grid: Grid) -> tuple[str, ...]:
    notes = [
        sample.note,
        "The interval covers which rows were sampled; it is not how sure the model is.",
        "This is what the model does with the values, not what would happen if they were changed.",
    ]
    missing = np.isnan(grid.codes)
    if missing.any():
        unseen = "" if grid.is_number else " or hold a level that training did not see"
        notes.append(
            f"{int(grid.support[missing][0]):,} of {int(grid.support.sum()):,} rows miss "
            f"'{feature}'{unseen}; they have a point of their own."
        )
    if grid.is_number and (grid.share_below > 0.95).any():
        notes.append("Outside the 5th to 95th percentile (shaded) few rows stand behind the curve.")
    return tuple(notes)


def _drawn(frame: pd.DataFrame, ice: int, rows: int, seed: int) -> tuple[str, ...]:
    notes = []
    if 0 < ice < rows:
        notes.append(f"{ice} single rows are drawn, chosen at random (seed {seed}).")
    levels = int((frame["curve"] == "average").sum())
    if frame["share_below"].isna().all() and levels > LEVELS_DRAWN:
        notes.append(
            f"The picture shows the {LEVELS_DRAWN} most frequent of {levels} levels; the table "
            "holds them all."
        )
    return tuple(notes)


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
    ends = "; this is what the model does, not what would happen if the value were changed."
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
