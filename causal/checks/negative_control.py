"""Does the analysis find an effect where the person knows that there is none?"""

from dataclasses import dataclass
from typing import Annotated, Literal

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.settings import Column

from ..analysis import require_one_effect
from ..question import WHOM, CausalQuestion
from ._again import NAMES, TESTED, Estimator, tested
from ._other_outcome import estimated, of_outcome, of_treatment, rows_notes, scale_note
from .no_effect import NoEffect, in_words, passes, table

Part = Literal["outcome", "exposure"]


@dataclass(frozen=True, kw_only=True)
class NegativeControl(NoEffect):
    """The effect on, or of, a column where there is none, and the real effect."""

    control: str = ""

    @property
    def title(self) -> str:
        """With the column that was chosen."""
        return f"{super().title}: {self.control}"


@method("Negative control", page="robustness", weighs=True)
def negative_control(
    question: CausalQuestion,
    /,
    *,
    column: Annotated[str, Column(None), "a column without any effect in this question"],
    part_played: Annotated[
        Part, "outcome: the treatment cannot change it; exposure: it cannot change the outcome"
    ] = "outcome",
    estimator: Annotated[Estimator | None, TESTED] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> NegativeControl:
    """Whether the analysis finds an effect that, as you know, cannot be there.

    A negative control outcome shares the causes of the real outcome, but the treatment cannot
    change it; a negative control exposure shares the causes of the treatment, but cannot change
    the outcome (the real treatment is then adjusted for). An effect found is confounding that the
    adjustment leaves. Passes when it is not away from zero at 5 %.

    For the LATE the control is an outcome, and an effect found is a way from the instrument to it
    beside the treatment, or a cause they share. A ratio is looked at as a difference.

    Both effects are of rows whose real outcome is known, as they are weighted.

    It is as good as the claim that there is no effect, and sees only the confounding that the
    control shares. Source: Lipsitch, Tchetgen Tchetgen & Cohen, Epidemiology 21 (2010).
    """
    require_one_effect(question, "A negative control")
    _require_control(question, column, part_played)
    make = of_outcome if part_played == "outcome" else of_treatment
    other = make(question, column)
    by = tested(question, estimator)
    real = estimated(question, "real", question.outcome, by, seed, part(progress, 0.0, 0.5))
    made = estimated(other.question, "placebo", column, by, seed, part(progress, 0.5, 1.0))
    frame = table([made, real])
    what = (
        f"By {NAMES[by]} the effect of {question.treatment} on"
        if part_played == "outcome"
        else f"By {NAMES[by]} the effect on {question.outcome} of"
    )
    notes = [
        *rows_notes(real, [made]),
        "That there is no effect here is for you to know; if there is one, failing says nothing.",
    ]
    if other.left_out:
        notes.append(f"Not adjusted for here: {', '.join(other.left_out)}.")
    if part_played == "exposure":
        notes.append(f"{question.treatment} is adjusted for as well.")
    if part_played == "exposure" and question.estimand != "ATE":
        notes.append(f"The effect of {column} is averaged over {WHOM['ATE']} (ATE).")
    progress(1.0)
    return NegativeControl(
        frame=frame, summary=in_words(frame, what), notes=(*notes, *scale_note(question)),
        passed=passes(frame), control=column,
    )  # fmt: skip


def _require_control(question: CausalQuestion, column: str, part_played: Part) -> None:
    if column in (question.treatment, question.outcome):
        raise NotApplicable(
            f"'{column}' is the {'treatment' if column == question.treatment else 'outcome'} of "
            "the question itself.",
            "Choose another column.",
        )
    if question.data.kinds[column] == "identifier":
        raise NotApplicable(
            f"'{column}' only names the rows: it shares no cause with anything, so passing would "
            "say nothing.",
            "Choose a column that shares the causes of the real one.",
        )
    later = question.graph.descendants(question.treatment)
    if part_played == "outcome" and column in later:
        raise NotApplicable(
            f"By the graph {question.treatment} changes '{column}', so it is no negative control.",
            "Choose a column that the treatment cannot change.",
        )
    is_drawn = question.graph_was_drawn and column in question.graph.ancestors(question.treatment)
    moves = is_drawn or column in question.instruments
    # Of the LATE the instrument's effect is looked at, with which causes of the treatment may vary.
    if part_played == "outcome" and moves and question.estimand != "LATE":
        raise NotApplicable(
            f"By the graph '{column}' is a cause of {question.treatment}: the two go together "
            "however right the analysis is.",
            "Choose a column that shares causes of the outcome and does not move the treatment.",
        )
    if part_played == "exposure" and column in question.graph.descendants(question.outcome):
        raise NotApplicable(
            f"By the graph '{column}' comes after {question.outcome}: the two go together however "
            "right the analysis is.",
            "Choose a column that was settled before the outcome and cannot change it.",
        )
    causes = question.graph.ancestors(question.outcome)
    if part_played == "exposure" and question.graph_was_drawn and column in causes:
        raise NotApplicable(
            f"By the graph '{column}' is a cause of {question.outcome}, so it is no negative "
            "control exposure.",
            "Choose a column that cannot change the outcome.",
        )
