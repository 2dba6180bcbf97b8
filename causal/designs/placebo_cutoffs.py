"""Does the outcome jump where nothing begins?"""

from typing import Annotated

import numpy as np

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.settings import Range

from ..checks.no_effect import NoEffect, One, in_words, passes, table
from ._local import Side, jump_at, without_treatment
from .covariate_continuity import as_row
from .cutoff import FEWEST_ROWS, FEWEST_VALUES, CutoffQuestion


@method("Placebo cut-offs", page="regression_discontinuity", weighs=True)
def placebo_cutoffs(
    question: CutoffQuestion,
    /,
    *,
    per_side: Annotated[int, Range(1, 20), "how many on each side of the real one"] = 3,
    progress: Progress = silent,
) -> NoEffect:
    """Whether the same analysis finds a jump where no treatment begins.

    Other values of the running variable take the cut-off's part: quantiles of each side, by rows of
    that side only, so that the real jump is in none of them. A jump there means that the outcome
    runs too unevenly for lines and curves, and the real jump may be of that kind. The real one
    stands last; with a treatment column it is the outcome's jump, not yet by the treatment's.
    Passes when none is away from zero at 5 %, all together (Holm). Unit: the outcome's; the picture
    is in its standard deviations.

    Source: Imbens & Lemieux, Journal of Econometrics 142 (2008), section 7.
    """
    progress(0.0, "Choosing other cut-offs")
    sides = [without_treatment(s) for s in (question.sides.left, question.sides.right)]
    sign = question.sides.sign
    places = [
        (float(at), side)
        for side in sides
        for at in np.unique(np.quantile(side.x, np.arange(1, per_side + 1) / (per_side + 1)))
    ]
    spread = float(np.concatenate([s.d[:, 0] for s in sides]).std(ddof=1))
    made, skipped = [], []
    for k, (at, side) in enumerate(places):
        name = f"{question.running} = {number(at + question.cutoff)}"
        progress(k / (len(places) + 1), f"The jump at {name}")
        parts = side.take(side.x < at).shifted(at), side.take(side.x >= at).shifted(at)
        if any(_is_small(p) for p in parts):
            skipped.append(name)
            continue
        made.append(One("placebo", name, as_row(jump_at(*parts), sign), spread))
    if not made:
        raise NotApplicable(
            "Neither side holds rows enough to be divided by another cut-off.",
            "Bring more rows, or take fewer placebo cut-offs.",
        )
    real = as_row(jump_at(sides[0], sides[1]), sign)
    frame = table([*made, One("real", question.place, real, spread)])
    progress(1.0)
    return NoEffect(
        frame=frame,
        summary=in_words(frame, f"The jump of {question.outcome_in_words} at"),
        notes=tuple(_notes(question, skipped)),
        passed=passes(frame),
    )


def _is_small(side: Side) -> bool:
    return len(side.x) < FEWEST_ROWS or len(np.unique(side.x)) < FEWEST_VALUES


def _notes(question: CutoffQuestion, skipped: list[str]) -> list[str]:
    notes = ["Each has its own bandwidth and a robust interval, by rows of its side only."]
    if skipped:
        notes.append(f"Left out, having too few rows on one side: {', '.join(skipped)}.")
    if question.is_fuzzy:
        notes.append("All are jumps of the outcome, not divided by the treatment's.")
    notes.append("A correct design fails by chance about 5 % of the time.")
    return [*notes, *question.left_out]
