"""What becomes of the effect, and of whom it is about, when rows without a counterpart go?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, escape, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import (
    DIFFERENCES,
    Analysis,
    binary_analysis,
    require_answer,
    require_one_effect,
    with_rows,
)
from ..effect import as_shown
from ..estimators.aipw import SCALES, Nuisances, averaged, drawn_nuisances
from ..propensity import CLIP, effective_rows, weights_for
from ..question import CausalQuestion

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
FOLDS = 5
#: The thresholds listed beside the one chosen.
THRESHOLDS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15)
#: With fewer rows than this in an arm nothing is estimated.
FEWEST = 10


@dataclass(frozen=True, kw_only=True)
class TrimLedger(CheckResult):
    """The effect among the rows whose chance of treatment keeps a distance from the ends, for
    several distances; `unit` is the estimates' scale, `no_effect` where there is none on it,
    `optimal` the distance of least variance (Crump et al. 2009; NaN for another estimand or
    scale than theirs, and for weighted rows)."""

    columns: ClassVar[Mapping[str, str]] = {
        "threshold": "least distance of the chance of treatment from the ends that matter",
        "rows": "rows that stay",
        "share": "the same as a share of all rows, as they are weighted",
        "treated": "treated rows that stay",
        "untreated": "untreated rows that stay",
        "effective_treated": "equally weighted rows that carry as much as the treated",
        "effective_untreated": "the same for the untreated",
        "estimate": "the effect among the rows that stay, in the outcome's unit; or a ratio",
        "std_error": "its standard error; of a ratio, that of its logarithm",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end",
    }

    optimal: float = float("nan")
    unit: str = ""
    no_effect: float = 0.0

    def figure(self) -> Any:
        """The effect for every threshold, with the share of the rows it is about."""
        shown = self.frame.iloc[::-1]
        names = [
            f"{r['threshold']:.2g}: {r['share']:.0%} of the rows" if r["threshold"] else "all rows"
            for _, r in shown.iterrows()
        ]
        figure = new_figure(height=150 + 44 * len(shown), x=self.unit, showlegend=False)
        figure.add_vline(x=self.no_effect, line={"color": LIGHT_GREY, "width": 2})
        for at, (_, row) in enumerate(shown.iterrows()):
            colour = BLUE if row["threshold"] == 0 else GREY
            words = (
                f"{row['effective_treated']:,.0f} and {row['effective_untreated']:,.0f} "
                "effective rows"
            )
            figure.add_scatter(
                x=[row["estimate"]], y=[at], mode="markers", marker={"size": 11, "color": colour},
                error_x={"type": "data", "symmetric": False, "color": colour,
                         "array": [row["conf_high"] - row["estimate"]],
                         "arrayminus": [row["estimate"] - row["conf_low"]],
                         "thickness": 2, "width": 6},
                hovertemplate=f"%{{x:.4g}}<br>{escape(words)}<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, showgrid=False,
                            range=[-0.6, len(names) - 0.4], ticks="", zeroline=False)  # fmt: skip
        return figure


@method("Trim ledger", page="robustness", weighs=True)
def trim_ledger(
    question: CausalQuestion,
    /,
    *,
    threshold: Annotated[
        float, Range(0.0, 0.4), "rows whose chance of treatment is nearer to an end go"
    ] = 0.1,
    seed: int = 0,
    progress: Progress = silent,
) -> TrimLedger:
    """What trimming the rows without a counterpart does to the effect, and who is left.

    For every threshold: how many rows of each arm stay, what their weights are worth, and the
    effect among them by AIPW (nuisances learned once, from all rows). A trimmed effect is about
    other people than the question: those who could have been treated or not. Who goes is in the
    notes. For the ATT only rows with a chance near 1 go, for the ATC only those near 0; the ATO
    needs no trimming. Rows count by their weights, errors are by group where a column has that
    role. The check informs and does not judge. Unit: the outcome's, or a ratio where one is asked
    for.

    For a two-level treatment. Source: Crump, Hotz, Imbens & Mitnik, Biometrika 96 (2009).
    """
    require_one_effect(question, "The trim ledger")
    if question.estimand == "ATO":
        raise NotApplicable(
            "The ATO needs no trimming: rows without a counterpart count for next to nothing in "
            "it.",
            "Ask for the ATE, ATT or ATC to see what trimming does to them.",
        )
    require_answer(question, "Trimming", DIFFERENCES, SCALES)
    analysis = binary_analysis(question, "Trimming")
    drawn = drawn_nuisances(analysis, FOLDS, None, seed, progress)
    optimal = _optimal(analysis, drawn[0].chance.predictions)
    wanted = sorted({*THRESHOLDS, threshold, *([optimal] if np.isfinite(optimal) else [])})
    rows = [r for r in (_row(analysis, drawn, at) for at in wanted) if r is not None]
    if not rows or rows[0]["threshold"] > 0:
        raise NotApplicable(
            f"An arm has fewer than {FEWEST} rows.", "Bring more rows of the smaller arm."
        )
    frame = pd.DataFrame(rows)
    dropped = [at for at in wanted if at not in set(frame["threshold"])]
    progress(1.0)
    return TrimLedger(
        frame=frame,
        summary=_summary(question, frame, threshold),
        notes=(*analysis.notes, *_notes(analysis, drawn, threshold, optimal, dropped)),
        optimal=optimal,
        unit=question.unit_in_words,
        no_effect=question.no_effect,
    )


def _stays(analysis: Analysis, chance: Floats, threshold: float) -> Mask:
    low = chance >= threshold
    high = chance <= 1 - threshold
    estimand = analysis.question.estimand
    return np.asarray(high if estimand == "ATT" else low if estimand == "ATC" else low & high)


def _row(analysis: Analysis, drawn: list[Nuisances], threshold: float) -> dict[str, float] | None:
    """None where an arm would be too small."""
    question, weight = analysis.question, analysis.weight
    chance = drawn[0].chance.predictions
    stays = _stays(analysis, chance, threshold)
    arm = analysis.arm[stays]
    if min(arm.sum(), (~arm).sum()) < FEWEST:
        return None
    rows = np.flatnonzero(stays)
    cut = with_rows(analysis, rows)
    found = averaged([each.of_rows(rows).scores(cut) for each in drawn], question)[0]
    reach = found.reach
    ends = np.array([found.estimate, found.estimate - reach, found.estimate + reach])
    estimate, low, high = (float(v) for v in as_shown(question, ends))
    own = weight[stays] * weights_for(question.estimand, arm, chance[stays]).values
    return {
        "threshold": threshold,
        "rows": int(stays.sum()),
        "share": float(np.average(stays, weights=weight)),
        "treated": int(arm.sum()),
        "untreated": int((~arm).sum()),
        "effective_treated": effective_rows(own[arm]),
        "effective_untreated": effective_rows(own[~arm]),
        "estimate": estimate,
        "std_error": found.std_error,
        "conf_low": low,
        "conf_high": high,
    }


def _optimal(analysis: Analysis, chance: Floats) -> float:
    """The threshold a of least variance: 1 / (a(1-a)) = 2 E[1/(e(1-e)) | 1/(e(1-e)) ≤ 1/(a(1-a))],
    0 where all rows are better kept, NaN where it was not derived for such a question."""
    question = analysis.question
    if analysis.is_weighted or question.estimand != "ATE" or question.scale != "difference":
        return float("nan")
    return optimal_threshold(chance)


def optimal_threshold(chance: Floats) -> float:
    """The same for the ATE of rows that all count once."""
    cost = np.sort(1 / (chance * (1 - chance)).clip(1e-9))
    if cost[-1] <= 2 * cost.mean():
        return 0.0
    means = np.cumsum(cost) / np.arange(1, len(cost) + 1)
    last = np.flatnonzero(cost <= 2 * means)[-1]
    bound = max(2 * means[last], 4.0)
    return float(0.5 - np.sqrt(0.25 - 1 / bound))


def _summary(question: CausalQuestion, frame: pd.DataFrame, threshold: float) -> str:
    first = frame.iloc[0]
    text = (
        f"Over all {first['rows']:,.0f} rows the effect of {question.treatment} is "
        f"{number(first['estimate'])} ({number(first['conf_low'])} to "
        f"{number(first['conf_high'])})"
    )
    chosen = frame[frame["threshold"] == threshold]
    if chosen.empty or threshold == 0:
        return text + "."
    row = chosen.iloc[0]
    return text + (
        f"; among the {row['share']:.0%} of rows whose chance of treatment is at least "
        f"{threshold:g} from the ends that matter it is {number(row['estimate'])} "
        f"({number(row['conf_low'])} to {number(row['conf_high'])}), an effect on these rows alone."
    )


def _notes(
    analysis: Analysis,
    drawn: list[Nuisances],
    threshold: float,
    optimal: float,
    dropped: list[float],
) -> list[str]:
    chance = drawn[0].chance.predictions
    stays = _stays(analysis, chance, threshold)
    notes = [drawn[0].chance.says] if analysis.adjusted_for else []
    if len(drawn) > 1:
        notes.append(
            f"Effects are averages over {len(drawn)} draws of the folds, as AIPW's are where an "
            "arm is small; who stays is by the chances of the first."
        )
    if (~stays).sum() >= 5 and stays.sum() >= 5:
        notes.append(_who(analysis, stays, threshold))
    elif not (~stays).any():
        notes.append(f"At {threshold:g} every row stays.")
    if optimal > 0:
        notes.append(f"The variance is least at {optimal:.3f} (Crump et al.).")
    if dropped:
        at = ", ".join(f"{t:.3g}" for t in dropped)
        notes.append(f"At {at} an arm would have fewer than {FEWEST} rows: not estimated.")
    clipped = sum(part.moved for part in drawn[0].weights(analysis))
    if clipped:
        notes.append(
            f"{clipped:,} chances in the denominator of a weight are raised to {CLIP} where their "
            "rows stay."
        )
    return notes


def _who(analysis: Analysis, stays: Mask, threshold: float) -> str:
    """The columns in which those who go differ most from those who stay."""
    x = analysis.covariates
    gone, left = analysis.means(~stays), analysis.means(stays)
    words = ", ".join(
        f"{x.terms[k].label} ({number(gone[k])} instead of {number(left[k])} on average)"
        for k in np.argsort(-np.abs((gone - left) / x.matrix.std(axis=0)))[:3]
    )
    return f"The {int((~stays).sum()):,} rows that go at {threshold:g} differ most in {words}."
