"""Were the arms alike before the experiment began?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, COLOURS, LIGHT_GREY, escape, new_figure
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..effect import p_in_words
from ._rows import Rows, clusters_of
from .design import Floats
from .experiment import ExperimentQuestion

#: The joint test fails below this p-value.
LEVEL = 0.01
#: Differences that are drawn as small, in standard deviations.
SMALL = 0.1


@dataclass(frozen=True, kw_only=True)
class ArmsAlike(CheckResult):
    """Each covariate's difference between an arm and the control. Passes unless p < 0.01 for all
    covariates and arms together; `p_joint` is that p-value."""

    columns: ClassVar[Mapping[str, str]] = {
        "arm": "the arm that is compared with the control",
        "term": "the covariate, or one level of it",
        "mean": "its mean in the arm",
        "mean_control": "its mean in the control",
        "smd": "the difference in standard deviations (root of the mean of both variances)",
        "p_value": "two-sided p-value of this difference alone (normal)",
    }

    p_joint: float = float("nan")

    def figure(self) -> Any:
        """Standardised differences of all covariates, with lines at ± 0.1."""
        terms = list(dict.fromkeys(self.frame["term"]))[::-1]
        arms = list(dict.fromkeys(self.frame["arm"]))
        figure = new_figure(height=150 + 26 * len(terms), showlegend=len(arms) > 1,
                            x="standardised mean difference, arm − control")  # fmt: skip
        figure.add_vrect(x0=-SMALL, x1=SMALL, fillcolor=LIGHT_GREY, opacity=0.3, line_width=0)
        figure.add_vline(x=0, line={"color": LIGHT_GREY})
        for k, arm in enumerate(arms):
            shown = self.frame[self.frame["arm"] == arm]
            figure.add_scatter(
                x=shown["smd"], y=[terms.index(t) for t in shown["term"]], mode="markers",
                name=escape(arm, 30), customdata=shown["p_value"],
                marker={"size": 10, "color": COLOURS[k % len(COLOURS)] if k else BLUE},
                hovertemplate="%{x:.3f}, p = %{customdata:.3f}<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(tickvals=list(range(len(terms))),
                            ticktext=[escape(t, 40) for t in terms],
                            range=[-0.6, len(terms) - 0.4], zeroline=False)  # fmt: skip
        return figure


@method("Arms alike", page="experiment")
def arms_alike(question: ExperimentQuestion, /, *, progress: Progress = silent) -> ArmsAlike:
    """Whether the arms were alike in what was measured before the assignment, all taken together.

    Chance makes them alike but for chance: a joint test of all differences says whether these are
    larger than that. Its distribution is that of drawing the assignment anew (within strata; whole
    groups where each has one arm), so it needs no model of the covariates. It fails below p = 0.01:
    then the assignment was not what it is taken for, or rows were lost. Single differences, whose
    p-values are not corrected, are no reason to adjust or not to; name covariates in advance.

    Raises `NotApplicable` without covariates. Source: Hansen & Bowers, Statistical Science 23
    (2008).
    """
    progress(0.0, "Comparing what was before")
    matrix, names = question.before
    if not names:
        raise NotApplicable(
            "No covariate is named, so there is nothing the arms could be compared in.",
            "Name columns in the question that were measured before the assignment.",
        )
    rows = np.flatnonzero(question.arms >= 0)
    x, arm = matrix[rows], question.arms[rows]
    units, by_group = _units(question, rows, x, arm)
    statistic, degrees = _joint(*units, len(question.levels))
    p = _p(statistic, degrees)
    progress(0.8, "Comparing what was before")
    frame = pd.concat(
        [_frame(x, arm, k, question.levels[k], names) for k in range(1, len(question.levels))],
        ignore_index=True,
    )
    progress(1.0)
    return ArmsAlike(
        frame=frame,
        summary=_summary(frame, p),
        notes=tuple(_notes(question, statistic, degrees, by_group)),
        passed=p >= LEVEL,
        p_joint=p,
    )


def _units(
    question: ExperimentQuestion, rows: Rows, x: Floats, arm: Rows
) -> tuple[tuple[Floats, Rows, Rows], bool]:
    """What was assigned: rows, or groups with the sums of their covariates where each has one arm
    and one stratum; with arms and strata."""
    cells, groups = question.cells[rows], clusters_of(question.data, rows)
    if groups is None:
        return (x, arm, cells), False
    of_group = pd.DataFrame({"group": groups, "arm": arm, "cell": cells}).drop_duplicates()
    of_group = of_group[of_group["group"] >= 0].sort_values("group")
    if not of_group["group"].is_unique:
        return (x, arm, cells), False
    known = groups >= 0
    centred = x - x[known].mean(axis=0)
    sums = np.zeros((len(of_group), x.shape[1]))
    np.add.at(sums, groups[known], centred[known])
    return (sums, of_group["arm"].to_numpy(), of_group["cell"].to_numpy()), True


def _joint(x: Floats, arm: Rows, cell: Rows, levels: int) -> tuple[float, int]:
    """Hansen and Bowers' statistic for all arms but the control, and its degrees of freedom: the
    sums of the covariates in each arm, less what they are on average over all assignments."""
    chosen = np.eye(levels)[arm][:, 1:]
    width = x.shape[1] * (levels - 1)
    total, covariance = np.zeros(width), np.zeros((width, width))
    for name in np.unique(cell):
        of = cell == name
        n = int(of.sum())
        if n < 2:
            continue
        z, t = x[of] - x[of].mean(axis=0), chosen[of] - chosen[of].mean(axis=0)
        total += (t.T @ z).ravel()
        covariance += np.kron(t.T @ t, z.T @ z) / (n - 1)
    size = np.sqrt(np.clip(np.diag(covariance), 1e-300, None))
    scaled = covariance / np.outer(size, size)
    values, vectors = np.linalg.eigh(scaled)
    kept = values > 1e-9 * values.max()
    parts = (vectors[:, kept].T @ (total / size)) ** 2 / values[kept]
    return float(parts.sum()), int(kept.sum())


def _p(statistic: float, degrees: int) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(statistic, degrees))


def _frame(x: Floats, arm: Rows, level: int, name: str, terms: tuple[str, ...]) -> pd.DataFrame:
    from scipy.special import ndtr

    own, control = x[arm == level], x[arm == 0]
    means = own.mean(axis=0), control.mean(axis=0)
    variances = own.var(axis=0, ddof=1), control.var(axis=0, ddof=1)
    difference = means[0] - means[1]
    error = np.sqrt(variances[0] / len(own) + variances[1] / len(control))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(error > 0, difference / error, np.nan)
        smd = difference / np.sqrt((variances[0] + variances[1]) / 2)
    return pd.DataFrame(
        {
            "arm": name, "term": list(terms), "mean": means[0], "mean_control": means[1],
            "smd": smd, "p_value": 2 * ndtr(-np.abs(z)),
        }
    )  # fmt: skip


def _summary(frame: pd.DataFrame, p: float) -> str:
    worst = frame.iloc[int(frame["smd"].abs().fillna(0).to_numpy().argmax())]
    said = (
        f"The largest difference between the arms is {worst['term']} "
        f"({worst['smd']:+.3f} standard deviations); all together "
    )
    if p >= LEVEL:
        return f"{said}they are as chance makes them ({p_in_words(p)})."
    return f"{said}they are larger than chance makes them ({p_in_words(p)})."


def _notes(
    question: ExperimentQuestion, statistic: float, degrees: int, by_group: bool
) -> list[str]:
    notes = [
        (
            f"Joint test: chi-square {statistic:.2f} with {degrees} degrees of freedom, by the "
            f"distribution of assignments; it fails below p = {LEVEL:g}."
        ),
        "Each covariate's p-value is for itself and takes rows as independent.",
    ]
    if by_group:
        notes.append(f"Whole groups of '{question.data.with_role('group')[0]}' were assigned.")
    if question.strata:
        notes.append(f"Assignments are compared within the strata of {', '.join(question.strata)}.")
    return notes
