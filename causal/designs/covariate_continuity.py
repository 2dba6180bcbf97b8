"""Do columns that the treatment cannot have changed jump at the cut-off too?"""

from typing import Annotated

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.settings import Column

from ..checks.no_effect import NoEffect, One, in_words, passes, table
from ..design_matrix import design_matrix
from ._local import Jump
from .cutoff import CutoffQuestion
from .design import Floats


@method("Covariate continuity", page="regression_discontinuity", weighs=True)
def covariate_continuity(
    question: CutoffQuestion,
    /,
    *,
    columns: Annotated[
        tuple[str, ...], Column(None), "settled before the treatment; none: the covariates"
    ] = (),
    progress: Progress = silent,
) -> NoEffect:
    """Whether those just below and just above the cut-off were alike before the treatment.

    What was settled before cannot have been changed by it: where such a column jumps, the two sides
    differ in other ways, too, and so may the outcome. Each column (each level of one with several)
    takes the outcome's part, with its own bandwidth and robust 95 % interval; the real effect
    stands last, adjusted for the covariates as in the estimate. Passes when no jump is away from
    zero at 5 %, all together (Holm). Unit: each column's; the picture is in standard deviations.

    Raises `NotApplicable` where there is no column to look at.
    Source: Lee & Lemieux, Journal of Economic Literature 48 (2010), section 4.
    """
    wanted = dict(_columns(question, tuple(columns) or question.covariates))
    made = []
    for k, (name, values) in enumerate(wanted.items()):
        progress(k / (len(wanted) + 1), f"The jump of {name}")
        found = question.sides_of(values).jump()
        made.append(One("placebo", name, as_row(found), _spread(values[question.rows])))
    real = question.effect()
    y = question.numbers(question.outcome)[question.rows]
    sign = question.sides.sign
    frame = table([*made, One("real", question.outcome, as_row(real, sign), _spread(y))])
    progress(1.0)
    return NoEffect(
        frame=frame,
        summary=in_words(frame, f"At {question.place} the jump of"),
        notes=(
            (
                "Jumps are from below to above, each with its own bandwidth and a robust "
                "interval; the last row is the effect."
            ),
            (
                "A correct design fails by chance about 5 % of the time. Passing says nothing of "
                "what was not measured."
            ),
            *question.left_out,
        ),
        passed=passes(frame),
    )


def as_row(found: Jump, sign: float = 1.0) -> pd.Series:
    """A jump with its robust interval, as a row of estimates."""
    low, high = sorted(sign * end for end in found.interval)
    return pd.Series(
        {
            "estimate": sign * found.estimate, "std_error": found.robust_error,
            "conf_low": low, "conf_high": high, "p_value": found.p_value,
        }
    )  # fmt: skip


def _columns(question: CutoffQuestion, names: tuple[str, ...]) -> list[tuple[str, Floats]]:
    if not names:
        raise NotApplicable(
            "No column is named that was settled before the treatment.",
            "Name covariates in the question, or choose columns here.",
        )
    for name in names:
        if name in (question.outcome, question.running, question.treatment):
            raise NotApplicable(
                f"'{name}' is part of the question itself.",
                "Choose columns that the treatment cannot have changed.",
            )
    found = []
    for name in names:
        rows = np.flatnonzero(question.data.frame[name].notna().to_numpy())
        made = design_matrix(question.data, (name,), rows)
        for term, values in zip(made.terms, made.matrix.T, strict=True):
            column = np.full(len(question.data), np.nan)
            column[rows] = values
            found.append((term.label, column))
    if not found:
        raise NotApplicable("The chosen columns do not vary.", "Choose others.")
    return found


def _spread(values: Floats) -> float:
    return float(np.nanstd(values, ddof=1))
