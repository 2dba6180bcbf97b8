"""Does what was predicted come true? Every row, observed against predicted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..figures import BLUE, INK, new_figure, number
from ..methods import method
from ..metrics import Score, interval_of_explained, interval_of_root, r2, root_mean_squared_error
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import Range
from ._intervals import interval_words
from ._rows import NUMBER, PART_NAMES, JudgedOn, NumberRows, number_rows, seen
from ._scatter import drawn, drawn_note
from ._sides import PART, beside, both_parts, drawn_sides, gap


@dataclass(frozen=True, kw_only=True)
class PredictedAgainstObserved(Result):
    """One row of the table each; of each part a random sample where there are many."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "row": "number of the row in the table",
        "predicted": "what the model predicts, in the target's unit",
        "observed": "what was observed, in the target's unit",
        "target": "the target",
    }

    def figure(self) -> Any:
        """A point per row and the line on which the prediction comes true."""
        target = self.frame["target"].iloc[0]
        figure = new_figure(height=460, x=f"predicted {target}", y=f"observed {target}")
        for shown, look in drawn_sides(self.frame):
            figure.add_scatter(
                x=shown["predicted"], y=shown["observed"], mode="markers", name=look.words,
                marker={"color": look.colour(BLUE), "size": 5 if look.is_asked else 4,
                        "opacity": 0.5 if look.is_asked else 0.2},
                customdata=shown[["row"]],
                hovertemplate="row %{customdata[0]}: predicted %{x}, observed %{y}<extra></extra>",
            )  # fmt: skip
        values = self.frame[["predicted", "observed"]]
        ends = [float(values.min().min()), float(values.max().max())]
        figure.add_scatter(x=ends, y=ends, mode="lines", hoverinfo="skip", showlegend=False,
                           line={"color": INK, "dash": "dash", "width": 1.5})  # fmt: skip
        figure.update_layout(legend={"traceorder": "reversed", "itemsizing": "constant"})
        return figure


@method("Predicted against observed", page="quality", tasks=NUMBER, weighs=True)
def predicted_against_observed(
    model: FittedModel,
    /,
    *,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    most_rows: Annotated[
        int, Range(10, 20_000), "A random sample of so many of each part is drawn"
    ] = 2_000,
    seed: int = 0,
    progress: Progress = silent,
) -> PredictedAgainstObserved:
    """How close each prediction comes to what was observed.

    The prediction lies on the horizontal axis: only so do the points of a good model lie evenly
    above and below the line. The other way round even the best prediction seems too high for small
    values and too low for large ones, since it cannot foresee the noise. R² and RMSE are of all
    rows. Raises `NotApplicable` for classes.

    Source: Piñeiro, Perelman, Guerschman & Paruelo, Ecological Modelling 216 (2008).
    """
    sides = both_parts(lambda part, bar: number_rows(model, part, bar), rows, progress)
    asked = sides[0]
    frame = beside(sides, lambda side: _points(side, drawn(len(side), most_rows, seed)))
    notes = (
        asked.note,
        *seen(rows),
        gap(sides, "the RMSE", [_rmse(side).value for side in sides]),
        *drawn_note(len(asked), most_rows, seed),
        "The dashed line is where observed and predicted are the same.",
        _slope(asked),
    )
    frame = frame.assign(target=model.target.name)
    return PredictedAgainstObserved(frame=frame, summary=_summary(model, asked), notes=notes)


def _points(rows: NumberRows, at: NDArray[np.intp]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": rows.positions[at],
            "predicted": rows.predicted[at],
            "observed": rows.observed[at],
        }
    )


def _rmse(rows: NumberRows) -> Score:
    return root_mean_squared_error(rows.observed, rows.predicted, rows.weights)


def _summary(model: FittedModel, rows: NumberRows) -> str:
    explained, error = r2(rows.observed, rows.predicted, rows.weights), _rmse(rows)
    words = [f"RMSE {number(error.value)} ({interval_words(*interval_of_root(error))})"]
    if explained.value == explained.value:  # not where the target does not vary
        told = interval_words(*interval_of_explained(explained))
        words.insert(0, f"R² {number(explained.value, 3)} ({told})")
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows {model.target.name} is predicted with "
        f"{' and '.join(words)}."
    )


def _slope(rows: NumberRows) -> str:
    """The least-squares line of observed on predicted: 1 where predictions are not too bold."""
    if not np.ptp(rows.predicted) > 0:
        return "The prediction is the same for every row."
    both = np.cov(rows.predicted, rows.observed, bias=True, aweights=rows.weights)
    slope = float(both[0, 1] / both[0, 0])
    return (
        f"Where the prediction is higher by 1, what was observed is higher by {number(slope, 3)} "
        "on average; below 1 the predictions lie too far apart, above 1 too close together."
    )
