"""Are the two arms alike in what is adjusted for, before and after weighting?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, escape, new_figure
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..analysis import Analysis, binary_analysis
from ..nuisances import Race
from ..propensity import CLIP, Weights, propensity_race, weights_for
from ..question import CausalQuestion, Estimand

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Standardised differences up to this size are called balanced (Stuart 2010 uses .1 to .25).
BALANCED = 0.1
_DENOMINATORS: dict[Estimand, str] = {
    "ATE": "the square root of the mean of both arms' variances",
    "ATT": "the standard deviation among the treated",
    "ATC": "the standard deviation among the untreated",
    "ATO": "the square root of the mean of both arms' variances",
}


@dataclass(frozen=True, kw_only=True)
class Balance(CheckResult):
    """Standardised mean differences (treated minus untreated), largest before weighting first.

    `denominator` says what a difference is divided by, before and after alike. Where rows have
    weights of their own, all means, shares and variances are by them.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "column": "column of the table",
        "term": "the column, or one level of it",
        "mean_treated": "mean among the treated, before weighting; for a level its share",
        "mean_untreated": "the same among the untreated",
        "smd_before": "standardised mean difference before weighting",
        "smd_after": "the same after weighting",
        "variance_ratio_before": "variance of the treated by that of the untreated; not for levels",
        "variance_ratio_after": "the same after weighting",
        "balanced": f"the difference after weighting is at most {BALANCED}",
    }

    denominator: str = ""

    def figure(self) -> Any:
        """A love plot: every term's difference before and after, with the lines at ± 0.1."""
        shown = self.frame.iloc[::-1]
        names = [escape(term, 40) for term in shown["term"]]
        figure = new_figure(
            height=150 + 24 * len(shown),
            x="standardised mean difference, treated − untreated",
        )
        figure.add_vrect(x0=-BALANCED, x1=BALANCED, fillcolor=LIGHT_GREY, opacity=0.3, line_width=0)
        figure.add_vline(x=0, line={"color": LIGHT_GREY})
        for column, name, colour, symbol in (
            ("smd_before", "before weighting", GREY, "circle-open"),
            ("smd_after", "after weighting", BLUE, "circle"),
        ):
            figure.add_scatter(
                x=shown[column], y=names, mode="markers", name=name,
                marker={"color": colour, "symbol": symbol, "size": 10, "line": {"width": 2}},
                hovertemplate="%{y}: %{x:.3f}<extra></extra>",
            )  # fmt: skip
        figure.add_annotation(
            text=f"divided by {self.denominator}", showarrow=False, xref="paper", yref="paper",
            x=1, y=1.02, xanchor="right", yanchor="bottom", font={"size": 11, "color": GREY},
        )  # fmt: skip
        figure.update_layout(legend={"y": 1.02 + 22 / (150 + 24 * len(shown)) * 1.6})
        figure.update_layout(margin={"t": 70})
        return figure


@method("Balance", page="effect", weighs=True)
def balance(question: CausalQuestion, /, *, seed: int = 0, progress: Progress = silent) -> Balance:
    """Whether weighting by the chance of treatment makes the two arms comparable.

    For every column that is adjusted for: the difference of its means between the arms, divided by
    a standard deviation, before and after inverse-probability weighting for the estimand, and the
    ratio of its variances; rows count by their own weights throughout. Passes when every difference
    after weighting is at most 0.1. The chance of treatment is cross-fitted, as in `aipw`.

    Balance in what was measured says nothing about what was not. For a two-level treatment.
    Source: Austin, Statistics in Medicine 28 (2009); Stuart, Statistical Science 25 (2010).
    """
    analysis = binary_analysis(question, "Balance")
    _require_terms(analysis)
    return balance_of(analysis, propensity_race(analysis, seed=seed, progress=progress))


def _require_terms(analysis: Analysis) -> None:
    if not analysis.covariates.terms:
        raise NotApplicable(
            "Nothing is adjusted for, so there is nothing to balance.",
            "Name confounders to see whether the arms differ in them.",
        )


