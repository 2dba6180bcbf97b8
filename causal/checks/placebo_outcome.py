"""Does the analysis find an effect on what had happened before the treatment?"""

from typing import Annotated

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Column

from ..question import CausalQuestion
from ._again import NAMES, Estimator
from ._earlier_outcomes import earlier_outcomes
from ._other_outcome import OtherQuestion, estimated, of_outcome
from .no_effect import NoEffect, in_words, passes, table


@method("Placebo outcome", page="cause")
def placebo_outcome(
    question: CausalQuestion,
    /,
    *,
    column: Annotated[
        str | None, Column(None), "the outcome measured before; automatic: found by its name"
    ] = None,
    estimator: Annotated[Estimator, "the estimator that is put to the test"] = "linear_regression",
    seed: int = 0,
    progress: Progress = silent,
) -> NoEffect:
    """Whether the analysis finds an effect on the outcome as it was before the treatment.

    Nothing can change what has already happened, so an effect there is bias: the arms differed
    before, in spite of what is adjusted for. The question is asked again with each earlier outcome
    in turn, which is then not adjusted for itself, nor what only repeats it. Columns are found by
    their names (re75 beside re78, baseline_score beside score), or one is chosen. Passes when no
    effect is away from zero at 5 %, for several columns together (Holm).

    Passing shows no bias of the size that would have been seen; where an earlier outcome is itself
    what decided the treatment, the check is stricter than the analysis, which adjusts for it.
    Source: Imbens & Rubin, Causal Inference (2015), chapter 21; Imbens & Xu (2024).
    """
    found = _columns(question, column)
    share = 1 / (len(found) + 1)
    real = estimated(
        question, "real", question.outcome, estimator, seed, part(progress, 0.0, share)
    )
    others = {c: of_outcome(question, c) for c in found}
    made = [
        estimated(
            other.question, "placebo", c, estimator, seed,
            part(progress, k * share, (k + 1) * share),
        )
        for k, (c, other) in enumerate(others.items(), start=1)
    ]  # fmt: skip
    frame = table([*made, real])
    progress(1.0)
    return NoEffect(
        frame=frame,
        summary=in_words(frame, f"By {NAMES[estimator]} the effect of {question.treatment} on"),
        notes=tuple(_notes(found, others)),
        passed=passes(frame),
    )


def _columns(question: CausalQuestion, column: str | None) -> dict[str, str]:
    if column is None:
        found = earlier_outcomes(question)
        if not found:
            raise NotApplicable(
                f"No column is named like '{question.outcome}' at an earlier time.",
                "Choose the column that holds the outcome before the treatment, if there is one.",
            )
        return found
    if column in (question.treatment, question.outcome):
        raise NotApplicable(
            f"'{column}' is the {'treatment' if column == question.treatment else 'outcome'} of "
            "the question itself.",
            "Choose a column that holds the outcome before the treatment.",
        )
    if column in question.graph.descendants(question.treatment):
        raise NotApplicable(
            f"By the graph {question.treatment} changes '{column}', so an effect there is no bias.",
            "Choose a column that was measured before the treatment.",
        )
    return {column: "chosen"}


def _notes(found: dict[str, str], others: dict[str, OtherQuestion]) -> list[str]:
    notes = [f"{column}: {why}." for column, why in found.items()]
    for column, other in others.items():
        if other.left_out:
            notes.append(
                f"For {column} these are not adjusted for, being it or a repetition of it: "
                f"{', '.join(other.left_out)}."
            )
    return [
        *notes,
        (
            "A correct analysis fails by chance about 5 % of the time. Passing says nothing of "
            "causes of the outcome that did not show before."
        ),
    ]
