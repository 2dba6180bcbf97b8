"""Has every row a counterpart in the other arm?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures import BLUE, GREY, VERMILION, escape, new_figure
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..analysis import Analysis, binary_analysis
from ..nuisances import Race
from ..propensity import COMMON, effective_rows, propensity_race, weights_for
from ..question import CausalQuestion

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
BINS = 40
#: The check passes with at most this share of the rows asked about outside the common range …
MOST_OUTSIDE = 0.05
#: … and with each arm's weights worth at least this share of its rows.
LEAST_EFFECTIVE = 0.3


@dataclass(frozen=True, kw_only=True)
class Overlap(CheckResult):
    """How the chance of treatment is distributed in both arms: a histogram, bin by bin, with the
    figures of each arm repeated on its rows.

    `outside`: the share of the rows asked about that have hardly a counterpart; `worth`: the share
    of its rows that the weights of an arm are worth, of the arm with less; of what its rows' own
    weights are worth, where there are."""

    columns: ClassVar[Mapping[str, str]] = {
        "arm": "the treatment's value",
        "low": "lower edge of the bin of the chance of treatment",
        "high": "upper edge of the bin",
        "rows": "rows of this arm in this bin",
        "share": "the same as a share of the arm, rows as they are weighted",
        "rows_in_arm": "rows of the arm",
        "effective_rows": "equally weighted rows that carry as much as the arm's weighted rows",
        "effective_before": "the same by the rows' own weights alone",
        "share_outside": "share of the arm, as it is weighted, with a chance below "
        f"{COMMON[0]} or above {COMMON[1]}",
        "is_treated": "the arm that the contrast goes to",
    }

    outside: float = float("nan")
    worth: float = float("nan")

    def figure(self) -> Any:
        """Mirrored histograms: the treated above the line, the untreated below it."""
        figure = new_figure(height=380, x="chance of treatment given what is adjusted for",
                            y="share of the arm", barmode="overlay", bargap=0.04)  # fmt: skip
        for is_treated, colour in ((True, BLUE), (False, VERMILION)):
            part = self.frame[self.frame["is_treated"] == is_treated]
            side = 1 if is_treated else -1
            figure.add_bar(
                x=(part["low"] + part["high"]) / 2, y=side * part["share"],
                width=part["high"] - part["low"], marker={"color": colour},
                customdata=part[["rows"]], name=escape(part["arm"].iloc[0]),
                hovertemplate="%{x:.3f}: %{customdata[0]} rows<extra></extra>",
            )  # fmt: skip
        for edge in COMMON:
            figure.add_vline(x=edge, line={"color": GREY, "dash": "dash", "width": 1})
        tallest = float(self.frame["share"].max())
        ticks = np.linspace(-tallest, tallest, 5)
        figure.update_yaxes(tickvals=ticks, ticktext=[f"{abs(t):.1%}" for t in ticks])
        figure.update_xaxes(range=[-0.01, 1.01])
        return figure


@method("Overlap", page="effect", weighs=True)
def overlap(question: CausalQuestion, /, *, seed: int = 0, progress: Progress = silent) -> Overlap:
    """Whether every kind of row occurs both with and without the treatment.

    The chance of treatment given what is adjusted for (propensity score), by cross-fitted models
    chosen in a race, in both arms. Where it is near 0 or 1 a row has no counterpart and an effect
    is guessed, not measured. Passes when at most 5 % of the rows the estimand asks about lie below
    0.05 or above 0.95 and the weights of each arm are worth at least 30 % of its rows.

    Rows count by their own weights; "count like" are rows that all weigh the same.

    For a two-level treatment only. Source: Crump, Hotz, Imbens & Mitnik, Biometrika 96 (2009).
    """
    analysis = binary_analysis(question, "Overlap")
    return overlap_of(analysis, propensity_race(analysis, seed=seed, progress=progress))


def overlap_of(analysis: Analysis, chance: Race) -> Overlap:
    """The check for chances of treatment that were learned before."""
    frame = _histograms(analysis, chance.predictions)
    outside = _share_outside(analysis, chance.predictions)
    effective = frame.groupby("is_treated")[
        ["effective_rows", "effective_before", "rows_in_arm"]
    ].first()
    worth = float((effective["effective_rows"] / effective["effective_before"]).min())
    passed = bool(outside <= MOST_OUTSIDE and worth >= LEAST_EFFECTIVE)
    return Overlap(
        frame=frame,
        summary=_summary(analysis.question, outside, effective),
        notes=(*analysis.notes, *_notes(analysis, chance)),
        passed=passed,
        outside=outside,
        worth=worth,
    )


def _histograms(analysis: Analysis, chance: Floats) -> pd.DataFrame:
    to, _, start = analysis.question.contrast_in_words.partition(" vs ")
    own = analysis.weight
    weights = own * weights_for(analysis.question.weighs_as, analysis.arm, chance).values
    name = analysis.question.treatment
    return pd.concat(
        [
            _arm(f"{name} = {level}", chance[rows], own[rows], weights[rows], is_treated)
            for level, rows, is_treated in ((to, analysis.arm, True), (start, ~analysis.arm, False))
        ],
        ignore_index=True,
    )


def _arm(name: str, chance: Floats, own: Floats, weights: Floats, is_treated: bool) -> pd.DataFrame:
    counts, edges = np.histogram(chance, bins=BINS, range=(0, 1))
    weighed = np.histogram(chance, bins=BINS, range=(0, 1), weights=own)[0]
    return pd.DataFrame(
        {
            "arm": name,
            "low": edges[:-1],
            "high": edges[1:],
            "rows": counts,
            "share": weighed / own.sum(),
            "rows_in_arm": len(chance),
            "effective_rows": effective_rows(weights),
            "effective_before": effective_rows(own),
            "share_outside": float(np.average(_is_outside(chance), weights=own)),
            "is_treated": is_treated,
        }
    )


def _is_outside(chance: Floats) -> Mask:
    return np.asarray((chance < COMMON[0]) | (chance > COMMON[1]))


def _share_outside(analysis: Analysis, chance: Floats) -> float:
    """Among the rows the estimand asks about; for the treated only those too sure of treatment
    lack a counterpart, for the untreated only those too sure of none."""
    estimand, arm = analysis.question.weighs_as, analysis.arm
    if estimand == "ATO":  # who has no counterpart is not asked about
        return 0.0
    lacks = {"ATT": chance > COMMON[1], "ATC": chance < COMMON[0]}.get(
        estimand, _is_outside(chance)
    )
    asked = {"ATT": arm, "ATC": ~arm}.get(estimand, np.ones(len(arm), dtype=bool))
    return float(np.average(lacks[asked], weights=analysis.weight[asked]))


def _summary(question: CausalQuestion, outside: float, effective: pd.DataFrame) -> str:
    whom = {"ATE": "rows", "ATT": "treated rows", "ATC": "untreated rows",
            "ATO": "rows asked about"}[question.weighs_as]  # fmt: skip
    arms = effective.to_dict("index")
    treated, untreated = arms[True], arms[False]
    return (
        f"For {outside:.1%} of the {whom} there is hardly a comparable counterpart in the other "
        f"arm; after weighting, {_rows(treated, 'treated rows')} count like "
        f"{treated['effective_rows']:,.0f} and {_rows(untreated, 'untreated ones')} like "
        f"{untreated['effective_rows']:,.0f}."
    )


def _rows(arm: Mapping[Any, float], what: str) -> str:
    rows, before = f"{arm['rows_in_arm']:,.0f} {what}", f"{arm['effective_before']:,.0f}"
    is_weighted = before != f"{arm['rows_in_arm']:,.0f}"
    return f"{rows} (worth {before} by their own weights)" if is_weighted else rows


def _notes(analysis: Analysis, chance: Race) -> list[str]:
    e = chance.predictions
    notes = [chance.says] if analysis.adjusted_for else []
    notes.append(
        f"The check passes with at most {MOST_OUTSIDE:.0%} of the rows asked about without a "
        f"counterpart (chance below {COMMON[0]} or above {COMMON[1]}) and weights worth at least "
        f"{LEAST_EFFECTIVE:.0%} of each arm."
    )
    lost = _is_outside(e)
    if lost.sum() >= 5 and (~lost).sum() >= 5:
        notes.append(_who(analysis, lost))
    return notes


def _who(analysis: Analysis, lost: Mask) -> str:
    """The columns in which the rows without a counterpart differ most from the others."""
    x = analysis.covariates
    difference = (analysis.means(lost) - analysis.means(~lost)) / x.matrix.std(axis=0)
    most = np.argsort(-np.abs(difference))[:3]
    words = ", ".join(
        f"{x.terms[k].label} ({'higher' if difference[k] > 0 else 'lower'} by "
        f"{abs(difference[k]):.1f} SD)"
        for k in most
    )
    return f"The {int(lost.sum()):,} rows without a counterpart differ most in {words}."
