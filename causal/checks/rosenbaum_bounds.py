"""How unlike may the two rows of a pair be, unseen, before the effect could be chance?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from workbench.errors import NotApplicable, ParameterError
from workbench.figures import BLUE, GREY, VERMILION, new_figure
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..adjustment import used_set
from ..analysis import Analysis, binary_analysis, counted_once, require_answer
from ..estimators.aipw import ESTIMANDS, SCALES
from ..propensity import propensity_race
from ..question import CausalQuestion
from ._again import group_column, is_given_to_groups
from ._pairs import Pairs, nearest_pairs

Floats = NDArray[np.float64]
Alternative = Literal["two_sided", "greater", "less"]
LEVEL = 0.05
#: The odds drawn and listed: from none to this, or further where the effect bears more.
STEPS = 41
#: No larger odds are looked for.
MOST = 1e6
#: With fewer pairs that differ, nothing can be tested.
FEWEST = 6


@dataclass(frozen=True, kw_only=True)
class RosenbaumBounds(CheckResult):
    """The range of p-values for every degree of hidden bias Γ.

    `critical`: the largest Γ at which the largest p-value is still at most .05; 1 or less than that
    means that it is not even without bias (then NaN). `pairs` compared, `differing` those whose two
    outcomes differ, and the `test`.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "gamma": "by so much the odds of treatment may differ within a pair (Γ)",
        "p_low": "the smallest p-value that is possible then",
        "p_high": "the largest",
    }

    critical: float
    pairs: int
    differing: int
    test: str

    def figure(self) -> Any:
        """The largest p-value against Γ, with the line at .05."""
        figure = new_figure(height=380, x="Γ: odds of treatment within a pair may differ by",
                            y="p-value", showlegend=True)  # fmt: skip
        for column, name, colour in (
            ("p_high", "largest possible p-value", BLUE),
            ("p_low", "smallest", GREY),
        ):
            figure.add_scatter(
                x=self.frame["gamma"], y=self.frame[column], mode="lines", name=name,
                line={"color": colour, "width": 2.5},
                hovertemplate="Γ = %{x:.2f}: p = %{y:.4f}<extra></extra>",
            )  # fmt: skip
        figure.add_hline(y=LEVEL, line={"color": VERMILION, "dash": "dash", "width": 1.5})
        if np.isfinite(self.critical):
            figure.add_scatter(
                x=[self.critical], y=[LEVEL], mode="markers+text", showlegend=False,
                text=[f"Γ = {self.critical:.2f}"], textposition="top left",
                marker={"color": VERMILION, "size": 10}, hoverinfo="skip",
            )  # fmt: skip
        figure.update_yaxes(range=[0, 1.02 * float(max(self.frame["p_high"].max(), 2 * LEVEL))])
        return figure


@method("Rosenbaum bounds (hidden bias in matched pairs)", page="robustness")
def rosenbaum_bounds(
    question: CausalQuestion,
    /,
    *,
    gamma: Annotated[float, Range(1.0, 100.0), "largest odds to list at least"] = 3.0,
    seed: int = 0,
    progress: Progress = silent,
) -> RosenbaumBounds:
    """How much hidden bias in who was treated the finding of an effect can bear.

    Every row of the smaller arm is paired with the row of the other that is nearest in the chance
    of treatment (cross-fitted; within 0.2 standard deviations of its log odds). If two paired rows
    could differ in their odds of treatment by a factor Γ through something unmeasured, the p-value
    of no effect for anyone lies between two bounds. The critical Γ is where the larger reaches .05.
    Outcomes that are numbers are compared by Wilcoxon's signed ranks, yes and no by McNemar's test;
    two-sided. It bounds a test, not the size of the effect, and is about the pairs, whatever scale
    or average the question asks for. The check informs and does not judge.

    Pairs count once each and are taken as independent: not for a treatment that was given to whole
    groups. No effect for anyone would be none of the rows either, so the test needs no weights: it
    uses neither those of a column nor those by which complete rows stand for others, and is about
    the complete rows alone. For a two-level treatment.

    Source: Rosenbaum, Observational Studies (2002), chapter 4; Rosenbaum & Silber (2009) for its
    translation.
    """
    require_answer(question, "Pairing", ESTIMANDS, SCALES)
    pooled = question if question.by is None else question.but(estimand="ATE", by=None)
    analysis = binary_analysis(counted_once(pooled), "Pairing", used_set(question))
    _require_single_rows(analysis)
    chance = propensity_race(analysis, seed=seed, progress=part(progress, 0.0, 0.9))
    found = nearest_pairs(analysis.arm, chance.predictions)
    _require_pairs(analysis, found)
    differences = analysis.y[found.treated] - analysis.y[found.untreated]
    progress(0.95)
    made = _bounds(differences, "two_sided", gamma)
    progress(1.0)
    return replace(
        made,
        summary=_summary(made, f"effect of {question.treatment} on {question.outcome}"),
        notes=(*analysis.notes, *_notes(question, analysis, found)),
    )


