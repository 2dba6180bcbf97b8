"""Does the effect hang on a single donor?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, escape, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ._donors import donors_of
from ._synthetic import LEAST_WEIGHT, synthetic
from .panel import PanelQuestion

#: The effect may shrink to this share of itself without a donor.
LEAST_LEFT = 0.5


@dataclass(frozen=True, kw_only=True)
class LeaveOneDonorOut(CheckResult):
    """The effect with all donors in the first row, and without each of those that count."""

    columns: ClassVar[Mapping[str, str]] = {
        "left_out": "the donor that is left out; none in the first row",
        "weight": "its weight with all donors",
        "estimate": "the mean gap after, in the outcome's unit",
        "error_before": "root of the mean squared gap before",
    }

    unit: str = ""

    def figure(self) -> Any:
        """The effect without each donor, with all of them as a line."""
        whole, rest = self.frame.iloc[0], self.frame.iloc[:0:-1]
        figure = new_figure(height=150 + 28 * len(rest), x=self.unit, showlegend=False)
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        figure.add_vline(x=whole["estimate"], line={"color": BLUE, "width": 2},
                         annotation_text="all donors", annotation_position="top")  # fmt: skip
        figure.add_scatter(
            x=rest["estimate"], y=[f"without {escape(n, 30)}" for n in rest["left_out"]],
            mode="markers", marker={"size": 10, "color": GREY}, customdata=rest[["error_before"]],
            hovertemplate="%{y}: %{x:.4g}, error before %{customdata[0]:.4g}<extra></extra>",
        )  # fmt: skip
        figure.update_layout(margin={"t": 50})
        return figure


@method("Leave one donor out", page="synthetic_control")
def leave_one_donor_out(
    question: PanelQuestion, /, *, progress: Progress = silent
) -> LeaveOneDonorOut:
    """Whether the effect hangs on a single donor: the estimate without each that counts.

    Each donor with a weight is left out in turn and the weights are chosen anew. Where one donor
    makes the effect, something of its own may be what is seen. Passes when the effect keeps its
    sign and at least half of its size without any of them. Unit: the outcome's, per period.

    Source: Abadie, Diamond & Hainmueller, American Journal of Political Science 59 (2015).
    """
    donors = donors_of(question, "Leaving donors out")
    if len(donors.names) < 3:
        raise NotApplicable(
            "With 2 donors none can be left out.", "Add units that were not treated."
        )
    made = synthetic(donors, progress)
    order = np.argsort(-made.weights, kind="stable")
    used = [int(k) for k in order if made.weights[k] > LEAST_WEIGHT]
    rows = [{"left_out": "", "weight": np.nan, "estimate": made.effect,
             "error_before": made.error_before}]  # fmt: skip
    for k, donor in enumerate(used):
        progress((k + 1) / (len(used) + 1), f"without {donors.names[donor]}")
        again = synthetic(donors.leaving_out(donor), progress)
        rows.append({"left_out": donors.names[donor], "weight": made.weights[donor],
                     "estimate": again.effect, "error_before": again.error_before})  # fmt: skip
    frame = pd.DataFrame(rows)
    without = frame.iloc[1:]
    kept = without["estimate"] / made.effect if made.effect else without["estimate"] * np.nan
    farthest = without.iloc[int((without["estimate"] - made.effect).abs().to_numpy().argmax())]
    progress(1.0)
    return LeaveOneDonorOut(
        frame=frame,
        summary=(
            f"Without any one of the {len(used)} donors that count, the effect on "
            f"{question.outcome_in_words} is {number(without['estimate'].min())} to "
            f"{number(without['estimate'].max())} (with all {number(made.effect)}); it changes "
            f"most without {farthest['left_out']}."
        ),
        notes=(
            f"Donors with a weight up to {LEAST_WEIGHT:g} are not left out: nothing would change.",
        ),
        passed=bool((kept >= LEAST_LEFT).all()),
        unit=f"effect on {question.outcome_in_words}",
    )
