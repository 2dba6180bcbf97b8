"""Did anyone choose the side? The density of the running variable at the cut-off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import GREY, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..effect import p_in_words, reach_and_p
from ._histogram import Histogram, histogram
from ._local import Fit, bandwidths
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
        "conf_low": "lower end of its 95 % interval; of the jump robust to curvature",
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
    question: CutoffQuestion, /, *, progress: Progress = silent
) -> DensityAtCutoff:
    """Whether more rows lie just beside the cut-off on one side: a sign that the side was chosen.

    Where people can place themselves, those who do differ from the others, and the jump of the
    outcome is no effect. The density is that of McCrary's test: a fine histogram, none of whose
    bins reaches over the cut-off, smoothed by a straight line on each side; bandwidths as for the
    outcome. Its 95 % interval takes off the bias of the lines and counts its uncertainty; its noise
    is that of counts. Where values lie on a grid, bins hold whole steps of it. Unit: share of all
    rows per unit of the running variable.

    Passing shows no sorting of the size that would be seen; sorting both ways cancels and is not
    seen, nor is sorting by some that others make up for. Rows are counted once, without weights.
    Raises `NotApplicable` where fewer than 20 rows of a side lie within the bandwidth.

    Source: McCrary, Journal of Econometrics 142 (2008); its interval as in Calonico, Cattaneo &
    Titiunik (2014). The test of Cattaneo, Jansson & Ma (2020) answers the same by another estimate.
    """
    progress(0.0, "Counting rows on both sides")
    x = question.score[~np.isnan(question.score)] - question.cutoff
    made = histogram(x)
    h, b = bandwidths(made.left, made.right)
    near = [int(((x < 0) & (x > -h)).sum()), int(((x >= 0) & (x < h)).sum())]
    if min(near) < FEWEST_NEAR:
        raise NotApplicable(
            f"Within {number(h)} of the cut-off lie {near[0]} rows below, {near[1]} at or above.",
            "Bring more rows: a density is not known from so few.",
        )
    jump = _jump(made, h, b, len(x), near)
    frame = pd.concat([jump, *_shown(made, h, len(x), near)], ignore_index=True)
    frame["x"] += question.cutoff
    passed = bool(jump["p_value"].iloc[0] >= LEVEL)
    progress(1.0)
    return DensityAtCutoff(
        frame=frame,
        summary=_summary(question, frame, passed),
        notes=tuple(_notes(made, h, b, near, x)),
        passed=passed,
        running=question.running,
        cutoff=question.cutoff,
    )


def _jump(made: Histogram, h: float, b: float, n: int, near: list[int]) -> pd.DataFrame:
    fits = [Fit(side, h, b) for side in (made.left, made.right)]
    step = float(fits[1].at("bc")[0] - fits[0].at("bc")[0])
    variance = sum(float(f.bc**2 @ f.side.d[:, 0]) for f in fits) / (n * made.width)
    reach, p = reach_and_p(step, float(np.sqrt(variance)), np.inf)
    row = _rows(JUMP, "", np.zeros(1), np.array([step]), np.array([reach]), np.array([sum(near)]))
    row["p_value"] = p
    return row


def _shown(made: Histogram, h: float, n: int, near: list[int]) -> list[pd.DataFrame]:
    parts = []
    for name, side, rows, count in zip(
        (BELOW, ABOVE), (made.left, made.right), made.rows, near, strict=True
    ):
        error = np.sqrt(side.d[:, 0] / (n * made.width))
        parts.append(_rows("bin", name, side.x, side.d[:, 0], Z95 * error, rows))
        at = np.linspace(-h, 0, PLACES) if name == BELOW else np.linspace(0, h, PLACES)
        parts.append(_line(name, side.x, side.d[:, 0], at, h, n * made.width, count))
    return parts


def _line(
    name: str, x: Floats, density: Floats, at: Floats, h: float, per: float, count: int
) -> pd.DataFrame:
    kernel = np.sqrt(np.clip(1 - np.abs(x) / h, 0, None))
    basis = np.vander(x, 2, increasing=True) * kernel[:, None]
    weights = np.vander(at, 2, increasing=True) @ np.linalg.pinv(basis) * kernel
    error = np.sqrt(weights**2 @ density / per)
    rows = np.full(len(at), count)
    return _rows("line", name, at, weights @ density, Z95 * error, rows)


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


def _notes(made: Histogram, h: float, b: float, near: list[int], x: Floats) -> list[str]:
    notes = [
        (
            f"Bins {number(made.width)} wide, lines within {number(h)} of the cut-off ({near[0]:,} "
            f"rows below, {near[1]:,} at or above), curves for their bias within {number(b)}."
        ),
        "A correct design fails by chance about 5 % of the time.",
    ]
    ends = max(float(np.abs(made.left.x).max()), float(made.right.x.max())) + made.width
    beyond = int((np.abs(x) > ends).sum())
    if beyond:
        notes.append(
            f"{beyond:,} rows at the far ends, beyond {number(ends)} from the cut-off, "
            "are in no bin."
        )
    if not made.is_even:
        notes.append(
            "Warning: many rows share their value, and the values lie on no even grid: a density "
            "is hardly defined, and the test may fail for that alone."
        )
    return notes
