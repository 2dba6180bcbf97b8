"""The picture of a cut-off: the outcome along the running variable, with a line on each side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, VERMILION, escape, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import Range

from ._local import Jump, Side, line_at
from .cutoff import CutoffQuestion, Sides
from .design import Floats

BELOW, ABOVE = "below", "at or above"
COLOURS = {BELOW: BLUE, ABOVE: VERMILION}
BANDS = {BELOW: "rgba(0, 114, 178, 0.2)", ABOVE: "rgba(213, 94, 0, 0.2)"}
#: How many places a line is drawn at.
PLACES = 25


@dataclass(frozen=True, kw_only=True)
class DiscontinuityPlot(Result):
    """Means in bins of the running variable, and the line of each side near the cut-off."""

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "bin: the rows of a bin; line: the straight line fitted near the cut-off",
        "side": "below the cut-off, or at or above it",
        "x": "the running variable: the bin's middle, or a place on the line",
        "mean": "the mean of the bin, or the line's height, in the outcome's unit",
        "conf_low": "lower end of its 95 % interval (not of a bin with one row)",
        "conf_high": "upper end",
        "rows": "how many rows the bin holds, or the line was fitted to",
    }

    running: str = ""
    outcome: str = ""
    cutoff: float = 0.0

    def figure(self) -> Any:
        """Means in bins with their intervals, and the two lines with theirs."""
        figure = new_figure(height=440, x=self.running, y=self.outcome)
        figure.add_vline(x=self.cutoff, line={"color": GREY, "width": 1.5, "dash": "dash"})
        for side in (BELOW, ABOVE):
            _draw_bins(figure, self.frame, side)
        for side in (BELOW, ABOVE):
            draw_line(figure, self.frame, side, "mean")
        return figure


def _draw_bins(figure: Any, frame: pd.DataFrame, side: str) -> None:
    bins = frame[(frame["kind"] == "bin") & (frame["side"] == side)]
    figure.add_scatter(
        x=bins["x"], y=bins["mean"], mode="markers", name=f"means {side}",
        marker={"size": 6, "color": COLOURS[side]},
        error_y={"type": "data", "symmetric": False, "array": bins["conf_high"] - bins["mean"],
                 "arrayminus": bins["mean"] - bins["conf_low"], "thickness": 1, "width": 0,
                 "color": BANDS[side]},
        customdata=bins["rows"],
        hovertemplate="%{x:.4g}: %{y:.4g}, %{customdata:,} rows<extra></extra>",
    )  # fmt: skip


def draw_line(figure: Any, frame: pd.DataFrame, side: str, height: str) -> None:
    """The line of one side with its band."""
    line = frame[(frame["kind"] == "line") & (frame["side"] == side)]
    figure.add_scatter(
        x=[*line["x"], *line["x"][::-1]], y=[*line["conf_high"], *line["conf_low"][::-1]],
        fill="toself", fillcolor=BANDS[side], line={"width": 0}, mode="lines", hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=line["x"], y=line[height], mode="lines", line={"color": COLOURS[side], "width": 2.5},
        name=escape(f"line {side}"), hovertemplate="%{x:.4g}: %{y:.4g}<extra></extra>",
    )  # fmt: skip


@method("Discontinuity plot", page="regression_discontinuity", weighs=True)
def discontinuity_plot(
    question: CutoffQuestion,
    /,
    *,
    of: Annotated[
        Literal["outcome", "treatment"], "what is shown along the running variable"
    ] = "outcome",
    bins: Annotated[int, Range(4, 200), "how many bins on each side, equally wide"] = 20,
    width: Annotated[
        float, Range(1.0, 1000.0), "how far it reaches to each side, in bandwidths"
    ] = 3.0,
    progress: Progress = silent,
) -> DiscontinuityPlot:
    """The outcome along the running variable: is there a step at the cut-off that the eye can see?

    Points are means of bins of equal width, none of which reaches over the cut-off, with 95 %
    intervals. The lines are those of the estimate: straight, by rows within its bandwidth, the
    nearer the heavier; their bands are conventional and forget that lines bend. Covariates are not
    adjusted for here. A step that is not to be seen among the means is seldom one. Units: those of
    the two columns.

    Source: Calonico, Cattaneo & Titiunik, Journal of the American Statistical Association 110
    (2015); Imbens & Lemieux (2008), section 3.
    """
    progress(0.0, "Taking means")
    column = _column(question, of)
    sides = question.sides_of(question.numbers(column))
    found = sides.jump()
    frame = _frame(sides, found, bins, width * found.h)
    frame["x"] += question.cutoff
    progress(1.0)
    return DiscontinuityPlot(
        frame=frame,
        summary=_summary(question, column, frame),
        notes=tuple(_notes(question, frame, found, bins, width)),
        running=question.running,
        outcome=question.in_words(column),
        cutoff=question.cutoff,
    )


def _column(question: CutoffQuestion, of: str) -> str:
    if of == "outcome":
        return question.outcome
    if question.treatment is None:
        raise NotApplicable(
            "No column says who was treated: it is taken that the side decides.",
            "Name the treatment in the question, or look at the outcome.",
        )
    return question.treatment


def _frame(sides: Sides, found: Jump, bins: int, reach: float) -> pd.DataFrame:
    parts = [
        part
        for name, side in ((BELOW, sides.left), (ABOVE, sides.right))
        for part in (_bins(side, name, bins, reach), line_frame(side, name, found.h))
    ]
    return pd.concat(parts, ignore_index=True)


def _bins(side: Side, name: str, bins: int, reach: float) -> pd.DataFrame:
    end = min(reach, float(np.abs(side.x).max()))
    step = end / bins
    place = np.minimum((np.abs(side.x) / step).astype(int), bins)
    # The farthest row lies on the last bin's end; those beyond the reach have no bin.
    place[(place == bins) & (np.abs(side.x) <= end * (1 + 1e-12))] = bins - 1
    kept = place < bins
    place, y, weight = place[kept], side.d[kept, 0], side.weight[kept]
    clusters = np.arange(len(y)) if side.clusters is None else side.clusters[kept]
    rows, size = np.bincount(place, minlength=bins), np.bincount(place, weight, bins)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(place, weight * y, bins) / size
        # what belongs together is summed before it is squared, within each bin
        both, codes = np.unique(np.column_stack([place, clusters]), axis=0, return_inverse=True)
        sums = np.bincount(codes.ravel(), weight * (y - mean[place]))
        groups = np.bincount(both[:, 0], minlength=bins)
        squares = np.bincount(both[:, 0], sums**2, bins) / size**2
        error = np.sqrt(squares * groups / (groups - 1))
    sign = -1.0 if name == BELOW else 1.0
    made = pd.DataFrame(
        {
            "kind": "bin", "side": name, "x": sign * step * (np.arange(bins) + 0.5), "mean": mean,
            "conf_low": mean - Z95 * error, "conf_high": mean + Z95 * error, "rows": rows,
        }
    )  # fmt: skip
    return made[(rows > 0) & (size > 0)].sort_values("x")


def line_frame(side: Side, name: str, h: float) -> pd.DataFrame:
    """One side's line within `h` as rows, from its far end to the cut-off or the other way."""
    end = float(np.abs(side.within(h).x).max())
    at: Floats = np.linspace(-end, 0, PLACES) if name == BELOW else np.linspace(0, end, PLACES)
    height, error = line_at(side, h, at)
    return pd.DataFrame(
        {
            "kind": "line", "side": name, "x": at, "mean": height,
            "conf_low": height - Z95 * error, "conf_high": height + Z95 * error,
            "rows": len(side.within(h).x),
        }
    )  # fmt: skip


