"""Which columns does the model rely on? Each is shuffled in turn, and the score is taken again."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.case_weights import weight_column
from workbench.errors import NotApplicable, ParameterError
from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Z95, Floats, Metric, Score
from workbench.model import FittedModel
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Column, Range

from ._association import twin_notes
from ._engine import Engine, Places, engine_of
from ._engine.exact import Exact
from ._every_shuffle import every_shuffle, require_fit, require_trees, what_is_meant
from ._importance_figure import drawn_note, importance_figure
from ._rows import PART_NAMES

MetricName = Literal["default", "r2", "rmse", "mae", "roc_auc", "log_loss", "brier", "accuracy",
                     "pinball", "poisson_deviance", "tweedie_deviance"]  # fmt: skip
Shuffles = Literal["drawn", "all"]


@dataclass(frozen=True, kw_only=True)
class PermutationImportance(Result):
    """How much worse the model predicts when one column's values are shuffled among the rows."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column",
        "importance": "how much worse the score gets without the column; positive is worse",
        "conf_low": "lower end of the 95 % interval (sampling of rows and of drawn shuffles)",
        "conf_high": "upper end of the 95 % interval",
        "std_error": "standard error behind the interval",
        "repeat_noise": "the part of it that more repeats would remove; empty for one repeat, 0 "
        "where all shuffles are averaged",
        "score": "the score with nothing shuffled",
        "metric": "name of the score",
        "measure": "what importance measures, in words",
    }

    def figure(self) -> Any:
        """Bars with 95 % intervals, the largest on top."""
        return importance_figure(self.frame, x=self.frame["measure"].iloc[0])