def rosenbaum_bounds_of(
    differences: ArrayLike, *, alternative: Alternative = "greater", gamma: float = 3.0
) -> RosenbaumBounds:
    """The same for pairs somebody made: `differences` (pairs,), treated minus untreated.

    Differences that are only -1, 0 and 1 are compared by McNemar's exact test, others by Wilcoxon's
    signed ranks (normal approximation); ties in the outcome are left out. `alternative` says what
    the effect would be: greater than none, less, or either (twice the smaller p-value). Raises
    `ParameterError` where fewer than six pairs differ or a difference is missing.

    Source: Rosenbaum, Observational Studies (2002), chapter 4.
    """
    given = np.asarray(differences, dtype=float).ravel()
    if not np.isfinite(given).all():
        raise ParameterError(
            f"{int((~np.isfinite(given)).sum())} of the differences are missing or infinite.",
            "Leave these pairs out.",
        )
    if not 1 <= gamma <= MOST:
        raise ParameterError(f"gamma = {gamma} is not allowed.", f"Use 1 to {MOST:g}.")
    return _bounds(given, alternative, gamma)


@dataclass(frozen=True)
class _Ranks:
    """What each pair that differs adds to the test where its treated row has the larger outcome."""

    scores: Floats
    observed: float
    is_binary: bool

    @classmethod
    def of(cls, differences: Floats) -> "_Ranks":
        from scipy.stats import rankdata

        kept = differences[differences != 0]
        is_binary = bool(np.isin(kept, (-1.0, 1.0)).all())
        scores = np.ones(len(kept)) if is_binary else rankdata(np.abs(kept))
        return cls(scores, float(scores[kept > 0].sum()), is_binary)

    def p(self, chance: Floats, *, greater: bool) -> Floats:
        """One-sided p-values where a treated row has the larger outcome with this chance."""
        from scipy.special import ndtr
        from scipy.stats import binom

        if self.is_binary:
            count, n = round(self.observed), len(self.scores)
            at = binom.sf(count - 1, n, chance) if greater else binom.cdf(count, n, chance)
            return np.asarray(at)
        mean = chance * self.scores.sum()
        spread = np.sqrt(chance * (1 - chance) * (self.scores**2).sum())
        z = (self.observed - mean) / spread
        return np.asarray(ndtr(-z if greater else z))

    def range_at(self, gamma: Floats, alternative: Alternative) -> tuple[Floats, Floats]:
        """The smallest and the largest p-value for each Γ."""
        most, least = gamma / (1 + gamma), 1 / (1 + gamma)
        greater = [self.p(chance, greater=True) for chance in (least, most)]
        less = [self.p(chance, greater=False) for chance in (most, least)]
        if alternative == "greater":
            return greater[0], greater[1]
        if alternative == "less":
            return less[0], less[1]
        low, high = (np.minimum(1, 2 * np.minimum(*p)) for p in zip(greater, less, strict=True))
        return low, high


