"""What does the model leave over? Observed − predicted, against the prediction or a column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..dates import moments
from ..errors import NotApplicable
from ..figures import GREY, SINGLE_ROWS, VERMILION, escape, new_figure, number
from ..groups import equal_groups
from ..methods import method
from ..metrics import Floats
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import Column, Range
from ..transform import level_names
from ._intervals import STUDENT, interval_words, mean_interval
from ._rows import NUMBER, PART_NAMES, JudgedOn, NumberRows, number_rows, seen
from ._scatter import drawn, drawn_note

#: Of a column with more levels the most frequent are shown.
MOST_LEVELS = 20
GROUPS = 10


@dataclass(frozen=True, kw_only=True)
class Residuals(Result):
    """Single rows, and the mean of groups of rows: tenths of a number, levels of a category."""

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "row (a single one) or group (a mean over several)",
        "row": "number of the row in the table; empty for a group",
        "value": "the prediction or the column's number or date; empty where it has levels",
        "level": "the column's level; empty where it has numbers",
        "residual": "observed − predicted; above 0 the prediction is too low",
        "conf_low": "of a group, lower end of the 95 % interval of the mean",
        "conf_high": "of a group, upper end of the 95 % interval of the mean",
        "rows": "rows that stand behind it",
        "against": "what the residuals are set against",
        "target": "the target",
    }

    def figure(self) -> Any:
        """A faint point per row; the means of the groups with their intervals; the line at 0."""
        target, against = self.frame["target"].iloc[0], self.frame["against"].iloc[0]
        figure = new_figure(x=against, y=f"{target}: observed − predicted", showlegend=False)
        single = self.frame[self.frame["kind"] == "row"]
        groups = self.frame[self.frame["kind"] == "group"]
        has_levels = bool(groups["value"].isna().all())
        figure.add_scatter(
            x=_places(single, groups, has_levels), y=single["residual"], mode="markers",
            marker={"color": SINGLE_ROWS, "size": 5}, customdata=single[["row"]].astype(int),
            hovertemplate="row %{customdata[0]}: %{y}<extra></extra>",
        )  # fmt: skip
        figure.add_hline(y=0, line={"color": GREY, "dash": "dash", "width": 1})
        figure.add_scatter(
            x=_places(groups, groups, has_levels), y=groups["residual"],
            mode="markers" if has_levels else "lines+markers",
            line={"color": VERMILION, "width": 1}, marker={"size": 8}, customdata=groups[["rows"]],
            error_y={"type": "data", "symmetric": False, "thickness": 1.5,
                     "array": groups["conf_high"] - groups["residual"],
                     "arrayminus": groups["residual"] - groups["conf_low"]},
            hovertemplate="mean %{y} over %{customdata[0]} rows<extra></extra>",
        )  # fmt: skip
        if has_levels:
            names = [escape(level, 20) for level in groups["level"]]
            figure.update_xaxes(tickvals=list(range(len(names))), ticktext=names)
        return figure


def _places(shown: pd.DataFrame, groups: pd.DataFrame, has_levels: bool) -> Any:
    """Where the rows of the frame stand: a level has the number of its group."""
    if not has_levels:
        return shown["value"]
    order = {level: place for place, level in enumerate(groups["level"])}
    return shown["level"].map(order)


@method("Residuals", page="quality", tasks=NUMBER)
def residuals(
    model: FittedModel,
    /,
    *,
    against: Annotated[
        str | None, Column("feature"), "The column they are set against, else the prediction"
    ] = None,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    most_rows: Annotated[int, Range(10, 20_000), "A random sample of so many is drawn"] = 2_000,
    seed: int = 0,
    progress: Progress = silent,
) -> Residuals:
    """What the model leaves over, and whether it depends on the prediction or on a column.

    Residual = observed − predicted. A good model leaves noise: the means of tenths of the rows
    (or of the levels of a category) stay near 0. A mean away from 0 is something the model has
    missed; a spread that grows says that its errors do. The means and their 95 % intervals
    (Student's t) are of all rows, also where only a sample is drawn as points. Raises
    `NotApplicable` for classes, and for a column without any value on these rows.
    """
    asked = number_rows(model, rows, progress)
    axis = _axis(model, asked, against)
    at = drawn(len(axis.places), most_rows, seed)
    frame = pd.concat([_groups(asked, axis), _single(asked, axis, axis.places[at])])
    frame = frame.assign(against=axis.name, target=model.target.name).reset_index(drop=True)
    if against in model.transform.dates:
        frame["value"] = moments(frame["value"].to_numpy())
    notes = (
        asked.note,
        *seen(rows),
        *axis.notes,
        *drawn_note(len(axis.places), most_rows, seed),
        STUDENT,
    )
    return Residuals(
        frame=frame[list(Residuals.columns)], summary=_summary(model, asked, axis, frame),
        notes=notes,
    )  # fmt: skip


@dataclass(frozen=True)
class _Axis:
    """What the residuals are set against: of the rows at `places`, either numbers or levels, and
    the group of each; all as long as `places`."""

    name: str
    places: NDArray[np.intp]
    values: Floats | None
    levels: NDArray[Any] | None
    group: NDArray[np.intp]
    notes: tuple[str, ...] = ()


def _axis(model: FittedModel, rows: NumberRows, against: str | None) -> _Axis:
    every = np.arange(len(rows), dtype=np.intp)
    if against is None:
        name = f"predicted {model.target.name}"
        return _Axis(name, every, rows.predicted, None, equal_groups(rows.predicted, GROUPS))
    if model.transform.kinds[against] not in ("number", "date"):
        return _of_levels(model, rows, against)
    codes = model.transform.codes(model.data.frame.iloc[rows.positions])
    values = codes[:, model.features.index(against)]
    places = every[~np.isnan(values)]
    if not len(places):
        raise NotApplicable(
            f"'{against}' has no value on the {len(rows):,} {PART_NAMES[rows.part]} rows.",
            "Choose another column or the other rows.",
        )
    gone = rows.residual[np.isnan(values)]
    missing = (
        f"On {len(gone):,} rows '{against}' is missing; their mean residual is "
        f"{number(float(gone.mean()))}, and they are not drawn."
        if len(gone)
        else ""
    )
    shown = values[places]
    return _Axis(against, places, shown, None, equal_groups(shown, GROUPS), _if_any(missing))


def _of_levels(model: FittedModel, rows: NumberRows, against: str) -> _Axis:
    column = model.data.frame[against].iloc[rows.positions]
    levels = level_names(column).fillna("(missing)").astype(object).to_numpy()
    counts = pd.Series(levels).value_counts()
    kept = sorted(counts.index[:MOST_LEVELS])
    places = np.flatnonzero(np.isin(levels, kept))
    order = {level: place for place, level in enumerate(kept)}
    group = np.asarray([order[level] for level in levels[places]], dtype=np.intp)
    note = (
        f"The {MOST_LEVELS} most frequent of {len(counts):,} levels are shown, with "
        f"{len(places):,} of {len(rows):,} rows."
        if len(counts) > MOST_LEVELS
        else ""
    )
    return _Axis(against, places, None, levels[places], group, _if_any(note))


def _if_any(note: str) -> tuple[str, ...]:
    return (note,) if note else ()


def _groups(rows: NumberRows, axis: _Axis) -> pd.DataFrame:
    residual = rows.residual[axis.places]
    groups = range(int(axis.group.max()) + 1)
    frame = pd.DataFrame([_group(residual, axis, axis.group == at) for at in groups])
    return frame.astype({"row": "Int64"})


def _group(residual: Floats, axis: _Axis, inside: NDArray[np.bool_]) -> dict[str, Any]:
    low, high = mean_interval(residual[inside])
    return {
        "kind": "group",
        "row": pd.NA,
        "value": float("nan") if axis.values is None else float(axis.values[inside].mean()),
        "level": "" if axis.levels is None else axis.levels[inside][0],
        "residual": float(residual[inside].mean()),
        "conf_low": low,
        "conf_high": high,
        "rows": int(inside.sum()),
    }


def _single(rows: NumberRows, axis: _Axis, places: NDArray[np.intp]) -> pd.DataFrame:
    inside = np.isin(axis.places, places)
    return pd.DataFrame(
        {
            "kind": "row",
            "row": pd.array(rows.positions[places], dtype="Int64"),
            "value": np.nan if axis.values is None else axis.values[inside],
            "level": "" if axis.levels is None else axis.levels[inside],
            "residual": rows.residual[places],
            "conf_low": np.nan,
            "conf_high": np.nan,
            "rows": 1,
        }
    )


def _summary(model: FittedModel, rows: NumberRows, axis: _Axis, frame: pd.DataFrame) -> str:
    groups = frame[frame["kind"] == "group"]
    off = int(((groups["conf_low"] > 0) | (groups["conf_high"] < 0)).sum())
    low, high = mean_interval(rows.residual)
    mean = float(rows.residual.mean())
    side = "above" if mean > 0 else "below"
    of_what = "levels" if axis.levels is not None else "groups"
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows {model.target.name} lies "
        f"{number(abs(mean), 3)} {side} the prediction on average (of observed − predicted: "
        f"{interval_words(low, high)}); in {off} of {len(groups)} {of_what} "
        f"of {axis.name} the interval of the mean leaves out 0."
    )