def balance_of(analysis: Analysis, chance: Race) -> Balance:
    """The check for chances of treatment that were learned before."""
    _require_terms(analysis)
    question = analysis.question
    weights = weights_for(question.weighs_as, analysis.arm, chance.predictions)
    frame = _differences(analysis, weights.values)
    return Balance(
        frame=frame,
        summary=_summary(frame),
        notes=(*analysis.notes, *_notes(question, weights), chance.says),
        passed=bool(frame["balanced"].all()),
        denominator=_DENOMINATORS[question.weighs_as],
    )


def _differences(analysis: Analysis, weights: Floats) -> pd.DataFrame:
    x, arm = analysis.covariates, analysis.arm
    own = analysis.weight
    before, after = _Moments.of(x.matrix, arm, own), _Moments.of(x.matrix, arm, own * weights)
    scale = before.scale(analysis.question.weighs_as)
    is_level = np.array([_is_two_valued(x.matrix[:, k]) for k in range(len(x.terms))])
    frame = pd.DataFrame(
        {
            "column": [t.column for t in x.terms],
            "term": [t.label for t in x.terms],
            "mean_treated": before.means[0],
            "mean_untreated": before.means[1],
            "smd_before": before.difference / scale,
            "smd_after": after.difference / scale,
            "variance_ratio_before": np.where(is_level, np.nan, before.ratio),
            "variance_ratio_after": np.where(is_level, np.nan, after.ratio),
        }
    )
    frame["balanced"] = frame["smd_after"].abs() <= BALANCED
    order = frame["smd_before"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


@dataclass(frozen=True)
class _Moments:
    """Weighted means and variances (2, p), the treated first."""

    means: Floats
    variances: Floats

    @classmethod
    def of(cls, x: Floats, arm: Mask, weights: Floats) -> "_Moments":
        parts = [(x[a], weights[a] / weights[a].sum()) for a in (arm, ~arm)]
        means = np.array([w @ part for part, w in parts])
        variances = np.array(
            [
                w @ (part - m) ** 2 / (1 - (w**2).sum())
                for (part, w), m in zip(parts, means, strict=True)
            ]
        )
        return cls(means, variances)

    @property
    def difference(self) -> Floats:
        return np.asarray(self.means[0] - self.means[1])

    @property
    def ratio(self) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.variances[0] / self.variances[1])

    def scale(self, estimand: Estimand) -> Floats:
        """What differences are divided by; NaN where that arm does not vary."""
        both = self.variances.mean(axis=0)
        chosen = {"ATE": both, "ATO": both, "ATT": self.variances[0], "ATC": self.variances[1]}[
            estimand
        ]
        return np.sqrt(np.where(chosen > 0, chosen, np.nan))


def _is_two_valued(values: Floats) -> bool:
    return len(np.unique(values)) <= 2


def _summary(frame: pd.DataFrame) -> str:
    before, after = (frame[c].abs() for c in ("smd_before", "smd_after"))
    worst = frame["term"].iloc[int(np.argmax(after.fillna(np.inf).to_numpy()))]
    return (
        f"{int((before > BALANCED).sum())} of {len(frame)} terms differ by more than {BALANCED} "
        f"standard deviations before weighting and {int((after > BALANCED).sum())} after; the "
        f"largest difference left is {after.max():.2f} ({worst})."
    )


def _notes(question: CausalQuestion, weights: Weights) -> list[str]:
    notes = [
        (
            f"Differences are divided by {_DENOMINATORS[question.weighs_as]}, as they are before "
            "weighting by the chance of treatment."
        ),
        f"The check passes when every difference after weighting is at most {BALANCED}.",
    ]
    if weights.clipped:
        notes.append(f"{weights.clipped:,} propensities were moved to {CLIP} or {1 - CLIP}.")
    return notes
