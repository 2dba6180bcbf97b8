"""Is the effect the same in random parts of the rows?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, SKY, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import Analysis, with_rows
from ..effect import p_in_words
from ..estimators.two_stage_least_squares import STRONG
from ..nuisances import fold_of_rows
from ..question import CausalQuestion
from ._again import (
    NAMES,
    TESTED,
    Again,
    Estimator,
    Found,
    estimator_again,
    first_rows,
    group_column,
    is_given_to_groups,
)

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
LEVEL = 0.05
#: Groups that a part needs.
FEWEST_GROUPS = 6


@dataclass(frozen=True, kw_only=True)
class SubsetStability(CheckResult):
    """The effect in all rows and in each of several parts that share no row.

    `heterogeneity` is Cochran's Q, `p_value` whether chance may be all of it, `i_squared` the share
    of the variation between parts that is more than chance. `unit` is the estimates' scale,
    `no_effect` where there is none on it.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "part": "number of the part; 0 is all rows",
        "rows": "rows in it",
        "estimate": "the effect found there, in the outcome's unit; or a ratio",
        "std_error": "its standard error; of a ratio, that of its logarithm",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end",
    }

    heterogeneity: float
    p_value: float
    i_squared: float
    unit: str = ""
    no_effect: float = 0.0

    def figure(self) -> Any:
        """Every part's effect with its interval, over the band of all rows."""
        everyone, parts = self.frame.iloc[0], self.frame.iloc[1:].iloc[::-1]
        figure = new_figure(height=140 + 36 * len(self.frame), x=self.unit, showlegend=False)
        figure.add_vrect(x0=everyone["conf_low"], x1=everyone["conf_high"], fillcolor=SKY,
                         opacity=0.2, line_width=0)  # fmt: skip
        figure.add_vline(x=self.no_effect, line={"color": LIGHT_GREY, "width": 2})
        shown = pd.concat([parts, self.frame.iloc[:1]])
        names = ["all rows" if p == 0 else f"part {p}" for p in shown["part"]]
        colours = [BLUE if p == 0 else GREY for p in shown["part"]]
        for at, ((_, row), colour) in enumerate(zip(shown.iterrows(), colours, strict=True)):
            figure.add_scatter(
                x=[row["estimate"]], y=[at], mode="markers", marker={"size": 11, "color": colour},
                error_x={"type": "data", "symmetric": False, "color": colour,
                         "array": [row["conf_high"] - row["estimate"]],
                         "arrayminus": [row["estimate"] - row["conf_low"]],
                         "thickness": 2, "width": 6},
                hovertemplate=f"%{{x:.4g}} in {row['rows']:,.0f} rows<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names,
                            range=[-0.6, len(names) - 0.4], showgrid=False, ticks="",
                            zeroline=False)  # fmt: skip
        return figure


