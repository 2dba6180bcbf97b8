"""Would more rows help, or another model? The score by the number of rows learned from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from ..errors import NotApplicable
from ..figures import BLUE, LIGHT_GREY, ORANGE, new_figure, number
from ..methods import method
from ..metrics import Z95, Metric
from ..model import FittedModel
from ..models.adopted import Adopted
from ..progress import Progress, named, part, silent
from ..refit import refit
from ..result import Result
from ..settings import Range
from ..split import Rows

Verdict = Literal["more rows", "other model", "neither"]
#: Of what the model gains over none, so much more by the last doubling of the rows is worth it, and
#: so much less on held-out rows than on those learned from is over-fitting.
STILL_RISING, OVERFIT = 0.02, 0.1
FEWEST_ROWS = 20


@dataclass(frozen=True, kw_only=True)
class LearningCurve(Result):
    """One row per number of training rows and part, averaged over the draws of the rows."""

    columns: ClassVar[Mapping[str, str]] = {
        "rows": "rows learned from",
        "part": "train (those rows) or test (held out, the same every time)",
        "score": "mean of the metric over the draws",
        "low": "smallest over the draws",
        "high": "largest over the draws",
        "draws": "draws of that many rows",
        "metric": "the metric as it is printed",
        "without": "the metric of no model (the training mean, the shares) on held-out rows",
    }

    def figure(self) -> Any:
        """Both scores by rows, the draws' range behind, and what no model gets."""
        metric = self.frame["metric"].iloc[0]
        figure = new_figure(x="Rows learned from", y=metric)
        for name, words, colour in (("train", "learned from", ORANGE), ("test", "held out", BLUE)):
            shown = self.frame[self.frame["part"] == name]
            figure.add_scatter(
                x=shown["rows"], y=shown["score"], mode="lines+markers", name=words,
                line={"color": colour}, error_y={
                    "type": "data", "symmetric": False, "array": shown["high"] - shown["score"],
                    "arrayminus": shown["score"] - shown["low"], "thickness": 1,
                },
            )  # fmt: skip
        figure.add_hline(
            y=self.frame["without"].iloc[-1], line={"color": LIGHT_GREY, "dash": "dash"},
            annotation_text="without a model",
        )  # fmt: skip
        sizes = self.frame["rows"].unique()
        figure.update_xaxes(type="log", tickvals=sizes, ticktext=[f"{size:,}" for size in sizes])
        return figure


@method("Learning curve", page="quality", weighs=True)
def learning_curve(
    model: FittedModel,
    /,
    *,
    points: Annotated[int, Range(3, 12), "Numbers of rows, each about double the last"] = 5,
    draws: Annotated[int, Range(1, 20), "Draws of the rows for each number"] = 3,
    seed: int = 0,
    progress: Progress = silent,
) -> LearningCurve:
    """Would more rows make the model better? Its score by the number of rows it learns from.

    The model's recipe is learned again from nested parts of its training rows, halved each time
    (whole groups where a column has the role group, the latest rows where one has the role time),
    and judged on the same held-out rows. In words: *more rows* would help where the last doubling
    still gained more than 2 % of what the model gains over none, beyond the interval of the
    difference; the model *over-fits* where it gains a tenth less on held-out rows than on those
    learned from. If neither, only other columns or another kind of model can help: it has learned
    what it can from these.

    Raises `NotApplicable` for an adopted model, which cannot be learned again here, and for too
    few rows.
    """
    if isinstance(model.estimator, Adopted):
        raise NotApplicable(
            f"This {model.family.title} was fitted elsewhere: it cannot be learned again here.",
            "Train a model here to see its learning curve.",
        )
    sizes = _sizes(len(model.split.train), points)
    metric = model.metrics[0]
    lines: list[dict[str, Any]] = []
    fits = len(sizes) * draws - (draws - 1)  # of all rows there is one draw
    done = 0
    last: dict[int, FittedModel] = {}
    for size in sizes:
        whole = size == len(model.split.train)
        scores: list[tuple[float, float]] = []
        for draw in range(1 if whole else draws):
            step = named(part(progress, done / fits, (done + 1) / fits), f"Learning {size:,} rows")
            learned = model if whole else refit(model, _drawn(model, size, seed + draw), seed, step)
            done += 1
            scores.append((_score(learned, "train", metric), _score(learned, "test", metric)))
            last[size] = learned
        for place, name in enumerate(("train", "test")):
            values = [pair[place] for pair in scores]
            lines.append({
                "rows": size, "part": name, "score": float(np.mean(values)),
                "low": min(values), "high": max(values), "draws": len(values),
                "metric": metric.title, "without": _without(model, metric),
            })  # fmt: skip
    frame = pd.DataFrame(lines)
    return LearningCurve(
        frame=frame,
        summary=_summary(model, frame, metric, last[sizes[-2]]),
        notes=_notes(model, draws),
    )


