"""A curve of mean outcomes over doses: the result, the bases it is drawn on, and its bands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BAND, BLUE, GREY, LIGHT_GREY, new_figure, number
from workbench.metrics import Z95
from workbench.result import Result

from .analysis import Analysis, analyse, outside_note
from .effect import p_in_words
from .influence import standard_error
from .joint import DRAWS, covariance, reach_at_once
from .question import CausalQuestion

Floats = NDArray[np.float64]
#: Doses to columns.
Basis = Callable[[Floats], Floats]
#: The curve is drawn between these shares of the doses: beyond them hardly a row speaks.
ENDS = (0.025, 0.975)
SHOWN = 41
#: With fewer distinct doses the treatment has levels rather than an amount.
FEWEST_DOSES = 8
#: A row counts at most for this many.
MOST_WEIGHT = 20.0


@dataclass(frozen=True, kw_only=True)
class DoseResponse(Result):
    """The mean outcome if everyone had a dose, with a pointwise and a simultaneous 95 % band.

    `dose` and `outcome` name the axes. `p_flat` is the p-value that no dose differs from another,
    `p_straight` that the curve is a straight line.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "dose": "the treatment's value",
        "estimate": "mean outcome if everyone had this dose, in its unit",
        "std_error": "its standard error",
        "conf_low": "lower end of the 95 % interval at this dose",
        "conf_high": "upper end of the 95 % interval at this dose",
        "band_low": "lower end of the band that holds the whole curve with 95 %",
        "band_high": "upper end of that band",
        "rows_near": "rows whose dose is nearer to this one than to any other shown",
    }

    dose: str = ""
    outcome: str = ""
    p_flat: float = float("nan")
    p_straight: float = float("nan")

    def figure(self) -> Any:
        """The curve in its two bands, and below it how many rows there are."""
        frame = self.frame
        figure = new_figure(height=420, x=self.dose, y=f"mean of {self.outcome}", showlegend=True)
        for low, high, colour, name in (
            ("band_low", "band_high", "rgba(127, 127, 127, 0.18)", "95 % band of the whole curve"),
            ("conf_low", "conf_high", BAND, "95 % interval at each dose"),
        ):
            figure.add_scatter(
                x=[*frame["dose"], *frame["dose"][::-1]], y=[*frame[low], *frame[high][::-1]],
                fill="toself", fillcolor=colour, line={"width": 0}, name=name, hoverinfo="skip",
            )  # fmt: skip
        figure.add_scatter(
            x=frame["dose"], y=frame["estimate"], mode="lines", name="mean outcome",
            line={"color": BLUE, "width": 3}, customdata=frame[["rows_near"]],
            hovertemplate="%{x:.4g}: %{y:.4g}, %{customdata[0]} rows near<extra></extra>",
        )  # fmt: skip
        figure.add_bar(
            x=frame["dose"], y=frame["rows_near"], yaxis="y2", marker={"color": LIGHT_GREY},
            name="rows", hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.update_layout(
            yaxis={"domain": [0.2, 1]},
            yaxis2={"domain": [0, 0.14], "showticklabels": False, "showgrid": False,
                    "anchor": "x", "title": {"text": "rows", "font": {"color": GREY}}},
            bargap=0,
        )  # fmt: skip
        return figure


@dataclass(frozen=True)
class CurveFit:
    """The slopes (p,) of the curve on the basis, each row's influence on them (n, p), notes."""

    slopes: Floats
    influence: Floats
    notes: tuple[str, ...]


def dosed_analysis(question: CausalQuestion) -> Analysis:
    """The complete rows of a question whose treatment has doses enough for a curve; refuses
    others."""
    if not question.treated.is_amount:
        raise NotApplicable(
            f"'{question.treatment}' has levels, not doses.", "Use AIPW, which compares two levels."
        )
    analysis = analyse(question)
    doses = len(np.unique(analysis.t))
    if doses < FEWEST_DOSES:
        raise NotApplicable(
            f"'{question.treatment}' takes {doses} values, too few for a curve.",
            "Give the column the kind 'category' and compare its levels by AIPW.",
        )
    require_spread(analysis)
    return analysis


def require_spread(analysis: Analysis) -> None:
    """Raises `NotApplicable` where nearly all rows have one dose, which makes no curve."""
    low, high = np.quantile(analysis.t, ENDS)
    if low < high:
        return
    name, share = analysis.question.treatment, float((analysis.t == low).mean())
    raise NotApplicable(
        f"{share:.1%} of the rows have {name} = {number(float(low))}, so that nothing is left to "
        "draw a curve of.",
        "Compare the rows with this dose and the others: make a yes/no column of it.",
    )


@dataclass(frozen=True)
class Curve:
    """The points of the curve with their bands, and the tests of its form."""

    frame: pd.DataFrame
    p_flat: float
    p_straight: float
    draws_seed: int

    @classmethod
    def of(cls, analysis: Analysis, basis: Basis, fit: CurveFit, seed: int) -> Curve:
        t = analysis.t
        low, high = (float(end) for end in np.quantile(t, ENDS))
        doses = np.linspace(low, high, SHOWN)
        influence = fit.influence @ basis(doses).T
        errors = np.array([standard_error(column, analysis.clusters) for column in influence.T])
        estimate = basis(doses) @ fit.slopes
        reach = reach_at_once(covariance(influence, analysis.clusters), seed) * errors
        nearest = np.searchsorted((doses[1:] + doses[:-1]) / 2, t)
        inside = (t >= doses[0]) & (t <= doses[-1])
        frame = pd.DataFrame(
            {
                "dose": doses,
                "estimate": estimate,
                "std_error": errors,
                "conf_low": estimate - Z95 * errors,
                "conf_high": estimate + Z95 * errors,
                "band_low": estimate - reach,
                "band_high": estimate + reach,
                "rows_near": np.bincount(nearest[inside], minlength=len(doses)),
            }
        )
        spread, slopes = covariance(fit.influence, analysis.clusters), fit.slopes
        return cls(
            frame,
            _p_of_zero(slopes[1:], spread[1:, 1:]),
            _p_of_zero(slopes[2:], spread[2:, 2:]),
            seed,
        )


@dataclass(frozen=True)
class Spline:
    """Constant, dose, and natural cubic pieces; the dose measured from its middle."""

    knots: Floats

    @classmethod
    def of(cls, t: Floats, bends: int) -> Spline:
        """With so many bends between the ends of what is drawn."""
        shares = np.linspace(*ENDS, bends + 1)
        return cls(np.unique(np.quantile(t, shares)))

    def __call__(self, t: Floats) -> Floats:
        """The pieces (n, p) of doses (n,)."""
        middle, width = float(self.knots.mean()), float(np.ptp(self.knots)) or 1.0
        columns = [np.ones(len(t)), (t - middle) / width]
        last, before = self.knots[-1], self.knots[-2]

        def cube(at: float) -> Floats:
            return np.asarray(np.maximum((t - at) / width, 0) ** 3)

        for at in self.knots[:-2]:
            columns.append(
                cube(at)
                - cube(before) * (last - at) / (last - before)
                + cube(last) * (before - at) / (last - before)
            )
        return np.column_stack(columns)


def _p_of_zero(slopes: Floats, covariance: Floats) -> float:
    from scipy.special import chdtrc

    if not len(slopes):
        return float("nan")
    return float(chdtrc(len(slopes), slopes @ np.linalg.solve(covariance, slopes)))


def curve_result(
    analysis: Analysis, basis: Basis, fit: CurveFit, seed: int, how: str
) -> DoseResponse:
    """The curve of a fit, with its bands; `how` it was had ends the sentence."""
    question, curve = analysis.question, Curve.of(analysis, basis, fit, seed)
    return DoseResponse(
        frame=curve.frame,
        summary=_summary(question, curve, _step(analysis, basis, fit, curve.frame), how),
        notes=(
            *analysis.notes,
            *outside_note(analysis),
            *_notes(curve),
            *_beyond(analysis, curve),
            *fit.notes,
        ),
        dose=question.treatment,
        outcome=question.outcome_in_words,
        p_flat=curve.p_flat,
        p_straight=curve.p_straight,
    )


def _step(
    analysis: Analysis, basis: Basis, fit: CurveFit, frame: pd.DataFrame
) -> tuple[float, float, float, float]:
    """From the one dose that is asked about to the other, or where none were named from a quarter
    along the curve to three quarters: doses, difference, its error."""
    question, doses = analysis.question, frame["dose"].to_numpy()
    a, b = doses[SHOWN // 4], doses[SHOWN - 1 - SHOWN // 4]
    if question.contrast_in_words != "+1":
        a, b = question.contrast
    start, to = basis(np.array([a, b]))
    error = standard_error(fit.influence @ (to - start), analysis.clusters)
    return float(a), float(b), float((to - start) @ fit.slopes), error


def _summary(
    question: CausalQuestion, curve: Curve, step: tuple[float, float, float, float], how: str
) -> str:
    start, to, change, error = step
    return (
        f"If everyone's {question.treatment} were {number(to)} rather than {number(start)}, "
        f"{question.outcome_in_words} would change by {number(change)} on average "
        f"(95 % interval {number(change - Z95 * error)} to {number(change + Z95 * error)}); "
        f"that no dose differs from another has {p_in_words(curve.p_flat)}, {how}."
    )


def _beyond(analysis: Analysis, curve: Curve) -> list[str]:
    """A warning where the curve leaves the values that the outcome takes, which no mean does."""
    question, estimate = analysis.question, curve.frame["estimate"]
    low, high = float(analysis.y.min()), float(analysis.y.max())
    ends = [number(float(end)) for end, is_beyond in
            ((estimate.min(), estimate.min() < low), (estimate.max(), estimate.max() > high))
            if is_beyond]  # fmt: skip
    if not ends:
        return []
    return [
        (
            f"Warning: the curve goes to {' and to '.join(ends)}, beyond all values of "
            f"{question.outcome} ({number(low)} to {number(high)}): there it is the form's alone, "
            "and no mean."
        )
    ]


def _notes(curve: Curve) -> list[str]:
    notes = [
        f"The band of the whole curve is from {DRAWS:,} simulated curves; seed {curve.draws_seed}.",
        f"The curve is drawn from the {ENDS[0]:.1%} to the {ENDS[1]:.1%} quantile of the doses.",
    ]
    if not np.isnan(curve.p_straight):
        notes.append(f"That the curve is a straight line has {p_in_words(curve.p_straight)}.")
    return notes
