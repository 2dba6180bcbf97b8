"""The picture of a synthetic control: the treated path, the synthetic one, and the gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, INK, LIGHT_GREY, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result

from ._donors import donors_of
from ._synthetic import fit_notes, synthetic
from .panel import PanelQuestion


@dataclass(frozen=True, kw_only=True)
class SyntheticSeries(Result):
    """The treated unit and its synthetic control, period by period."""

    columns: ClassVar[Mapping[str, str]] = {
        "time": "the period, a number or date where it is one",
        "observed": "the treated unit's outcome (the mean of several), in its unit",
        "synthetic": "the weighted mean of the donors",
        "donors": "the plain mean of all donors",
        "gap": "observed minus synthetic",
        "is_after": "the treatment is in force",
    }

    outcome: str = ""
    time: str = ""
    who: str = ""

    def figure(self) -> Any:
        """The paths above, the gap below."""
        frame = self.frame
        figure = new_figure(height=520, x=self.time)
        look = figure.layout.yaxis.to_plotly_json()
        for axis, domain, title in (("yaxis", (0.4, 1.0), self.outcome),
                                    ("yaxis2", (0.0, 0.32), "gap")):  # fmt: skip
            words = new_figure(y=title).layout.yaxis.title.to_plotly_json()
            figure.layout[axis] = {**look, "domain": domain, "title": words}
        figure.update_layout(xaxis={"anchor": "y2"})
        for column, name, colour, width, dash in (
            ("donors", "mean of all donors", LIGHT_GREY, 2, "dot"),
            ("synthetic", "synthetic control", BLUE, 2.5, "solid"),
            ("observed", "observed", INK, 2, "solid"),
        ):
            figure.add_scatter(
                x=frame["time"], y=frame[column], mode="lines", name=name,
                line={"color": colour, "width": width, "dash": dash},
                hovertemplate=f"%{{x}}: %{{y:.4g}}<extra>{name}</extra>",
            )  # fmt: skip
        figure.add_scatter(
            x=frame["time"], y=frame["gap"], yaxis="y2", mode="lines", showlegend=False,
            line={"color": BLUE, "width": 2}, hovertemplate="%{x}: %{y:.4g}<extra>gap</extra>",
        )  # fmt: skip
        figure.add_shape(type="line", xref="paper", x0=0, x1=1, yref="y2", y0=0, y1=0,
                         line={"color": LIGHT_GREY, "width": 2}, layer="below")  # fmt: skip
        start = frame.loc[frame["is_after"], "time"].iloc[0]
        figure.add_shape(type="line", x0=start, x1=start, yref="paper", y0=0, y1=1,
                         line={"color": GREY, "width": 1, "dash": "dash"})  # fmt: skip
        return figure


@method("Observed and synthetic", page="synthetic_control")
def synthetic_series(question: PanelQuestion, /, *, progress: Progress = silent) -> SyntheticSeries:
    """How the treated unit ran beside its synthetic control, before and after the treatment.

    Before the treatment the two paths should lie on one another: that is what the weights were
    chosen for, and where they do not, the gap after is no effect. The mean of all donors shows what
    the choice did. Unit: the outcome's. The picture carries no interval: how large gaps grow by
    chance is shown by `placebo_in_space`.

    Source: Abadie, Diamond & Hainmueller, Journal of the American Statistical Association 105
    (2010), figures 1 to 3.
    """
    donors = donors_of(question, "A synthetic control")
    made = synthetic(donors, progress)
    frame = pd.DataFrame(
        {
            "time": donors.when,
            "observed": donors.path,
            "synthetic": donors.paths @ made.weights,
            "donors": donors.paths.mean(axis=1),
            "gap": made.gaps,
            "is_after": np.arange(len(donors.path)) >= donors.before,
        }
    )
    largest = donors.before + int(np.abs(made.gaps[donors.before :]).argmax())
    progress(1.0)
    return SyntheticSeries(
        frame=frame,
        summary=(
            f"{donors.who[0].upper()}{donors.who[1:]} and its synthetic control differ in "
            f"{question.outcome_in_words} by {number(made.error_before)} on average before "
            f"{donors.starts} (root of the mean square) and by {number(made.error_after)} after, "
            f"most in {donors.periods[largest]} ({number(made.gaps[largest])})."
        ),
        notes=(*question.panel.notes, *fit_notes(made, question.outcome_in_words)),
        outcome=question.outcome_in_words,
        time=question.time,
        who=donors.who,
    )
