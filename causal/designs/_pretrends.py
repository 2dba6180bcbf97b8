"""Whether treated and others moved alike before the start: one test of all effects there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ..effect import p_in_words
from ._bands import covariance
from ._group_time import Average, GroupTime, well_known

POWER = 0.8


@dataclass(frozen=True)
class Joint:
    """The test that all `count` estimates before the start are 0; `along` is how much a straight
    trend of one per period adds to its noncentrality."""

    count: int
    f: float
    p: float
    free: float
    along: float

    @classmethod
    def of(cls, averages: Sequence[Average], steps: NDArray[np.int_]) -> Joint:
        """Of averages so many periods from the reference (below 0: before it)."""
        from scipy.special import fdtrc

        count = len(averages)
        degrees = float(np.mean([a.degrees for a in averages]))
        free = degrees - count + 1
        inverse = np.linalg.pinv(covariance(averages), hermitian=True)
        estimates = np.array([a.estimate for a in averages])
        f = float(estimates @ inverse @ estimates) * free / (degrees * count)
        line = steps.astype(float)
        return cls(count, f, float(fdtrc(count, free, f)), free, float(line @ inverse @ line))

    @property
    def slope(self) -> float:
        """The trend per period that the test finds with the power asked for."""
        return float(np.sqrt(_needed(self.count, self.free) / self.along))


def drift_notes(found: GroupTime, outcome: str) -> list[str]:
    """A warning where treated and others moved differently before the start."""
    events, _ = well_known(found.by_event())
    if not any(e < found.reference for e in events):
        return []
    before, _ = earlier(events, found.reference)
    test = Joint.of([events[e] for e in before], np.array(before) - found.reference)
    if not test.p < 0.05:
        return []
    return [
        (
            f"Warning: before the start {outcome} already moved differently in the treated "
            f"({p_in_words(test.p)}), so the effect cannot be told from that trend. "
            "`parallel_trends` shows it; `trend_violation_bounds` says what is left of the effect "
            "if it went on."
        )
    ]


def earlier(events: dict[int, Average], reference: int) -> tuple[list[int], list[str]]:
    """The periods that are tested: the nearest, where there are too many for the clusters."""
    before = sorted((e for e in events if e < reference), reverse=True)
    if not before:
        react = "units may react" if reference < -1 else "the start"
        raise NotApplicable(
            f"There is only one period before {react}, so nothing can be seen of trends before.",
            "Add earlier periods.",
        )
    degrees = float(np.mean([events[e].degrees for e in before]))
    most = max(1, int(degrees // 2))
    if len(before) <= most:
        return before, []
    return before[:most], [
        (
            f"Only the {most} periods nearest the start are tested, of {len(before)}: for more "
            "there are too few clusters."
        )
    ]


def _needed(count: int, free: float) -> float:
    """The noncentrality at which the 5 % test finds it with the power asked for."""
    from scipy.optimize import brentq
    from scipy.special import fdtri, ncfdtr

    critical = fdtri(count, free, 0.95)

    def short(size: float) -> float:
        return float(1 - ncfdtr(count, free, size, critical)) - POWER

    high = 10.0
    while short(high) < 0:
        high *= 2
    return float(brentq(short, 1e-6, high))
