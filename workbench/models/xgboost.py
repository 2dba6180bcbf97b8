"""XGBoost, with its regularisation, missing directions and sets of levels."""

import threading
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np

from ..blocks import available_cores
from ..settings import Range, Search
from ..transform import Floats
from ._family import Learning, Rounds, family


def _fit(estimator: Any, codes: Floats, y: Floats, stop: threading.Event) -> None:
    from xgboost.callback import TrainingCallback

    class StopWhenAsked(TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            return stop.is_set()

    estimator.set_params(callbacks=[StopWhenAsked()])
    estimator.fit(codes, y)
    estimator.set_params(callbacks=None)


def _margin(estimator: Any, codes: Floats) -> Floats:
    return np.asarray(estimator.predict(codes, output_margin=True), dtype=float)


def _after(estimator: Any, codes: Floats, counts: Sequence[int]) -> Iterator[Floats]:
    predict = getattr(estimator, "predict_proba", estimator.predict)
    for count in counts:
        yield np.asarray(predict(codes, iteration_range=(0, count)), dtype=float)


@family("XGBoost", fit=_fit, margin=_margin, rounds=Rounds("n_estimators", _after))
def xgboost(
    learning: Learning,
    /,
    *,
    n_estimators: Annotated[
        int, Range(1, 5_000), Search(10, 1_500, log=True), "How many rounds of trees"
    ] = 200,
    learning_rate: Annotated[
        float, Range(0.001, 1), Search(0.03, 0.3, log=True), "How much of each round is kept"
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
) -> Any:
    """Regularised boosted trees; usually the most accurate on tables.

    Chen & Guestrin, KDD 2016. Levels are split into sets; the direction of missing values is
    learnt at every split.
    """
    from xgboost import XGBClassifier, XGBRegressor

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
        tree_method="hist",
        enable_categorical=any(learning.is_category),
        feature_types=["c" if c else "q" for c in learning.is_category],
        random_state=learning.seed,
        n_jobs=available_cores(),
    )
