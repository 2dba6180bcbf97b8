"""A random forest: many deep trees on resampled rows, averaged."""

from typing import Annotated, Any

from ..blocks import available_cores
from ..settings import Range, Search
from ._family import Learning, family
from ._grown import fit_in_batches


@family("Random forest", fit=fit_in_batches)
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
