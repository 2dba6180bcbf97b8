"""Which model is better, and is the difference more than the luck of the rows?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from ...figures import BLUE, GREY, escape, new_figure, number
from ...methods import method
from ...metrics import Floats, Metric, Score
from ...progress import Progress, silent
from ...result import Result
from .model_set import ModelSet

Reference = Literal["best", "first"]
NOT_THE_TRAINING = (
    "The intervals cover which rows were drawn, not the training: trained on other rows, the same "
    "settings may change places."
)


@dataclass(frozen=True, kw_only=True)
class ModelComparison(Result):
    """Every metric of every model, and its difference to one of them on the held-out rows."""

    columns: ClassVar[Mapping[str, str]] = {
        "metric": "name of the metric",
        "title": "the metric as it is printed",
        "model": "what the model is called",
        "part": "test (held out) or train (learned from)",
        "value": "the metric; RMSE and MAE in the target's unit",
        "conf_low": "lower end of the 95 % interval of the value",
        "conf_high": "upper end of the 95 % interval of the value",
        "compared_with": "the model the difference is to",
        "difference": "value less that of the model compared with, on the held-out rows",
        "difference_low": "lower end of its interval, which holds for all models at once at 95 %",
        "difference_high": "upper end of its interval",
        "higher_is_better": "the direction of the metric",
        "rows": "rows the metric was computed on",
    }

    def figure(self) -> Any:
        """The first metric of every model with its interval: held out, and learned from."""
        shown = self.frame[self.frame["metric"] == self.frame["metric"].iloc[0]]
        names = list(dict.fromkeys(shown["model"]))
        places = {name: len(names) - 1 - at for at, name in enumerate(names)}
        figure = new_figure(height=130 + 55 * len(names), x=shown["title"].iloc[0])
        for part, words, shift, colour in (
            ("test", "held out", 0.13, BLUE), ("train", "learned from", -0.13, GREY),
        ):  # fmt: skip
            rows = shown[shown["part"] == part]
            figure.add_scatter(
                x=rows["value"], y=[places[name] + shift for name in rows["model"]],
                mode="markers", name=words, marker={"color": colour, "size": 10},
                error_x={"type": "data", "symmetric": False, "color": colour,
                         "array": rows["conf_high"] - rows["value"],
                         "arrayminus": rows["value"] - rows["conf_low"]},
                hovertemplate="%{x:.4g}<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(
            tickvals=list(places.values()), ticktext=[escape(name, 40) for name in places],
            range=[-0.5, len(names) - 0.5], zeroline=False,
        )  # fmt: skip
        return figure


@method("Models side by side", page="compare", weighs=True)
def compare_models(
    models: ModelSet,
    /,
    *,
    reference: Annotated[Reference, "The model the others are compared with"] = "best",
    progress: Progress = silent,
) -> ModelComparison:
    """Every metric of every model, and whether they differ by more than the luck of the rows.

    All metrics that fit the task, on the held-out rows and on those each model learned from, with
    95 % intervals. Two intervals may overlap and the models still differ: both were judged on the
    same rows, so what counts is the interval of the paired difference, from each row's influence on
    both metrics (for the area under the curve this is DeLong's test). `reference` is the model the
    differences are to: of each metric the best on these rows, or the first model.

    The intervals of the differences hold for all models at once (Bonferroni): for the first model
    over the others, for the best over all pairs, since it was chosen on these very rows. They do
    not correct for the number of metrics, and cover the sampling of rows, not of the training:
    trained on other rows, the same settings may change places.

    Source: DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988); Hsu, Multiple Comparisons (1996).
    """
    metrics = _in_common(models)
    scores: dict[tuple[str, int], list[Score]] = {}
    sizes: dict[tuple[str, int], int] = {}
    for at, model in enumerate(models.models):
        for part in ("test", "train"):
            progress(at / len(models), f"Predicting with {models.names[at]}")
            rows = model.positions(part)
            said = models.predictions(rows, at)
            weights = model.weights(part)
            scores[part, at] = [m.measure(model.target.y[rows], said, weights) for m in metrics]
            sizes[part, at] = len(rows)
    frame = pd.DataFrame(
        [
            line
            for place, metric in enumerate(metrics)
            for line in _lines(models, metric, place, scores, sizes, reference)
        ]
    )
    return ModelComparison(
        frame=frame, summary=_summary(frame), notes=_notes(models, frame, reference)
    )


def _in_common(models: ModelSet) -> tuple[Metric, ...]:
    """The metrics that fit the loss of every model."""
    names = [{metric.name for metric in model.metrics} for model in models.models]
    common = set.intersection(*names)
    return tuple(metric for metric in models.models[0].metrics if metric.name in common)


def comparisons(models: int, reference: Reference) -> int:
    """How many differences must hold at once."""
    return models - 1 if reference == "first" else models * (models - 1) // 2


def paired_difference(score: Score, other: Score, among: int) -> tuple[float, float, float]:
    """The difference of two metrics on the same rows and its interval, which holds at 95 % for
    `among` of them at once; no interval where no row tells the two apart."""
    from scipy.stats import norm

    difference = Score(score.value - other.value, score.influence - other.influence)
    # what is left of two equal influences is rounding
    if not difference.std_error > 1e-12 * max(score.std_error, other.std_error):
        return difference.value, float("nan"), float("nan")
    reach = float(norm.ppf(1 - 0.025 / among)) * difference.std_error
    return difference.value, difference.value - reach, difference.value + reach


def _lines(
    models: ModelSet,
    metric: Metric,
    place: int,
    scores: dict[tuple[str, int], list[Score]],
    sizes: dict[tuple[str, int], int],
    reference: Reference,
) -> list[dict[str, Any]]:
    held_out = [scores["test", at][place] for at in range(len(models))]
    first = 0 if reference == "first" else _best(metric, [score.value for score in held_out])
    among = comparisons(len(models), reference)
    lines = []
    for part in ("test", "train"):
        for at, name in enumerate(models.names):
            score = scores[part, at][place]
            low, high = metric.interval(score)
            paired = part == "test" and at != first
            to_first = paired_difference(score, held_out[first], among) if paired else (np.nan,) * 3
            lines.append(
                {
                    "metric": metric.name,
                    "title": metric.title,
                    "model": name,
                    "part": part,
                    "value": score.value,
                    "conf_low": low,
                    "conf_high": high,
                    "compared_with": models.names[first],
                    "difference": to_first[0],
                    "difference_low": to_first[1],
                    "difference_high": to_first[2],
                    "higher_is_better": metric.higher_is_better,
                    "rows": sizes[part, at],
                }
            )
    return lines


def _best(metric: Metric, values: list[float]) -> int:
    signed: Floats = np.asarray(values) if metric.higher_is_better else -np.asarray(values)
    return int(np.argmax(np.where(np.isnan(signed), -np.inf, signed)))


def _summary(frame: pd.DataFrame) -> str:
    """Who is ahead, and of whom that can be said."""
    first = frame[(frame["metric"] == frame["metric"].iloc[0]) & (frame["part"] == "test")]
    ahead = first[first["model"] == first["compared_with"]].iloc[0]
    others = first[first["model"] != first["compared_with"]]
    sure = others[(others["difference_low"] > 0) | (others["difference_high"] < 0)]
    unsure = others[~others.index.isin(sure.index)]
    says = (
        f"On {ahead['rows']:,} held-out rows {ahead['model']} has {ahead['title']} "
        f"{number(ahead['value'], 3)}"
    )
    parts = [
        f"{row['model']} is {'higher' if row['difference'] > 0 else 'lower'} by "
        f"{number(abs(row['difference']), 2)} ({_simultaneous(row)})"
        for _, row in sure.iterrows()
    ]
    if len(unsure):
        listed = ", ".join(f"{row['model']} ({number(row['value'], 3)})"
                           for _, row in unsure.iterrows())  # fmt: skip
        parts.append(f"these rows do not tell it apart from {listed}")
    return f"{says}; {'; '.join(parts)}."


def _simultaneous(row: "pd.Series[Any]") -> str:
    low, high = sorted(abs(row[end]) for end in ("difference_low", "difference_high"))
    return f"95 % interval {number(low, 2)} to {number(high, 2)}"


def _notes(models: ModelSet, frame: pd.DataFrame, reference: Reference) -> tuple[str, ...]:
    among = comparisons(len(models), reference)
    pairs = f"all {among} pairs" if reference == "best" else f"{among} differences"
    holds = f"hold for {pairs} at once (Bonferroni)" if among > 1 else "are of one difference"
    paired = (
        f"All models were judged on the same {len(models.held_out):,} held-out rows, so the "
        f"differences are paired row by row; their intervals {holds}, of one metric at a time."
    )
    notes = [paired, NOT_THE_TRAINING]
    if reference == "best":
        notes.append(
            "The best was chosen on these rows and looks a little better here than it is; because "
            "of that the intervals are made to hold for all pairs."
        )
    test = frame[(frame["metric"] == frame["metric"].iloc[0]) & (frame["part"] == "test")]
    same = test[(test["difference"] == 0) & test["difference_low"].isna()]
    notes += [f"{name} and {row} give every held-out row the same part in this metric."
              for name, row in zip(same["model"], same["compared_with"], strict=True)]  # fmt: skip
    return tuple(notes)
