"""Does the effect hang on the very rows at the cut-off?"""

import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, silent

from ._local import jump_at
from .bandwidth_sensitivity import DiscontinuitySensitivity, row_of
from .cutoff import CutoffQuestion, notes_of

#: The holes tried, as shares of the bandwidth.
HOLES = (0.0, 0.02, 0.05, 0.1, 0.2)


@method("Donut hole", page="regression_discontinuity", weighs=True)
def donut_hole(
    question: CutoffQuestion, /, *, progress: Progress = silent
) -> DiscontinuitySensitivity:
    """How the effect changes when the rows nearest to the cut-off are left out.

    If some could place themselves just beyond it, they are among those. The estimate again without
    the rows within 2 to 20 % of its bandwidth, which stays the same, with robust 95 % intervals.
    The farther the lines must reach, the wider they get. It informs and does not judge. Unit: the
    outcome's.

    Source: Barreca, Guldi, Lindo & Waddell, Quarterly Journal of Economics 126 (2011).
    """
    progress(0.0, "The estimate itself")
    own = question.effect()
    sides = question.sides
    rows, skipped = [], []
    for k, share in enumerate(HOLES):
        progress((k + 1) / (len(HOLES) + 1), "Leaving out the nearest rows")
        hole = share * own.h
        # What lies at the cut-off itself goes with the smallest hole.
        left = sides.left.take(sides.left.x <= -hole)
        right = sides.right.take(sides.right.x > hole) if hole else sides.right
        try:
            found = jump_at(left, right, own.h, own.b)
        except NotApplicable:
            skipped.append(number(hole))
            continue
        rows.append(row_of(found, hole, share == 0.0, sides.sign))
    frame = pd.DataFrame(rows)
    progress(1.0)
    farthest = frame.iloc[-1]
    notes = [f"The bandwidth stays {number(own.h)}; holes are shares of it."]
    if skipped:
        notes.append(f"Without the rows within {', '.join(skipped)} too few values are left.")
    return DiscontinuitySensitivity(
        frame=frame,
        summary=(
            f"Without the rows within {number(farthest['value'])} of the cut-off the effect on "
            f"{question.outcome_in_words} is {number(farthest['estimate'])} (robust 95 % interval "
            f"{number(farthest['conf_low'])} to {number(farthest['conf_high'])}); with all it is "
            f"{number(frame.iloc[0]['estimate'])}."
        ),
        notes=(*notes, *notes_of(question, own)),
        choice=f"rows left out: nearer than this, in units of {question.running}",
        unit=question.outcome_in_words,
    )
