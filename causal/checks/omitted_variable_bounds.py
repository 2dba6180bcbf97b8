"""How far could confounders that nobody measured move the effect that AIPW found?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import (
    DIFFERENCES,
    Analysis,
    binary_analysis,
    require_answer,
    require_one_effect,
)
from ..estimators.aipw import Nuisances, drawn_nuisances, learned_again
from ..propensity import CLIP
from ..question import CausalQuestion
from ._bounds import Bounds, Gain, Parts, averaged_parts, gain, strength
from ._contours import Panel, contours
from .times import times_until_gone

Floats = NDArray[np.float64]
NOBODY, SUPPOSED = "none", "supposed"
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class OmittedVariableBounds(CheckResult):
    """The effect without, and its bounds with, a confounder left out: one supposed, and one as
    strong as each measured column.

    `value`: the share of both treatment and outcome at which the bounds reach zero;
    `value_of_interval` the same for the 95 % interval. `bounds` holds what the picture is drawn
    of, `rho` the supposed alignment, `unit` the estimates' scale. `times`: the smallest multiple of
    a measured column's shares at which the interval reaches zero, at that alignment; `strongest` is
    that column ('none' without columns).
    """

    columns: ClassVar[Mapping[str, str]] = {
        "confounder": "'none', 'supposed', or the column the confounder left out is as strong as",
        "share_of_treatment": "share of the weights' variation that it adds (cf_d)",
        "share_of_outcome": "share of the rest of the outcome that it explains (cf_y)",
        "rho": "alignment of the two, -1 to 1; for a column the observed one, else the supposed",
        "estimate_low": "the lowest effect with such a confounder, at the supposed alignment",
        "estimate_high": "the highest",
        "conf_low": "lower end of the 95 % interval of the bounds",
        "conf_high": "upper end",
        "change": "how the estimate changes when the column is really left out",
    }

    value: float
    value_of_interval: float
    bounds: Bounds
    rho: float = 1.0
    unit: str = ""
    strongest: str = NOBODY
    times: float = float("inf")

    def figure(self) -> Any:
        """Contours of the bound nearer to zero and of its interval, with the columns."""
        found, side = self.bounds, self.bounds.side_of_zero

        def bound(x: Floats, y: Floats) -> Floats:
            return found.end(strength(x, y, self.rho), side)

        def interval(x: Floats, y: Floats) -> Floats:
            return found.conf_end(strength(x, y, self.rho), side)

        word = "lower" if side < 0 else "upper"
        shown = self.frame[~self.frame["confounder"].isin([NOBODY, SUPPOSED])]
        return contours(
            shown.assign(times=1),
            [
                Panel(f"{word} bound of the effect", bound, 0.0, "0"),
                Panel(f"{word} end of its interval", interval, 0.0, "0"),
            ],
            least=min(max(0.05, 1.25 * self.value), 0.9),
            x="share of the treatment's weights it adds",
            y="share of the rest of the outcome it explains",
        )


@method("Omitted-variable bounds (unmeasured confounder, AIPW)", page="robustness", weighs=True)
def omitted_variable_bounds(
    question: CausalQuestion,
    /,
    *,
    cf_y: Annotated[
        float, Range(0.0, 0.99), "share of the rest of the outcome the confounder explains"
    ] = 0.03,
    cf_d: Annotated[
        float, Range(0.0, 0.99), "share of the treatment's weights the confounder explains"
    ] = 0.03,
    rho: Annotated[float, Range(0.01, 1.0), "how well the two are aligned; 1 is the worst"] = 1.0,
    benchmarks: Annotated[bool, "leave every column out in turn, to compare with"] = True,
    seed: int = 0,
    progress: Progress = silent,
) -> OmittedVariableBounds:
    """Between which values the effect lies if a confounder of a given strength was left out.

    Strength is what the confounder would add, beside what is adjusted for: to the explained part of
    the outcome (`cf_y`) and to the variation of the inverse-probability weights (`cf_d`; for a
    treatment along a straight line, the share of its rest that is explained). No form of outcome or
    treatment is assumed; nuisances are those of `aipw`, and each column is really left out once to
    be a benchmark. Rows count by their weights, intervals are by group where a column has that
    role. The check informs and does not judge. Unit: the outcome's; intervals are 95 %.

    Not for the ATO, over whom a confounder left out would change who is averaged over, nor for
    ratios (for which see `e_value`).

    For a two-level treatment. Source: Chernozhukov, Cinelli, Newey, Sharma & Syrgkanis (2022), as
    implemented in DoubleML.
    """
    _require_answer(question)
    analysis = binary_analysis(question, "The calculation of bounds")
    columns = analysis.adjusted_for if benchmarks else ()
    share = 1.0 if not columns else 0.5
    drawn = drawn_nuisances(analysis, FOLDS, None, seed, part(progress, 0.0, share))
    lap = part(progress, share, 1.0)
    return bounds_of(
        analysis, drawn, columns, cf_y=cf_y, cf_d=cf_d, rho=rho, seed=seed, progress=lap
    )


def _require_answer(question: CausalQuestion) -> None:
    require_one_effect(question, "The calculation of bounds")
    if question.estimand == "ATO":
        raise NotApplicable(
            "The bounds do not answer for those whose treatment could have gone either way (ATO): "
            "who they are would be others with the confounder.",
            "Ask for the ATE, ATT or ATC, or see the E-value.",
        )
    if question.estimand == "LATE":
        raise NotApplicable(
            "The bounds are about AIPW, which does not answer the LATE.",
            "The robustness value tells how strong a cause of instrument and outcome has to be.",
        )
    if question.scale != "difference":
        raise NotApplicable(
            f"The bounds are made for a difference of means, not their {question.scale}.",
            "The E-value is made for ratios; or ask for the difference.",
        )
    require_answer(question, "The calculation of bounds", DIFFERENCES)


def bounds_of(
    analysis: Analysis,
    drawn: Sequence[Nuisances],
    columns: tuple[str, ...],
    *,
    cf_y: float = 0.03,
    cf_d: float = 0.03,
    rho: float = 1.0,
    seed: int = 0,
    progress: Progress = silent,
) -> OmittedVariableBounds:
    """The bounds for nuisances that were learned before, over one draw of the folds or several,
    with these columns as benchmarks.

    Raises `NotApplicable` where the question is not about a difference between two arms.
    """
    question, supposed = analysis.question, Gain(cf_d, cf_y, rho, np.nan)
    _require_answer(question)
    found = averaged_parts([_parts(analysis, each) for each in drawn]).bounds(analysis.clusters)
    gains = _gains(analysis, drawn[0], columns, seed, progress)
    frame = _frame(found, {SUPPOSED: supposed, **gains}, rho)
    times = {c: times_until_gone(partial(_left, found, g, rho)) for c, g in gains.items()}
    strongest = min(times, key=lambda column: times[column], default=NOBODY)
    progress(1.0)
    return OmittedVariableBounds(
        frame=frame,
        summary=_summary(question, found, frame, rho),
        notes=(*analysis.notes, *_notes(analysis, drawn, frame)),
        value=found.robustness(rho),
        value_of_interval=found.robustness_of_interval(rho),
        bounds=found,
        rho=rho,
        unit=question.unit_in_words,
        strongest=strongest,
        times=times.get(strongest, float("inf")),
    )


def _left(found: Bounds, of_column: Gain, rho: float, times: float) -> float:
    """How far the interval of the bounds stays from zero, with a confounder several times as strong
    as a column."""
    of_treatment = min(times * of_column.of_treatment, 1 - 1e-9)
    force = strength(of_treatment, min(times * of_column.of_outcome, 1.0), rho)
    side = found.side_of_zero
    return float(-side * found.conf_end(force, side))


def _parts(analysis: Analysis, learned: Nuisances) -> Parts:
    e = np.clip(learned.chance.predictions, CLIP, 1 - CLIP)
    m = learned.untreated.predictions, learned.treated.predictions
    return Parts.of(
        learned.scores(analysis), analysis.question.estimand, analysis.arm, analysis.y, m, e,
        analysis.weight,
    )  # fmt: skip


def _gains(
    analysis: Analysis,
    learned: Nuisances,
    columns: tuple[str, ...],
    seed: int,
    progress: Progress,
) -> dict[str, Gain]:
    """What every column adds, over the first draw of the folds with it and without."""
    gains: dict[str, Gain] = {}
    if not columns:
        return gains
    y, own = analysis.y, analysis.weight
    variance = float(np.average((y - np.average(y, weights=own)) ** 2, weights=own))
    found = _parts(analysis, learned).bounds(analysis.clusters)
    for k, column in enumerate(columns):
        lap = part(progress, k / len(columns), (k + 1) / len(columns), f"Without {column}")
        less = without(analysis, column)
        short = _parts(less, learned_again(less, learned, seed, lap))
        gains[column] = gain(found, short.bounds(analysis.clusters), variance)
    return gains


def without(analysis: Analysis, column: str) -> Analysis:
    """The same rows, one column not adjusted for."""
    terms = analysis.covariates.terms
    kept = [k for k, term in enumerate(terms) if term.column != column]
    return replace(analysis, covariates=analysis.covariates.take(kept))


def _frame(found: Bounds, gains: dict[str, Gain], rho: float) -> pd.DataFrame:
    rows = [(NOBODY, Gain(0.0, 0.0, np.nan, 0.0)), *gains.items()]
    frame = pd.DataFrame(
        {
            "confounder": pd.Series([name for name, _ in rows], dtype="str"),
            "share_of_treatment": [g.of_treatment for _, g in rows],
            "share_of_outcome": [g.of_outcome for _, g in rows],
            "rho": [g.rho for _, g in rows],
        }
    )
    weight = np.minimum(frame["share_of_treatment"].to_numpy(), 1 - 1e-9)
    force = strength(weight, frame["share_of_outcome"].to_numpy(), rho)
    frame["estimate_low"], frame["estimate_high"] = found.end(force, -1), found.end(force, 1)
    frame["conf_low"], frame["conf_high"] = found.conf_end(force, -1), found.conf_end(force, 1)
    frame["change"] = [g.change for _, g in rows]
    return frame


def _summary(question: CausalQuestion, found: Bounds, frame: pd.DataFrame, rho: float) -> str:
    supposed = frame[frame["confounder"] == SUPPOSED].iloc[0]
    value, of_interval = found.robustness(rho), found.robustness_of_interval(rho)
    return (
        f"With a confounder left out that explains {supposed['share_of_outcome']:.1%} of the rest "
        f"of {question.outcome} and {supposed['share_of_treatment']:.1%} of what decides "
        f"{question.treatment}, the effect ({number(found.estimate)}) lies between "
        f"{number(supposed['estimate_low'])} and {number(supposed['estimate_high'])} (95 % "
        f"interval {number(supposed['conf_low'])} to {number(supposed['conf_high'])}); it takes "
        f"{value:.1%} of both to bring it to zero, and {of_interval:.1%} for the interval."
    )


def _notes(analysis: Analysis, drawn: Sequence[Nuisances], frame: pd.DataFrame) -> list[str]:
    notes = [race.says for race in drawn[0].races] if analysis.adjusted_for else []
    if len(drawn) > 1:
        notes.append(
            f"Effect and bounds are averages over {len(drawn)} draws of the folds, as AIPW's "
            "estimate is where an arm is small; what a column adds is by the first draw, with it "
            "and without."
        )
    columns = frame[~frame["confounder"].isin([NOBODY, SUPPOSED])]
    if len(columns):
        worst = columns.iloc[int(columns["change"].abs().to_numpy().argmax())]
        notes += [
            (
                f"Of the measured columns {worst['confounder']} matters most: without it the "
                f"estimate changes by {number(worst['change'])}."
            ),
            (
                "A column's shares are what it really adds, with the learners that won and the "
                "same folds; one that adds nothing out of fold counts as 0."
            ),
        ]
    return notes
