"""Forests are grown a few trees at a time, so that the bar moves and the person can stop."""

from __future__ import annotations

from typing import Any

from ._family import Lesson, Watch

#: Trees grown between two looks at whether the person wants to stop.
TREES_AT_A_TIME = 20


def fit_in_batches(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    """Grows the same forest as in one go, a few trees at a time."""
    wanted = estimator.n_estimators
    for grown in range(min(TREES_AT_A_TIME, wanted), wanted + TREES_AT_A_TIME, TREES_AT_A_TIME):
        if watch.stopped:
            return
        estimator.set_params(n_estimators=min(grown, wanted), warm_start=True)
        estimator.fit(lesson.codes, lesson.y, sample_weight=lesson.weights)
        watch.share = min(grown, wanted) / wanted
        if grown >= wanted:
            break
    # One thread adds the trees up in one order, so that a prediction is the same every time; the
    # folds over blocks of rows keep the other cores busy.
    estimator.set_params(warm_start=False, n_jobs=1)
