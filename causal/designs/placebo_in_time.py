"""Does a synthetic control find an effect before the treatment began?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable, ParameterError
from workbench.figures import BLUE, GREY, INK, VERMILION, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult

from ._donors import FEWEST_BEFORE, Donors, donors_of
from ._synthetic import placebos, synthetic, unusual
from .panel import PanelQuestion


@dataclass(frozen=True, kw_only=True)
class PlaceboInTime(CheckResult):
    """The treated unit and a synthetic control chosen before an earlier, pretended start."""

    columns: ClassVar[Mapping[str, str]] = {
        "time": "the period",
        "observed": "the treated unit's outcome",
        "synthetic": "the weighted mean of the donors, weights from before the pretended start",
        "gap": "observed minus synthetic",
        "part": "before (the weights are from here), pretended (nothing had begun), treated",
    }

    outcome: str = ""
    time: str = ""

    def figure(self) -> Any:
        """Both paths, with the pretended and the real start."""
        frame = self.frame
        figure = new_figure(height=400, x=self.time, y=self.outcome)
        for column, name, colour in (
            ("synthetic", "synthetic control", BLUE), ("observed", "observed", INK),
        ):  # fmt: skip
            figure.add_scatter(
                x=frame["time"], y=frame[column], mode="lines", name=name,
                line={"color": colour, "width": 2},
                hovertemplate=f"%{{x}}: %{{y:.4g}}<extra>{name}</extra>",
            )  # fmt: skip
        for which, colour in (("pretended", VERMILION), ("treated", GREY)):
            at = frame.loc[frame["part"] == which, "time"].iloc[0]
            figure.add_shape(type="line", x0=at, x1=at, yref="paper", y0=0, y1=1,
                             line={"color": colour, "width": 1.5, "dash": "dash"})  # fmt: skip
            figure.add_annotation(x=at, y=1, yref="paper", text=which, showarrow=False,
                                  xanchor="left", yanchor="top",
                                  font={"color": colour})  # fmt: skip
        return figure


@method("Placebo in time", page="synthetic_control")
def placebo_in_time(
    question: PanelQuestion,
    /,
    *,
    starts: Annotated[
        str | None, "a period before the real start; automatic: after two thirds of those before"
    ] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> PlaceboInTime:
    """Whether the synthetic control goes on meeting the treated unit where nothing had begun.

    The treatment is taken to have begun earlier, the weights are chosen on the periods before that,
    and the gap between the pretended and the real start is compared with those of donors who
    pretend the same. A gap there is an error of the method (or people who acted in advance). Passes
    when it is not among the most unusual 5 %. The gap after the real start, by weights that have
    not seen the last periods before it, shows whether the effect hangs on them. Unit: the
    outcome's.

    Source: Abadie, Diamond & Hainmueller, American Journal of Political Science 59 (2015).
    """
    donors = donors_of(question, "A placebo in time")
    at = _start(question, donors, starts)
    earlier = donors.until(at)
    made = synthetic(earlier, part(progress, 0.0, 0.1))
    found = unusual(made, placebos(made, seed, part(progress, 0.1, 1.0)))
    path = donors.paths @ made.weights
    which = np.select(
        [np.arange(len(path)) < at, np.arange(len(path)) < donors.before],
        ["before", "pretended"], "treated",
    )  # fmt: skip
    frame = pd.DataFrame(
        {
            "time": donors.when,
            "observed": donors.path,
            "synthetic": path,
            "gap": donors.path - path,
            "part": which,
        }
    )
    after = float(frame["gap"][donors.before :].mean())
    few = len(found.gaps) < 19
    progress(1.0)
    return PlaceboInTime(
        frame=frame,
        summary=(
            f"Had the treatment of {donors.who} begun in {donors.periods[at]}, its effect on "
            f"{question.outcome_in_words} until {donors.periods[donors.before - 1]} would be "
            f"{number(found.effect)} (p = {found.p_value:.3f} among {len(found.gaps)} placebos); "
            f"by the same weights the mean gap after the real start is {number(after)}."
        ),
        notes=(
            f"Weights from {at} periods; {donors.before - at} periods are held out.",
            *(
                ("With fewer than 19 donors nothing can be unusual at 5 %: it does not judge.",)
                if few
                else ()
            ),
            "Passing shows only that errors of the size that would have been seen are not there.",
        ),
        passed=None if few else found.p_value >= 0.05,
        outcome=question.outcome_in_words,
        time=question.time,
    )


def _start(question: PanelQuestion, donors: Donors, starts: str | None) -> int:
    if starts is None:
        at = max(FEWEST_BEFORE, round(2 * donors.before / 3))
        if at >= donors.before:
            raise NotApplicable(
                f"With {donors.before} periods before the treatment none is left to pretend in.",
                "Bring earlier periods.",
            )
        return at
    at = question.panel.periods.of_text(starts, "starts")
    if not FEWEST_BEFORE <= at < donors.before:
        raise ParameterError(
            f"starts = {starts!r} is not allowed.",
            f"Choose a period from {donors.periods[min(FEWEST_BEFORE, donors.before - 1)]} to "
            f"{donors.periods[donors.before - 1]}.",
        )
    return at
