"""Gradient boosting on binned columns, by scikit-learn."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, Literal

import numpy as np

from ..objectives import Objective
from ..settings import Range, Search
from ..transform import Floats
from ._family import Learning, Lesson, Losses, Rounds, Watch, family

#: Rounds grown between two looks at whether the person wants to stop, when it is judged by other
#: rows: every look bins the rows anew.
ROUNDS_AT_A_TIME = 100


class _Asked(Exception):
    """The person wants to stop. Raised and caught within this file."""


def _fit(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    """Trains as `fit` does; what the library takes for a score of its early stopping, which never
    stops here, says how far it is and may end the work."""
    rounds, done = estimator.max_iter, 0

    def look(_estimator: Any, _codes: Any, _y: Any, **_weights: Any) -> float:
        nonlocal done
        watch.share = done / rounds
        if watch.stopped:
            raise _Asked
        done += 1
        return float(done)

    estimator.set_params(
        early_stopping=True, scoring=look, validation_fraction=None, n_iter_no_change=rounds + 1
    )
    try:
        estimator.fit(lesson.codes, lesson.y, sample_weight=lesson.weights)
    except _Asked:
        return
    _leave_as_built(estimator)


def _until(estimator: Any, lesson: Lesson, judge: Lesson, patience: int, watch: Watch) -> Losses:
    most = estimator.max_iter
    estimator.set_params(
        early_stopping=True, scoring="loss", n_iter_no_change=patience, tol=0, warm_start=True
    )
    grown = 0
    while not watch.stopped:
        wanted = min(grown + ROUNDS_AT_A_TIME, most)
        estimator.set_params(max_iter=wanted).fit(
            lesson.codes, lesson.y, sample_weight=lesson.weights, X_val=judge.codes, y_val=judge.y,
            sample_weight_val=judge.weights,
        )  # fmt: skip
        grown = estimator.n_iter_
        watch.share = grown / most
        if grown < wanted or wanted == most:
            break
    if watch.stopped:
        return Losses.on(lesson, judge, (), (np.nan,))
    # the first of the scores is that of no tree
    learned, judged = (
        _in_its_unit(-scores[1:], estimator.loss)
        for scores in (estimator.train_score_, estimator.validation_score_)
    )
    losses = Losses.on(lesson, judge, learned, judged)
    del estimator._predictors[losses.best :]
    estimator.set_params(max_iter=losses.best, warm_start=False, n_iter_no_change=10, tol=1e-7)
    _leave_as_built(estimator)
    return losses


def _leave_as_built(estimator: Any) -> None:
    """The estimator as it is without early stopping: what looked on does not stay with it."""
    estimator.set_params(
        early_stopping=False, scoring="loss", validation_fraction=0.1, n_iter_no_change=10
    )
    estimator._scorer = None
    estimator.do_early_stopping_ = False
    estimator.train_score_ = estimator.validation_score_ = np.empty(0)


def _in_its_unit(losses: Floats, name: str) -> tuple[float, ...]:
    """The losses; half of the squared errors by the root of the whole."""
    return tuple((np.sqrt(2 * losses) if name == "squared_error" else losses).tolist())


def _margin(estimator: Any, codes: Floats) -> Floats:
    return np.asarray(estimator.decision_function(codes), dtype=float)


def _after(estimator: Any, codes: Floats, counts: Sequence[int]) -> Iterator[Floats]:
    staged = getattr(estimator, "staged_predict_proba", estimator.staged_predict)(codes)
    done = 0
    for count in counts:
        yield np.asarray(next(islice(staged, count - done - 1, None)), dtype=float)
        done = count


@family(
    "Gradient boosting",
    fit=_fit,
    margin=_margin,
    objectives=("squared", "absolute", "quantile", "poisson"),
    rounds=Rounds("max_iter", _after, _until),
)
def gradient_boosting(
    learning: Learning,
    /,
    *,
    max_iter: Annotated[
        int, Range(1, 5_000), Search(10, 1_500, log=True), "How many rounds of trees"
    ] = 100,
    learning_rate: Annotated[
        float, Range(0.001, 1), Search(0.02, 0.3, log=True), "How much of each round is kept"
    ] = 0.05,
    max_leaf_nodes: Annotated[
        int, Range(2, 1_024), Search(2, 128, log=True), "The most leaves of a tree"
    ] = 31,
    min_samples_leaf: Annotated[
        int, Range(1, 10_000), Search(2, 100, log=True), "The fewest rows in a leaf"
    ] = 20,
    l2_regularization: Annotated[
        float, Range(0, 1_000), Search(0.001, 30, log=True), "Shrinks the leaves' values"
    ] = 0.0,
    categories: Annotated[
        Literal["ordered", "native"], Search(), "Split levels by their order, or into any two sets"
    ] = "ordered",
) -> Any:
    """Trees that correct one another, on binned columns; fast on large tables.

    Friedman (2001) with histograms (Ke et al. 2017); scikit-learn's HistGradientBoosting. Missing
    values take the direction that fits better. With `categories="native"` levels are split into
    any two sets.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    is_regression = learning.task == "regression"
    boosting = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
    return boosting(
        max_iter=max_iter,
        learning_rate=learning_rate,
        max_leaf_nodes=max_leaf_nodes,
        min_samples_leaf=min_samples_leaf,
        l2_regularization=l2_regularization,
        categorical_features=list(learning.is_category) if categories == "native" else None,
        early_stopping=False,
        random_state=learning.seed,
        **(_loss(learning.objective) if is_regression else {}),
    )


def _loss(objective: Objective) -> dict[str, Any]:
    """The loss of a number as scikit-learn calls it."""
    if objective.name == "quantile":
        return {"loss": "quantile", "quantile": objective.level}
    return {"loss": objective.name if objective.has_log_link else f"{objective.name}_error"}
