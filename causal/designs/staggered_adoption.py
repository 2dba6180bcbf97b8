"""What did a treatment do that units took up at different times?"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, silent

from ..effect import EffectEstimate
from ._few_clusters import few_notes
from ._form import form_notes
from ._group_time import Adjust, Average, Controls, GroupTime, group_time
from ._pretrends import drift_notes
from .design import estimate_row
from .difference_in_differences import effect_sentence
from .panel import Panel, PanelQuestion

Floats = NDArray[np.float64]
Aggregate = Literal["simple", "group", "event", "calendar"]
#: Whom each average runs over.
OVER: dict[Aggregate, str] = {
    "simple": "all treated units and periods alike",
    "group": "treated units, each over its own periods",
    "event": "periods since the start, each alike",
    "calendar": "calendar periods, each alike",
}


@method("Staggered adoption", page="difference_in_differences", weighs=True)
def staggered_adoption(
    question: PanelQuestion,
    /,
    *,
    controls: Annotated[Controls, "Compare with units never treated, or also not yet"] = "never",
    adjust: Annotated[Adjust, "How covariates are adjusted for, where there are any"] = (
        "doubly robust"
    ),
    aggregate: Annotated[Aggregate, "Which average is the answer"] = "simple",
    progress: Progress = silent,
) -> EffectEstimate:
    """The mean effect on the treated, from comparisons with untreated units only.

    Units that start in one period are compared, in every later period, with units that are not
    treated: how much both have changed since the period before the start (Callaway & Sant'Anna
    2021). No unit treated earlier serves as comparison, so effects may differ between starts and
    grow or shrink with time. The averages: `simple` over all treated units and periods; `group`
    over the treated units, each start's periods averaged first; `event` over the periods since the
    start; `calendar` over the periods of the calendar.

    With covariates, trends need to be parallel only among units that were alike in them in the
    period before the start: doubly robust (Sant'Anna & Zhao 2020: a regression of the change and a
    logistic regression of who starts, of which one has to be right), or by the regression alone.
    Both are straight in the covariates; where squares and products of these move the effect, a
    warning says so. Intervals are from influence functions clustered by unit (or by the column with
    the role group), with residuals lengthened by leverage (HC2), and t with Satterthwaite's degrees
    of freedom; comparison units that count unequally are as few as tell the error alike (Bell &
    McCaffrey 2002).

    Raises `NotApplicable` where no start has units to be compared with.
    """
    progress(0.0, "effects by start and period")
    found = group_time(question.panel, controls, adjust, progress)
    averages = {name: _average(found, name) for name in OVER}
    order = [aggregate, *(name for name in OVER if name != aggregate)]
    frame = pd.concat([_row(question, averages[n], OVER[n]) for n in order], ignore_index=True)
    return EffectEstimate(
        frame=frame,
        summary=effect_sentence(
            question, frame, f"by staggered difference-in-differences, over {OVER[aggregate]}"
        ),
        notes=notes_of(question, found, averages[aggregate], adjust),
        unit=question.outcome_in_words,
    )


def notes_of(
    question: PanelQuestion, found: GroupTime, answer: Average, adjust: Adjust
) -> tuple[str, ...]:
    """What every answer from these effects rests on."""
    panel = question.panel
    return (
        *panel.notes,
        *found.notes,
        (
            "They are effects if, untreated, the treated would have changed as those they are "
            f"compared with (parallel trends), if {panel.nobody_in_advance}, and if the others "
            "were not touched by the treatment."
        ),
        (
            f"Standard errors are clustered by '{panel.clustered_by}' ({len(answer.sums):,} "
            f"clusters, influence functions); the interval is from t with {answer.degrees:.1f} "
            "degrees of freedom."
        ),
        *few_notes(len(answer.sums), int(answer.treated.sum()), panel.clustered_by),
        *drift_notes(found, question.outcome_in_words),
        *form_notes(panel, panel.clusters, lambda bent: _both(found, bent, adjust)),
    )


def _both(
    found: GroupTime, bent: Panel, adjust: Adjust
) -> tuple[tuple[float, Floats], tuple[float, Floats]]:
    """The mean of the effects since the start that can be had of both panels, of each of them."""
    again = group_time(bent, found.controls, adjust)
    names = [set(zip(each.start, each.period, strict=True)) for each in (found, again)]
    shared = names[0] & names[1]
    made = []
    for each in (found, again):
        is_shared = [pair in shared for pair in zip(each.start, each.period, strict=True)]
        if not (each.after & is_shared).any():
            raise NotApplicable("no effect could be had with them", "Leave covariates out.")
        average = each.average(each.after & is_shared)
        made.append((average.estimate, average.influence))
    return made[0], made[1]


def _average(found: GroupTime, which: Aggregate) -> Average:
    made = {
        "simple": found.simple,
        "group": found.over_groups,
        "event": found.over_events,
        "calendar": found.over_periods,
    }
    return made[which]()


def _row(question: PanelQuestion, average: Average, over: str) -> pd.DataFrame:
    return estimate_row(
        estimand="ATT", contrast=question.contrast_in_words, group=over,
        estimate=average.estimate, std_error=average.std_error, degrees=average.degrees,
    )  # fmt: skip
