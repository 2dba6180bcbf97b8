"""How good is the recipe, on every row in turn? The same settings learned on other rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..case_weights import case_weights
from ..errors import NotApplicable
from ..figures import BLUE, LIGHT_GREY, new_figure, number
from ..folds import Fold, make_folds
from ..methods import method
from ..model import FittedModel
from ..models.adopted import Adopted
from ..progress import Progress, named, part, silent
from ..refit import refit
from ..result import Result
from ..settings import Range

SEARCHED = (
    "Settings that were searched on these rows look better here than they are: judge those on rows "
    "that the search has not seen."
)


@dataclass(frozen=True, kw_only=True)
class CrossValidation(Result):
    """One row per fold and metric, and one with the mean of the folds."""

    columns: ClassVar[Mapping[str, str]] = {
        "fold": "number of the fold, from 1; 0 is the mean of all folds",
        "metric": "name of the metric",
        "title": "the metric as it is printed",
        "value": "the metric on the rows of the fold, which that model has not seen",
        "conf_low": "lower end of the mean's interval (Nadeau & Bengio); empty for a fold",
        "conf_high": "upper end of that interval",
        "learned": "rows learned from",
        "judged": "rows judged on",
    }

    def figure(self) -> Any:
        """The first metric: every fold, and the mean with its interval."""
        shown = self.frame[self.frame["metric"] == self.frame["metric"].iloc[0]]
        folds, mean = shown[shown["fold"] > 0], shown[shown["fold"] == 0].iloc[0]
        figure = new_figure(height=240, x=shown["title"].iloc[0], showlegend=False)
        figure.add_vline(x=mean["value"], line={"color": LIGHT_GREY, "dash": "dash"})
        figure.add_scatter(
            x=folds["value"], y=["folds"] * len(folds), mode="markers",
            marker={"size": 9, "color": LIGHT_GREY, "line": {"color": BLUE, "width": 1.5}},
            customdata=folds[["fold", "judged"]],
            hovertemplate="fold %{customdata[0]}: %{x} on %{customdata[1]:,} rows<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=[mean["value"]], y=["mean"], mode="markers", marker={"size": 10, "color": BLUE},
            error_x={"type": "data", "symmetric": False,
                     "array": [mean["conf_high"] - mean["value"]],
                     "arrayminus": [mean["value"] - mean["conf_low"]]},
        )  # fmt: skip
        figure.update_yaxes(range=[-0.6, 1.6])
        return figure


@method("Cross-validation", page="quality", weighs=True)
def cross_validation(
    model: FittedModel,
    /,
    *,
    folds: Annotated[int, Range(2, 20), "Parts of the rows that take turns"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> CrossValidation:
    """How good the model's recipe is when other rows are held out: every part of them in turn.

    The settings are learned again from all folds but one and judged on that one, over all rows
    that have a target: in the order of time, by whole groups, or at random, as the model's own
    split was made. It judges the recipe, not this one model. The interval of the mean is Student's
    with the variance of Nadeau & Bengio (Machine Learning 52, 2003), s² (1/k + judged/learned),
    since the models of two folds share most of their rows; no estimator of it is free of bias
    (Bengio & Grandvalet, Journal of Machine Learning Research 5, 2004).

    Raises `NotApplicable` for an adopted model, and `DataError` where the folds cannot be made.
    """
    if isinstance(model.estimator, Adopted):
        raise NotApplicable(
            f"This {model.family.title} was fitted elsewhere: it cannot be learned again here.",
            "Train a model here to cross-validate it.",
        )
    made = make_folds(model.data, model.positions("all"), model.target, folds, seed)
    lines: list[dict[str, Any]] = []
    for place, fold in enumerate(made.folds):
        step = part(progress, place / folds, (place + 1) / folds)
        lines += _judged(model, fold, place + 1, seed, named(step, f"Fold {place + 1} of {folds}"))
    frame = pd.DataFrame(lines)
    frame = pd.concat([frame, _means(frame)], ignore_index=True)
    return CrossValidation(
        frame=frame,
        summary=_summary(model, frame, folds),
        notes=(
            f"{len(model.positions('all')):,} rows in {made.says} (seed {seed}).",
            SEARCHED,
        ),
    )


def _judged(
    model: FittedModel, fold: Fold, number_of: int, seed: int, progress: Progress
) -> list[dict[str, Any]]:
    learned = refit(model, fold.learned, seed, progress)
    codes = model.transform.codes(model.data.frame.iloc[fold.judged])
    said, y = learned.response(codes), model.target.y[fold.judged]
    weights = case_weights(model.data, fold.judged)
    return [
        {
            "fold": number_of, "metric": metric.name, "title": metric.title,
            "value": metric.measure(y, said, weights).value, "conf_low": np.nan,
            "conf_high": np.nan, "learned": len(fold.learned), "judged": len(fold.judged),
        }
        for metric in model.metrics
    ]  # fmt: skip


def _means(frame: pd.DataFrame) -> pd.DataFrame:
    from scipy.stats import t

    lines = []
    for (name, title), each in frame.groupby(["metric", "title"], sort=False):
        k = len(each)
        share = float((each["judged"] / each["learned"]).mean())
        error = float(each["value"].std(ddof=1)) * np.sqrt(1 / k + share)
        mean, reach = float(each["value"].mean()), float(t.ppf(0.975, k - 1)) * error
        lines.append({
            "fold": 0, "metric": name, "title": title, "value": mean, "conf_low": mean - reach,
            "conf_high": mean + reach, "learned": int(each["learned"].mean()),
            "judged": int(each["judged"].sum()),
        })  # fmt: skip
    return pd.DataFrame(lines)


def _summary(model: FittedModel, frame: pd.DataFrame, folds: int) -> str:
    mean = frame[frame["fold"] == 0].iloc[0]
    each = frame[(frame["fold"] > 0) & (frame["metric"] == mean["metric"])]["value"]
    return (
        f"In {folds}-fold cross-validation this recipe ({model.family.title}) predicts "
        f"{model.target.name} with {mean['title']} {number(mean['value'])} on average (95 % "
        f"interval {number(mean['conf_low'], 3)} to {number(mean['conf_high'], 3)}; single folds "
        f"{number(each.min(), 3)} to {number(each.max(), 3)})."
    )
