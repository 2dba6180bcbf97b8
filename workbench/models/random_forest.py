"""A random forest: many deep trees on resampled rows, averaged."""

import threading
from typing import Annotated, Any

from ..blocks import available_cores
from ..settings import Range, Search
from ..transform import Floats
from ._family import Learning, family

#: Trees grown between two looks at whether the person wants to stop.
TREES_AT_A_TIME = 20


def _fit_in_batches(estimator: Any, codes: Floats, y: Floats, stop: threading.Event) -> None:
    """Grows the same forest as in one go, a few trees at a time, so that it can be stopped."""
    wanted = estimator.n_estimators
    for grown in range(min(TREES_AT_A_TIME, wanted), wanted + TREES_AT_A_TIME, TREES_AT_A_TIME):
        if stop.is_set():
            return
        estimator.set_params(n_estimators=min(grown, wanted), warm_start=True)
        estimator.fit(codes, y)
        if grown >= wanted:
            break
    # One thread adds the trees up in one order, so that a prediction is the same every time; the
    # folds over blocks of rows keep the other cores busy.
    estimator.set_params(warm_start=False, n_jobs=1)


@family("Random forest", fit=_fit_in_batches)
def random_forest(
    learning: Learning,
    /,
    *,
    n_estimators: Annotated[int, Range(1, 2_000), "How many trees"] = 200,
    max_depth: Annotated[
        int, Range(1, 40), Search(3, 40, log=True), "How many questions from root to leaf at most"
    ] = 12,
    min_samples_leaf: Annotated[
        int, Range(1, 10_000), Search(1, 50, log=True), "The fewest rows in a leaf"
    ] = 3,
    max_features: Annotated[
        float, Range(0.05, 1), Search(0.1, 1), "Share of the columns tried at a split"
    ] = 0.5,
) -> Any:
    """Many trees on resampled rows, averaged; sturdy with its defaults.

    Breiman, Machine Learning 45 (2001); scikit-learn. Levels are split by their order in the
    transform; missing values are sent to the side that fits better.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    forest = RandomForestRegressor if learning.task == "regression" else RandomForestClassifier
    return forest(
        n_estimators=n_estimators,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        random_state=learning.seed,
        n_jobs=available_cores(),
    )
