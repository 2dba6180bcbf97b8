"""How does the prediction go with every column? All curves on one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.model import FittedModel, Part
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import ClassName, Range
from workbench.transform import Floats

from ._accumulate import varies
from ._dependence import NO_EFFECT
from ._engine import engine_of
from ._interaction import additive
from ._overview import Curve, accumulated_curves, partial_curves
from ._overview_figure import MOST_DRAWN, draw_curves
from ._rows import ALL_ROWS, PART_NAMES, sample_rows
from ._values import is_date, the

Kind = Literal["partial", "accumulated"]
KINDS: Mapping[str, str] = {
    "partial": "Partial dependence: the mean over the rows with the column set to each value.",
    "accumulated": (
        "Accumulated local effects: rows are moved to the edges of their own bin only, and the "
        "mean changes are added up; 0 is the mean over the rows."
    ),
}
NO_DATE = np.datetime64("NaT", "ms")
#: Rows that are looked at where the model has to be asked at every point of every column.
MOST_ASKED = 500


@dataclass(frozen=True, kw_only=True)
class DependenceOverview(Result):
    """Every column's curve, the column that moves the output most first."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column that is varied",
        "value": "the number given to the column; empty for dates, levels and missing",
        "date": "the date given to a column of dates; empty for all others",
        "level": "the value as text; levels by name",
        "prediction": "the average of `output` there, or the effect about a mean of 0",
        "support": "rows at this level or nearest to this value; accumulated: in the bin before it",
        "importance": "standard deviation of the curve over the rows, in the unit of `output`",
        "kind": "partial or accumulated",
        "output": "the number that is predicted",
    }

    def figure(self) -> Any:
        """Small pictures on one scale, the column that moves the output most first."""
        return draw_curves(self.frame)


@method("All columns at a glance", page="dependence")
def dependence_overview(
    model: FittedModel,
    /,
    *,
    kind: Annotated[Kind, "Partial dependence, or accumulated local effects"] = "partial",
    target_class: Annotated[str | None, ClassName(), "The class whose output is shown"] = None,
    rows: Annotated[Part, "Rows that are averaged over"] = "all",
    most_rows: Annotated[
        int | None, Range(10, 10_000_000), "A random sample of so many rows"
    ] = None,
    points: Annotated[int, Range(2, 200), "Values of a number that are shown, or bins"] = 30,
    seed: int = 0,
    progress: Progress = silent,
) -> DependenceOverview:
    """How the model's output goes with each of its columns, all at once and on one scale.

    One curve per column, either partial dependence or accumulated local effects, on the scale on
    which the trees add up (the target's unit, probability, or log-odds; the axis says which). The
    columns stand in the order of how much their curve moves over the rows: its standard deviation,
    each row at its nearest point. That is an importance which sees the curve alone; a column that
    acts only together with others has a flat one.

    Cost: one walk through the trees for all columns; other models are asked for up to 500 rows.
    Raises `NotApplicable` where no column varies.

    Source: Friedman, Annals of Statistics 29 (2001); Apley & Zhu, JRSS-B 82 (2020); the order:
    Greenwell, Boehmke & McCarthy, arXiv:1805.04755 (2018).
    """
    engine, target = additive(model, engine_of(model), target_class)
    most = most_rows or (ALL_ROWS if engine.is_exact else MOST_ASKED)
    sample = sample_rows(model, rows, most, seed)
    able = [f for f in range(len(model.features)) if _has_curve(sample.codes[:, f], kind)]
    if not able:
        raise NotApplicable("No column varies in these rows.", "Choose other rows.")
    find = partial_curves if kind == "partial" else accumulated_curves
    curves = find(model, engine, sample.codes, able, target, points, progress)
    frame = _frame(model, curves, kind, model.output_label(target.target_class, target.scale))
    notes = (
        sample.note,
        engine.note,
        KINDS[kind],
        NO_EFFECT,
        "SD beside a name is the standard deviation of its curve over the rows.",
        *_left_out(len(model.features) - len(able), len(curves)),
        *_missing(frame),
    )
    progress(1.0)
    return DependenceOverview(frame=frame, summary=_summary(frame, len(sample), rows), notes=notes)


def _has_curve(column: Floats, kind: Kind) -> bool:
    """Whether there are two points to compare: two values, or one and missing, which has a partial
    dependence and no local effect."""
    missing = np.isnan(column)
    return varies(column) or (kind == "partial" and bool(missing.any() and not missing.all()))


def _frame(model: FittedModel, curves: tuple[Curve, ...], kind: str, output: str) -> pd.DataFrame:
    in_order = sorted(curves, key=lambda curve: -curve.importance)
    each = [
        pd.DataFrame(
            {
                "feature": model.features[curve.feature],
                "value": np.nan if is_date(curve.values) else curve.values,
                "date": curve.values if is_date(curve.values) else NO_DATE,
                "level": np.array(curve.names, dtype=object),
                "prediction": curve.answers,
                "support": curve.support,
                "importance": curve.importance,
                "kind": kind,
                "output": output,
            }
        )
        for curve in in_order
    ]
    return pd.concat(each, ignore_index=True)[list(DependenceOverview.columns)]


def _left_out(constant: int, curves: int) -> tuple[str, ...]:
    notes = []
    if constant:
        notes.append(
            f"{constant} column{'s' if constant > 1 else ''} without two different values in these "
            f"rows {'are' if constant > 1 else 'is'} left out."
        )
    if curves > MOST_DRAWN:
        notes.append(
            f"The picture shows the {MOST_DRAWN} of {curves} columns that move the output most; "
            "the table holds them all."
        )
    return tuple(notes)


def _missing(frame: pd.DataFrame) -> tuple[str, ...]:
    """Says what the points beside the curves are, where there are any."""
    known = frame["value"].notna() | frame["date"].notna()
    if not (known.groupby(frame["feature"]).transform("any") & ~known).any():
        return ()
    return ("A grey diamond to the right of a curve is what missing values get.",)


def _summary(frame: pd.DataFrame, rows: int, which: str) -> str:
    output = the(frame["output"].iloc[0])
    over = f"Over {rows:,} {PART_NAMES[which]} rows"
    first = frame.iloc[0]
    if not first["importance"] > 0:
        return f"{over} no column moves {output} by itself."
    by_column = frame.drop_duplicates("feature")
    second = by_column.iloc[1] if len(by_column) > 1 else None
    then = "" if second is None else (
        f", followed by '{second['feature']}' with {number(second['importance'])}"
    )  # fmt: skip
    return (
        f"{over} the curve of '{first['feature']}' moves {output} most, by "
        f"{number(first['importance'])} (standard deviation over the rows){then}."
    )
