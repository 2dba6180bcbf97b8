"""How far may trends differ after the start, beside those before, until the effect is gone?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BAND, BLUE, GREY, LIGHT_GREY, VERMILION, new_figure
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..effect import number
from ._bands import covariance, t_reach
from ._few_clusters import few_notes
from ._group_time import Adjust, Average, Controls, group_time, well_known
from .panel import PanelQuestion

Floats = NDArray[np.float64]
POINTS = 41


@dataclass(frozen=True, kw_only=True)
class TrendViolationBounds(CheckResult):
    """For each size of violation, the effects that are possible (`low` to `high`) and their 95 %
    interval; `breakdown` is the size at which the interval reaches 0."""

    columns: ClassVar[Mapping[str, str]] = {
        "violation": "largest change of the difference in trends from one period to the next since "
        "the start, as a multiple of the largest before it (M)",
        "low": "smallest effect that is possible then, in the outcome's unit",
        "high": "largest effect that is possible then",
        "conf_low": "lower end of the 95 % interval of the effect",
        "conf_high": "upper end of the 95 % interval of the effect",
    }

    breakdown: float = 0.0
    outcome: str = ""

    def figure(self) -> Any:
        """The interval over the size of the violation, and where it reaches 0."""
        shown = self.frame
        figure = new_figure(
            x="violation since the start, as a multiple of the largest before it",
            y=f"effect on {self.outcome}",
        )
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        for low, high, name in (
            ("conf_low", "conf_high", "95 % interval"),
            ("low", "high", "possible effects"),
        ):
            figure.add_scatter(
                x=[*shown["violation"], *shown["violation"][::-1]],
                y=[*shown[high], *shown[low][::-1]],
                fill="toself", fillcolor=BAND, line={"color": BLUE, "width": 1}, name=name,
                hoverinfo="skip",
            )  # fmt: skip
        if 0 < self.breakdown < shown["violation"].max():
            figure.add_vline(x=self.breakdown, line={"color": VERMILION, "dash": "dash"})
        figure.add_scatter(
            x=shown["violation"], y=(shown["low"] + shown["high"]) / 2, mode="lines",
            line={"color": GREY, "width": 1}, name="middle",
        )  # fmt: skip
        return figure


@method("Bounds under trend violations", page="difference_in_differences", weighs=True)
def trend_violation_bounds(
    question: PanelQuestion,
    /,
    *,
    effect: Annotated[
        Literal["mean", "first"], "Of all periods since the start, or of the first"
    ] = "mean",
    largest: Annotated[float, Range(0.1, 10.0), "Up to which violation is looked"] = 2.0,
    controls: Annotated[Controls, "Compare with units never treated, or also not yet"] = "never",
    adjust: Annotated[Adjust, "How covariates are adjusted for, where there are any"] = (
        "doubly robust"
    ),
    progress: Progress = silent,
) -> TrendViolationBounds:
    """The effect's interval if trends are not parallel, by how far they are allowed to differ.

    From one period to the next, the difference in trends may change since the start by at most M
    times the largest change seen before it: relative magnitudes, Δ^RM(M) of Rambachan & Roth, A
    More Credible Approach to Parallel Trends, Review of Economic Studies 90 (2023). At M = 0 trends
    are parallel; at M = 1 they differ as they did before. `breakdown` is the M at which the
    interval reaches 0.

    The interval is conservative: for each change seen before, up or down, the 95 % interval of the
    bounds it implies, and of these the union. It covers as theirs does, but does not use, as their
    conditional and hybrid intervals do, that the change is the largest one; so it is somewhat
    longer, and the breakdown smaller. With starts at different times the violations are those of
    the averages by time since the start.

    Raises `NotApplicable` for fewer than two periods before the start, or one treated cluster.
    """
    progress(0.0, "effects by time since the start")
    panel = question.panel
    found = group_time(panel, controls, adjust, progress)
    events, few = well_known(found.by_event())
    bounds = _Bounds.of(events, effect, found.reference)
    sizes = np.linspace(0.0, largest, POINTS)
    frame = pd.DataFrame(
        [(m, *bounds.possible(m), *bounds.interval(m)) for m in sizes],
        columns=list(TrendViolationBounds.columns),
    )
    breakdown = bounds.breakdown()
    return TrendViolationBounds(
        frame=frame,
        summary=_summary(question, bounds, breakdown, effect),
        notes=(
            *panel.notes,
            *found.notes,
            *few,
            *few_notes(len(events[0].sums), int(events[0].treated.sum()), panel.clustered_by),
            (
                f"The largest change before the start is {number(bounds.largest)} per period, of "
                f"{len(bounds.changes)} seen there; at M = 1 such changes in every period since "
                f"the start move the effect by up to {number(bounds.reach * bounds.largest)}."
            ),
            (
                "The intervals are a conservative variant of Rambachan & Roth's for relative "
                "magnitudes: the union over the changes before the start, not their hybrid test."
            ),
            (
                f"Intervals are from t with {bounds.degrees:.1f} degrees of freedom, clustered by "
                f"'{panel.clustered_by}'."
            ),
        ),
        passed=None if breakdown == 0 else breakdown >= 1,
        breakdown=breakdown,
        outcome=question.outcome_in_words,
    )


@dataclass(frozen=True)
class _Bounds:
    """`estimate` of the effect, `changes` (K,) before the start, `reach` by which one unit of
    violation moves the effect, `variance` (1 + K, 1 + K) of estimate and changes."""

    estimate: float
    changes: Floats
    reach: float
    variance: Floats
    degrees: float

    @classmethod
    def of(cls, events: dict[int, Average], effect: str, reference: int) -> _Bounds:
        since = [e for e in events if e >= 0] if effect == "mean" else [0]
        before = sorted(e for e in events if e < reference)
        # An event's own change is from the one before it; the reference is 0.
        pairs = [(e, e + 1) for e in before if e + 1 in events or e + 1 == reference]
        if not pairs or 0 not in events:
            raise NotApplicable(
                "There is only one period before the start, so no change of the difference in "
                "trends is seen there.",
                "Add earlier periods.",
            )
        names = [*since, *before]
        averages = [events[e] for e in names]
        contrasts = np.zeros((1 + len(pairs), len(names)))
        contrasts[0, : len(since)] = 1 / len(since)
        for k, (early, late) in enumerate(pairs, start=1):
            contrasts[k, names.index(early)] = -1
            if late != reference:
                contrasts[k, names.index(late)] = 1
        estimates = contrasts @ np.array([a.estimate for a in averages])
        return cls(
            float(estimates[0]), estimates[1:], float((np.array(since) - reference).mean()),
            contrasts @ covariance(averages) @ contrasts.T,
            min(a.degrees for a in averages),
        )  # fmt: skip

    @property
    def largest(self) -> float:
        """The largest change before the start."""
        return float(np.abs(self.changes).max())

    def possible(self, size: float) -> tuple[float, float]:
        """The smallest and the largest effect, without sampling."""
        moved = self.reach * size * self.largest
        return self.estimate - moved, self.estimate + moved

    def interval(self, size: float) -> tuple[float, float]:
        """The same with sampling."""
        t, slope = t_reach(self.degrees), self.reach * size
        ends = []
        for k in range(len(self.changes)):
            for sign in (-1.0, 1.0):
                along = np.zeros(len(self.variance))
                along[0], along[1 + k] = 1.0, sign * slope
                error = float(np.sqrt(along @ self.variance @ along))
                centre = self.estimate + sign * slope * self.changes[k]
                ends += [centre - t * error, centre + t * error]
        return float(min(ends)), float(max(ends))

    def breakdown(self) -> float:
        """The violation at which the interval reaches 0; 0 where it holds it already, infinite
        where it takes more than a thousandfold."""
        from scipy.optimize import brentq

        def distance(size: float) -> float:
            low, high = self.interval(size)
            return low if self.estimate > 0 else -high

        if distance(0.0) <= 0:
            return 0.0
        return float(brentq(distance, 0.0, 1e3)) if distance(1e3) < 0 else float("inf")


def _summary(question: PanelQuestion, bounds: _Bounds, breakdown: float, effect: str) -> str:
    which = "mean effect since the start" if effect == "mean" else "effect in the first period"
    what = f"The {which} on {question.outcome_in_words}, {number(bounds.estimate)},"
    if breakdown == 0:
        return f"{what} has an interval that holds 0 even if trends are parallel."
    low, high = bounds.interval(1.0)
    return (
        f"{what} differs from 0 as long as trends change since the start by less than "
        f"{number(breakdown)} times the most they did before; at 1 times its 95 % interval is "
        f"{number(low)} to {number(high)}."
    )
