"""Extremely randomised trees: a forest whose thresholds are drawn at random."""

from typing import Annotated, Any

from ..blocks import available_cores
from ..settings import Range, Search
from ._family import Learning, family
from ._grown import fit_in_batches


@family("Extra trees", fit=fit_in_batches)
def extra_trees(
    learning: Learning,
    /,
    *,
    n_estimators: Annotated[int, Range(1, 2_000), "How many trees"] = 200,
    max_depth: Annotated[
        int, Range(1, 40), Search(3, 40), "How many questions from root to leaf at most"
    ] = 16,
    min_samples_leaf: Annotated[
        int, Range(1, 10_000), Search(1, 50, log=True), "The fewest rows in a leaf"
    ] = 3,
    max_features: Annotated[
        float, Range(0.05, 1), Search(0.1, 1), "Share of the columns tried at a split"
    ] = 0.5,
) -> Any:
    """A forest whose thresholds are drawn at random; smoother than a random forest, and quick.

    Geurts, Ernst & Wehenkel, Machine Learning 63 (2006); scikit-learn. Every tree sees all rows;
    at a split one threshold per column is drawn, and the best of these is taken. Levels are split
    by their order in the transform; missing values go to a side that is drawn likewise.
    """
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    forest = ExtraTreesRegressor if learning.task == "regression" else ExtraTreesClassifier
    return forest(
        n_estimators=n_estimators,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        random_state=learning.seed,
        n_jobs=available_cores(),
    )
