"""The effect in each group of rows, and whether the groups differ at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures import BLUE, GREY, LIGHT_GREY, escape, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Column, Range

from ..effect import p_in_words
from ..influence import standard_error
from ..joint import covariance, p_differ, reach_at_once
from ..question import CausalQuestion
from ..row_groups import RowGroups, row_groups
from ._scores import Scores, scores_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class GroupEffects(Result):
    """One row per group, and a first one for everyone.

    `p_differ` is the p-value of all groups having the same effect (Wald); `column` is
    whose groups they are."""

    columns: ClassVar[Mapping[str, str]] = {
        "estimand": "GATE: the group's average effect; ATE: everyone's",
        "contrast": "the treatment's value compared with which other",
        "group": "the level, or the range of the number",
        "estimate": "the average effect in the group, in the outcome's unit",
        "std_error": "its standard error",
        "conf_low": "lower end of the group's own 95 % interval",
        "conf_high": "upper end of the group's own 95 % interval",
        "all_low": "lower end of the interval that holds for all groups at once with 95 %",
        "all_high": "upper end of that interval",
        "p_value": "two-sided p-value of no effect in this group",
        "rows": "rows in the group",
    }

    unit: str = ""
    p_differ: float = float("nan")
    column: str = ""

    @property
    def title(self) -> str:
        """Names the column, since a report often holds several."""
        return f"Effects in groups of {self.column}"

    def figure(self) -> Any:
        """Each group's effect, thick its own interval and thin the one for all at once; the grey
        line is everyone's effect."""
        groups = self.frame[self.frame["estimand"] == "GATE"].iloc[::-1]
        everyone = self.frame["estimate"].iloc[0]
        figure = new_figure(height=150 + 40 * len(groups), x=self.unit)
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        figure.add_vline(x=everyone, line={"color": GREY, "width": 1, "dash": "dash"})
        at = list(range(len(groups)))
        for low, high, width, name in (
            ("all_low", "all_high", 1.5, "thin: 95 % for all groups at once"),
            ("conf_low", "conf_high", 5, "thick: 95 % for each group alone"),
        ):
            figure.add_scatter(
                x=groups["estimate"], y=at, mode="markers", name=name,
                marker={"size": 10, "color": BLUE},
                error_x={
                    "type": "data", "symmetric": False, "thickness": width, "width": 0,
                    "array": groups[high] - groups["estimate"],
                    "arrayminus": groups["estimate"] - groups[low],
                },
                customdata=groups[["rows"]],
                hovertemplate="%{x:.4g} (%{customdata[0]:,} rows)<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(
            tickvals=at, ticktext=[escape(g, 30) for g in groups["group"]],
            range=[-0.6, len(at) - 0.4], showgrid=False, ticks="", zeroline=False,
        )  # fmt: skip
        return figure


@method("Effects in groups", page="effect", weighs=True)
def group_effects(
    question: CausalQuestion,
    /,
    *,
    column: Annotated[str, Column("feature"), "whose groups are compared"],
    groups: Annotated[int, Range(2, 10), "into how many equal parts a number is cut"] = 4,
    seed: int = 0,
    progress: Progress = silent,
) -> GroupEffects:
    """In which groups of a column the treatment does more, and whether they differ at all.

    The average effect within each level of a column (a number is cut at its quantiles), as the mean
    of the doubly robust scores there; every row is predicted by models that never saw it. Unit: the
    outcome's; for a two-level outcome a difference in shares. Two intervals of 95 %: the group's
    own, and one that holds for all groups at once, which is the one to use when a group is picked
    because it stands out. The test of any difference is Wald's.

    Groups with fewer than ten rows of either arm are left out and named. For two arms, the ATE and
    a difference; `NotApplicable` else, or for a column that comes after the treatment. The groups
    must have been chosen before looking at the effects.

    Source: Semenova & Chernozhukov (2021); Chernozhukov et al. (2013) for intervals at once.
    """
    found = scores_of(question, "Effects in groups", (column,), seed, part(progress, 0.0, 0.98))
    analysis = found.analysis
    cut = row_groups(question.data, column, analysis.rows, groups)
    kept = cut.large_enough(analysis.arm, ~analysis.arm)
    frame, influence = _effects(found, kept)
    joint = covariance(influence[:, 1:], analysis.clusters)
    frame = _at_once(frame, reach_at_once(joint, seed))
    p = p_differ(frame["estimate"].to_numpy()[1:], joint)
    progress(1.0)
    return GroupEffects(
        frame=frame[list(GroupEffects.columns)],
        summary=_summary(question, column, frame, p),
        notes=(*kept.notes, *found.notes, "Thin intervals hold for all groups at once with 95 %."),
        unit=question.unit_in_words,
        p_differ=p,
        column=column,
    )


def _effects(found: Scores, groups: RowGroups) -> tuple[pd.DataFrame, Floats]:
    masks = [np.ones(len(groups.codes), dtype=bool), *groups]
    pairs = [found.influence_on_mean(mask.astype(float)) for mask in masks]
    means = np.array([mean for mean, _ in pairs])
    influence = np.column_stack([psi for _, psi in pairs])
    clusters = found.analysis.clusters
    errors = np.array([standard_error(psi, clusters) for psi in influence.T])
    frame = pd.DataFrame(
        {
            "estimand": ["ATE"] + ["GATE"] * len(groups.names),
            "contrast": found.analysis.question.contrast_in_words,
            "group": ["everyone", *groups.names],
            "estimate": means,
            "std_error": errors,
            "conf_low": means - Z95 * errors,
            "conf_high": means + Z95 * errors,
            "p_value": _p(means, errors),
            "rows": [int(mask.sum()) for mask in masks],
        }
    )
    return frame, influence


def _p(means: Floats, errors: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.abs(means / errors)))


def _at_once(frame: pd.DataFrame, reach: float) -> pd.DataFrame:
    """Intervals that hold for all groups at once; everyone's row keeps its own."""
    half = np.r_[Z95, np.full(len(frame) - 1, reach)] * frame["std_error"]
    return frame.assign(all_low=frame["estimate"] - half, all_high=frame["estimate"] + half)


def _summary(question: CausalQuestion, column: str, frame: pd.DataFrame, p: float) -> str:
    groups = frame.iloc[1:]
    low, high = (
        groups.iloc[int(at)] for at in (groups["estimate"].argmin(), groups["estimate"].argmax())
    )
    span = (
        f"{number(low['estimate'])} ({low['group']}) to {number(high['estimate'])} "
        f"({high['group']})"
    )
    tail = (
        f"the groups differ ({p_in_words(p)})"
        if p < 0.05
        else f"the data do not show that the groups differ ({p_in_words(p)})"
    )
    return (
        f"{question.treatment} {question.contrast_in_words}, by {column}: "
        f"{question.effect_in_words(span)}; {tail}."
    )
