"""Is a feature the target under another name?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.figures import number
from workbench.metrics import Floats, r2, roc_auc
from workbench.models.any_unit import grow_tree
from workbench.target import Target

from ._check import Finding, Table, of_data

CODE = "target-leakage"
#: From this R² or area under the curve on, a single column is called suspicious.
ALMOST_PERFECT = 0.98
MOST_ROWS, FEWEST_ROWS, FEWEST_OF_A_CLASS = 5_000, 60, 10
LEAVES, LEAF_ROWS = 64, 5


@of_data(
    CODE,
    clear="No feature alone predicts the target almost perfectly.",
    needs_target=True,
    spoils=("quality", "importance"),
)
def target_leakage(table: Table) -> Iterator[Finding]:
    """A small tree of one feature, fitted on one half of the rows and judged on the other."""
    target = table.target
    rows = table.sample(MOST_ROWS)
    if target is None or len(rows) < FEWEST_ROWS or not _can_be_judged(target, target.y[rows]):
        return
    metric = "R²" if target.task == "regression" else "ROC AUC"
    for column in table.data.features:
        table.tick()
        score = score_alone(table.numbers(column, rows), target.y[rows], target)
        if score > ALMOST_PERFECT:
            yield Finding(
                CODE,
                "warning",
                (column,),
                f"'{column}' alone predicts '{target.name}' almost perfectly ({metric} "
                f"{number(score)} on rows held out): a model that may use it looks perfect and "
                "says nothing of use if it is known only afterwards.",
                f"Ask when '{column}' is known. If it is not known before '{target.name}' is, "
                "give it the role 'ignore'.",
            )


def _can_be_judged(target: Target, y: Floats) -> bool:
    if target.task == "regression":
        return bool(y.std() > 0)
    counts = np.bincount(y.astype(int), minlength=len(target.classes))
    return bool(counts.min() >= FEWEST_OF_A_CLASS)


def score_alone(values: Floats, y: Floats, target: Target) -> float:
    """R² or area under the curve of one column, each half of the rows predicted from the other."""
    is_half = np.arange(len(y)) % 2 == 0
    if np.isnan(values).all():
        return 0.0
    predicted = np.zeros((len(y), max(len(target.classes), 1)))
    for learned in (is_half, ~is_half):
        predicted[~learned] = _predicted(values, y, learned, target)
    if target.task == "regression":
        return r2(y, predicted[:, 0]).value
    return roc_auc(y, predicted).value


def _predicted(values: Floats, y: Floats, learned: np.ndarray, target: Target) -> Floats:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    settings = {"max_leaf_nodes": LEAVES, "min_samples_leaf": LEAF_ROWS, "random_state": 0}
    # an extreme of its own for missing values: all scikit-learn's versions take it
    filled = np.where(np.isnan(values), np.nanmin(values) - 1, values)[:, None]
    if target.task == "regression":
        regression = grow_tree(DecisionTreeRegressor(**settings), filled[learned], y[learned])
        return np.asarray(regression.predict(filled[~learned]), dtype=float)[:, None]
    classes = grow_tree(DecisionTreeClassifier(**settings), filled[learned], y[learned])
    chances = np.zeros((int((~learned).sum()), len(target.classes)))
    chances[:, classes.classes_.astype(int)] = classes.predict_proba(filled[~learned])
    return chances
