"""Gradient boosting on binned columns, by scikit-learn."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, Literal

import numpy as np

from ..objectives import Objective
from ..settings import Range, Search
from ..transform import Floats
from ._family import Learning, Rounds, family


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
    margin=_margin,
    objectives=("squared", "absolute", "quantile", "poisson"),
    rounds=Rounds("max_iter", _after),
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
