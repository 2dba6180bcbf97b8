"""XGBoost, with its regularisation, missing directions and sets of levels."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import numpy as np

from ..blocks import available_cores
from ..errors import ParameterError
from ..objectives import OBJECTIVES, Objective
from ..settings import Column, Range, Search
from ..transform import Floats
from ._family import Learning, Lesson, Losses, Rounds, Watch, family
from .any_unit import power_of_target

#: What XGBoost holds against sums over rows, and not against what a leaf says.
_SUMS = ("min_child_weight", "reg_lambda", "reg_alpha", "gamma")
#: Weights are multiplied by at most 2 to this power, with which single precision has no trouble.
_FARTHEST = 80


def _fit(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    estimator.set_params(callbacks=[_when_asked(estimator.n_estimators, watch)])
    with _in_unit(estimator, lesson) as weights:
        estimator.fit(lesson.codes, lesson.y, sample_weight=weights)
    estimator.set_params(callbacks=None)


@contextmanager
def _in_unit(estimator: Any, lesson: Lesson) -> Iterator[Floats | None]:
    """The rows' weights in a unit in which XGBoost's own least gain does not matter (see
    `any_unit`).

    Every sum over rows, and all that is held against one, is multiplied by the same power of two:
    so is what a split wins, and what the leaves say stays as it was.
    """
    if estimator.objective != "reg:squarederror":  # of the others a gain has no unit of the target
        yield lesson.weights
        return
    power = int(np.clip(2 * power_of_target(lesson.y), -_FARTHEST, _FARTHEST))
    as_built = {name: getattr(estimator, name) for name in _SUMS}
    estimator.set_params(**{name: float(np.ldexp(held, power)) for name, held in as_built.items()})
    weights = np.ones(len(lesson.y)) if lesson.weights is None else lesson.weights
    try:
        yield np.ldexp(weights, power)
    finally:
        estimator.set_params(**as_built)


def _when_asked(rounds: int, watch: Watch) -> Any:
    from xgboost.callback import TrainingCallback

    class StopWhenAsked(TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            watch.share = (epoch + 1) / rounds
            return watch.stopped

    return StopWhenAsked()


def _until(estimator: Any, lesson: Lesson, judge: Lesson, patience: int, watch: Watch) -> Losses:
    from xgboost.callback import EarlyStopping

    # the last of the sets decides; what grew beyond the best is cut off
    stop = EarlyStopping(rounds=patience, save_best=True)
    estimator.set_params(callbacks=[_when_asked(estimator.n_estimators, watch), stop])
    each = None if judge.weights is None else [lesson.weights, judge.weights]
    with _in_unit(estimator, lesson) as weights:
        estimator.fit(
            lesson.codes, lesson.y, sample_weight=weights, verbose=False,
            eval_set=[(lesson.codes, lesson.y), (judge.codes, judge.y)],
            sample_weight_eval_set=each,
        )  # fmt: skip
    learned, judged = (next(iter(seen.values())) for seen in estimator.evals_result().values())
    losses = Losses.on(lesson, judge, learned, judged)
    estimator.set_params(callbacks=None, n_estimators=losses.best)
    return losses


def _margin(estimator: Any, codes: Floats) -> Floats:
    return np.asarray(estimator.predict(codes, output_margin=True), dtype=float)


def _after(estimator: Any, codes: Floats, counts: Sequence[int]) -> Iterator[Floats]:
    predict = getattr(estimator, "predict_proba", estimator.predict)
    for count in counts:
        yield np.asarray(predict(codes, iteration_range=(0, count)), dtype=float)


@family(
    "XGBoost",
    fit=_fit,
    margin=_margin,
    objectives=OBJECTIVES,
    rounds=Rounds("n_estimators", _after, _until),
    single=("columns", "target"),
)
def xgboost(
    learning: Learning,
    /,
    *,
    n_estimators: Annotated[
        int, Range(1, 5_000), Search(10, 1_500, log=True), "How many rounds of trees"
    ] = 200,
    learning_rate: Annotated[
        float, Range(0.001, 1), Search(0.02, 0.3, log=True), "How much of each round is kept"
    ] = 0.05,
    max_depth: Annotated[
        int, Range(1, 12), Search(1, 10), "How many questions from root to leaf at most"
    ] = 3,
    min_child_weight: Annotated[
        float, Range(0, 1_000), Search(0.5, 30, log=True), "The least weight in a leaf"
    ] = 3.0,
    subsample: Annotated[
        float, Range(0.1, 1), Search(0.5, 1), "Share of the rows each round sees"
    ] = 0.8,
    colsample_bytree: Annotated[
        float, Range(0.1, 1), Search(0.4, 1), "Share of the columns a tree sees"
    ] = 0.8,
    reg_lambda: Annotated[
        float, Range(0, 1_000), Search(0.1, 30, log=True), "L2: shrinks the leaves' values"
    ] = 1.0,
    reg_alpha: Annotated[
        float, Range(0, 1_000), Search(0.001, 10, log=True), "L1: sets small leaves' values to zero"
    ] = 0.0,
    gamma: Annotated[float, Range(0, 1_000), "The least gain a split must bring"] = 0.0,
    tree_method: Annotated[
        Literal["hist", "exact"], "Thresholds from 256 bins, or every value tried (slow)"
    ] = "hist",
    increasing: Annotated[
        tuple[str, ...], Column("feature"), "Columns with which the prediction may only rise"
    ] = (),
    decreasing: Annotated[
        tuple[str, ...], Column("feature"), "Columns with which the prediction may only fall"
    ] = (),
    alone: Annotated[
        tuple[str, ...], Column("feature"), "Columns that may not interact with any other"
    ] = (),
) -> Any:
    """Regularised boosted trees; usually the most accurate on tables.

    Chen & Guestrin, KDD 2016. Levels are split into sets; the direction of missing values is
    learnt at every split. `increasing` and `decreasing` constrain what the trees add up to, all
    other columns left as they are; a missing value is not part of the order. Every tree that asks
    about a column in `alone` asks about no other, so the model is additive in it.

    Raises `ParameterError` for a constraint on a column of levels, which have no order, and for
    exact split finding with levels.
    """
    from xgboost import XGBClassifier, XGBRegressor

    _require_no_levels(learning, tree_method)
    boosting = XGBRegressor if learning.task == "regression" else XGBClassifier
    return boosting(
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        max_depth=max_depth,
        min_child_weight=min_child_weight,
        subsample=subsample,
        colsample_bytree=colsample_bytree,
        reg_lambda=reg_lambda,
        reg_alpha=reg_alpha,
        gamma=gamma,
        tree_method=tree_method,
        monotone_constraints=_monotone(learning, increasing, decreasing),
        interaction_constraints=_groups(learning, alone),
        enable_categorical=any(learning.is_category),
        feature_types=["c" if c else "q" for c in learning.is_category],
        random_state=learning.seed,
        n_jobs=available_cores(),
        **(_loss(learning.objective) if learning.task == "regression" else {}),
    )


def _loss(objective: Objective) -> dict[str, Any]:
    """The loss of a number as XGBoost calls it."""
    losses: dict[str, dict[str, Any]] = {
        "squared": {"objective": "reg:squarederror"},
        "absolute": {"objective": "reg:absoluteerror"},
        "quantile": {"objective": "reg:quantileerror", "quantile_alpha": objective.level},
        "poisson": {"objective": "count:poisson"},
        "tweedie": {"objective": "reg:tweedie", "tweedie_variance_power": objective.power},
    }
    return losses[objective.name]


def _require_no_levels(learning: Learning, tree_method: str) -> None:
    if tree_method == "exact" and any(learning.is_category):
        named = [c for c, is_level in zip(learning.columns, learning.is_category, strict=False)
                 if is_level]  # fmt: skip
        raise ParameterError(
            "tree_method = 'exact' takes numbers only, and there are columns of levels"
            f"{': ' + ', '.join(map(repr, named[:6])) if named else ''}.",
            "Use tree_method='hist', or leave these columns out.",
        )


def _monotone(
    learning: Learning, increasing: tuple[str, ...], decreasing: tuple[str, ...]
) -> tuple[int, ...] | None:
    """1, -1 or 0 per column; None where nothing is asked."""
    if not increasing and not decreasing:
        return None
    both = sorted(set(increasing) & set(decreasing))
    if both:
        raise ParameterError(
            f"'{both[0]}' is named in increasing and in decreasing.", "Leave it in one of them."
        )
    signs = dict.fromkeys(increasing, 1) | dict.fromkeys(decreasing, -1)
    _require_used(learning, signs)
    for column, is_level in zip(learning.columns, learning.is_category, strict=True):
        if is_level and column in signs:
            raise ParameterError(
                f"'{column}' holds levels, which have no order to rise or fall with.",
                "Name columns of numbers, or change the column's kind to number.",
            )
        if column in signs and learning.columns.count(column) > 1:
            raise ParameterError(
                f"'{column}' is a date: its months and days come round again, so a prediction "
                "that only rises or only falls with it is not learned.",
                "Leave the date out, or bring elapsed days as a column of numbers.",
            )
    return tuple(signs.get(column, 0) for column in learning.columns)


def _groups(learning: Learning, alone: tuple[str, ...]) -> str | None:
    """The columns that may stand in one tree's branch together, as XGBoost writes them."""
    if not alone:
        return None
    _require_used(learning, alone)
    # the inputs of a date are one column and stay together
    single = [[f for f, column in enumerate(learning.columns) if column == name]
              for name in dict.fromkeys(learning.columns) if name in alone]  # fmt: skip
    others = [f for f, column in enumerate(learning.columns) if column not in alone]
    return str(single + ([others] if others else []))


def _require_used(learning: Learning, named: Iterable[str]) -> None:
    """The model takes every column that a constraint names."""
    for column in named:
        if column not in learning.columns:
            raise ParameterError(
                f"'{column}' is constrained and is no column that the model learns from.",
                f"Choose among: {', '.join(map(repr, learning.columns[:12]))}.",
            )
