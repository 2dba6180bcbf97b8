"""How well does the model rank? Rows found against false alarms, at every cutoff."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..figures import new_figure, number
from ..methods import method
from ..metrics import area_under_roc
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._curves import add_asked, add_guess, add_parts
from ._cutoffs import cutoffs, spread_note, spread_with
from ._intervals import interval_words
from ._rows import CLASSES, OTHER, PART_NAMES, ClassRows, JudgedOn, seen
from ._sides import PART, beside, class_sides

#: Below this share of the class the curve looks better than the alarms it would raise.
RARE = 0.1


@dataclass(frozen=True, kw_only=True)
class RocCurve(Result):
    """The receiver operating characteristic: one point per cutoff, for the rows asked about and,
    after them, for the other part of the table."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "cutoff": "rows with at least this chance are called positive; infinite where none is",
        "false_positive_rate": "share of the rows of other classes that are called positive",
        "true_positive_rate": "share of the rows of the class that are called positive",
        "area": "area under the whole curve of this part",
        "conf_low": "lower end of the 95 % interval of the area",
        "conf_high": "upper end of the 95 % interval of the area",
        "is_asked": "whether this is the point of the cutoff that was asked for",
        "output": "the chance the rows are ranked by",
    }

    def figure(self) -> Any:
        """Both parts' curves and the diagonal of a ranking by chance."""
        figure = new_figure(
            height=460,
            x="share of the other rows called positive (false alarms)",
            y="share of the class that is found",
        )
        add_guess(figure, [0, 1], [0, 1])
        add_parts(figure, self.frame, x="false_positive_rate", y="true_positive_rate", value="area")
        add_asked(figure, self.frame, x="false_positive_rate", y="true_positive_rate")
        return figure


@method("ROC curve", page="quality", tasks=CLASSES, weighs=True)
def roc_curve(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class that is to be found"] = None,
    cutoff: Annotated[float | None, Range(0, 1), "Cutoff on the chance that is marked"] = None,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> RocCurve:
    """How well the model ranks rows: the share of a class it finds against the false alarms.

    At every cutoff on the class's chance, how many of its rows and how many of the others lie at
    or above it; the point of `cutoff` is marked. The area is the chance that a row of the class is
    ranked above one of the others (equal chances count half). With more than two classes: one class
    against the rest.

    The 95 % interval of the area is DeLong's, on the logit scale so that it stays within 0 and 1;
    it covers the sampling of rows, not of the training. The curve says nothing about whether the
    chances are right as numbers (see the calibration), and little about a rare class (see precision
    and recall). Raises `NotApplicable` for regression, and where all rows are of one class.

    Source: DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988); computed from ranks as by Sun &
    Xu, IEEE Signal Processing Letters 21 (2014).
    """
    sides = class_sides(model, rows, target_class, progress)
    frame = beside(sides, lambda side: _curve(side, cutoff))
    return RocCurve(frame=frame, summary=_summary(sides[0], frame), notes=_notes(sides[0], frame))


def _curve(rows: ClassRows, cutoff: float | None = None) -> pd.DataFrame:
    cuts = cutoffs(rows)
    kept, asked = spread_with(cuts, cutoff)
    area = area_under_roc(rows.is_class, rows.chance, rows.weights)
    low, high = area.interval(is_share=True)
    others = cuts.taken - cuts.found
    return pd.DataFrame(
        {
            "cutoff": np.append(np.inf, cuts.chance[kept]),
            "false_positive_rate": np.append(0, others[kept] / others[-1]),
            "true_positive_rate": np.append(0, cuts.found[kept] / cuts.total_found),
            "area": area.value,
            "conf_low": low,
            "conf_high": high,
            "is_asked": np.append(-1, kept) == (asked if asked is not None else -2),
            "output": rows.output,
        }
    )


def _summary(rows: ClassRows, frame: pd.DataFrame) -> str:
    first = frame.iloc[0]
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows, one with {rows.event} gets a higher "
        f"{rows.output} than one without in {first['area']:.1%} of all pairs: the area under the "
        f"ROC curve is {number(first['area'], 3)} "
        f"({interval_words(first['conf_low'], first['conf_high'])}), without a model 0.5."
    )


def _notes(rows: ClassRows, frame: pd.DataFrame) -> tuple[str, ...]:
    notes = [rows.note, *seen(rows.part)]
    areas = frame.groupby("part", sort=False)["area"].first()
    if len(areas) == 2:
        other = OTHER[rows.part]
        notes.append(f"On the {PART_NAMES[other]} rows the area is {number(areas[other], 3)}.")
    notes.append(
        "The interval is DeLong's, on the logit scale; it covers which rows were drawn, not the "
        "training of another model."
    )
    notes.append("The curve shows the ranking alone, not whether the chances are right as numbers.")
    for _, at in frame[frame["is_asked"] & (frame["part"] == rows.part)].iterrows():
        notes.append(
            f"At the marked cutoff {at['true_positive_rate']:.1%} of those with {rows.event} are "
            f"found, and {at['false_positive_rate']:.1%} of the others are called so by mistake."
        )
    if rows.base_rate < RARE:
        notes.append(
            f"Only {rows.base_rate:.1%} of the rows have {rows.event}: a small share of false "
            "alarms may still be most of the alarms. Precision and recall show it."
        )
    return (*notes, *spread_note(len(np.unique(rows.chance))))
