"""Who are the compliers? How many, and how they differ from everyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, escape, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Column, Range

from ..analysis import require_answer
from ..design_matrix import DesignMatrix, design_matrix
from ..influence import MeanOutcomes, standard_error
from ..instrumental import Instrumental, instrumental
from ..nuisances import Nuisance, fold_of_rows, race
from ..propensity import CLIP
from ..question import CausalQuestion
from .aipw import contributions

Floats = NDArray[np.float64]
SHARE = "share of compliers"
#: A share of compliers that is not so many standard errors from none has no profile.
CLEAR = 2.0


@dataclass(frozen=True, kw_only=True)
class ComplierProfile(Result):
    """The share of compliers, and below it the mean of each column among them and everyone."""

    columns: ClassVar[Mapping[str, str]] = {
        "term": "a column, or one level of it (its mean is then a share); first the share of "
        "compliers",
        "everyone": "the mean among all rows used; of the first row 1",
        "compliers": "the mean among the compliers; of the first row their share",
        "std_error": "its standard error",
        "conf_low": "lower end of its 95 % interval",
        "conf_high": "upper end",
        "in_sd": "compliers less everyone, in standard deviations of everyone",
        "sd_low": "lower end of its 95 % interval",
        "sd_high": "upper end",
    }

    def figure(self) -> Any:
        """By how much compliers differ from everyone, in standard deviations, with intervals."""
        shown = self.frame[self.frame["term"] != SHARE].iloc[::-1]
        at = list(range(len(shown)))
        figure = new_figure(height=150 + 32 * len(shown), showlegend=False,
                            x="compliers − everyone, in standard deviations")  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        differs = (shown["sd_low"] > 0) | (shown["sd_high"] < 0)
        figure.add_scatter(
            x=shown["in_sd"], y=at, mode="markers",
            marker={"size": 10, "color": [BLUE if d else GREY for d in differs]},
            error_x={"type": "data", "symmetric": False,
                     "array": shown["sd_high"] - shown["in_sd"],
                     "arrayminus": shown["in_sd"] - shown["sd_low"], "color": GREY,
                     "thickness": 2, "width": 5},
            customdata=[f"{number(c)} against {number(e)}" for c, e in
                        zip(shown["compliers"], shown["everyone"], strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(tickvals=at, ticktext=[escape(t, 40) for t in shown["term"]],
                            range=[-0.6, len(at) - 0.4], zeroline=False)  # fmt: skip
        return figure


@method("Complier profile", page="effect", weighs=True)
def complier_profile(
    question: CausalQuestion,
    /,
    *,
    columns: Annotated[
        tuple[str, ...],
        Column("feature"),
        "settled before the instrument; none: what it is adjusted for",
    ] = (),
    folds: Annotated[int, Range(2, 20), "each part is predicted from the others"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> ComplierProfile:
    """How many rows the instrument moves, and how these differ from everyone: whom a LATE is about.

    Nobody can be named a complier, yet their means are known: a column's mean among them is the
    instrument's effect on treatment × column by its effect on the treatment. Both are by AIPW with
    the instrument in the treatment's place (Abadie's kappa, made doubly robust), cross-fitted, with
    the winner of a race. Intervals are 95 %, from each row's influence, over clusters where a
    column has the role group. Units: each column's; the picture is in standard deviations.

    Assumes what the LATE assumes: the instrument as if drawn by chance given the covariates, and
    nobody moved the other way; the columns settled before it. For one instrument and a treatment of
    two levels each; `NotApplicable` else, and where compliers are too few to tell.

    Source: Abadie, Journal of Econometrics 113 (2003); Angrist & Pischke, Mostly Harmless
    Econometrics (2009), section 4.4.4.
    """
    require_answer(question, "The complier profile", ("LATE",))
    if not question.treated.is_binary:
        raise NotApplicable(
            f"Compliers are of a yes/no treatment, and '{question.treatment}' takes many values.",
            "Make a yes/no column of the treatment.",
        )
    given = instrumental(question)
    named = _columns(question, given, columns)
    moved, contributed = _moved(given, folds, seed, part(progress, 0.0, 0.9))
    clusters = given.analysis.clusters
    share, from_share = moved.compared("difference")
    error = standard_error(from_share, clusters)
    if not abs(share) > CLEAR * error:
        raise NotApplicable(
            f"Compliers are {abs(share):.1%} of the rows with the standard error {error:.1%}: too "
            "few to describe.",
            "Use an instrument that moves the treatment more.",
        )
    progress(0.95, "Describing compliers")
    weight = given.analysis.weight
    made = [_share_row(abs(share), error)]
    left_out = []
    for column in named:
        seen = question.data.frame[column].iloc[given.analysis.rows].notna().to_numpy()
        if not seen.all():
            left_out.append(f"{column} ({int((~seen).sum()):,})")
        block = design_matrix(question.data, (column,), given.analysis.rows[seen])
        of = None if clusters is None else np.unique(clusters[seen], return_inverse=True)[1]
        made += _rows(_labelled(block), contributed[seen], weight[seen], of)
    frame = pd.DataFrame(made)
    notes = [
        *given.analysis.notes,
        "Compliers cannot be named row by row; an interval may leave what a column can be.",
    ]
    if left_out:
        notes.append(f"Rows without a value are left out of these means: {', '.join(left_out)}.")
    progress(1.0)
    return ComplierProfile(frame=frame, summary=_summary(frame, given), notes=tuple(notes))


def _columns(
    question: CausalQuestion, given: Instrumental, columns: tuple[str, ...]
) -> tuple[str, ...]:
    named = tuple(columns) or given.analysis.adjusted_for
    if not named:
        raise NotApplicable(
            "Nothing is adjusted for, and no column is named to describe compliers by.",
            "Name columns that were settled before the instrument.",
        )
    wrong = [c for c in named if c in (question.treatment, question.outcome, *given.names)]
    if wrong:
        raise NotApplicable(
            f"'{wrong[0]}' is part of the question itself.",
            "Name columns that were settled before the instrument.",
        )
    later = question.graph.descendants(*given.names)
    after = [c for c in named if c in later]
    if after:
        raise NotApplicable(
            f"By the graph '{after[0]}' comes after the instrument, which moves it too: its mean "
            "says nothing of who the compliers are.",
            "Name columns that were settled before the instrument.",
        )
    return named


def _moved(
    given: Instrumental, folds: int, seed: int, progress: Progress
) -> tuple[MeanOutcomes, Floats]:
    """The instrument's effect on the treatment, and what each row contributes to it."""
    z = given.z.matrix
    values = np.unique(z)
    if z.shape[1] != 1 or len(values) != 2:
        raise NotApplicable(
            f"Compliers are told by one instrument with two values, and {', '.join(given.names)} "
            f"{'have' if z.shape[1] > 1 else 'has'} more.",
            "Name one instrument with two values.",
        )
    high = np.asarray(z[:, 0] == values[1])
    analysis = given.analysis
    arm = analysis.arm.astype(float)
    name = given.names[0]
    everyone = np.ones(len(analysis), dtype=bool)
    wanted = [
        Nuisance(f"{analysis.question.treatment} where {name} low", arm, ~high),
        Nuisance(f"{analysis.question.treatment} where {name} high", arm, high),
        Nuisance(f"Chance of {name}", high.astype(float), everyone),
    ]
    # By the treatment, not by the arm: the folds are the same whichever way is asked.
    strata = 2 * high.astype(int) + (analysis.t == analysis.t.max())
    fold = fold_of_rows(strata, folds, seed, analysis.clusters)
    races = race(
        analysis.covariates.matrix, wanted, fold, weight=analysis.weight, seed=seed,
        progress=progress,
    )  # fmt: skip
    e = np.clip(races[2].predictions, CLIP, 1 - CLIP)
    start, to, over = contributions(
        "ATE", (~high, high), arm, (races[0].predictions, races[1].predictions), (1 - e, e)
    )
    means = MeanOutcomes.of_rows(start, to, over, analysis.weight)
    return means, np.asarray(to - start)