def _bounds(differences: Floats, alternative: Alternative, gamma: float) -> RosenbaumBounds:
    ranks = _Ranks.of(differences)
    if len(ranks.scores) < FEWEST:
        raise ParameterError(
            f"Only {len(ranks.scores)} of {len(differences):,} pairs differ in the outcome.",
            f"At least {FEWEST} that differ are needed.",
        )
    critical = _critical(ranks, alternative)
    top = max(gamma, 1.25 * critical) if np.isfinite(critical) else gamma
    grid = np.linspace(1.0, min(top, MOST), STEPS)
    low, high = ranks.range_at(grid, alternative)
    test = "McNemar's test" if ranks.is_binary else "Wilcoxon's signed-rank test"
    sided = "two-sided" if alternative == "two_sided" else f"one-sided: {alternative}"
    made = RosenbaumBounds(
        frame=pd.DataFrame({"gamma": grid, "p_low": low, "p_high": high}), summary="",
        critical=critical, pairs=len(differences), differing=len(ranks.scores),
        test=f"{test}, {sided}",
    )  # fmt: skip
    return replace(made, summary=_summary(made, "effect"))


def _critical(ranks: _Ranks, alternative: Alternative) -> float:
    from scipy.optimize import brentq

    def above(log_gamma: float) -> float:
        at = np.array([np.exp(log_gamma)])
        return float(ranks.range_at(at, alternative)[1][0]) - LEVEL

    if above(0.0) > 0:
        return float("nan")
    if above(np.log(MOST)) <= 0:
        return MOST
    return float(np.exp(brentq(above, 0.0, np.log(MOST), xtol=1e-9)))


def _summary(made: RosenbaumBounds, what: str) -> str:
    pairs = f"{made.pairs:,} pairs ({made.differing:,} differ in the outcome; {made.test})"
    if np.isnan(made.critical):
        return (
            f"In {pairs} there is no {what} at the 5 % level even without hidden bias (p = "
            f"{made.frame['p_high'].iloc[0]:.3f})."
        )
    text = (
        f"In {pairs} the {what} stays significant at 5 % as long as nothing unmeasured changes the "
        f"odds of treatment within a pair by more than Γ = {made.critical:.2f}"
    )
    both = made.critical + np.sqrt(made.critical**2 - 1)
    return text + (
        f"; such bias needs, for one, a confounder that multiplies both the odds of treatment and "
        f"those of the larger outcome by {both:.1f}."
    )


def _require_single_rows(analysis: Analysis) -> None:
    if is_given_to_groups(analysis, analysis.t):
        raise NotApplicable(
            f"'{analysis.question.treatment}' is the same within every group of "
            f"'{group_column(analysis)}': whole groups were treated, and the odds of treatment "
            "within a pair of rows are not what hidden bias would be about.",
            "Use the robustness value, which takes groups into account.",
        )


def _require_pairs(analysis: Analysis, found: Pairs) -> None:
    differing = analysis.y[found.treated] != analysis.y[found.untreated]
    if differing.sum() < FEWEST:
        raise NotApplicable(
            f"Of {len(found.treated):,} pairs only {int(differing.sum())} differ in the outcome.",
            f"At least {FEWEST} are needed: bring more rows, or look at the overlap.",
        )


def _notes(question: CausalQuestion, analysis: Analysis, found: Pairs) -> list[str]:
    arm = analysis.arm
    smaller = "treated" if arm.sum() <= (~arm).sum() else "untreated"
    notes = [
        (
            f"{len(found.treated):,} {smaller} rows have a partner; {found.alone:,} have none near "
            "enough and are left out."
        ),
        "The pairs tell of the rows that are in them, whatever average the question asks for.",
    ]
    if question.missing == "weighted" and len(analysis) < len(question.data):
        notes.append(
            "The question has complete rows stand for those with missing values; a pair of rows "
            "stands for no other here, so this is about the complete rows alone."
        )
    if analysis.clusters is not None:
        notes.append(
            f"Pairs are taken as independent, though rows of one '{group_column(analysis)}' hang "
            "together: p-values may be too small."
        )
    if not analysis.adjusted_for:
        notes.append("Nothing is adjusted for, so the rows are paired as they come.")
    return notes
