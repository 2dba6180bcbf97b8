"""One estimator fitted to given rows: what training, refitting and searching for settings share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .blocks import run_all
from .models import Family, Learning, Lesson, Watch
from .progress import Progress, silent
from .transform import Floats


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

    `weights` (n,) count relative to their mean. Runs on a thread of its own, so that the person can
    stop waiting at any moment; the estimator ends its work at the next chance.
    """
    estimator = family.build(learning, **settings)
    relative = None if weights is None else weights / weights.mean()
    watch, lesson = Watch(), Lesson(codes, y, relative, learning.is_category)

    def pulse(share: float, what: str = "", /) -> None:
        progress(max(share, watch.share), what or f"Training the {family.title}")

    try:
        for _ in run_all(
            lambda _: family.fit(estimator, lesson, watch), [None], progress=pulse, threads=1
        ):
            pass
    finally:
        watch.stop()
    return estimator
