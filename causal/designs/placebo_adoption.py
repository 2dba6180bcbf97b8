"""Is there an effect where there can be none: had the treatment come earlier than it did?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, VERMILION, new_figure
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range
from workbench.several_tests import holm

from ..effect import number, p_in_words, reach_and_p
from ._bands import t_reach
from ._group_time import Adjust, Average, Controls, few_starts, group_time
from .panel import Panel, PanelQuestion


@dataclass(frozen=True, kw_only=True)
class PlaceboAdoption(CheckResult):
    """Effects of starts that never were, from data before the true ones; all should be 0."""

    columns: ClassVar[Mapping[str, str]] = {
        "earlier": "periods by which the start is pretended to be earlier",
        "estimate": "mean effect found from there to the true start, in the outcome's unit",
        "std_error": "standard error, clusters taken together",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
        "p_value": "two-sided p-value of no effect",
        "p_joint": "the same, with Holm's correction for looking several times",
        "units": "treated units that are seen before the pretended start",
    }

    outcome: str = ""

    def figure(self) -> Any:
        """Estimates with intervals over how much earlier the start is pretended to be."""
        shown = self.frame
        figure = new_figure(
            x="periods earlier than the true start", y=f"effect on {self.outcome}", showlegend=False
        )
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        found = shown["p_joint"] < 0.05
        figure.add_scatter(
            x=shown["earlier"], y=shown["estimate"], mode="markers",
            marker={"size": 10, "color": [VERMILION if bad else BLUE for bad in found]},
            error_y={
                "type": "data", "symmetric": False, "width": 5, "color": GREY,
                "array": shown["conf_high"] - shown["estimate"],
                "arrayminus": shown["estimate"] - shown["conf_low"],
            },
        )  # fmt: skip
        figure.update_xaxes(dtick=1)
        return figure


@method("Placebo start", page="difference_in_differences", weighs=True)
def placebo_adoption(
    question: PanelQuestion,
    /,
    *,
    most: Annotated[int, Range(1, 24), "Up to how many periods earlier"] = 3,
    controls: Annotated[Controls, "Compare with units never treated, or also not yet"] = "never",
    adjust: Annotated[Adjust, "How covariates are adjusted for, where there are any"] = (
        "doubly robust"
    ),
    progress: Progress = silent,
) -> PlaceboAdoption:
    """The effect of a start some periods before the true one, where nothing had happened yet.

    Every treated unit is pretended to have started 1, 2 … periods earlier, and everything from its
    true start on (or from when units may react) is dropped. What is found then is no effect of the
    treatment, but trends that differ, acting in advance, or chance. Effects are had as in staggered
    adoption (Callaway & Sant'Anna 2021); the check fails where one differs from 0 at 5 % with
    Holm's correction.

    Raises `NotApplicable` for fewer than two periods before every start, or one treated cluster.
    """
    progress(0.0, "placebo starts")
    panel = question.panel
    notes: dict[str, None] = {}
    rows = []
    for earlier in range(1, most + 1):
        pretended = _pretended(panel, earlier)
        if pretended is None:
            break
        step = part(progress, (earlier - 1) / most, earlier / most)
        found = group_time(pretended, controls, adjust, step)
        notes |= dict.fromkeys(found.compared)
        rows.append((earlier, *_row(found.simple()), int((~pretended.never).sum())))
    if not rows:
        raise NotApplicable(
            "No treated unit is seen in two periods before its start, so none can be pretended to "
            "have started earlier.",
            "Add earlier periods.",
        )
    frame = pd.DataFrame(rows, columns=[c for c in PlaceboAdoption.columns if c != "p_joint"])
    frame.insert(6, "p_joint", holm(frame["p_value"]))
    return PlaceboAdoption(
        frame=frame,
        summary=_summary(question, frame),
        notes=(
            *panel.notes,
            *notes,
            *few_starts(panel),
            (
                f"{len(frame)} placebo starts could be tried, of the {most} asked for; what came "
                f"from {'when units may react' if panel.anticipation else 'the true start'} on is "
                "not used."
            ),
        ),
        passed=bool((frame["p_joint"] >= 0.05).all()),
        outcome=question.outcome_in_words,
    )


def _pretended(panel: Panel, earlier: int) -> Panel | None:
    """The panel in which everyone started earlier than they may have reacted, without what came
    from then on."""
    first = np.where(panel.never, panel.first, panel.reacts - earlier)
    outcome = np.where(panel.on | panel.reacting, np.nan, panel.outcome)
    stop = int(panel.reacts[~panel.never].max())
    seen = ~np.isnan(outcome[:, :stop])
    before = np.arange(stop) < first[:, None]
    kept = np.asarray((seen & before).any(axis=1))
    if not (kept & ~panel.never).any():
        return None
    cut = replace(
        panel,
        periods=panel.periods.until(stop),
        outcome=outcome[:, :stop],
        first=np.minimum(first, stop).astype(np.intp),
        weight=panel.weight[:, :stop],
        covariates=panel.covariates[:, :stop],
        anticipation=0,
        rows=None,
    )
    return cut.take(kept)


def _row(average: Average) -> tuple[float, ...]:
    centre, error = average.estimate, average.std_error
    reach = t_reach(average.degrees) * error
    p = reach_and_p(centre, error, average.degrees)[1]
    return centre, error, centre - reach, centre + reach, p


def _summary(question: PanelQuestion, frame: pd.DataFrame) -> str:
    worst = frame.sort_values("p_joint", kind="stable").iloc[0]
    size = (
        f"{number(worst['estimate'])} ({number(worst['conf_low'])} to "
        f"{number(worst['conf_high'])}, {p_in_words(worst['p_joint'])} for {len(frame)} looks)"
    )
    when = f"{int(worst['earlier'])} period{'s' if worst['earlier'] > 1 else ''} earlier"
    if worst["p_joint"] < 0.05:
        return (
            f"A start pretended {when} than the true one already has an effect on "
            f"{question.outcome_in_words}, {size}: trends differed before, or people acted in "
            "advance."
        )
    return (
        f"Pretended starts have no clear effect on {question.outcome_in_words}; the clearest, "
        f"{when}, has {size}."
    )