def _labelled(block: DesignMatrix) -> list[tuple[str, Floats]]:
    return [(t.label, values) for t, values in zip(block.terms, block.matrix.T, strict=True)]


def _share_row(share: float, error: float) -> dict[str, Any]:
    return {
        "term": SHARE, "everyone": 1.0, "compliers": share, "std_error": error,
        "conf_low": share - Z95 * error, "conf_high": share + Z95 * error,
        "in_sd": np.nan, "sd_low": np.nan, "sd_high": np.nan,
    }  # fmt: skip


def _rows(
    terms: list[tuple[str, Floats]],
    moved: Floats,
    weight: Floats,
    clusters: NDArray[np.intp] | None,
) -> list[dict[str, Any]]:
    """A column's means: Σ moved × value by Σ moved, and of everyone."""
    found = []
    weight = weight / weight.mean()
    size = float((weight * moved).mean())
    for label, values in terms:
        everyone = float((weight * values).mean())
        mean = float((weight * moved * values).mean()) / size
        influence = weight * moved * (values - mean) / size
        apart = influence - weight * (values - everyone)
        error, of_difference = (standard_error(x, clusters) for x in (influence, apart))
        spread = float(np.sqrt((weight * (values - everyone) ** 2).mean()))
        difference = mean - everyone
        found.append(
            {
                "term": label, "everyone": everyone, "compliers": mean, "std_error": error,
                "conf_low": mean - Z95 * error, "conf_high": mean + Z95 * error,
                "in_sd": difference / spread,
                "sd_low": (difference - Z95 * of_difference) / spread,
                "sd_high": (difference + Z95 * of_difference) / spread,
            }
        )  # fmt: skip
    return found


def _summary(frame: pd.DataFrame, given: Instrumental) -> str:
    share, rest = frame.iloc[0], frame.iloc[1:]
    text = (
        f"{given.names[0]} moves {share['compliers']:.1%} of the rows (95 % interval "
        f"{share['conf_low']:.1%} to {share['conf_high']:.1%})"
    )
    apart = rest[(rest["sd_low"] > 0) | (rest["sd_high"] < 0)]
    if apart.empty:
        return f"{text}; the data do not show that these differ from everyone in these columns."
    worst = apart.iloc[int(apart["in_sd"].abs().to_numpy().argmax())]
    return (
        f"{text}; they differ from everyone most in {worst['term']}: {number(worst['compliers'])} "
        f"(95 % interval {number(worst['conf_low'])} to {number(worst['conf_high'])}) against "
        f"{number(worst['everyone'])}."
    )
