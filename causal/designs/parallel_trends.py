"""Did treated and others move alike before the start, and would the test have seen it if not?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures import BLUE, GREY, LIGHT_GREY, VERMILION, new_figure
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..effect import number, p_in_words
from ._bands import t_reach
from ._few_clusters import few_notes
from ._group_time import Adjust, Average, Controls, group_time, well_known
from ._pretrends import Joint, earlier
from .panel import PanelQuestion

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ParallelTrends(CheckResult):
    """Effects before and since the start, where those before should be 0; `slope` is the straight
    trend, per period, that the joint test would have found in 80 % of samples."""

    columns: ClassVar[Mapping[str, str]] = {
        "since": "periods since the start; below 0 before it",
        "estimate": "difference of the changes since the period before the start, in the outcome's "
        "unit",
        "std_error": "standard error, clusters taken together; empty for the reference",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
        "unseen_trend": "where the smallest trend would be that the test finds with 80 % power",
    }

    p_value: float = float("nan")
    slope: float = float("nan")
    outcome: str = ""

    def figure(self) -> Any:
        """The estimates, and as a line the trend that could have stayed unseen."""
        shown = self.frame
        figure = new_figure(x="periods since the start", y=f"effect on {self.outcome}")
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        before = (shown["since"] < 0).to_numpy()
        for rows, colour, name in (
            (shown[before], BLUE, "before: should be 0"),
            (shown[~before], GREY, "since the start"),
        ):
            figure.add_scatter(
                x=rows["since"], y=rows["estimate"], mode="markers", name=name,
                marker={"size": 9, "color": colour},
                error_y={
                    "type": "data", "symmetric": False, "width": 4, "color": colour,
                    "array": rows["conf_high"] - rows["estimate"],
                    "arrayminus": rows["estimate"] - rows["conf_low"],
                },
            )  # fmt: skip
        figure.add_scatter(
            x=shown["since"], y=shown["unseen_trend"], mode="lines",
            name="trend found with 80 % power", line={"color": VERMILION, "dash": "dash"},
        )  # fmt: skip
        figure.add_vline(x=-0.5, line={"color": GREY, "width": 1, "dash": "dash"})
        return figure


@method("Parallel trends before", page="difference_in_differences", weighs=True)
def parallel_trends(
    question: PanelQuestion,
    /,
    *,
    controls: Annotated[Controls, "Compare with units never treated, or also not yet"] = "never",
    adjust: Annotated[Adjust, "How covariates are adjusted for, where there are any"] = (
        "doubly robust"
    ),
    progress: Progress = silent,
) -> ParallelTrends:
    """Whether treated and others drifted apart before the start, and what drift the test can see.

    All effects before the start are tested to be 0 at once (a Wald test, with F as for Hotelling's
    T² for the clusters there are). That the test finds nothing says little where it could have
    found nothing: so it states the straight trend that it would have found with 80 % power (Roth,
    Pretest with Caution, AER: Insights 4, 2022; there for single coefficients, here for the joint
    test), and how much such a trend would move the mean effect. It fails where trends differ;
    passes where they do not and a trend as large as the effect would have been seen; else it
    informs only. Nothing before the start can prove what would have been after it.

    Raises `NotApplicable` for fewer than two periods before every start, or one treated cluster.
    """
    progress(0.0, "effects before the start")
    panel = question.panel
    found = group_time(panel, controls, adjust, progress)
    every = found.by_event()
    events, few = well_known(every)
    used, left_out = earlier(events, found.reference)
    test = Joint.of([events[e] for e in used], np.array(used) - found.reference)
    answer = found.over_events()
    effect = answer.estimate
    since = np.array([e for e in every if e >= 0])
    bias = test.slope * float((since - found.reference).mean())
    frame = _frame(every, test.slope, found.reference)
    hidden = abs(bias) >= abs(effect)
    passed = False if test.p < 0.05 else None if hidden else True
    return ParallelTrends(
        frame=frame,
        summary=_summary(question, test, passed, bias, effect),
        notes=(
            *panel.notes,
            *found.notes,
            (
                f"The joint test is of {len(used)} periods before the reference, "
                f"{_before_the_start(found.reference)}: F({len(used)}, {test.free:.0f}) = "
                f"{test.f:.3g}, {p_in_words(test.p)}."
            ),
            *few,
            *left_out,
            *few_notes(len(answer.sums), int(answer.treated.sum()), panel.clustered_by),
            (
                f"A trend of {number(test.slope)} per period is what this test finds in 80 % of "
                "samples; it would move the mean effect over the periods since the start "
                f"({number(effect)}) by {number(bias)}."
            ),
            (
                "Whoever goes on only because such a test passed has intervals that are too "
                "short, and what bias there is can be larger than without the test (Roth 2022)."
            ),
        ),
        passed=passed,
        p_value=test.p,
        slope=test.slope,
        outcome=question.outcome_in_words,
    )


def _before_the_start(reference: int) -> str:
    if reference == -1:
        return "the period before the start"
    return f"{-reference} periods before the start"


def _frame(events: dict[int, Average], slope: float, reference: int) -> pd.DataFrame:
    rows: list[tuple[float, ...]] = [(reference, 0.0, np.nan, np.nan, np.nan, 0.0)]
    for e, average in events.items():
        reach = t_reach(average.degrees) * average.std_error
        centre = average.estimate
        line = slope * (e - reference)
        rows.append((e, centre, average.std_error, centre - reach, centre + reach, line))
    frame = pd.DataFrame(rows, columns=list(ParallelTrends.columns)).sort_values("since")
    return frame.astype({"since": int}).reset_index(drop=True)


def _summary(
    question: PanelQuestion, test: Joint, passed: bool | None, bias: float, effect: float
) -> str:
    if passed is False:
        return (
            f"Before the start {question.outcome_in_words} already moved differently in the "
            f"treated ({p_in_words(test.p)}): the effect cannot be told from that trend."
        )
    size = f"a trend of {number(test.slope)} per period, worth {number(abs(bias))} of the effect"
    if passed:
        return (
            f"Before the start no difference in trends shows ({p_in_words(test.p)}), and {size} "
            f"({number(effect)}), would have shown with 80 % power."
        )
    return (
        f"Before the start no difference in trends shows ({p_in_words(test.p)}), but the test is "
        f"weak: {size} ({number(effect)}), is the least it finds with 80 % power."
    )
