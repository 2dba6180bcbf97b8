"""Does the chance of treatment come true as often as it says?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, LIGHT_GREY, new_figure
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import Analysis, binary_analysis, require_answer
from ..effect import p_in_words
from ..estimators.aipw import ESTIMANDS, SCALES
from ..influence import Codes
from ..propensity import CLIP, effective_rows, propensity_race
from ..question import CausalQuestion
from ._again import group_column

Floats = NDArray[np.float64]
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class PropensityCalibration(CheckResult):
    """Predicted chances of treatment in groups of equal size, and how many were treated.

    `intercept` and `slope` of a logistic regression of the treatment on the log odds predicted (0
    and 1 where every chance comes true), `slope_error` its standard error and `p_value` of both
    being so (likelihood ratio; with weights or groups Wald's F). Where rows have weights, shares,
    means and the line are by them.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "group": "number of the group, from the smallest chance",
        "rows": "rows in it",
        "predicted": "mean chance of treatment predicted, on rows not seen, as they are weighted",
        "observed": "share really treated, as rows are weighted",
        "conf_low": "lower end of its 95 % interval (Wilson, of as many rows as the weights are "
        "worth)",
        "conf_high": "upper end",
    }

    intercept: float
    slope: float
    slope_error: float
    p_value: float

    def figure(self) -> Any:
        """Observed against predicted, with the line where the two are equal."""
        frame = self.frame
        top = 1.05 * float(max(frame["conf_high"].max(), frame["predicted"].max()))
        figure = new_figure(height=420, x="predicted chance of treatment", y="share treated",
                            showlegend=False)  # fmt: skip
        figure.add_scatter(x=[0, top], y=[0, top], mode="lines", hoverinfo="skip",
                           line={"color": LIGHT_GREY, "dash": "dash"})  # fmt: skip
        figure.add_scatter(
            x=frame["predicted"], y=frame["observed"], mode="markers",
            marker={"color": BLUE, "size": 9},
            error_y={"type": "data", "symmetric": False, "color": BLUE, "thickness": 1.5,
                     "array": frame["conf_high"] - frame["observed"],
                     "arrayminus": frame["observed"] - frame["conf_low"]},
            customdata=frame[["rows"]],
            hovertemplate="predicted %{x:.3f}, treated %{y:.3f} of %{customdata[0]}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(range=[0, min(top, 1.02)])
        figure.update_yaxes(range=[0, min(top, 1.02)])
        return figure


@method("Calibration of the propensity", page="robustness", weighs=True)
def propensity_calibration(
    question: CausalQuestion,
    /,
    *,
    groups: Annotated[int, Range(3, 50), "groups of rows, of equal size"] = 10,
    seed: int = 0,
    progress: Progress = silent,
) -> PropensityCalibration:
    """Whether, of rows with a predicted chance of treatment of 30 %, about 30 % were treated.

    Weights are one over this chance, so where it is wrong at its ends the weights are. The chances
    are cross-fitted, those of `aipw`. A slope below 1: they are too extreme (overfitted); above 1:
    too timid. The check informs and does not judge: with many rows a harmless deviation is
    significant too, and a chance may be calibrated and still leave a confounder out.

    With weights the chances are those of the population: they are learned, and asked whether they
    come true, of rows as they are weighted. Where a column has the role group the slope's interval
    and p-value are by group.

    For a two-level treatment. Source: Cox, Biometrika 45 (1958); Van Calster et al. (2019); Binder
    (1983) for the errors with weights.
    """
    require_answer(question, "The chance of treatment", ESTIMANDS, SCALES)
    analysis = binary_analysis(question, "The chance of treatment")
    if not analysis.covariates.terms:
        raise NotApplicable(
            "Nothing is adjusted for: the chance of treatment is the same for every row.",
            "Name confounders to see how they change it.",
        )
    race = propensity_race(analysis, seed=seed, progress=progress)
    chance = np.clip(race.predictions, CLIP, 1 - CLIP)
    weight = analysis.weight if analysis.is_weighted else None
    line = _Line.of(analysis.arm.astype(float), chance, analysis.clusters, weight)
    progress(1.0)
    return PropensityCalibration(
        frame=_frame(analysis.arm, chance, groups, analysis.weight),
        summary=_summary(question, line),
        notes=(*analysis.notes, race.says, *_designed(analysis)),
        intercept=line.intercept,
        slope=line.slope,
        slope_error=line.slope_error,
        p_value=line.p_value,
    )


@dataclass(frozen=True)
class _Line:
    intercept: float
    slope: float
    slope_error: float
    p_value: float

    @classmethod
    def of(
        cls,
        t: Floats,
        chance: Floats,
        clusters: Codes | None = None,
        weight: Floats | None = None,
    ) -> "_Line":
        """By Newton's method from 0 and 1; with weights (n,) or clusters the errors are from the
        scores of rows or clusters, and the p-value is Wald's."""
        from scipy.special import chdtrc, expit, logit

        x = np.column_stack([np.ones(len(t)), logit(chance)])
        if np.ptp(x[:, 1]) == 0:
            return cls(0.0, float("nan"), float("nan"), 1.0)
        own = np.ones(len(t)) if weight is None else weight
        slopes = np.array([0.0, 1.0])
        for _ in range(50):
            made = expit(x @ slopes)
            curvature = (x.T * (own * made * (1 - made))) @ x
            step = np.linalg.solve(curvature, x.T @ (own * (t - made)))
            slopes = slopes + step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))
            if np.abs(step).max() < 1e-10:
                break
        if clusters is not None or weight is not None:
            each = x * (own * (t - expit(x @ slopes)))[:, None]
            return cls._by_scores(slopes, each if clusters is None else _sums(each, clusters),
                                  curvature)  # fmt: skip
        gain = 2 * (_likelihood(t, expit(x @ slopes)) - _likelihood(t, chance))
        error = np.sqrt(np.linalg.inv(curvature)[1, 1])
        return cls(float(slopes[0]), float(slopes[1]), float(error),
                   float(chdtrc(2, max(gain, 0.0))))  # fmt: skip

    @classmethod
    def _by_scores(cls, slopes: Floats, scores: Floats, curvature: Floats) -> "_Line":
        """With the errors that the scores (k, 2) of k independent rows or clusters give."""
        from scipy.special import fdtrc

        count, inverse = len(scores), np.linalg.inv(curvature)
        spread = inverse @ (scores.T @ scores) @ inverse * count / (count - 1)
        off = slopes - [0.0, 1.0]
        f = float(off @ np.linalg.solve(spread, off)) / 2
        p = float(fdtrc(2, count - 1, f))
        return cls(float(slopes[0]), float(slopes[1]), float(np.sqrt(spread[1, 1])), p)


