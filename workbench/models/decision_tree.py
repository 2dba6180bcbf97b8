"""One decision tree: the model a person can read whole."""

from typing import Annotated, Any

from ..settings import Range, Search
from ._family import Learning, Lesson, Watch, family
from .any_unit import grow_tree


def _fit(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    if not watch.stopped:
        grow_tree(estimator, lesson.codes, lesson.y, lesson.weights)


@family("Decision tree", fit=_fit, single=("columns",))
def decision_tree(
    learning: Learning,
    /,
    *,
    max_depth: Annotated[
        int, Range(1, 30), Search(1, 20, log=True), "How many questions from root to leaf at most"
    ] = 5,
    min_samples_leaf: Annotated[
        int, Range(1, 10_000), Search(1, 200, log=True), "The fewest rows in a leaf"
    ] = 10,
) -> Any:
    """A single tree of yes-or-no questions; easy to read, seldom the most accurate.

    Breiman, Friedman, Olshen & Stone (1984); scikit-learn's CART. Levels are split by their order
    in the transform; missing values are sent to the side that fits better.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    tree = DecisionTreeRegressor if learning.task == "regression" else DecisionTreeClassifier
    return tree(max_depth=max_depth, min_samples_leaf=min_samples_leaf, random_state=learning.seed)