def _summary(question: CutoffQuestion, column: str, frame: pd.DataFrame) -> str:
    lines = frame[frame["kind"] == "line"]
    left = lines[lines["side"] == BELOW].iloc[-1]["mean"]
    right = lines[lines["side"] == ABOVE].iloc[0]["mean"]
    return (
        f"At {question.place} the line of {question.in_words(column)} from below ends at "
        f"{number(left)} and the one from above begins at {number(right)}: a step of "
        f"{number(right - left)}."
    )


def _independent(question: CutoffQuestion) -> str:
    by = next(iter(question.data.with_role("group")), None)
    return "rows" if by is None else f"the groups of '{by}'"


def _notes(
    question: CutoffQuestion, frame: pd.DataFrame, found: Jump, bins: int, width: float
) -> list[str]:
    made = frame[frame["kind"] == "bin"]
    rows = int(made["rows"].sum())
    notes = [
        (
            f"{bins} bins of equal width on each side, as far as {width:g} bandwidths of "
            f"{number(found.h)} or the last row; they hold {rows:,} of {len(question.rows):,} rows."
        ),
        f"Intervals are 95 % and pointwise, and take {_independent(question)} as independent.",
    ]
    empty = 2 * bins - len(made)
    if empty:
        notes.append(f"{empty} bins hold no row and are not drawn.")
    if question.covariates:
        notes.append("Covariates are not adjusted for in the picture.")
    return [*notes, *question.left_out]
