"""A band from the same recipe learned again: how much a curve depends on which rows it saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.calibrate import learn_again
from workbench.progress import Progress, part
from workbench.refit import bootstrap_rows
from workbench.transform import Floats

from ._dependence import Asked
from ._engine import engine_of
from ._grid import Grid

#: With fewer, the ends of a 95 % range are little more than the two outermost curves.
FEWEST_FOR_ENDS = 40


def refitted_band(
    asked: Asked,
    feature: str,
    grid: Grid,
    reference: int | None,
    refits: int,
    seed: int,
    progress: Progress,
) -> tuple[Floats, Floats]:
    """The 2.5 and 97.5 % points of the curve over models of bootstrap samples, at every point.

    Rows and grid stay the same; empty (NaN) without refits. Cost: a training and a curve each.
    """
    if not refits:
        nothing = np.full(len(grid), np.nan)
        return nothing, nothing
    curves = []
    for i in range(refits):
        stretch = part(progress, i / refits, (i + 1) / refits, f"Refit {i + 1} of {refits}")
        # the model's own seed each time, so that nothing but the rows differs
        rows = bootstrap_rows(asked.model, seed + i)
        again = learn_again(asked.model, rows, asked.model.seed, part(stretch, 0, 0.7))
        other = replace(asked, model=again, engine=engine_of(again))
        curves.append(other.average(feature, grid, reference, part(stretch, 0.7, 1)).mean)
    low, high = np.quantile(curves, [0.025, 0.975], axis=0)
    return low, high


def band_note(refits: int, seed: int) -> tuple[str, ...]:
    """What the band means, and what it does not."""
    if not refits:
        return ()
    meaning = (
        "The band says how much the curve depends on which rows it learned from: the same recipe "
        f"was learned again on {refits} bootstrap sample{'s' if refits > 1 else ''} of the "
        f"training rows (seed {seed}), and the band holds the middle 95 % of their curves. A "
        "bootstrap sample has about 63 % of the distinct rows, so the curve may lie towards the "
        "band's edge."
    )
    if refits >= FEWEST_FOR_ENDS:
        return (meaning,)
    few = (
        f"The ends of a band from fewer than {FEWEST_FOR_ENDS} refits are little more than the "
        "outermost curves."
    )
    return meaning, few