def _sums(each: Floats, clusters: Codes) -> Floats:
    return np.array([np.bincount(clusters, column) for column in each.T]).T


def _designed(analysis: Analysis) -> list[str]:
    notes = []
    if analysis.is_weighted:
        notes.append(
            "Chances are learned, and shares, slope and p-value are, of rows as they are weighted."
        )
    if analysis.clusters is not None:
        notes.append(
            "Intervals of the shares in the picture take rows as independent; slope and p-value "
            f"are by '{group_column(analysis)}'."
        )
    return notes


def _likelihood(t: Floats, chance: Floats) -> float:
    chance = np.clip(chance, 1e-12, 1 - 1e-12)
    return float((t * np.log(chance) + (1 - t) * np.log1p(-chance)).sum())


def _frame(arm: NDArray[np.bool_], chance: Floats, groups: int, weight: Floats) -> pd.DataFrame:
    order = np.argsort(chance, kind="stable")
    parts = [p for p in np.array_split(order, groups) if weight[p].any()]
    observed, predicted = (
        np.array([np.average(of[p], weights=weight[p]) for p in parts]) for of in (arm, chance)
    )
    worth = np.array([effective_rows(weight[p]) for p in parts])
    centre = (observed + Z95**2 / (2 * worth)) / (1 + Z95**2 / worth)
    spread = np.sqrt(observed * (1 - observed) / worth + Z95**2 / (4 * worth**2))
    reach = Z95 * spread / (1 + Z95**2 / worth)
    return pd.DataFrame(
        {
            "group": np.arange(1, len(parts) + 1),
            "rows": [len(p) for p in parts],
            "predicted": predicted,
            "observed": observed,
            "conf_low": np.minimum(np.maximum(centre - reach, 0.0), observed),
            "conf_high": np.maximum(np.minimum(centre + reach, 1.0), observed),
        }
    )


def _summary(question: CausalQuestion, line: _Line) -> str:
    if np.isnan(line.slope):
        return f"The chance of {question.treatment} is the same for every row."
    low, high = line.slope - Z95 * line.slope_error, line.slope + Z95 * line.slope_error
    word = "come true as often as they say, as far as chance allows"
    if line.p_value < LEVEL:
        word = "are too extreme" if line.slope < 1 else "are too timid"
    return (
        f"The predicted chances of {question.treatment} {word}: calibration slope "
        f"{line.slope:.2f} ({low:.2f} to {high:.2f}; 1 is right), {p_in_words(line.p_value)}."
    )
