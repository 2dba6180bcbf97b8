"""Do the models say the same of the same rows? And who is right where they do not?"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...figures import BLUE, escape, new_figure, number
from ...methods import method
from ...metrics import Z95, Floats, mean_of
from ...progress import Progress, silent
from ...result import Result
from .._intervals import mean_interval
from .._tallies import Tally, shares
from .model_set import ModelSet

TITLES = {
    "agree": "Say the same class",
    "kappa": "Cohen's κ",
    "correlation": "Correlation of the predictions",
    "distance": "Mean distance of the predictions",
    "right_when_agreed": "Right where they say the same",
    "first_right": "First one right where they differ",
    "second_right": "Second one right where they differ",
    "error_when_close": "Mean error of both, the half of the rows where they are closest",
    "error_when_apart": "Mean error of both, the other half",
}


@dataclass(frozen=True, kw_only=True)
class Agreement(Result):
    """Measures of every pair of models on the held-out rows."""

    columns: ClassVar[Mapping[str, str]] = {
        "first": "the first model of the pair",
        "second": "the second",
        "measure": "name of the measure",
        "title": "the measure in words",
        "value": "a share, κ, a correlation, or a number in the target's unit; empty where no row",
        "conf_low": "lower end of the 95 % interval; empty where there is none",
        "conf_high": "upper end of the 95 % interval",
        "rows": "rows it was computed on",
    }

    def figure(self) -> Any:
        """The correlation of every pair, or how often they say the same class."""
        kind = "agree" if (self.frame["measure"] == "agree").any() else "correlation"
        shown = self.frame[self.frame["measure"] == kind]
        labels = [f"{escape(a, 30)} | {escape(b, 30)}"
                  for a, b in zip(shown["first"], shown["second"], strict=True)]  # fmt: skip
        places = list(range(len(shown)))[::-1]
        figure = new_figure(height=130 + 36 * len(shown), x=TITLES[kind], showlegend=False)
        figure.add_scatter(
            x=shown["value"], y=places, mode="markers", marker={"color": BLUE, "size": 10},
            error_x={"type": "data", "symmetric": False,
                     "array": shown["conf_high"] - shown["value"],
                     "arrayminus": shown["value"] - shown["conf_low"]},
            hovertemplate="%{x:.3f}<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(tickvals=places, ticktext=labels, zeroline=False,
                            range=[-0.5, len(shown) - 0.5])  # fmt: skip
        if kind == "agree":
            figure.update_xaxes(tickformat=".0%")
        return figure


@method("Agreement", page="compare", weighs=True)
def agreement(models: ModelSet, /, *, progress: Progress = silent) -> Agreement:
    """How often the models say the same of the same rows, and who is right where they do not.

    Of every pair, on the held-out rows. For classes: the share of rows given the same class (of two
    classes at a cutoff of 0.5, the most probable), Cohen's κ (the share beyond what their own
    frequencies would give by chance: (p − e) / (1 − e)), the correlation of the chances, and how
    often they are right where they agree and where they differ. For numbers: the correlation
    (Pearson), the mean distance, and the mean absolute error of the two on the half of the rows
    where they are closest and on the other half. Two models of the same score may say different
    things of many rows: then what one says of a single row hangs on which was chosen.

    Shares have Wilson's 95 % intervals, κ the one of its large-sample variance, correlations
    Fisher's, means Student's; they cover the sampling of rows and are not corrected for the number
    of pairs.

    Source: Cohen, Educational and Psychological Measurement 20 (1960); Fleiss, Cohen & Everitt,
    Psychological Bulletin 72 (1969) for the variance of κ.
    """
    at, weight = models.held_out, models.models[0].weights("test")
    at, weight = (at, np.ones(len(at))) if weight is None else (at[weight > 0], weight[weight > 0])
    y = models.target.y[at]
    said = []
    for place, name in enumerate(models.names):
        progress(place / len(models), f"Predicting with {name}")
        said.append(models.predictions(at, place))
    measures = _of_numbers if models.task == "regression" else _of_classes
    lines = [
        {"first": models.names[a], "second": models.names[b], "measure": name,
         "title": TITLES[name], "value": found[0], "conf_low": found[1], "conf_high": found[2],
         "rows": found[3]}
        for a, b in itertools.combinations(range(len(models)), 2)
        for name, found in measures(y, said[a], said[b], weight)
    ]  # fmt: skip
    frame = pd.DataFrame(lines)
    return Agreement(frame=frame, summary=_summary(models, frame), notes=_notes(models))


_Measure = tuple[str, tuple[float, float, float, int]]


def _of_classes(y: Floats, one: Floats, other: Floats, weight: Floats) -> Iterator[_Measure]:
    first, second = one.argmax(axis=1), other.argmax(axis=1)
    same = first == second
    yield "agree", _share(same, weight)
    yield "kappa", kappa(first, second, one.shape[1], weight)
    # of two classes either column will do; of more, all chances of all rows together
    columns = slice(1, 2) if one.shape[1] == 2 else slice(None)
    both = one[:, columns].ravel(), other[:, columns].ravel()
    yield "correlation", _correlation(*both, weight)
    yield "right_when_agreed", _share((first == y)[same], weight[same])
    yield "first_right", _share((first == y)[~same], weight[~same])
    yield "second_right", _share((second == y)[~same], weight[~same])


def _of_numbers(y: Floats, one: Floats, other: Floats, weight: Floats) -> Iterator[_Measure]:
    distance = np.abs(one - other)
    error = (np.abs(one - y) + np.abs(other - y)) / 2
    order = np.argsort(distance, kind="stable")
    before = np.cumsum(weight[order]) - weight[order]
    close = np.empty(len(y), dtype=bool)
    close[order] = before < weight.sum() / 2
    yield "correlation", _correlation(one, other, weight)
    yield "distance", _mean(distance, weight)
    yield "error_when_close", _mean(error[close], weight[close])
    yield "error_when_apart", _mean(error[~close], weight[~close])


def kappa(
    first: NDArray[np.intp], second: NDArray[np.intp], classes: int, weight: Floats | None = None
) -> tuple[float, float, float, int]:
    """Cohen's κ with its 95 % interval: the variance is that of each row's influence on
    (p − e) / (1 − e). Empty where both say one class of every row."""
    n = len(first)
    share = np.full(n, 1 / n) if weight is None else weight / weight.sum()
    a, b = (np.bincount(each, share, classes) for each in (first, second))
    agree = mean_of((first == second).astype(float), weight)
    chance = float(a @ b)
    if chance > 1 - 1e-12:
        return float("nan"), float("nan"), float("nan"), n
    by_chance = (b[first] + a[second] - 2 * chance) * share * n
    value = (agree.value - chance) / (1 - chance)
    influence = (agree.influence - (1 - value) * by_chance) / (1 - chance)
    error = float(influence.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    if not error > 0:
        return value, float("nan"), float("nan"), n
    return value, value - Z95 * error, min(value + Z95 * error, 1.0), n


def _share(holds: NDArray[np.bool_], weight: Floats) -> tuple[float, float, float, int]:
    if len(holds) == 0:
        return float("nan"), float("nan"), float("nan"), 0
    found = shares(Tally.all(weight[holds]), Tally.all(weight))
    return float(found.value[0]), float(found.low[0]), float(found.high[0]), len(holds)


def _mean(values: Floats, weight: Floats) -> tuple[float, float, float, int]:
    ends = mean_interval(values, weights=weight)
    return float(np.average(values, weights=weight)), *ends, len(values)


def _correlation(one: Floats, other: Floats, weight: Floats) -> tuple[float, float, float, int]:
    rows = len(weight)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan"), float("nan"), float("nan"), rows
    each = np.repeat(weight, len(one) // rows)
    both = np.cov(one, other, aweights=each)
    value = float(np.clip(both[0, 1] / np.sqrt(both[0, 0] * both[1, 1]), -1, 1))
    # several chances of one row are not several rows: no interval of them
    effective = float(Tally.all(weight).effective[0])
    if effective < 5 or abs(value) > 1 - 1e-12 or len(one) != rows:
        return value, float("nan"), float("nan"), rows
    low, high = np.tanh(np.arctanh(value) + np.array([-1, 1]) * Z95 / np.sqrt(effective - 3))
    return value, float(low), float(high), rows


def _summary(models: ModelSet, frame: pd.DataFrame) -> str:
    """Of the pair that is furthest apart."""
    kind = "correlation" if models.task == "regression" else "agree"
    shown = frame[frame["measure"] == kind]
    furthest = shown.iloc[int(np.argmin(shown["value"].fillna(-2).to_numpy()))]
    names = str(furthest["first"]), str(furthest["second"])
    pair = frame[(frame["first"] == names[0]) & (frame["second"] == names[1])]
    value = {str(k): float(v) for k, v in zip(pair["measure"], pair["value"], strict=True)}
    both = f"{names[0]} and {names[1]}"
    if len(models) > 2:
        both = f"the pair that is furthest apart, {both},"
    opening = f"Of {len(models.held_out):,} held-out rows {both}"
    if kind == "correlation":
        return (
            f"{opening} predict numbers that lie {number(value['distance'], 3)} apart on average, "
            f"with a correlation of {number(value['correlation'], 3)}."
        )
    words = f"{opening} give {value['agree']:.1%} the same class (κ {number(value['kappa'], 2)})"
    differ = int(pair.loc[pair["measure"] == "first_right", "rows"].iloc[0])
    if differ == 0:
        return f"{words}."
    where = f"in the {differ:,} {'row' if differ == 1 else 'rows'} where they differ"
    return (
        f"{words}; {where}, {names[0]} is right in "
        f"{value['first_right']:.1%} and {names[1]} in {value['second_right']:.1%}."
    )


def _notes(models: ModelSet) -> tuple[str, ...]:
    notes = ["The intervals cover which rows were drawn; they are not corrected for several pairs."]
    if models.task != "regression":
        notes.append("A model says the most probable class, of two classes at a cutoff of 0.5.")
        notes.append(
            "κ compares with two models that would say each class as often, without looking at the "
            "rows; where one class is rare it is low even if they mostly agree."
        )
    if models.task == "multiclass":
        notes.append("The correlation is over the chances of all classes, without an interval.")
    return tuple(notes)
