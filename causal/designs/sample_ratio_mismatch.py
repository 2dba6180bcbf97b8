"""Are the arms as large as they were planned?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, LIGHT_GREY, VERMILION, escape, new_figure
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..effect import p_in_words
from ._rows import clusters_of
from .experiment import ExperimentQuestion

#: The check fails below this p-value: it is asked of every experiment, and a failure stops all.
STRICT = 0.001


@dataclass(frozen=True, kw_only=True)
class SampleRatioMismatch(CheckResult):
    """The share of each arm beside the planned one. Passes unless p < 0.001 (chi-square)."""

    columns: ClassVar[Mapping[str, str]] = {
        "arm": "the arm",
        "units": "rows in it, or groups where whole groups were assigned",
        "planned": "how many were to be expected",
        "share": "its share of all",
        "conf_low": "lower end of the 95 % interval of the share (Wilson)",
        "conf_high": "upper end",
        "planned_share": "its planned share",
        "contribution": "its part of the chi-square statistic",
    }

    def figure(self) -> Any:
        """Each arm's share with its interval, and a line where it was planned."""
        shown = self.frame.iloc[::-1]
        figure = new_figure(height=150 + 46 * len(shown), x="share of all", showlegend=False)
        at = list(range(len(shown)))
        figure.add_scatter(
            x=shown["planned_share"], y=at, mode="markers", hoverinfo="skip",
            marker={"symbol": "line-ns", "size": 30, "line": {"width": 4, "color": LIGHT_GREY}},
        )  # fmt: skip
        colour = BLUE if self.passed else VERMILION
        figure.add_scatter(
            x=shown["share"], y=at, mode="markers", marker={"size": 10, "color": colour},
            error_x={"type": "data", "symmetric": False,
                     "array": shown["conf_high"] - shown["share"],
                     "arrayminus": shown["share"] - shown["conf_low"], "thickness": 2, "width": 6},
            customdata=shown["units"],
            hovertemplate="%{x:.4f}: %{customdata:,}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(tickformat=".1%")
        figure.update_yaxes(tickvals=at, ticktext=[escape(a, 30) for a in shown["arm"]],
                            range=[-0.6, len(at) - 0.4], showgrid=False, ticks="",
                            zeroline=False)  # fmt: skip
        return figure


@method("Sample ratio mismatch", page="experiment")
def sample_ratio_mismatch(
    question: ExperimentQuestion, /, *, progress: Progress = silent
) -> SampleRatioMismatch:
    """Whether the arms are as large as planned: the first thing to ask of an experiment.

    If not, rows were lost or added after the assignment, and not by chance: what is left of the
    arms is no longer alike, and no effect is to be read before the reason is known. A chi-square
    test against the planned shares; without them it informs and does not judge. It fails below
    p = 0.001, a strict threshold because every experiment is asked. All rows with an arm count,
    with an outcome or without; where a column of the role group has one arm per group, groups count
    instead.

    Raises `NotApplicable` where fewer than five are planned in an arm. Source: Fabijan et al., KDD
    (2019); Kohavi, Tang & Xu (2020), chapter 21.
    """
    progress(0.0, "Counting the arms")
    units = _units(question)
    counts = np.bincount(units, minlength=len(question.levels))
    planned = question.shares * counts.sum()
    if planned.min() < 5:
        raise NotApplicable(
            f"Fewer than five are planned in the arm "
            f"'{question.levels[int(planned.argmin())]}' ({planned.min():.1f}).",
            "Chi-square needs more; compare the counts by eye.",
        )
    frame = _frame(question, counts, planned)
    p = _p(float(frame["contribution"].sum()), len(counts))
    progress(1.0)
    return SampleRatioMismatch(
        frame=frame,
        summary=_summary(question, frame, p),
        notes=tuple(_notes(question, len(units))),
        passed=None if question.planned is None else p >= STRICT,
    )


def _units(question: ExperimentQuestion) -> np.ndarray:
    """The arm of each unit that was assigned."""
    rows = np.flatnonzero(question.arms >= 0)
    arms = question.arms[rows]
    groups = clusters_of(question.data, rows)
    if groups is None:
        return arms
    by_group = pd.DataFrame({"group": groups, "arm": arms}).drop_duplicates()
    by_group = by_group[by_group["group"] >= 0]
    if by_group["group"].is_unique:
        return by_group["arm"].to_numpy()
    return arms


def _frame(question: ExperimentQuestion, counts: np.ndarray, planned: np.ndarray) -> pd.DataFrame:
    n = counts.sum()
    share = counts / n
    middle = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    reach = Z95 * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2)) / (1 + Z95**2 / n)
    return pd.DataFrame(
        {
            "arm": list(question.levels), "units": counts, "planned": planned, "share": share,
            "conf_low": middle - reach, "conf_high": middle + reach,
            "planned_share": question.shares, "contribution": (counts - planned) ** 2 / planned,
        }
    )  # fmt: skip


def _p(statistic: float, arms: int) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(statistic, arms - 1))


def _summary(question: ExperimentQuestion, frame: pd.DataFrame, p: float) -> str:
    shares = " : ".join(f"{s:.2%}" for s in frame["share"])
    planned = " : ".join(f"{s:.2%}" for s in frame["planned_share"])
    if question.planned is None:
        return (
            f"The arms of {question.arm} are {shares}; the question says no planned shares, so "
            f"this is not judged (had equal ones been planned: {p_in_words(p)})."
        )
    said = f"The arms of {question.arm} are {shares}, planned {planned} ({p_in_words(p)})"
    if p >= STRICT:
        return f"{said}: nothing speaks against the assignment."
    return f"{said}: rows were lost or added after the assignment, and no effect may be read."


def _notes(question: ExperimentQuestion, units: int) -> list[str]:
    notes = [f"It fails below p = {STRICT:g}, which a correct experiment meets once in a thousand."]
    if question.planned is None:
        notes.append("Say the planned shares, such as 50:50, to have it judged.")
    with_arm = int((question.arms >= 0).sum())
    if units < with_arm:
        notes.append(
            f"Whole groups of '{question.data.with_role('group')[0]}' were assigned: {units:,} "
            f"groups are counted, not {with_arm:,} rows."
        )
    missing = len(question.data) - with_arm
    if missing:
        notes.append(f"{missing:,} rows have no arm and are not counted.")
    return notes
