"""Forests are grown a few trees at a time, so that the bar moves and the person can stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._family import Lesson, Watch
from .any_unit import in_unit

#: Trees grown between two looks at whether the person wants to stop.
TREES_AT_A_TIME = 10
#: Trees where nothing is asked: so many, and on large tables fewer, but not fewer than these.
TREES, FEWEST_TREES = 200, 50


def trees_for(rows: int, columns: int, budget: float) -> int:
    """How many trees are grown where nothing is asked: as many as keep trees x rows x columns
    within the budget, so that large tables do not take minutes."""
    return int(min(TREES, max(FEWEST_TREES, budget // (rows * columns))))


def fewer_trees_note(asked: Mapping[str, Any], trees: int, rows: int) -> tuple[str, ...]:
    """What is told where the size of the table decided how many trees there are."""
    if asked["n_estimators"] is not None or trees >= TREES:
        return ()
    return (f"{trees:,} trees, not {TREES}, for {rows:,} rows: set n_estimators for more.",)


def fit_in_batches(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    """Grows the same forest as in one go, a few trees at a time."""
    wanted = estimator.n_estimators
    codes, y, unit = in_unit(estimator, lesson.codes, lesson.y)
    for grown in range(min(TREES_AT_A_TIME, wanted), wanted + TREES_AT_A_TIME, TREES_AT_A_TIME):
        if watch.stopped:
            return
        estimator.set_params(n_estimators=min(grown, wanted), warm_start=True)
        estimator.fit(codes, y, sample_weight=lesson.weights)
        watch.share = min(grown, wanted) / wanted
        if grown >= wanted:
            break
    for member in estimator.estimators_:
        unit.put_back(member.tree_)
    # One thread adds the trees up in one order, so that a prediction is the same every time; the
    # folds over blocks of rows keep the other cores busy.
    estimator.set_params(warm_start=False, n_jobs=1)