def _sizes(rows: int, points: int) -> list[int]:
    sizes = [rows // 2**k for k in range(points)][::-1]
    sizes = [size for size in sizes if size >= FEWEST_ROWS]
    if len(sizes) < 2:
        raise NotApplicable(
            f"{rows:,} training rows are too few for a learning curve.",
            f"Bring at least {4 * FEWEST_ROWS}.",
        )
    return sizes


def _drawn(model: FittedModel, size: int, seed: int) -> Rows:
    """So many of the training rows, for one seed each size within the next: the latest by time,
    whole groups, else at random with every class kept."""
    train = model.split.train
    time, group = model.data.with_role("time"), model.data.with_role("group")
    if time:
        order = np.argsort(model.data.frame[time[0]].iloc[train].to_numpy(), kind="stable")
        return np.sort(train[order[-size:]])
    rng = np.random.default_rng(seed)
    if group:
        codes = pd.factorize(model.data.frame[group[0]].iloc[train], use_na_sentinel=False)[0]
        place = rng.permutation(codes.max() + 1)[codes]
        return np.sort(train[np.argsort(place, kind="stable")[:size]])
    order = rng.permutation(len(train))
    if model.task != "regression":
        # the first row of each class first, so that none is lost
        y = model.target.y[train][order]
        first = np.unique(y, return_index=True)[1]
        order = np.concatenate([order[first], np.delete(order, first)])
    return np.sort(train[order[:size]])


def _score(model: FittedModel, where: Literal["train", "test"], metric: Metric) -> float:
    at = model.positions(where)
    said = model.response(model.transform.codes(model.data.frame.iloc[at]))
    return metric.measure(model.target.y[at], said, model.weights(where)).value


def _without(model: FittedModel, metric: Metric) -> float:
    at = model.positions("test")
    without = model.without_columns(len(at))
    return metric.measure(model.target.y[at], without, model.weights("test")).value


def _summary(
    model: FittedModel, frame: pd.DataFrame, metric: Metric, half: FittedModel
) -> str:  # fmt: skip
    sign = 1 if metric.higher_is_better else -1
    train, test = (frame[frame["part"] == p].set_index("rows")["score"] for p in ("train", "test"))
    without = float(frame["without"].iloc[-1])
    gain, gain_train = sign * (test.iloc[-1] - without), sign * (train.iloc[-1] - without)
    at = model.positions("test")
    codes, weights = model.transform.codes(model.data.frame.iloc[at]), model.weights("test")
    scores = [
        metric.measure(model.target.y[at], each.response(codes), weights) for each in (model, half)
    ]
    error = float((scores[0].influence - scores[1].influence).std(ddof=1) / np.sqrt(len(at)))
    rise = sign * float(test.iloc[-1] - test.iloc[-2])
    rises = gain > 0 and rise > STILL_RISING * gain and rise > Z95 * error
    overfits = gain_train > 0 and gain < (1 - OVERFIT) * gain_train
    said = (
        f"{metric.title} on held-out rows went from {number(test.iloc[0])} with "
        f"{test.index[0]:,} rows to {number(test.iloc[-1])} with {test.index[-1]:,}"
    )
    if rises and overfits:
        return f"{said} and still gets better: more rows would help, and so might a smaller model."
    if rises:
        return f"{said} and still gets better: more rows would help."
    if overfits:
        return (
            f"{said} and no longer gets better beyond chance, with {number(train.iloc[-1])} on the "
            "rows learned from: the model over-fits, and a smaller one is worth a try."
        )
    return (
        f"{said} and no longer gets better beyond chance, at about what it is on the rows learned "
        "from: other columns, or a model that can bend more, promise more than more rows."
    )


def _notes(model: FittedModel, draws: int) -> tuple[str, ...]:
    drawn = (
        f"Each number of rows is drawn {draws} times, of all rows there is one draw; the bars are "
        "the range over the draws and no intervals."
    )
    judged = (
        f"Judged on the same {len(model.split.test):,} held-out rows; settings and transform stay "
        "those of the model, though fewer rows might want others."
    )
    rule = (
        "'Still gets better': the last doubling gained more than 2 % of the gain over no model, "
        "beyond the 95 % interval of the difference. 'Over-fits': a tenth less gain on held-out "
        "rows than on those learned from."
    )
    return drawn, judged, rule
