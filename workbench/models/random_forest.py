"""A random forest: many deep trees on resampled rows, averaged."""

from collections.abc import Mapping
from typing import Annotated, Any

from ..blocks import available_cores
from ..settings import Range, Search
from ._family import Learning, Lesson, Watch, family
from ._grown import fewer_trees_note, fit_in_batches, trees_for

#: Where nothing is asked, the most rows a tree is grown on, and what trees x rows x columns may be:
#: 100,000 x 30 then take some ten seconds of processor time.
ROWS_OF_A_TREE, BUDGET = 10_000, 18e6


def _fit(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    rows, columns = lesson.codes.shape
    drawn = min(rows, estimator.max_samples or ROWS_OF_A_TREE)
    trees = estimator.n_estimators or trees_for(drawn, columns, BUDGET)
    estimator.set_params(max_samples=drawn, n_estimators=trees)
    fit_in_batches(estimator, lesson, watch)


def _tells(asked: Mapping[str, Any], estimator: Any, rows: int) -> tuple[str, ...]:
    drawn, trees = estimator.max_samples, len(estimator.estimators_)
    if asked["max_samples"] is None and drawn < rows:
        note = (
            f"{trees:,} trees, each grown on {drawn:,} rows drawn from the {rows:,} training rows: "
            "set n_estimators and max_samples for more, which takes longer."
        )
        return (note,)
    return fewer_trees_note(asked, trees, rows)


@family("Random forest", fit=_fit, tells=_tells, single=("columns",))
def random_forest(
    learning: Learning,
    /,
    *,
    n_estimators: Annotated[
        int | None, Range(1, 2_000), "How many trees; empty: 200, on large tables down to 50"
    ] = None,
    max_samples: Annotated[
        int | None, Range(2, 10_000_000), "Rows a tree is grown on; empty: all, 10,000 at most"
    ] = None,
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

    Breiman, Machine Learning 45 (2001); scikit-learn. A tree is grown on as many rows as there are,
    drawn with replacement, or on `max_samples` of them. Where nothing is asked these are 10,000 at
    most, and trees x rows x columns stay below 18 million down to 50 trees: time grows no further
    with the table, and the notes say what was done. Levels are split by their order in the
    transform; missing values are sent to the side that fits better.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    forest = RandomForestRegressor if learning.task == "regression" else RandomForestClassifier
    return forest(
        n_estimators=n_estimators,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        max_features=max_features,
        max_samples=max_samples,
        random_state=learning.seed,
        n_jobs=available_cores(),
    )
