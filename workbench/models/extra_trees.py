"""Extremely randomised trees: a forest whose thresholds are drawn at random."""

from collections.abc import Mapping
from typing import Annotated, Any

from ..blocks import available_cores
from ..settings import Range, Search
from ._family import Learning, Lesson, Watch, family
from ._grown import fewer_trees_note, fit_in_batches, trees_for

#: What trees x rows x columns may be where nothing is asked: 100,000 x 30 then take some ten
#: seconds of processor time.
BUDGET = 120e6


def _fit(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    rows, columns = lesson.codes.shape
    trees = estimator.n_estimators or trees_for(rows, columns, BUDGET)
    estimator.set_params(n_estimators=trees)
    fit_in_batches(estimator, lesson, watch)


def _tells(asked: Mapping[str, Any], estimator: Any, rows: int) -> tuple[str, ...]:
    return fewer_trees_note(asked, len(estimator.estimators_), rows)


@family("Extra trees", fit=_fit, tells=_tells, single=("columns",))
def extra_trees(
    learning: Learning,
    /,
    *,
    n_estimators: Annotated[
        int | None, Range(1, 2_000), "How many trees; empty: 200, on large tables down to 50"
    ] = None,
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

    Geurts, Ernst & Wehenkel, Machine Learning 63 (2006); scikit-learn. Every tree sees all rows
    (so where nothing is asked, trees x rows x columns stay below 120 million down to 50 trees, and
    the notes say it); at a split one threshold per column is drawn, and the best of these is taken.
    Levels are split by their order in the transform; missing values go to a side that is drawn
    likewise.
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
