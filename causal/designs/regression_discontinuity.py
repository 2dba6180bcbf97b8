"""By how much does the outcome jump at the cut-off?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd

from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.settings import Range

from ..effect import EffectEstimate, number, p_in_words
from ._local import Jump
from .cutoff import CutoffQuestion, notes_of
from .design import estimate_row

#: The rows of the estimate.
ROBUST, CONVENTIONAL = "jump, robust interval", "jump, conventional interval"


@dataclass(frozen=True, kw_only=True)
class RegressionDiscontinuity(EffectEstimate):
    """The effect at the cut-off with its robust interval, and the conventional one to compare.

    `bandwidth` is how far from the cut-off rows are used, in the running variable's unit."""

    columns: ClassVar[Mapping[str, str]] = {
        **EffectEstimate.columns,
        "estimand": "the jump with the robust bias-corrected interval, or with the conventional "
        "one, which forgets the bias",
        "contrast": "what is compared: the sides, or the treatment's levels",
        "group": "whom it is about: those at the cut-off (of them the compliers, when fuzzy)",
        "estimate": "the outcome's jump, in its unit; divided by the treatment's when fuzzy",
        "std_error": "standard error; the robust one counts that the bias was estimated",
    }

    bandwidth: float = float("nan")


@method("Regression discontinuity", page="regression_discontinuity", weighs=True)
def regression_discontinuity(
    question: CutoffQuestion,
    /,
    *,
    bandwidth: Annotated[
        float | None,
        Range(1e-12, 1e15),
        "how far from the cut-off rows are used; automatic: the smallest mean squared error",
    ] = None,
    progress: Progress = silent,
) -> RegressionDiscontinuity:
    """By how much the outcome jumps where the treatment begins: its effect on those there.

    A straight line is fitted on each side to the rows within the bandwidth, the nearer the heavier
    (triangular kernel); the effect is the step between them at the cut-off, and when fuzzy that
    step by the treatment's. The bandwidth minimises the estimated mean squared error. Lines bend,
    so the 95 % interval is the robust bias-corrected one: the bias is estimated by curves, taken
    off, and its uncertainty counted. It is not centred on the estimate; the conventional interval
    below forgets the bias and covers too seldom. Unit: the outcome's.

    Standard errors are by nearest neighbours, or with a column of the role group over its groups.
    The robust interval is from t where its error is worth fewer than 100 degrees of freedom
    (Satterthwaite), which are far fewer than the rows, and normal above, as the authors have it.
    The effect holds at the cut-off; it says nothing of those far from it. Raises `NotApplicable`
    where the treatment does not jump, and where too few distinct values are near the cut-off.

    Source: Calonico, Cattaneo & Titiunik, Econometrica 82 (2014); Calonico, Cattaneo, Farrell &
    Titiunik, Review of Economics and Statistics 101 (2019); Bell & McCaffrey, Survey Methodology 28
    (2002) for the degrees of freedom.
    """
    progress(0.0, "Fitting lines on both sides")
    found = question.effect(bandwidth)
    sign = question.sides.sign
    frame = pd.concat([_robust(question, found, sign), _conventional(question, found, sign)],
                      ignore_index=True)  # fmt: skip
    progress(1.0)
    return RegressionDiscontinuity(
        frame=frame,
        summary=_summary(question, found, frame.iloc[0]),
        notes=(*_notes(question, found, sign, bandwidth is None), *notes_of(question, found)),
        unit=question.outcome_in_words,
        bandwidth=found.h,
    )


def _robust(question: CutoffQuestion, found: Jump, sign: float) -> pd.DataFrame:
    ends = sorted(sign * end for end in found.interval)
    return estimate_row(
        estimand=ROBUST, contrast=question.contrast, group=_group(question),
        estimate=sign * found.estimate, std_error=found.robust_error,
        interval=(ends[0], ends[1]), p_value=found.p_value,
    )  # fmt: skip


def _conventional(question: CutoffQuestion, found: Jump, sign: float) -> pd.DataFrame:
    return estimate_row(
        estimand=CONVENTIONAL, contrast=question.contrast, group=_group(question),
        estimate=sign * found.estimate, std_error=found.std_error,
    )  # fmt: skip


def _group(question: CutoffQuestion) -> str:
    return ("compliers at " if question.is_fuzzy else "rows at ") + question.place


def _summary(question: CutoffQuestion, found: Jump, row: pd.Series) -> str:
    what = f"{question.treatment} ({row['contrast']})" if question.is_fuzzy else "the treatment"
    return (
        f"At {question.place} {what} changes {question.outcome_in_words} by "
        f"{number(row['estimate'])} (95 % robust interval {number(row['conf_low'])} to "
        f"{number(row['conf_high'])}, {p_in_words(row['p_value'])}), by straight lines "
        f"within {number(found.h)} of it: {found.rows[0]:,} rows below and "
        f"{found.rows[1]:,} at or above."
    )


def _notes(question: CutoffQuestion, found: Jump, sign: float, chosen: bool) -> list[str]:
    how = "that of the smallest estimated mean squared error" if chosen else "as given"
    notes = [
        (
            f"Bandwidth {number(found.h)} for the lines ({how}) and {number(found.b)} for the "
            "curves that tell their bias; triangular kernel."
        ),
        (
            f"The robust interval is centred on the estimate less its bias, "
            f"{number(sign * found.corrected)}."
        ),
    ]
    if np.isfinite(found.degrees):
        notes.append(
            f"The robust standard error is worth {found.degrees:.0f} degrees of freedom, so its "
            "interval and p-value are from t."
        )
    if question.is_fuzzy:
        notes.append(
            f"{question.treatment} itself jumps by {number(found.first)} (robust standard error "
            f"{number(found.first_error)}); the effect is the outcome's jump by this one."
        )
    if question.covariates:
        notes.append(f"Adjusted for {', '.join(question.covariates)}, by the same on both sides.")
    return notes
