"""Is the effect the same in random parts of the rows?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures import BLUE, GREY, LIGHT_GREY, SKY, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import Analysis
from ..effect import p_in_words
from ..question import CausalQuestion
from ._again import NAMES, Estimator, Found, estimator_again, groups_of_rows, with_rows

Rows = NDArray[np.intp]
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class SubsetStability(CheckResult):
    """The effect in all rows and in each of several parts that share no row.

    `heterogeneity` is Cochran's Q, `p_value` its p-value, `i_squared` the share of the variation
    between parts that is more than chance. `unit` is the estimates' scale.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "part": "number of the part; 0 is all rows",
        "rows": "rows in it",
        "estimate": "the effect found there, in the outcome's unit",
        "std_error": "its standard error",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end",
    }

    heterogeneity: float
    p_value: float
    i_squared: float
    unit: str = ""

    def figure(self) -> Any:
        """Every part's effect with its interval, over the band of all rows."""
        everyone, parts = self.frame.iloc[0], self.frame.iloc[1:].iloc[::-1]
        figure = new_figure(height=140 + 36 * len(self.frame), x=self.unit, showlegend=False)
        figure.add_vrect(x0=everyone["conf_low"], x1=everyone["conf_high"], fillcolor=SKY,
                         opacity=0.2, line_width=0)  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        shown = pd.concat([parts, self.frame.iloc[:1]])
        names = ["all rows" if p == 0 else f"part {p}" for p in shown["part"]]
        colours = [BLUE if p == 0 else GREY for p in shown["part"]]
        for at, ((_, row), colour) in enumerate(zip(shown.iterrows(), colours, strict=True)):
            figure.add_scatter(
                x=[row["estimate"]], y=[at], mode="markers", marker={"size": 11, "color": colour},
                error_x={"type": "data", "array": [Z95 * row["std_error"]], "color": colour,
                         "thickness": 2, "width": 6},
                hovertemplate=f"%{{x:.4g}} in {row['rows']:,.0f} rows<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names,
                            range=[-0.6, len(names) - 0.4], showgrid=False, ticks="",
                            zeroline=False)  # fmt: skip
        return figure


@method("Subset stability", page="robustness")
def subset_stability(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator, "the estimator that is put to the test"] = "linear_regression",
    parts: Annotated[int, Range(2, 20), "parts that the rows are cut into"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> SubsetStability:
    """Whether random parts of the rows tell the same effect, as far as chance allows.

    The rows are cut at random into parts that share none (whole groups, where a column has the role
    group), and the effect is estimated in each, nuisances fitted anew. Passes when the parts differ
    no more than their standard errors say (Cochran's Q, 5 %). Failing means that the intervals are
    too short: rows that hang together, a few rows that decide, or an estimator that overfits.

    Parts at random cannot differ in a real way; for real differences compare groups.
    Source: Cochran, Biometrics 10 (1954); Higgins & Thompson (2002) for I².
    """
    again = estimator_again(question, estimator, seed, part(progress, 0.0, 0.3))
    analysis = again.analysis
    labels, kept_together = _parts(analysis, parts, seed)
    found: list[Found] = []
    for k in range(parts):
        lap = part(progress, 0.3 + 0.7 * k / parts, 0.3 + 0.7 * (k + 1) / parts, f"Part {k + 1}")
        lap(0.0)
        found.append(again.on(with_rows(analysis, np.flatnonzero(labels == k)), progress=lap))
    frame = _frame([again.real, *found], [len(analysis), *np.bincount(labels, minlength=parts)])
    q, p = _cochran(found)
    i_squared = max(0.0, 1 - (parts - 1) / q) if q > 0 else 0.0
    progress(1.0)
    return SubsetStability(
        frame=frame,
        summary=_summary(question, estimator, frame, p, i_squared),
        notes=(*analysis.notes, *_notes(frame, kept_together)),
        passed=p >= LEVEL,
        heterogeneity=q,
        p_value=p,
        i_squared=i_squared,
        unit=question.unit_in_words,
    )


def _parts(analysis: Analysis, parts: int, seed: int) -> tuple[Rows, str]:
    """The part of every row, and the column whose groups were kept together."""
    rng = np.random.default_rng(seed)
    groups = groups_of_rows(analysis)
    if groups is not None:
        name, number_of = groups
        count = int(number_of.max()) + 1
        return rng.permutation(np.arange(count) % parts)[number_of], name
    labels = np.empty(len(analysis), dtype=np.intp)
    is_binary = analysis.question.treated.is_binary
    for side in (analysis.arm, ~analysis.arm) if is_binary else (np.ones(len(analysis), bool),):
        rows = rng.permutation(np.flatnonzero(side))
        labels[rows] = np.arange(len(rows)) % parts
    return labels, ""


def _cochran(found: list[Found]) -> tuple[float, float]:
    from scipy.special import chdtrc

    weights = np.array([1 / f.std_error**2 for f in found])
    estimates = np.array([f.estimate for f in found])
    centre = (weights @ estimates) / weights.sum()
    q = float(weights @ (estimates - centre) ** 2)
    return q, float(chdtrc(len(found) - 1, q))


def _seen(parts: int) -> float:
    """By how many standard errors one part must be off to be found with 80 % probability."""
    from scipy.optimize import brentq
    from scipy.special import chdtri, chndtr

    critical = chdtri(parts - 1, LEVEL)
    noncentral = brentq(lambda c: chndtr(critical, parts - 1, c) - 0.2, 1e-6, 200)
    return float(np.sqrt(noncentral * parts / (parts - 1)))


def _frame(found: list[Found], rows: list[int]) -> pd.DataFrame:
    estimate = np.array([f.estimate for f in found])
    error = np.array([f.std_error for f in found])
    return pd.DataFrame(
        {
            "part": range(len(found)),
            "rows": rows,
            "estimate": estimate,
            "std_error": error,
            "conf_low": estimate - Z95 * error,
            "conf_high": estimate + Z95 * error,
        }
    )


def _summary(
    question: CausalQuestion, estimator: Estimator, frame: pd.DataFrame, p: float, i_squared: float
) -> str:
    parts = frame.iloc[1:]
    verdict = "no more than" if p >= LEVEL else "more than"
    return (
        f"In {len(parts)} random parts of the rows the effect of {question.treatment} by "
        f"{NAMES[estimator]} runs from {number(parts['estimate'].min())} to "
        f"{number(parts['estimate'].max())}: {verdict} chance allows (Cochran's Q, "
        f"{p_in_words(p)}, I² {i_squared:.0%})."
    )


def _notes(frame: pd.DataFrame, kept_together: str) -> list[str]:
    spread = float(np.sqrt((frame["std_error"].iloc[1:] ** 2).mean()))
    seen = number(_seen(len(frame) - 1) * spread)
    notes = [
        f"One part that is off by {seen} would have been seen with about 80 % probability.",
        "A correct analysis fails by chance about 5 % of the time.",
    ]
    if kept_together:
        notes.append(f"The rows of one '{kept_together}' are in one part.")
    return notes
