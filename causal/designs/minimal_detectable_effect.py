"""How small an effect would the experiment have seen?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, LIGHT_GREY, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import Range

from ._arms import Arms, arms_of, notes_of
from .experiment import ExperimentQuestion

#: Sizes looked at, in those of the experiment.
TIMES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)

#: Those that the axis names.
TICKS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, kw_only=True)
class MinimalDetectableEffect(Result):
    """The smallest effect that would be found, by the experiment's size."""

    columns: ClassVar[Mapping[str, str]] = {
        "times": "the size, in that of this experiment",
        "rows": "rows in all (with groups: as many times as many groups)",
        "detectable": "the smallest effect found with the power asked for, in the outcome's unit",
        "in_sd": "the same in standard deviations of the outcome",
        "relative": "the same as a share of the control's mean",
        "unadjusted": "the same without covariates",
    }

    unit: str = ""

    def figure(self) -> Any:
        """The smallest effect found, along the size; the experiment's own is marked."""
        frame = self.frame
        figure = new_figure(height=400, x="rows in all", y=f"smallest effect found, {self.unit}")
        own = frame[frame["times"] == 1.0]
        figure.add_vline(x=float(own["rows"].iloc[0]), line={"color": LIGHT_GREY, "width": 2})
        if not np.allclose(frame["detectable"], frame["unadjusted"]):
            figure.add_scatter(x=frame["rows"], y=frame["unadjusted"], mode="lines",
                               name="without covariates",
                               line={"color": GREY, "dash": "dash"})  # fmt: skip
        figure.add_scatter(
            x=frame["rows"], y=frame["detectable"], mode="lines+markers", name="as analysed",
            line={"color": BLUE, "width": 2.5}, customdata=frame["in_sd"],
            hovertemplate="%{x:,} rows: %{y:.4g} (%{customdata:.3f} SD)<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(type="log", tickvals=frame["rows"][frame["times"].isin(TICKS)])
        figure.update_yaxes(rangemode="tozero")
        return figure


@method("Minimal detectable effect", page="experiment", weighs=True)
def minimal_detectable_effect(
    question: ExperimentQuestion,
    /,
    *,
    power: Annotated[float, Range(0.5, 0.999), "the chance of finding such an effect"] = 0.8,
    level: Annotated[float, Range(0.0001, 0.2), "the two-sided level of the test"] = 0.05,
    progress: Progress = silent,
) -> MinimalDetectableEffect:
    """How small an effect this experiment, or a larger one like it, finds.

    From the standard error of its analysis: (z of the level + z of the power) times it, and for
    other sizes divided by the square root of how many times as large they are, arms in the same
    shares. It is a statement of the design, made by the noise and not by the effect that was found:
    an effect that is not significant may still be as large as this. With several arms the widest
    comparison with the control is taken. Unit: the outcome's.

    Source: Bloom, Evaluation Review 19 (1995); Kohavi, Tang & Xu (2020), chapter 15.
    """
    from scipy.special import ndtri

    progress(0.0, "Measuring the noise")
    best, plain = arms_of(question), arms_of(question, adjustment="none")
    factor = float(ndtri(1 - level / 2) + ndtri(power))
    now, without = (factor * _widest(question, made) for made in (best, plain))
    times = np.array(TIMES)
    spread = plain.spread
    detectable = now / np.sqrt(times)
    mean = abs(float(plain.means[0]))
    frame = pd.DataFrame(
        {
            "times": times, "rows": np.round(times * len(best.y)).astype(int),
            "detectable": detectable, "in_sd": detectable / spread,
            "relative": detectable / mean if mean > 0 else np.nan,
            "unadjusted": without / np.sqrt(times),
        }
    )  # fmt: skip
    progress(1.0)
    return MinimalDetectableEffect(
        frame=frame,
        summary=(
            f"With {len(best.y):,} rows the experiment finds an effect on "
            f"{question.outcome_in_words} of {number(now)} ({now / spread:.3f} standard "
            f"deviations) with {power:.0%} probability at the {level:.1%} level; half of that "
            "takes four times as many."
        ),
        notes=(
            (
                "It is computed from the standard error of the analysis; that of another "
                "experiment is like it only if its rows are."
            ),
            *notes_of(question, best),
        ),
        unit=question.outcome_in_words,
    )


def _widest(question: ExperimentQuestion, made: Arms) -> float:
    return max(made.effect(k)[1] for k in range(1, len(question.levels)))