@method("Subset stability", page="robustness", weighs=True)
def subset_stability(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator | None, TESTED] = None,
    parts: Annotated[int, Range(2, 20), "parts that the rows are cut into"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> SubsetStability:
    """Whether random parts of the rows tell the same effect, as far as chance allows.

    The rows are cut at random into parts that share none (whole groups, where a column has the
    role group: at least six to a part), and the effect is estimated in each, nuisances fitted anew.
    Passes when the parts differ no more than their standard errors say (Cochran's Q, 5 %, by
    Welch's F, which allows for errors that are estimated from few rows; with groups the error of
    all rows is scaled to a part's groups, which are few). Failing means
    that the intervals are too short: a few rows that decide, or an estimator that overfits. Rows
    that hang together are in several parts and make them alike unless their column has the role
    group.

    Parts at random cannot differ in a real way; for real differences compare groups. For the LATE
    the instrument has to be strong in every part.
    Source: Cochran, Biometrics 10 (1954); Welch, Biometrika 38 (1951); Higgins & Thompson (2002)
    for I².
    """
    again = estimator_again(question, estimator, seed, part(progress, 0.0, 0.3))
    analysis = again.analysis
    labels, kept_together = _parts(analysis, parts, seed)
    found: list[Found] = []
    for k in range(parts):
        lap = part(progress, 0.3 + 0.7 * k / parts, 0.3 + 0.7 * (k + 1) / parts, f"Part {k + 1}")
        lap(0.0)
        rows = with_rows(analysis, np.flatnonzero(labels == k))
        _require_strength(again, rows, k + 1)
        found.append(_scaled(again, again.on(rows, progress=lap), rows))
    sizes = np.bincount(labels, minlength=parts)
    frame = _frame(again, [again.real, *found], [len(analysis), *sizes])
    q, p = _cochran(found) if analysis.clusters is None else _of_one_error(found)
    i_squared = max(0.0, 1 - (parts - 1) / q) if q > 0 else 0.0
    progress(1.0)
    return SubsetStability(
        frame=frame,
        summary=_summary(question, again, frame, p, i_squared),
        notes=(*analysis.notes, *_notes(again, found, kept_together)),
        passed=p >= LEVEL,
        heterogeneity=q,
        p_value=p,
        i_squared=i_squared,
        unit=question.unit_in_words,
        no_effect=question.no_effect,
    )


def _parts(analysis: Analysis, parts: int, seed: int) -> tuple[Rows, str]:
    """The part of every row, and the column whose groups were kept together."""
    values = np.zeros(len(analysis)) if analysis.question.treated.is_amount else analysis.t
    clusters = analysis.clusters
    if clusters is not None:
        name, count = group_column(analysis), int(clusters.max()) + 1
        if count < FEWEST_GROUPS * parts:
            most = count // FEWEST_GROUPS
            raise NotApplicable(
                f"{count} groups of '{name}' are too few for {parts} parts of at least "
                f"{FEWEST_GROUPS} groups.",
                f"Ask for {most} parts." if most > 1 else
                f"At least {2 * FEWEST_GROUPS} groups are needed.",
            )  # fmt: skip
        of_groups = values[first_rows(clusters)]
        if not is_given_to_groups(analysis, values):
            of_groups = np.zeros(count)
        return fold_of_rows(of_groups, parts, seed)[clusters], name
    return fold_of_rows(values, parts, seed), ""


def _require_strength(again: Again, rows: Analysis, part_number: int) -> None:
    strength = again.strength(rows)
    if strength < STRONG:
        raise NotApplicable(
            f"In part {part_number}, of {len(rows):,} rows, the instrument is weak (effective F "
            f"{number(strength)}, below {STRONG}), so that no standard error can be relied on.",
            "Ask for fewer parts; if there are two, the rows are too few to be cut up.",
        )


def _cochran(found: list[Found]) -> tuple[float, float]:
    """Q, and its p-value by Welch's F, which for errors known exactly is that of χ²."""
    from scipy.special import chdtrc, fdtrc

    (q, weights), count = _q(found), len(found)
    doubt = float(sum((1 - w / weights.sum()) ** 2 / f.degrees
                      for w, f in zip(weights, found, strict=True)))  # fmt: skip
    if doubt == 0:
        return q, float(chdtrc(count - 1, q))
    f = q / (count - 1) / (1 + 2 * (count - 2) / (count**2 - 1) * doubt)
    return q, float(fdtrc(count - 1, (count**2 - 1) / (3 * doubt), f))


def _of_one_error(found: list[Found]) -> tuple[float, float]:
    """The same where all errors come from one, with its degrees of freedom: by F."""
    from scipy.special import fdtrc

    q, between = _q(found)[0], len(found) - 1
    return q, float(fdtrc(between, found[0].degrees, q / between))


def _q(found: list[Found]) -> tuple[float, Floats]:
    weights = np.array([1 / f.std_error**2 for f in found])
    estimates = np.array([f.estimate for f in found])
    centre = (weights @ estimates) / weights.sum()
    return float(weights @ (estimates - centre) ** 2), weights


def _scaled(again: Again, found: Found, rows: Analysis) -> Found:
    """With groups, of which a part has few, its error is that of all rows, scaled to their number:
    an error from ten groups is too small, and too uncertain to compare by."""
    clusters, own = again.analysis.clusters, rows.clusters
    if clusters is None or own is None:
        return found
    groups = int(clusters.max()) + 1
    error = again.real.std_error * np.sqrt(groups / (own.max() + 1))
    return Found(found.estimate, float(error), groups - 1)


def _seen(parts: int) -> float:
    """By how many standard errors one part must be off to be found with 80 % probability."""
    from scipy.optimize import brentq
    from scipy.special import chdtri, chndtr

    critical = chdtri(parts - 1, LEVEL)
    noncentral = brentq(lambda c: chndtr(critical, parts - 1, c) - 0.2, 1e-6, 200)
    return float(np.sqrt(noncentral * parts / (parts - 1)))


def _frame(again: Again, found: list[Found], rows: list[int]) -> pd.DataFrame:
    estimate, reach = (np.array([getattr(f, of) for f in found]) for of in ("estimate", "reach"))
    return pd.DataFrame(
        {
            "part": range(len(found)),
            "rows": rows,
            "estimate": again.shown(estimate),
            "std_error": [f.std_error for f in found],
            "conf_low": again.shown(estimate - reach),
            "conf_high": again.shown(estimate + reach),
        }
    )


def _summary(
    question: CausalQuestion, again: Again, frame: pd.DataFrame, p: float, i_squared: float
) -> str:
    parts = frame.iloc[1:]
    verdict = "no more than" if p >= LEVEL else "more than"
    return (
        f"In {len(parts)} random parts of the rows the effect of {question.treatment} by "
        f"{NAMES[again.estimator]} runs from {number(parts['estimate'].min())} to "
        f"{number(parts['estimate'].max())}: {verdict} chance allows (Cochran's Q, "
        f"{p_in_words(p)}, I² {i_squared:.0%})."
    )


def _notes(again: Again, found: list[Found], kept_together: str) -> list[str]:
    spread = float(np.sqrt(np.mean([f.std_error**2 for f in found])))
    seen, is_ratio = _seen(len(found)) * spread, again.analysis.question.scale != "difference"
    off = f"a factor of {again.in_words(seen)}" if is_ratio else number(seen)
    notes = [
        f"One part that is off by {off} would have been seen with about 80 % probability.",
        "A correct analysis fails by chance about 5 % of the time.",
    ]
    if kept_together:
        notes.append(
            f"The rows of one '{kept_together}' are in one part; a part's error is that of all "
            "rows, by group, scaled to the number of its groups."
        )
    return [*notes, *again.notes("part")]
