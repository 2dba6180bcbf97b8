"""Did anyone choose the side? The density of the running variable at the cut-off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import GREY, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..effect import p_in_words, reach_and_p
from ._density import (
    ORDER,
    DensityJump,
    Distribution,
    Slope,
    density_bandwidths,
    density_jump,
)
from ._histogram import Histogram, histogram
from ._local import SHARED
from .cutoff import CutoffQuestion
from .design import Floats
from .discontinuity_plot import ABOVE, BELOW, COLOURS, draw_line

#: The check fails below this p-value.
LEVEL = 0.05
#: Rows within the bandwidth on one side; with fewer a density is hardly known.
FEWEST_NEAR = 20
JUMP = "jump"
PLACES = 25


@dataclass(frozen=True, kw_only=True)
class DensityAtCutoff(CheckResult):
    """The density of the running variable on both sides, and its jump at the cut-off.

    Passes when no jump is shown (5 %)."""

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "jump: the step of the density at the cut-off; bin: of the histogram; line: fitted",
        "side": "below the cut-off, or at or above it",
        "x": "the running variable: the bin's middle, or a place on the line",
        "density": "share of all rows per unit of the running variable; of the jump, above less "
        "below",
        "conf_low": "lower end of its 95 % interval; of the jump with the lines' bias taken off",
        "conf_high": "upper end",
        "rows": "how many rows the bin holds, or lie within the bandwidth",
        "p_value": "two-sided p-value of no jump (that row only)",
    }

    running: str = ""
    cutoff: float = 0.0

    def figure(self) -> Any:
        """The histogram near the cut-off and the two lines with their bands."""
        figure = new_figure(height=400, x=self.running, y="share of rows per unit")
        figure.add_vline(x=self.cutoff, line={"color": GREY, "width": 1.5, "dash": "dash"})
        lines = self.frame[self.frame["kind"] == "line"]
        reach = 2 * float((lines["x"] - self.cutoff).abs().max())
        bins = self.frame[self.frame["kind"] == "bin"]
        near = bins[(bins["x"] - self.cutoff).abs() <= reach]
        for side in (BELOW, ABOVE):
            shown = near[near["side"] == side]
            figure.add_bar(
                x=shown["x"], y=shown["density"], name=f"rows {side}",
                marker={"color": COLOURS[side], "opacity": 0.35}, customdata=shown["rows"],
                hovertemplate="%{x:.4g}: %{customdata:,} rows<extra></extra>",
            )  # fmt: skip
        for side in (BELOW, ABOVE):
            draw_line(figure, self.frame, side, "density")
        figure.update_layout(bargap=0.05)
        figure.update_yaxes(rangemode="tozero")
        return figure


@method("Density at the cut-off", page="regression_discontinuity")
def density_at_cutoff(
    question: CutoffQuestion,
    /,
    *,
    below: Annotated[
        float | None, Range(1e-12, 1e15), "bandwidth below the cut-off; none: the best estimated"
    ] = None,
    above: Annotated[
        float | None, Range(1e-12, 1e15), "bandwidth above the cut-off; none: the best estimated"
    ] = None,
    progress: Progress = silent,
) -> DensityAtCutoff:
    """Whether more rows lie just beside the cut-off on one side: a sign that the side was chosen.

    Where people can place themselves, those who do differ from the others, and the jump of the
    outcome is no effect. On each side a polynomial is fitted to the share of rows up to each value
    (the empirical distribution function); its slope at the cut-off is the density. Nothing is put
    into bins but for the picture. The bandwidths minimise the estimated mean squared error of
    quadratics; the jump and its 95 % interval are those of cubics within them, so that bias is
    small beside the error, and the p-value is normal. Unit: share of all rows per unit of the
    running variable.

    Passing shows no sorting of the size that would be seen; sorting both ways cancels and is not
    seen, nor is sorting by some that others make up for. Rows are counted once, without weights.
    Rows that share values are counted as such; a density of values on no even grid is hardly
    defined, and a warning says so. Raises `NotApplicable` where fewer than 20 rows of a side lie
    within the bandwidth.

    Source: Cattaneo, Jansson & Ma, Journal of the American Statistical Association 115 (2020), and
    The Stata Journal 18 (2018); the question is that of McCrary, Journal of Econometrics 142
    (2008).
    """
    progress(0.0, "Counting rows on both sides")
    x = question.score[~np.isnan(question.score)] - question.cutoff
    made = Distribution.of(x)
    best = density_bandwidths(made) if below is None or above is None else (below, above)
    h = (below or best[0], above or best[1])
    near = [int(((x < 0) & (x > -h[0])).sum()), int(((x >= 0) & (x < h[1])).sum())]
    if min(near) < FEWEST_NEAR:
        raise NotApplicable(
            f"Within the bandwidths {number(h[0])} and {number(h[1])} lie {near[0]} rows below, "
            f"{near[1]} at or above.",
            "Bring more rows: a density is not known from so few.",
        )
    found = density_jump(made, h)
    bins = histogram(x)
    frame = pd.concat(
        [_jump(found, near), *_bins(bins, len(x)), *_lines(made, h, near)], ignore_index=True
    )
    frame["x"] += question.cutoff
    passed = bool(frame["p_value"].iloc[0] >= LEVEL)
    progress(1.0)
    return DensityAtCutoff(
        frame=frame,
        summary=_summary(question, frame, passed),
        notes=(*_notes(bins, found, near, x), *_left_out(question, len(x))),
        passed=passed,
        running=question.running,
        cutoff=question.cutoff,
    )


def _jump(found: DensityJump, near: list[int]) -> pd.DataFrame:
    reach, p = reach_and_p(found.step, found.std_error, np.inf)
    row = _rows(JUMP, "", np.zeros(1), np.array([found.step]), np.array([reach]),
                np.array([sum(near)]))  # fmt: skip
    row["p_value"] = p
    return row


def _bins(made: Histogram, n: int) -> list[pd.DataFrame]:
    return [
        _rows("bin", name, side.x, side.d[:, 0],
              Z95 * np.sqrt(side.d[:, 0] / (n * made.width)), rows)
        for name, side, rows in zip((BELOW, ABOVE), (made.left, made.right), made.rows, strict=True)
    ]  # fmt: skip


def _lines(made: Distribution, h: tuple[float, float], near: list[int]) -> list[pd.DataFrame]:
    """The densities of the quadratics, which are straight."""
    parts = []
    for name, side, far, count in zip(
        (BELOW, ABOVE), (made.left, made.right), (-h[0], h[1]), near, strict=True
    ):
        places = np.sort(np.linspace(0, far, PLACES))
        height, variance = Slope(side, made.rows, ORDER, abs(far)).at(places)
        reach = Z95 * np.sqrt(variance)
        parts.append(_rows("line", name, places, height, reach, np.full(PLACES, count)))
    return parts


def _rows(
    kind: str, side: str, x: Floats, density: Floats, reach: Floats, rows: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": kind, "side": side, "x": x, "density": density, "conf_low": density - reach,
            "conf_high": density + reach, "rows": rows, "p_value": np.nan,
        }
    )  # fmt: skip


def _summary(question: CutoffQuestion, frame: pd.DataFrame, passed: bool) -> str:
    jump = frame.iloc[0]
    found = (
        f"the density of {question.running} jumps by {number(jump['density'])} (95 % interval "
        f"{number(jump['conf_low'])} to {number(jump['conf_high'])}, {p_in_words(jump['p_value'])})"
    )
    if passed:
        return f"At the cut-off {found}: the data do not show that anyone chose the side."
    return f"At the cut-off {found}: some may have chosen the side, and the effect is in doubt."


def _left_out(question: CutoffQuestion, counted: int) -> list[str]:
    missing = len(question.data) - counted
    return [f"{missing:,} rows have no '{question.running}' and are left out."] if missing else []


def _notes(bins: Histogram, found: DensityJump, near: list[int], x: Floats) -> list[str]:
    left, right = found.h
    notes = [
        (
            f"Bandwidths {number(left)} below ({near[0]:,} rows) and {number(right)} above "
            f"({near[1]:,} rows). The densities there are {number(found.densities[0])} and "
            f"{number(found.densities[1])} by cubics of the distribution function; the lines drawn "
            "are those of quadratics, whose bias the interval takes off."
        ),
        "A correct design fails by chance about 5 % of the time.",
    ]
    shared = 1 - len(np.unique(x)) / len(x)
    if shared >= SHARED:
        notes.append(
            f"{shared:.0%} of the rows repeat another's value: what lies between two values is not "
            "seen, and sorting within one step of the grid cannot be."
        )
    ends = max(float(np.abs(bins.left.x).max()), float(bins.right.x.max())) + bins.width
    beyond = int((np.abs(x) > ends).sum())
    if beyond:
        notes.append(
            f"{beyond:,} rows at the far ends, beyond {number(ends)} from the cut-off, "
            "are in no bin of the picture."
        )
    if not bins.is_even:
        notes.append(
            "Warning: many rows share their value, and the values lie on no even grid: a density "
            "is hardly defined, and the test may fail for that alone."
        )
    return notes
