"""Who makes up the synthetic control, and is it like the treated unit?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import BLUE, escape, new_figure
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result

from ._donors import donors_of
from ._synthetic import LEAST_WEIGHT, fit_notes, synthetic
from .panel import PanelQuestion

#: Donors drawn at most: those with the largest weights.
DRAWN = 20


@dataclass(frozen=True, kw_only=True)
class DonorWeights(Result):
    """Every donor's weight, the largest first."""

    columns: ClassVar[Mapping[str, str]] = {
        "donor": "the unit that was not treated",
        "weight": "its share of the synthetic control (0 to 1)",
        "mean_before": "its mean outcome before the treatment",
        "correlation": "of its path before with the treated unit's",
    }

    def figure(self) -> Any:
        """The weights that are not zero."""
        shown = self.frame[self.frame["weight"] > LEAST_WEIGHT].head(DRAWN).iloc[::-1]
        figure = new_figure(height=110 + 30 * len(shown), x="weight in the synthetic control",
                            showlegend=False)  # fmt: skip
        figure.add_bar(
            x=shown["weight"], y=[escape(name, 30) for name in shown["donor"]], orientation="h",
            marker={"color": BLUE}, text=[f"{w:.2f}" for w in shown["weight"]],
            textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(range=[0, 1.15 * float(shown["weight"].max())])
        figure.update_yaxes(ticks="", showgrid=False)
        return figure


@method("Donors", page="synthetic_control")
def donor_weights(question: PanelQuestion, /, *, progress: Progress = silent) -> DonorWeights:
    """Which units the synthetic control is made of, and how much of each.

    Weights are shares: they add up to one. A few donors usually carry all of it; ask of each
    whether it was touched by the treatment, by something of its own, or is like the treated unit by
    chance only. Source: Abadie, Journal of Economic Literature 59 (2021), section 4.
    """
    donors = donors_of(question, "A synthetic control")
    made = synthetic(donors, progress)
    path, paths = donors.path[: donors.before], donors.paths[: donors.before]
    off, offs = path - path.mean(), paths - paths.mean(axis=0)
    size = np.sqrt((off**2).sum() * (offs**2).sum(axis=0))
    frame = pd.DataFrame(
        {
            "donor": donors.names,
            "weight": made.weights,
            "mean_before": paths.mean(axis=0),
            "correlation": off @ offs / np.where(size > 0, size, np.nan),
        }
    ).sort_values("weight", ascending=False, kind="stable", ignore_index=True)
    used = int((frame["weight"] > LEAST_WEIGHT).sum())
    first = frame.iloc[0]
    progress(1.0)
    return DonorWeights(
        frame=frame,
        summary=(
            f"The synthetic {donors.who} is made of {used} of {len(frame)} donors, most of all of "
            f"{first['donor']} ({first['weight']:.0%})."
        ),
        notes=tuple(fit_notes(made, question.outcome_in_words)),
    )
