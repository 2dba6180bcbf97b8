"""How strong, as risk ratios, would an unmeasured confounder have to be to explain the effect?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable, ParameterError
from workbench.figures import BLUE, GREY, INK, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..analysis import Analysis, analyse, binary_analysis
from ..estimators.aipw import aipw, nuisances
from ..estimators.linear_regression import linear_regression
from ..propensity import CLIP
from ..question import CausalQuestion

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


@method("E-value", page="cause")
def e_value(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator, "the estimator of an effect on a number"] = "linear_regression",
    seed: int = 0,
    progress: Progress = silent,
) -> EValue:
    """How strongly an unmeasured confounder must go with treatment and outcome to explain both.

    The E-value is the least risk ratio that a confounder must have with the treatment and with the
    outcome, beyond what is adjusted for, to bring the effect to nothing; a second one is for the
    interval to reach it. A two-level outcome: the risk ratio of the two arms' shares by AIPW, for
    the estimand asked for. A number: the effect divided by the outcome's standard deviation within
    the arms, turned into a risk ratio by exp(0.91 d), which is an approximation. The check informs
    and does not judge: small E-values are no proof of confounding, large ones none against it.

    Source: VanderWeele & Ding, Annals of Internal Medicine 167 (2017); Chinn (2000) for 0.91.
    """
    if question.response.is_binary:
        analysis = binary_analysis(question, "The risk ratio")
        effect = _risk_ratio(analysis, seed, progress)
        how = f"risk ratio of {question.outcome_in_words}, by AIPW"
        notes = [f"The effect is the {how}."]
    else:
        analysis = analyse(question)
        spread = _spread(analysis)
        effect = _difference(question, estimator, spread, seed, progress)
        notes = [
            (
                f"The effect is divided by {number(spread)}, the outcome's standard deviation"
                f"{' within the arms' if question.treated.is_binary else ''}; exp(0.91 d) turns it "
                "into an approximate risk ratio of the outcome being high."
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


def _risk_ratio(analysis: Analysis, seed: int, progress: Progress) -> _Effect:
    learned = nuisances(analysis, 5, seed, progress)
    e = np.clip(learned.chance.predictions, CLIP, 1 - CLIP)
    arm, y, estimand = analysis.arm, analysis.y, analysis.question.estimand
    share = {"ATE": np.ones(len(y)), "ATT": e, "ATC": 1 - e}[estimand]
    asked = {"ATE": np.ones(len(y)), "ATT": arm, "ATC": ~arm}[estimand].astype(float)
    made = [
        _mean(side, y, race.predictions, chance, share, asked)
        for side, race, chance in (
            (arm, learned.treated, e),
            (~arm, learned.untreated, 1 - e),
        )
    ]
    (risk1, influence1), (risk0, influence0) = made
    if min(risk0, risk1) <= 0:
        raise NotApplicable(
            f"The shares with and without the treatment are {number(risk1)} and {number(risk0)}: "
            "there is no ratio.",
            "Ask on the scale of differences, or bring more rows with the event.",
        )
    of_log = influence1 / risk1 - influence0 / risk0
    reach = Z95 * of_log.std(ddof=1) / np.sqrt(len(y))
    ratio = risk1 / risk0
    ends = (ratio, ratio * np.exp(-reach), ratio * np.exp(reach))
    return _Effect(tuple(map(float, ends)), tuple(map(float, ends)))  # type: ignore[arg-type]


def _mean(
    side: NDArray[np.bool_], y: Floats, m: Floats, chance: Floats, share: Floats, asked: Floats
) -> tuple[float, Floats]:
    """The mean outcome with one treatment over the rows asked about, doubly robust, and each row's
    influence on it."""
    rows = asked * m + np.where(side, share / chance, 0.0) * (y - m)
    mean = float(rows.sum() / asked.sum())
    return mean, (rows - asked * mean) / asked.mean()


def _difference(
    question: CausalQuestion, estimator: Estimator, spread: float, seed: int, progress: Progress
) -> _Effect:
    if estimator == "aipw":
        frame = aipw(question, seed=seed, progress=progress).frame
    else:
        frame = linear_regression(question, progress=progress).frame
    row = frame.iloc[0]
    own = tuple(float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    ratios = tuple(_as_risk_ratio(v / spread, "standardised_difference", False) for v in own)
    return _Effect(own, ratios)  # type: ignore[arg-type]


def _spread(analysis: Analysis) -> float:
    """The outcome's standard deviation, within the arms where there are two."""
    y = analysis.y
    if not analysis.question.treated.is_binary:
        return float(y.std(ddof=1))
    arms = [y[a] for a in (analysis.arm, ~analysis.arm)]
    left = sum(float(((part - part.mean()) ** 2).sum()) for part in arms)
    return float(np.sqrt(left / (len(y) - 2)))
