"""How far two answers to the same question are apart."""

from __future__ import annotations

import numpy as np

from .contender import Answer


def difference(ours: Answer, theirs: Answer) -> float:
    """The largest difference over the largest of our values; inf where shapes do not match.

    A contender that was measured on a part of the work answers the beginning of the first axis.
    """
    head = ours[: len(theirs)]
    if head.shape != theirs.shape or not head.size:
        return float("inf")
    gap = np.abs(head - theirs).max()
    largest = np.abs(head).max()
    return float("inf") if np.isnan(gap) else float(gap / largest) if largest else float(gap)
