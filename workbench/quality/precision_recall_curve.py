"""Of the rows that are called positive, how many are? And how many of the class are found?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..figures import new_figure, number
from ..methods import method
from ..metrics import Floats, Score
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._curves import add_asked, add_guess, add_parts
from ._cutoffs import Cutoffs, cutoffs, spread_note, spread_with
from ._intervals import interval_words
from ._rows import CLASSES, OTHER, PART_NAMES, ClassRows, JudgedOn, seen
from ._sides import PART, beside, class_sides


@dataclass(frozen=True, kw_only=True)
class PrecisionRecallCurve(Result):
    """Precision and recall at every cutoff, for the rows asked about and, after them, for the
    other part of the table."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "cutoff": "rows with at least this chance are called positive",
        "recall": "share of the rows of the class that are called positive",
        "precision": "share of the rows called positive that are of the class",
        "average_precision": "mean of the precision over the rows of the class, of this part",
        "conf_low": "lower end of the 95 % interval of the average precision",
        "conf_high": "upper end of the 95 % interval of the average precision",
        "base_rate": "share of the class: the precision without a model",
        "is_asked": "whether this is the point of the cutoff that was asked for",
        "output": "the chance the rows are ranked by",
    }

    def figure(self) -> Any:
        """Both parts' curves in steps, and the base rate of the rows asked about."""
        figure = new_figure(
            height=460,
            x="recall: share of the class that is found",
            y="precision: share of the called that are of the class",
        )
        add_guess(figure, [0, 1], [float(self.frame["base_rate"].iloc[0])] * 2)
        add_parts(figure, self.frame, x="recall", y="precision", value="average_precision",
                  shape="vh")  # fmt: skip
        add_asked(figure, self.frame, x="recall", y="precision")
        return figure


@method("Precision and recall", page="quality", tasks=CLASSES, weighs=True)
def precision_recall_curve(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class that is to be found"] = None,
    cutoff: Annotated[float | None, Range(0, 1), "Cutoff on the chance that is marked"] = None,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> PrecisionRecallCurve:
    """How many of the rows called positive are so, against how many of the class are found.

    At every cutoff on the class's chance; the point of `cutoff` is marked. The average precision
    AP = Σ (R_k − R_{k−1}) P_k is the area under the steps, nothing is interpolated; without a model
    it is the share of the class, so it cannot be compared between tables with other shares. With
    more than two classes: one class against the rest.

    The 95 % interval of AP is built from each row's influence on it, on the logit scale; it covers
    the sampling of rows, not of the training. With few rows of the class it is too narrow. Raises
    `NotApplicable` for regression, and where all rows are of one class.

    Source: Davis & Goadrich, ICML (2006); Boyd, Eng & Page, ECML (2013) for the logit interval.
    """
    sides = class_sides(model, rows, target_class, progress)
    frame = beside(sides, lambda side: _curve(side, cutoff))
    return PrecisionRecallCurve(
        frame=frame, summary=_summary(sides[0], frame), notes=_notes(sides[0], frame)
    )


def average_precision(rows: ClassRows, cuts: Cutoffs) -> Score:
    """AP with each row's influence on it.

    With T(s) the share of all rows that are of the class and at or above s, H(s) the share at or
    above s and p the share of the class, AP = E[Y·T(S)/H(S)] / p. A row (y, s) is in it with its
    own precision y·T(s)/H(s), and in the precision at every lower cutoff: y·A(s) − B(s), where
    A(s) = E[Y·1{S ≤ s}/H(S)] and B(s) = E[Y·1{S ≤ s}·T(S)/H(S)²]. With weights every share and
    mean is that of the weights, and a row's influence grows with its weight.
    """
    n, p = cuts.total, rows.base_rate
    of_class = np.diff(cuts.found, prepend=0) / n
    above, precision = cuts.taken / n, cuts.found / cuts.taken
    in_lower = _from_below(of_class / above)
    by_lower = _from_below(of_class * precision / above)
    place = len(cuts.chance) - 1 - np.searchsorted(cuts.chance[::-1], rows.chance)
    y = rows.is_class.astype(float)
    value = float((of_class * precision).sum() / p)
    parts = y * (precision[place] + in_lower[place]) - by_lower[place] - value * p
    influence = (parts - value * (y - p)) / p
    return Score(value, influence * rows.weight / rows.weight.mean())


def _from_below(values: Floats) -> Floats:
    """Sums from the lowest cutoff up to each; the cutoffs stand from the highest down."""
    sums: Floats = np.cumsum(values[::-1])[::-1]
    return sums


def _curve(rows: ClassRows, cutoff: float | None = None) -> pd.DataFrame:
    cuts = cutoffs(rows)
    kept, asked = spread_with(cuts, cutoff)
    area = average_precision(rows, cuts)
    low, high = area.interval(is_share=True)
    precision = cuts.found[kept] / cuts.taken[kept]
    return pd.DataFrame(
        {
            "cutoff": np.append(cuts.chance[0], cuts.chance[kept]),
            "recall": np.append(0, cuts.found[kept] / cuts.total_found),
            "precision": np.append(precision[0], precision),
            "average_precision": area.value,
            "conf_low": low,
            "conf_high": high,
            "base_rate": rows.base_rate,
            "is_asked": np.append(-2, kept) == (asked if asked is not None else -1),
            "output": rows.output,
        }
    )


def _summary(rows: ClassRows, frame: pd.DataFrame) -> str:
    first = frame.iloc[0]
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows the average precision for {rows.event} is "
        f"{number(first['average_precision'], 3)} "
        f"({interval_words(first['conf_low'], first['conf_high'])}); without a model it would be "
        f"{number(first['base_rate'], 3)}, the share of the class."
    )


def _notes(rows: ClassRows, frame: pd.DataFrame) -> tuple[str, ...]:
    notes = [rows.note, *seen(rows.part)]
    values = frame.groupby("part", sort=False)["average_precision"].first()
    if len(values) == 2:
        other = OTHER[rows.part]
        notes.append(
            f"On the {PART_NAMES[other]} rows the average precision is {number(values[other], 3)}."
        )
    notes.append(
        "The interval comes from each row's influence, on the logit scale; it covers which rows "
        "were drawn, not the training of another model"
        + (", and is too narrow with so few rows of the class." if rows.found < 30 else ".")
    )
    at = frame[frame["is_asked"] & (frame["part"] == rows.part)]
    notes += [
        f"At the marked cutoff {point['precision']:.1%} of the rows called positive have "
        f"{rows.event}, and {point['recall']:.1%} of those that have it are found."
        for _, point in at.iterrows()
    ]
    return (*notes, *spread_note(len(np.unique(rows.chance))))
