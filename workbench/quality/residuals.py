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
from ..metrics import Floats, Score, mean_of
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import Column, Range
from ..transform import level_names
from ._intervals import STUDENT, interval_words, mean_interval
from ._rows import NUMBER, PART_NAMES, JudgedOn, NumberRows, number_rows, seen
from ._scatter import drawn, drawn_note
from ._sides import PART, asked_for, both_parts, drawn_sides, gap

#: Of a column with more levels the most frequent are shown.
MOST_LEVELS = 20
GROUPS = 10


@dataclass(frozen=True, kw_only=True)
class Residuals(Result):
    """The mean of groups of rows: tenths of a number, levels of a category; and single rows of the
    part asked about."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
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
        """A faint point per row; the means of the groups with their intervals, those of the other
        part in grey; the line at 0."""
        target, against = self.frame["target"].iloc[0], self.frame["against"].iloc[0]
        figure = new_figure(x=against, y=f"{target}: observed − predicted")
        asked = asked_for(self.frame)
        single, groups = (asked[asked["kind"] == kind] for kind in ("row", "group"))
        has_levels = bool(groups["value"].isna().all())
        figure.add_scatter(
            x=_places(single, groups, has_levels), y=single["residual"], mode="markers",
            marker={"color": SINGLE_ROWS, "size": 5}, customdata=single[["row"]].astype(int),
            hovertemplate="row %{customdata[0]}: %{y}<extra></extra>", showlegend=False,
        )  # fmt: skip
        figure.add_hline(y=0, line={"color": GREY, "dash": "dash", "width": 1})
        for part, look in drawn_sides(self.frame[self.frame["kind"] == "group"]):
            colour = look.colour(VERMILION)
            figure.add_scatter(
                x=_places(part, groups, has_levels), y=part["residual"],
                mode="markers" if has_levels else "lines+markers", name=f"mean, {look.words}",
                line={"color": colour, "width": 1, "dash": look.dash},
                marker={"size": 8 if look.is_asked else 5, "color": colour},
                error_y={"type": "data", "symmetric": False, "thickness": 1.5,
                         "visible": look.is_asked, "color": colour,
                         "array": part["conf_high"] - part["residual"],
                         "arrayminus": part["residual"] - part["conf_low"]},
                customdata=part[["rows"]],
                hovertemplate="mean %{y} over %{customdata[0]} rows<extra></extra>",
            )  # fmt: skip
        figure.update_layout(legend={"traceorder": "reversed"})
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


@method("Residuals", page="quality", tasks=NUMBER, weighs=True)
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
    sides = both_parts(lambda part, bar: number_rows(model, part, bar), rows, progress)
    asked = sides[0]
    axis = _axis(model, asked, against)
    at = drawn(len(axis.places), most_rows, seed)
    made = [_groups(asked, axis), _single(asked, axis, axis.places[at])]
    if _has_values(model, sides[1], against):
        made.append(_groups(sides[1], _axis(model, sides[1], against)))
    frame = pd.concat(made).assign(against=axis.name, target=model.target.name)
    frame = frame.reset_index(drop=True)
    if against in model.transform.dates:
        frame["value"] = moments(frame["value"].to_numpy())
    notes = (
        asked.note,
        *seen(rows),
        gap(sides, "the mean residual", [_mean(side).value for side in sides]),
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
        group = equal_groups(rows.predicted, GROUPS, rows.weights)
        return _Axis(name, every, rows.predicted, None, group)
    if model.transform.kinds[against] not in ("number", "date"):
        return _of_levels(model, rows, against)
    values = _values(model, rows, against)
    places = every[~np.isnan(values)]
    if not len(places):
        raise NotApplicable(
            f"'{against}' has no value on the {len(rows):,} {PART_NAMES[rows.part]} rows.",
            "Choose another column or the other rows.",
        )
    gone = np.isnan(values)
    missing = (
        f"On {int(gone.sum()):,} rows '{against}' is missing; their mean residual is "
        f"{number(_mean(rows.where(gone)).value)}, and they are not drawn."
        if gone.any()
        else ""
    )
    shown = values[places]
    weights = None if rows.weights is None else rows.weights[places]
    group = equal_groups(shown, GROUPS, weights)
    return _Axis(against, places, shown, None, group, _if_any(missing))


def _values(model: FittedModel, rows: NumberRows, against: str) -> Floats:
    codes = model.transform.codes(model.data.frame.iloc[rows.positions])
    return codes[:, model.features.index(against)]


def _has_values(model: FittedModel, rows: NumberRows, against: str | None) -> bool:
    if against is None or model.transform.kinds[against] not in ("number", "date"):
        return True
    return not bool(np.isnan(_values(model, rows, against)).all())


def _mean(rows: NumberRows) -> Score:
    return mean_of(rows.residual, rows.weights)


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
    groups = range(int(axis.group.max()) + 1)
    frame = pd.DataFrame([_group(rows, axis, axis.group == at) for at in groups])
    return frame.astype({"row": "Int64"})


def _group(rows: NumberRows, axis: _Axis, inside: NDArray[np.bool_]) -> dict[str, Any]:
    of_group = rows.where(axis.places[inside])
    low, high = mean_interval(of_group.residual, weights=of_group.weights)
    value = float("nan")
    if axis.values is not None:
        value = float(np.average(axis.values[inside], weights=of_group.weights))
    return {
        "part": rows.part,
        "kind": "group",
        "row": pd.NA,
        "value": value,
        "level": "" if axis.levels is None else axis.levels[inside][0],
        "residual": _mean(of_group).value,
        "conf_low": low,
        "conf_high": high,
        "rows": int(inside.sum()),
    }


def _single(rows: NumberRows, axis: _Axis, places: NDArray[np.intp]) -> pd.DataFrame:
    inside = np.isin(axis.places, places)
    return pd.DataFrame(
        {
            "part": rows.part,
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
    groups = asked_for(frame)
    groups = groups[groups["kind"] == "group"]
    off = int(((groups["conf_low"] > 0) | (groups["conf_high"] < 0)).sum())
    low, high = mean_interval(rows.residual, weights=rows.weights)
    mean = _mean(rows).value
    side = "above" if mean > 0 else "below"
    of_what = "levels" if axis.levels is not None else "groups"
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows {model.target.name} lies "
        f"{number(abs(mean), 3)} {side} the prediction on average (of observed − predicted: "
        f"{interval_words(low, high)}); in {off} of {len(groups)} {of_what} "
        f"of {axis.name} the interval of the mean leaves out 0."
    )
