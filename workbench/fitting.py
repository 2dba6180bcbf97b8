"""One estimator fitted to given rows: what training, refitting and searching for settings share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .blocks import run_all
from .models import Family, Learning, Lesson, Losses, Watch
from .progress import Progress, silent
from .transform import Floats

T = TypeVar("T")


@dataclass(frozen=True)
class Grown:
    """An estimator that was grown until it got no better, and its losses on the way."""

    estimator: Any
    losses: Losses


def fit(
    family: Family,
    learning: Learning,
    settings: Mapping[str, Any],
    codes: Floats,
    y: Floats,
    weights: Floats | None = None,
    progress: Progress = silent,
) -> Any:
    """The family's estimator with these settings, fitted to encoded rows (n, p).

    `weights` (n,) count relative to their mean; a row of weight 0 is not learned from. Runs on a
    thread of its own, so that the person can stop waiting at any moment; the estimator ends its
    work at the next chance.
    """
    estimator = family.build(learning, **settings)
    lesson = lesson_of(learning, codes, y, weights)
    _watched(family, progress, lambda watch: family.fit(estimator, lesson, watch))
    return estimator


def fit_until(
    family: Family,
    learning: Learning,
    settings: Mapping[str, Any],
    lesson: Lesson,
    judge: Lesson,
    patience: int,
    progress: Progress = silent,
) -> Grown:
    """The same, grown until `patience` rounds have brought nothing better on the rows of `judge`:
    with the rounds of the least loss there. For a family with rounds."""
    assert family.rounds is not None
    estimator, until = family.build(learning, **settings), family.rounds.until
    losses = _watched(
        family, progress, lambda watch: until(estimator, lesson, judge, patience, watch)
    )
    return Grown(estimator, losses)


def lesson_of(
    learning: Learning, codes: Floats, y: Floats, weights: Floats | None = None
) -> Lesson:
    """Encoded rows as they are learned from, their weights relative to their mean.

    A row of weight 0 is left out: what counts rows and not weight, as the fewest rows in a leaf, a
    median or a bootstrap sample, must not see it either. Equal weights are none. Where no row of a
    class weighs anything all rows stay, so that the class does.
    """
    if weights is None:
        return Lesson(codes, y, None, learning.is_category)
    weighs = weights > 0
    if not weighs.all() and (learning.task == "regression" or _keeps_classes(y, weighs)):
        codes, y, weights = codes[weighs], y[weighs], weights[weighs]
    relative = None if np.ptp(weights) == 0 else weights / weights.mean()
    return Lesson(codes, y, relative, learning.is_category)


def _keeps_classes(y: Floats, rows: NDArray[np.bool_]) -> bool:
    return len(np.unique(y[rows])) == len(np.unique(y))


def _watched(family: Family, progress: Progress, work: Callable[[Watch], T]) -> T:
    watch = Watch()

    def pulse(share: float, what: str = "", /) -> None:
        progress(max(share, watch.share), what or f"Training the {family.title}")

    try:
        (done,) = run_all(lambda _: work(watch), [None], progress=pulse, threads=1)
    finally:
        watch.stop()
    return done