@method("Permutation importance", page="importance", weighs=True)
def permutation_importance(
    model: FittedModel,
    /,
    *,
    metric: Annotated[MetricName, "The score that is taken before and after"] = "default",
    rows: Annotated[Literal["test", "train"], "Rows the score is taken on"] = "test",
    shuffles: Annotated[
        Shuffles, "Some shuffles drawn at random, or the exact average over all there are"
    ] = "drawn",
    repeats: Annotated[int, Range(1, 100), "How often each column is shuffled, if drawn"] = 5,
    together: Annotated[
        tuple[str, ...], Column("feature"), "Columns that are also shuffled together"
    ] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> PermutationImportance:
    """Which columns the model relies on: how much worse it predicts with one of them shuffled.

    Importance is the mean over `repeats` shuffles of the loss in score, positive when the score
    gets worse, whichever direction of the metric is good. It says what this model uses, not what
    matters in the world: of two columns that carry the same news each may look unimportant. The
    columns named in `together` are shuffled as one besides, the same row lending all of them.

    With shuffles="all" no shuffle is drawn: the loss expected over every shuffle there is, in which
    each row gets each row's value with the same chance (1 in n its own), is counted from the trees,
    and `repeats` and `seed` do not matter. It takes a score that is an average over rows (for two
    classes log loss unless another is named), a number or two classes, and trees that can be read.
    R² is linear in the expected squared error; RMSE is the root of it.

    The 95 % interval covers the sampling of the rows and the shuffles. Every row has two parts
    in it: its own loss with a borrowed value, and the loss its value causes where it is lent;
    with R repeats d_r(i) of row i, SE² = (Var(mean_r of both) - mean_r Var(d_r) / R) / n, where
    the second term takes out what the matching adds twice. Of all shuffles both parts of a row are
    known without error, and SE² = Var(both) / n. It holds for this model, not for the training of
    another. With case weights the scores are weighted; what a row borrows comes from any row alike.

    Raises `ParameterError` for a metric that does not fit the task or the shuffles, and for
    `together` with all shuffles; `NotApplicable` where the model predicts no better than no model
    at all, and where all shuffles cannot be had.

    Source: Breiman (2001); Fisher, Rudin & Dominici, JMLR 20 (2019); for the variance of a mean
    over pairs, Hoeffding (1948).
    """
    chosen = _metric(model, metric, shuffles)
    if shuffles == "all":
        require_fit(model, chosen, together)
    engine = engine_of(model)
    task = _prepare(model, chosen, rows)
    _require_skill(model, task, rows)
    most = part(progress, 0, 0.95)  # the end of the bar is for the twins
    if shuffles == "all":
        found = _of_all(require_trees(engine), task, most)
        how = _all_notes(model, task, rows, metric)
    else:
        found = _of_drawn(model, engine, task, repeats, together, seed, most)
        how = _drawn_notes(task, rows, repeats, seed)
    frame = _frame(model, task, found, together)
    notes = (*how, *_notes(model, task, rows), engine.note)
    progress(1.0)
    return PermutationImportance(
        frame=frame, summary=_summary(model, frame, task, rows), notes=notes + drawn_note(frame)
    )


@dataclass(frozen=True)
class _Task:
    """The rows, the score with nothing shuffled, and the score without a model."""

    codes: Floats
    y: Floats
    weights: Floats | None
    metric: Metric
    base: Score
    without_model: float


@dataclass(frozen=True)
class _Shuffled:
    """One shuffle: the loss in score, and per row its part as borrower and as lender.

    `own` is the row's change in influence; `total` adds the change it causes as lender.
    """

    loss: float
    own_variance: float
    total: Floats


@dataclass(frozen=True)
class _Importance:
    importance: float
    std_error: float
    repeat_noise: float


def _metric(model: FittedModel, name: MetricName, shuffles: Shuffles) -> Metric:
    fitting = model.metrics
    if name == "default":
        fit = (m for m in fitting if m.average or shuffles == "drawn")
        return next(fit, fitting[0])
    for metric in fitting:
        if metric.name == name:
            return metric
    raise ParameterError(
        f"metric = {name!r} does not fit a {model.task} model.",
        f"Choose one of: {', '.join(repr(m.name) for m in fitting)}.",
    )


def _prepare(model: FittedModel, metric: Metric, rows: Literal["test", "train"]) -> _Task:
    positions = model.positions(rows)
    codes = model.transform.codes(model.data.frame.iloc[positions])
    y = model.target.y[positions]
    weights = model.weights(rows)
    base = metric.measure(y, model.response(codes), weights)
    if np.isnan(base.value):
        raise NotApplicable(
            f"{metric.title} cannot be computed on the {len(y)} {PART_NAMES[rows]} rows: "
            f"'{model.target.name}' does not vary there.",
            "Choose another metric, or hold out more rows.",
        )
    without = metric.measure(y, model.without_columns(len(y)), weights)
    return _Task(codes, y, weights, metric, base, without.value)


def _require_skill(model: FittedModel, task: _Task, rows: str) -> None:
    if _loss(task.metric, task.base.value, task.without_model) > 0:
        return
    what = "mean" if model.task == "regression" else "shares of the classes"
    raise NotApplicable(
        f"The model predicts no better than the {what} on the {len(task.y):,} "
        f"{PART_NAMES[rows]} rows ({task.metric.title} {number(task.base.value)}, without a model "
        f"{number(task.without_model)}); importance is not shown.",
        "What such a model relies on says nothing. Train a better one, bring columns that say "
        "more about the target, or choose another metric.",
    )


def _loss(metric: Metric, before: float, after: float) -> float:
    """How much worse the score `after` is than `before`; negative where it is better."""
    return before - after if metric.higher_is_better else after - before


def _of_all(engine: Exact, task: _Task, progress: Progress) -> list[_Importance]:
    """Every column's importance over all shuffles; nothing is left to the draw."""
    found = every_shuffle(engine, task.codes, task.y, task.metric, progress)
    losses = [_loss(task.metric, f.before.value, f.after.value) for f in found]
    return [_Importance(loss, f.std_error, 0.0) for loss, f in zip(losses, found, strict=True)]


def _of_drawn(
    model: FittedModel,
    engine: Engine,
    task: _Task,
    repeats: int,
    together: tuple[str, ...],
    seed: int,
    progress: Progress,
) -> list[_Importance]:
    """Every column's importance over some shuffles, and that of the columns shuffled together."""
    groups: list[tuple[int, ...]] = [(f,) for f in range(task.codes.shape[1])]
    if together:
        groups.append(tuple(model.features.index(name) for name in together))
    lenders = partial(_lenders, len(task.y), repeats, seed)
    predicted = engine.permuted(task.codes, groups, lenders, progress)
    return [_importance(task, _shuffles(task, each, lenders(g)))
            for g, each in enumerate(predicted)]  # fmt: skip


def _lenders(n: int, repeats: int, seed: int, group: int) -> Places:
    """Who lends to whom, (repeats, n): the same for a column whatever else is asked."""
    generators = (np.random.default_rng([seed, group, repeat]) for repeat in range(repeats))
    return np.stack([generator.permutation(n) for generator in generators])


def _shuffles(task: _Task, predicted: Floats, lenders: Places) -> list[_Shuffled]:
    """One shuffle after another: predictions (repeats, n) or (repeats, n, classes)."""
    return [
        _shuffled(task, task.metric.measure(task.y, one, task.weights), lender)
        for one, lender in zip(predicted, lenders, strict=True)
    ]


def _shuffled(task: _Task, score: Score, lender: Places) -> _Shuffled:
    own = score.influence - task.base.influence
    lent = np.empty(len(own))
    lent[lender] = own
    return _Shuffled(_loss(task.metric, task.base.value, score.value), float(own.var()), own + lent)


def _importance(task: _Task, shuffles: list[_Shuffled]) -> _Importance:
    n, repeats = len(task.y), len(shuffles)
    losses = np.array([s.loss for s in shuffles])
    rows = np.mean([s.total for s in shuffles], axis=0)
    matching = float(np.mean([s.own_variance for s in shuffles])) / repeats
    noise = float(losses.std(ddof=1) / np.sqrt(repeats)) if repeats > 1 else float("nan")
    variance = max((float(rows.var()) - matching) / n, 0.0)
    # with few rows the difference above may come out too small; it is never below the noise seen
    return _Importance(float(losses.mean()), float(np.fmax(np.sqrt(variance), noise)), noise)


def _frame(
    model: FittedModel, task: _Task, found: list[_Importance], together: tuple[str, ...]
) -> pd.DataFrame:
    importance = np.array([f.importance for f in found])
    error = np.array([f.std_error for f in found])
    direction = "Drop" if task.metric.higher_is_better else "Increase"
    frame = pd.DataFrame(
        {
            "feature": [*model.features, *([" + ".join(together)] if together else [])],
            "importance": importance,
            "conf_low": importance - Z95 * error,
            "conf_high": importance + Z95 * error,
            "std_error": error,
            "repeat_noise": [f.repeat_noise for f in found],
            "score": task.base.value,
            "metric": task.metric.name,
            "measure": f"{direction} in {task.metric.title} when the column is shuffled",
        }
    )
    return frame.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def _summary(model: FittedModel, frame: pd.DataFrame, task: _Task, rows: str) -> str:
    first = frame.iloc[0]
    where = f"on {len(task.y):,} {PART_NAMES[rows]} rows"
    if not first["conf_low"] > 0:
        return (
            f"No column of the {model.family.title} is clearly important by {task.metric.title} "
            f"{where}: every interval reaches zero."
        )
    changes = "drops" if task.metric.higher_is_better else "rises"
    return (
        f"The {model.family.title} relies most on '{first['feature']}': {where}, "
        f"{task.metric.title} {changes} by {number(first['importance'])} (95 % interval "
        f"{number(first['conf_low'])} to {number(first['conf_high'])}) from "
        f"{number(first['score'])} when its values are shuffled."
    )


def _drawn_notes(task: _Task, rows: str, repeats: int, seed: int) -> tuple[str, ...]:
    scored = (
        f"Scored on all {len(task.y):,} {PART_NAMES[rows]} rows; each column was shuffled "
        f"{repeats} time{'s' if repeats > 1 else ''} (seed {seed}). The intervals cover the "
        "sampling of rows and the shuffles, not the training of another model."
    )
    return (scored,)


def _all_notes(model: FittedModel, task: _Task, rows: str, asked: MetricName) -> tuple[str, ...]:
    scored = (
        f"Scored on all {len(task.y):,} {PART_NAMES[rows]} rows; importance is the exact average "
        "over every shuffle of a column, none was drawn, and the repeats and the seed do not "
        "matter. The intervals cover the sampling of rows, not the training of another model."
    )
    notes = (scored, *what_is_meant(task.metric, len(task.y)))
    usual = model.metrics[0]
    if asked != "default" or task.metric is usual:
        return notes
    return (*notes, f"{usual.title} is no average over rows; {task.metric.title} stands for it.")


def _notes(model: FittedModel, task: _Task, rows: str) -> tuple[str, ...]:
    notes = ["It says what this model relies on, not what would change the target."]
    if rows == "train":
        notes.append(
            "On rows the model learned from, columns it learned by heart look important; use the "
            "held-out rows to see what holds."
        )
    if weight_column(model.data) is not None:
        notes.append("What a row borrows comes from any row alike, whatever it weighs.")
    so = (
        "Shuffling one of two such columns makes rows that do not exist, and the model may get "
        "from one what the other lost: read the two together."
    )
    return (*notes, *twin_notes(model.features, task.codes, so))
