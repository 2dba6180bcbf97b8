"""How strong, as risk ratios, would an unmeasured confounder have to be to explain the effect?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable, ParameterError
from workbench.figures import BLUE, GREY, INK, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..analysis import Analysis, analyse, require_one_effect
from ..estimators.aipw import aipw, aipw_analysis, averaged, drawn_nuisances
from ..estimators.linear_regression import linear_regression
from ..question import CausalQuestion
from ._again import FOLDS, NAMES, tested

Floats = NDArray[np.float64]
Measure = Literal["risk_ratio", "odds_ratio", "hazard_ratio", "standardised_difference"]
Estimator = Literal["linear_regression", "aipw"]
ESTIMATE, LIMIT = "estimate", "limit of the interval nearer to no effect"


@dataclass(frozen=True, kw_only=True)
class EValue(CheckResult):
    """The E-values of an estimate and of the end of its interval nearer to no effect."""

    columns: ClassVar[Mapping[str, str]] = {
        "of": f"'{ESTIMATE}', or '{LIMIT}'",
        "effect": "as it was estimated, on its own scale",
        "risk_ratio": "the same as a risk ratio, exactly or approximately",
        "e_value": "the least risk ratio with both treatment and outcome that explains it",
    }

    def figure(self) -> Any:
        """Every pair of risk ratios that would do: on the line or beyond it."""
        top = max(2.0, 2.2 * float(self.frame["e_value"].max()) - 1)
        figure = new_figure(
            height=420,
            x="risk ratio of the confounder with the treatment",
            y="risk ratio of the confounder with the outcome",
        )
        for (_, row), colour in zip(self.frame.iterrows(), (BLUE, GREY), strict=True):
            if row["e_value"] > 1:
                _draw(figure, row, colour, top)
        figure.update_xaxes(range=[1, top])
        figure.update_yaxes(range=[1, top])
        return figure


def _draw(figure: Any, row: pd.Series, colour: str, top: float) -> None:
    ratio = max(row["risk_ratio"], 1 / row["risk_ratio"])
    least = ratio * (top - 1) / (top - ratio)  # where the line leaves the picture
    across = np.geomspace(least, top, 200)
    figure.add_scatter(
        x=across, y=ratio * (across - 1) / (across - ratio), mode="lines",
        line={"color": colour, "width": 2.5}, name=f"explains the {row['of']}",
        hovertemplate="%{x:.2f} with the treatment, %{y:.2f} with the outcome<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[row["e_value"]], y=[row["e_value"]], mode="markers+text", showlegend=False,
        text=[f"E-value {row['e_value']:.2f}"], textposition="top right",
        textfont={"color": INK}, marker={"color": colour, "size": 11},
        hovertemplate="E-value %{x:.2f}<extra></extra>",
    )  # fmt: skip


@method("E-value", page="robustness", weighs=True)
def e_value(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[
        Estimator | None,
        "the estimator of an effect on a number; automatic: the first that answers the question",
    ] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> EValue:
    """How strongly an unmeasured confounder must go with treatment and outcome to explain both.

    The E-value is the least risk ratio that a confounder must have with the treatment and with the
    outcome, beyond what is adjusted for, to bring the effect to nothing; a second one is for the
    interval to reach it. A two-level outcome: the risk ratio of the two arms' shares by AIPW, for
    the estimand asked for, on whatever scale. A ratio of two means: as it is, by AIPW. A difference
    of means: divided by the outcome's standard deviation within the arms, and turned into a risk
    ratio by exp(0.91 d), which is an approximation. Rows count by their weights, intervals are by
    group where a column has that role. The check informs and does not judge: small E-values are no
    proof of confounding, large ones none against it.

    Not for the LATE: what would have to be confounded there is the instrument (`robustness_value`).
    Source: VanderWeele & Ding, Annals of Internal Medicine 167 (2017); Ding & VanderWeele,
    Epidemiology 27 (2016) for ratios of means; Chinn (2000) for 0.91.
    """
    if question.estimand == "LATE":
        raise NotApplicable(
            "The E-value does not answer for those whom the instrument moves (LATE): what would "
            "have to be confounded there is the instrument.",
            "The robustness value tells how strong a cause of instrument and outcome has to be.",
        )
    require_one_effect(question, "The E-value")
    if question.response.is_binary or question.scale != "difference":
        analysis = aipw_analysis(question)
        effect = _ratio(analysis, seed, progress)
        what = "risk ratio" if question.response.is_binary else "ratio of the means"
        notes = [f"The effect is the {what} of {question.outcome_in_words}, by AIPW."]
    else:
        analysis = analyse(question)
        spread = _spread(analysis)
        by = tested(question, estimator)
        effect = _difference(question, by, spread, seed, progress)
        notes = [
            (
                f"The effect, by {NAMES[by]}, is divided by {number(spread)}, the outcome's "
                f"standard deviation{' within the arms' if question.treated.is_binary else ''}; "
                "exp(0.91 d) turns it into an approximate risk ratio of the outcome being high."
            )
        ]
    progress(1.0)
    frame = _frame(effect)
    summary = _summary(frame, f"the effect of {question.treatment}")
    return EValue(frame=frame, summary=summary, notes=(*analysis.notes, *notes, _MEANS))


def e_value_of(
    estimate: float,
    conf_low: float | None = None,
    conf_high: float | None = None,
    *,
    measure: Measure = "risk_ratio",
    rare: bool = False,
) -> EValue:
    """The E-values of a published effect, from the numbers its table prints.

    `measure` says what `estimate` and the ends of its interval are: a risk ratio, an odds or hazard
    ratio, or a standardised difference of means (d). Odds and hazard ratios of a `rare` outcome
    (below 15 % at the end of follow-up) are risk ratios; of a common one √OR and VanderWeele's
    formula approximate it. Raises `ParameterError` for ratios that are not positive and for ends
    that do not hold the estimate.

    Source: VanderWeele & Ding (2017), table 2.
    """
    low = estimate if conf_low is None else conf_low
    high = estimate if conf_high is None else conf_high
    if not low <= estimate <= high:
        raise ParameterError(
            f"The interval {low} to {high} does not hold the estimate {estimate}.",
            "Give the estimate and then the lower and the upper end.",
        )
    if measure != "standardised_difference" and not low > 0:
        raise ParameterError(f"{low} is no ratio.", "Ratios are greater than zero.")
    ratios = tuple(_as_risk_ratio(v, measure, rare) for v in (estimate, low, high))
    frame = _frame(_Effect((estimate, low, high), ratios))
    if conf_low is None and conf_high is None:
        frame = frame.iloc[:1]
    return EValue(frame=frame, summary=_summary(frame, "the estimate"), notes=(_MEANS,))


_MEANS = (
    "The confounder is compared in its two most different levels, and its risk ratios hold beyond "
    "what is adjusted for; weaker in one of the two, it must be stronger in the other, as drawn."
)


@dataclass(frozen=True)
class _Effect:
    """An estimate with the ends of its interval, on its own scale and as risk ratios."""

    own: tuple[float, float, float]
    ratios: tuple[float, ...]


def _as_risk_ratio(value: float, measure: Measure, rare: bool) -> float:
    if measure == "standardised_difference":
        return float(np.exp(0.91 * value))
    if measure == "odds_ratio" and not rare:
        return float(np.sqrt(value))
    if measure == "hazard_ratio" and not rare:
        return float((1 - 0.5 ** np.sqrt(value)) / (1 - 0.5 ** np.sqrt(1 / value)))
    return float(value)


def _frame(effect: _Effect) -> pd.DataFrame:
    ratio, low, high = effect.ratios
    nearer = 1 if ratio >= 1 else 2
    crosses = low <= 1 <= high
    values = [_e_value(ratio), 1.0 if crosses else _e_value(effect.ratios[nearer])]
    return pd.DataFrame(
        {
            "of": [ESTIMATE, LIMIT],
            "effect": [effect.own[0], effect.own[nearer]],
            "risk_ratio": [ratio, effect.ratios[nearer]],
            "e_value": values,
        }
    )


def _e_value(ratio: float) -> float:
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1)))


def _summary(frame: pd.DataFrame, what: str) -> str:
    first = frame.iloc[0]
    text = (
        f"To explain {what} away (risk ratio {first['risk_ratio']:.2f}), an unmeasured confounder "
        f"would have to be associated with both the treatment and the outcome by a risk ratio of "
        f"at least {first['e_value']:.2f} each, beyond what is adjusted for"
    )
    if len(frame) == 1:
        return text + "."
    limit = frame["e_value"].iloc[1]
    if limit == 1:
        return text + "; the 95 % interval holds no effect as it is (E-value 1)."
    return text + f"; for its 95 % interval to reach no effect, {limit:.2f} each would do."


def _ratio(analysis: Analysis, seed: int, progress: Progress) -> _Effect:
    """The ratio of the two means, as AIPW's page has it."""
    drawn = drawn_nuisances(analysis, FOLDS, None, seed, progress)
    each = [replace(made.scores(analysis), scale="ratio") for made in drawn]
    found = averaged(each, analysis.question)[0]
    reach = found.reach
    ends = tuple(float(np.exp(found.estimate + by)) for by in (0.0, -reach, reach))
    return _Effect(ends, ends)  # type: ignore[arg-type]


def _difference(
    question: CausalQuestion, estimator: str, spread: float, seed: int, progress: Progress
) -> _Effect:
    if estimator == "aipw":
        frame = aipw(question, seed=seed, progress=progress).frame
    else:
        frame = linear_regression(question, progress=progress).frame
    own = tuple(float(frame[c].iloc[0]) for c in ("estimate", "conf_low", "conf_high"))
    ratios = tuple(_as_risk_ratio(v / spread, "standardised_difference", False) for v in own)
    return _Effect(own, ratios)  # type: ignore[arg-type]


def _spread(analysis: Analysis) -> float:
    """The outcome's standard deviation, rows as they are weighted, within the arms where there are
    two."""
    arms = [np.ones(len(analysis), dtype=bool)]
    if analysis.question.treated.is_binary:
        arms = [analysis.arm, ~analysis.arm]
    y, weight = analysis.y, analysis.weight
    left = sum(float(weight[a] @ (y[a] - np.average(y[a], weights=weight[a])) ** 2) for a in arms)
    return float(np.sqrt(left / weight.sum() * len(y) / (len(y) - len(arms))))
