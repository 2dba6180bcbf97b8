"""Would units that were not treated show an effect as large?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, SINGLE_ROWS, escape, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult

from ._donors import donors_of
from ._synthetic import Synthetic, placebos, synthetic
from .panel import PanelQuestion


@dataclass(frozen=True, kw_only=True)
class PlaceboInSpace(CheckResult):
    """The gap of every unit to its own synthetic control, period by period."""

    columns: ClassVar[Mapping[str, str]] = {
        "unit": "the treated unit, or a donor that pretends to be treated",
        "time": "the period",
        "gap": "its outcome minus that of its synthetic control",
        "error_before": "root of its mean squared gap before (RMSPE), on all of its rows",
        "error_after": "the same after",
        "ratio": "error_after over error_before",
        "is_treated": "the unit that was really treated",
        "is_after": "the treatment is in force",
    }

    outcome: str = ""
    time: str = ""
    p_value: float = float("nan")

    def figure(self) -> Any:
        """All gaps: the placebos in grey, the treated unit in blue."""
        frame = self.frame
        figure = new_figure(height=420, x=self.time, y=f"gap in {self.outcome}")
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        others = frame[~frame["is_treated"]]
        x: list[Any] = []
        y: list[Any] = []
        text: list[str] = []
        for name, rows in others.groupby("unit", sort=False):
            x += [*rows["time"], None]
            y += [*rows["gap"], None]
            text += [escape(name)] * (len(rows) + 1)
        figure.add_scatter(
            x=x, y=y, text=text, mode="lines", name="donors that pretend to be treated",
            line={"color": SINGLE_ROWS, "width": 1},
            hovertemplate="%{text}, %{x}: %{y:.4g}<extra></extra>",
        )  # fmt: skip
        mine = frame[frame["is_treated"]]
        figure.add_scatter(
            x=mine["time"], y=mine["gap"], mode="lines", name=escape(mine["unit"].iloc[0]),
            line={"color": BLUE, "width": 2.5}, hovertemplate="%{x}: %{y:.4g}<extra></extra>",
        )  # fmt: skip
        start = mine.loc[mine["is_after"], "time"].iloc[0]
        figure.add_shape(type="line", x0=start, x1=start, yref="paper", y0=0, y1=1,
                         line={"color": GREY, "width": 1, "dash": "dash"})  # fmt: skip
        return figure


@method("Placebo in space", page="synthetic_control")
def placebo_in_space(
    question: PanelQuestion, /, *, seed: int = 0, progress: Progress = silent
) -> PlaceboInSpace:
    """Whether units that were not treated show an effect as large as the treated one.

    Every donor pretends to have been treated at the same time and gets a synthetic control of the
    other donors; where several units are treated, drawn groups of as many of all units pretend. How
    much larger its gap grew (the error after over the error before) is compared: the p-value is the
    share of units, the treated one counted, with a ratio as large. It is exact if the treatment
    might have come to any of them alike, and cannot be below one over the number of units. The
    ratio asks for any departure, the estimate's p-value for one that has the same sign on average.
    Passes when it is below 5 %: then chance among like units is no explanation.

    Source: Abadie, Diamond & Hainmueller, Journal of the American Statistical Association 105
    (2010), figures 4 to 8.
    """
    donors = donors_of(question, "A placebo in space")
    made = synthetic(donors, part(progress, 0.0, 0.1))
    others = placebos(made, seed, part(progress, 0.1, 1.0))
    exact = [e.donors.who for e in (made, *others) if e.fits_exactly]
    if exact:
        raise NotApplicable(
            f"The path of {exact[0]} before the treatment is met exactly, so its ratio of errors "
            "is not defined.",
            f"With {len(donors.names)} donors and {donors.before} periods before, any path can be "
            "met: bring earlier periods or fewer donors.",
        )
    ratio = made.error_after / made.error_before
    ratios = np.array([e.error_after / e.error_before for e in others])
    at_least = int((ratios >= ratio * (1 - 1e-12)).sum())
    p_value = (1 + at_least) / (1 + len(ratios))
    frame = pd.concat(
        [
            _rows(made, donors.who, True),
            *(_rows(e, ", ".join(e.donors.treated), False) for e in others),
        ],
        ignore_index=True,
    )
    few = len(ratios) < 19
    who = "donors" if len(donors.treated) == 1 else "groups of units"
    progress(1.0)
    return PlaceboInSpace(
        frame=frame,
        summary=(
            f"After {donors.starts} the gap of {donors.who} in {question.outcome_in_words} is "
            f"{number(ratio)} times its error before; {at_least} of {len(ratios)} {who} that "
            f"pretend to be treated have a ratio as large (p = {p_value:.3f})."
        ),
        notes=(
            (
                f"The p-value is a rank among {1 + len(ratios)} units and cannot be below "
                f"{1 / (1 + len(ratios)):.3f}."
            ),
            *(
                (
                    (
                        "Warning: with fewer than 19 donors no effect can be told from chance at "
                        "5 %, however large; the check does not judge."
                    ),
                )
                if few
                else ()
            ),
            "The really treated are never donors here."
            if len(donors.treated) == 1
            else "Groups are drawn of all units: some hold treated units or have them as donors.",
        ),
        passed=None if few else p_value < 0.05,
        outcome=question.outcome_in_words,
        time=question.time,
        p_value=p_value,
    )


def _rows(made: Synthetic, unit: str, is_treated: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": unit,
            "time": made.donors.when,
            "gap": made.gaps,
            "error_before": made.error_before,
            "error_after": made.error_after,
            "ratio": made.error_after / made.error_before,
            "is_treated": is_treated,
            "is_after": np.arange(len(made.gaps)) >= made.donors.before,
        }
    )
