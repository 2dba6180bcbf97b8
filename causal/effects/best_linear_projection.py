"""How the effect changes with chosen columns, along straight lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, LIGHT_GREY, escape, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Column

from ..adjustment import used_set
from ..design_matrix import design_matrix
from ..effect import p_in_words
from ..joint import covariance
from ..question import CausalQuestion
from ._scores import scores_of

Floats = NDArray[np.float64]
AVERAGE = "average effect"


@dataclass(frozen=True, kw_only=True)
class BestLinearProjection(Result):
    """One row per term: first the average effect, then by how much the effect changes with each.

    `p_constant` is the p-value of no term changing the effect (Wald)."""

    columns: ClassVar[Mapping[str, str]] = {
        "term": "a column, or a level of it compared with its first level; or the average effect",
        "estimate": "by how much the effect grows with one unit more of it, others held",
        "std_error": "its standard error, robust to unequal variances (HC2, or clustered)",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
        "p_value": "two-sided p-value of no change",
        "per_deviation": "the change with one standard deviation more of it",
    }

    unit: str = ""
    p_constant: float = float("nan")

    def figure(self) -> Any:
        """By how much the effect changes with one standard deviation more of each term, which is
        what can be compared between terms, with 95 % intervals."""
        shown = self.frame[self.frame["term"] != AVERAGE].iloc[::-1]
        scale = (shown["per_deviation"] / shown["estimate"].where(shown["estimate"] != 0)).fillna(0)
        at = list(range(len(shown)))
        figure = new_figure(
            height=140 + 36 * len(shown), showlegend=False,
            x="change of the effect with one standard deviation more",
        )  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        figure.add_scatter(
            x=shown["per_deviation"], y=at, mode="markers",
            marker={"size": 10, "color": BLUE},
            error_x={"type": "data", "array": Z95 * shown["std_error"] * scale, "thickness": 2},
            customdata=[number(v) for v in shown["estimate"]],
            hovertemplate="%{x:.4g} per standard deviation, %{customdata} per unit<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(
            tickvals=at, ticktext=[escape(t, 30) for t in shown["term"]],
            range=[-0.6, len(at) - 0.4], showgrid=False, ticks="", zeroline=False,
        )  # fmt: skip
        return figure


@method("Best linear projection", page="effect", weighs=True)
def best_linear_projection(
    question: CausalQuestion,
    /,
    *,
    modifiers: Annotated[
        tuple[str, ...], Column("feature"), "along which effects may vary; none: all adjusted for"
    ] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> BestLinearProjection:
    """With which columns the effect grows or shrinks, as the straight line nearest to it.

    The doubly robust scores of the rows are regressed on the chosen columns (levels as 0/1 without
    the first). Whatever the true effects are, the slopes are those of their best linear summary; a
    curve that rises and falls may have none. Slopes are in the outcome's unit per unit of the
    column, the first row is the average effect. Intervals are 95 %, HC2, or over clusters, that of
    the average with the sampling of the rows it is over; the joint test of no slope is Wald's.

    A slope says along which column effects differ, not that changing the column would change the
    effect. For two arms, the ATE and a difference; `NotApplicable` else.

    Source: Semenova & Chernozhukov (2021).
    """
    along = tuple(modifiers) or used_set(question)
    if not along:
        raise NotApplicable(
            "Nothing is adjusted for, so there is no column the effect could vary with.",
            "Choose modifiers: columns settled before the treatment.",
        )
    found = scores_of(question, "The best linear projection", along, seed, part(progress, 0, 0.98))
    analysis = found.analysis
    made = design_matrix(question.data, along, analysis.rows)
    if not made.terms:
        raise NotApplicable("The chosen columns do not vary.", "Choose others.")
    weight = analysis.weight
    centred = made.matrix - np.average(made.matrix, axis=0, weights=weight)
    spread = np.sqrt(np.average(centred**2, axis=0, weights=weight))
    slopes, joint = _fitted(centred / spread, found.values, weight, analysis.clusters)
    scale = np.r_[1.0, spread]
    p = _p_joint(slopes[1:], joint[1:, 1:])
    frame = _frame([AVERAGE, *(t.label for t in made.terms)], slopes, joint, scale)
    progress(1.0)
    straight = "Slopes are those of the best straight summary of the effects, which may be curved."
    return BestLinearProjection(
        frame=frame,
        summary=_summary(question, frame, p),
        notes=(*found.notes, straight),
        unit=question.unit_in_words,
        p_constant=p,
    )


def _fitted(
    z: Floats, scores: Floats, weight: Floats, clusters: NDArray[np.intp] | None
) -> tuple[Floats, Floats]:
    """Weighted least squares with a constant: coefficients and their robust covariance. The columns
    z (n, p) are centred, so that the constant is the mean score."""
    design = np.column_stack([np.ones(len(z)), z])
    gram = (design.T * weight) @ design / len(z)
    if np.linalg.cond(gram) > 1e10:
        raise NotApplicable(
            "The chosen columns are copies of one another, so that no slope is anyone's.",
            "Leave out those that say the same.",
        )
    inverse = np.linalg.inv(gram)
    slopes = inverse @ (design.T @ (weight * scores)) / len(z)
    residuals = weight * (scores - design @ slopes)
    if clusters is None:
        leverage = weight * ((design @ inverse) * design).sum(axis=1) / len(z)
        residuals = residuals / np.sqrt(1 - np.clip(leverage, 0, 1 - 1e-10))
    influence = (design @ inverse) * residuals[:, None]
    # The average is over rows that were sampled: effects along the slopes vary between them.
    influence[:, 0] += weight * (z @ slopes[1:])
    joint = covariance(influence, clusters)
    # HC2 has its own correction; clusters have that of Stata for the columns.
    rest = len(z) if clusters is None else len(z) - design.shape[1]
    joint = joint * (len(z) - 1) / rest
    return slopes, joint


def _frame(terms: list[str], slopes: Floats, joint: Floats, scale: Floats) -> pd.DataFrame:
    from scipy.special import ndtr

    errors = np.sqrt(np.diag(joint))
    estimate, error = slopes / scale, errors / scale
    return pd.DataFrame(
        {
            "term": terms,
            "estimate": estimate,
            "std_error": error,
            "conf_low": estimate - Z95 * error,
            "conf_high": estimate + Z95 * error,
            "p_value": 2 * ndtr(-np.abs(slopes / errors)),
            "per_deviation": np.r_[np.nan, slopes[1:]],
        }
    )


def _p_joint(slopes: Floats, joint: Floats) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(slopes @ np.linalg.solve(joint, slopes), len(slopes)))


def _summary(question: CausalQuestion, frame: pd.DataFrame, p: float) -> str:
    start = f"{question.treatment} {question.contrast_in_words}: "
    if p >= 0.05:
        return (
            f"{start}the data do not show that the effect on {question.outcome_in_words} changes "
            f"along straight lines with these columns ({p_in_words(p)}, all terms together)."
        )
    rest = frame.iloc[1:]
    most = rest.iloc[int(rest["p_value"].argmin())]
    return (
        f"{start}the effect on {question.outcome_in_words} varies with these columns "
        f"({p_in_words(p)}, all terms together), most clearly with {most['term']}: "
        f"{number(most['estimate'])} per unit (95 % interval {number(most['conf_low'])} to "
        f"{number(most['conf_high'])})."
    )
