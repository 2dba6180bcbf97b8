"""Does the effect at the cut-off hang on how far one looks?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ._local import Jump
from .covariate_continuity import as_row
from .cutoff import CutoffQuestion, notes_of

#: The bandwidths tried, in those of the estimate.
TIMES = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)


@dataclass(frozen=True, kw_only=True)
class DiscontinuitySensitivity(CheckResult):
    """The effect at the cut-off under other choices. It informs and does not judge."""

    columns: ClassVar[Mapping[str, str]] = {
        "value": "what was chosen: the bandwidth, or how far from the cut-off rows are left out",
        "is_chosen": "whether this is the estimate's own choice",
        "estimate": "the effect, in the outcome's unit",
        "std_error": "its robust standard error",
        "conf_low": "lower end of the robust 95 % interval",
        "conf_high": "upper end",
        "p_value": "robust two-sided p-value of no effect",
        "rows_below": "rows used below the cut-off",
        "rows_above": "rows used at or above it",
    }

    choice: str = ""
    unit: str = ""

    def figure(self) -> Any:
        """The effect with its interval along the choice; the estimate's own in blue."""
        figure = new_figure(height=380, x=self.choice, y=self.unit, showlegend=False)
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        for own, colour in ((False, GREY), (True, BLUE)):
            shown = self.frame[self.frame["is_chosen"] == own]
            figure.add_scatter(
                x=shown["value"], y=shown["estimate"], mode="markers",
                marker={"size": 10, "color": colour},
                error_y={"type": "data", "symmetric": False,
                         "array": shown["conf_high"] - shown["estimate"],
                         "arrayminus": shown["estimate"] - shown["conf_low"],
                         "thickness": 2, "width": 5, "color": colour},
                customdata=shown["rows_below"] + shown["rows_above"],
                hovertemplate="%{x:.4g}: %{y:.4g}, %{customdata:,} rows<extra></extra>",
            )  # fmt: skip
        return figure


@method("Bandwidth sensitivity", page="regression_discontinuity", weighs=True)
def bandwidth_sensitivity(
    question: CutoffQuestion, /, *, progress: Progress = silent
) -> DiscontinuitySensitivity:
    """How the effect changes when rows nearer to the cut-off, or farther from it, are used.

    The estimate again with half to twice its bandwidth, that of its bias alike, each with the
    robust 95 % interval. Narrow ones have more noise and less bias, wide ones the other way: a
    drift along the bandwidth larger than the noise says that lines do not fit. It informs and does
    not judge. Unit: the outcome's.

    Source: Cattaneo, Idrobo & Titiunik (2020), section 5.5.
    """
    progress(0.0, "The estimate's own bandwidth")
    own = question.effect()
    rows, skipped = [], []
    for k, times in enumerate(TIMES):
        progress((k + 1) / (len(TIMES) + 2), "Other bandwidths")
        try:
            found = question.effect(times * own.h, times * own.b)
        except NotApplicable:
            skipped.append(number(times * own.h))
            continue
        rows.append(row_of(found, found.h, times == 1.0, question.sides.sign))
    frame = pd.DataFrame(rows)
    notes = [f"Bandwidths are {', '.join(f'{t:g}' for t in TIMES)} times that of the estimate."]
    if skipped:
        notes.append(
            f"No effect could be told at {', '.join(skipped)}: too few distinct values, or the "
            "treatment's jump is not clear there."
        )
    progress(1.0)
    return DiscontinuitySensitivity(
        frame=frame,
        summary=_summary(question, frame, own),
        notes=(*notes, *notes_of(question, own)),
        choice=f"bandwidth, in units of {question.running}",
        unit=question.outcome_in_words,
    )


def row_of(found: Jump, value: float, is_chosen: bool, sign: float) -> dict[str, Any]:
    """A row of the frame."""
    row = as_row(found, sign)
    return {
        "value": value, "is_chosen": is_chosen, **{str(k): v for k, v in row.items()},
        "rows_below": found.rows[0], "rows_above": found.rows[1],
    }  # fmt: skip


def _summary(question: CutoffQuestion, frame: pd.DataFrame, own: Jump) -> str:
    low, high = float(frame["estimate"].min()), float(frame["estimate"].max())
    apart = int(((frame["conf_low"] > 0) | (frame["conf_high"] < 0)).sum())
    return (
        f"From {number(frame['value'].min())} to {number(frame['value'].max())} around the "
        f"bandwidth of {number(own.h)} the effect on {question.outcome_in_words} is between "
        f"{number(low)} and {number(high)}; its robust interval leaves out zero at {apart} of "
        f"{len(frame)}."
    )
