"""What to expect when a column is permuted: the average over all permutations, with none drawn.

Under a permutation drawn at random row i gets each row's value of the column with the same chance,
so the expectation is that of the row's own curve over the column's codes, weighted by how many rows
have each. Permutation importance so computed (Fisher, Rudin & Dominici 2019; a row's own value is
among those it may get) has no error from drawing permutations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import fold
from workbench.errors import NotApplicable
from workbench.metrics import SMALLEST_PROBABILITY
from workbench.progress import Progress, silent

from .detours import TOGETHER, Question, few_at_a_time, rows_of, wanted_features
from .ensemble import TreeEnsemble
from .grids import Layout

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


class Loss(IntEnum):
    """A loss that is an average over rows, of the prediction on the response scale.

    `SQUARED` of a probability is Brier's score. `LOG` and `ZERO_ONE` are of P(the second class),
    with y 0 or 1.
    """

    SQUARED = 0
    ABSOLUTE = 1
    LOG = 2
    ZERO_ONE = 3


#: By the link's name, as the kernel numbers them.
LINKS = {"identity": 0, "logistic": 1, "half logistic": 2, "exponential": 3}


@dataclass(frozen=True, eq=False)
class ExpectedLoss:
    """Every row's loss, and how much more is lost with one column borrowed from another row.

    `own` (rows,) is the loss with nothing borrowed. `borrowed` (features, rows) is what a row loses
    more, averaged over all rows that lend to it; `lent` (features, lending rows) what a row's value
    makes others lose more, averaged over all that borrow it.
    """

    own: Floats
    borrowed: Floats
    lent: Floats


def expected_margins(
    ensemble: TreeEnsemble,
    codes: Any,
    features: Sequence[int] | None = None,
    lenders: Any = None,
    progress: Progress = silent,
) -> Floats:
    """Each row's sum, averaged over the values of one column in all lending rows.

    (features, rows). `lenders` are the codes (columns, rows) of the rows that lend their values,
    `codes` itself unless given.
    """
    from .kernels.detours import add_expected

    wanted = wanted_features(ensemble, features)
    shares = _shares(ensemble, codes if lenders is None else lenders, wanted)
    question = Question.about(ensemble, {f: np.flatnonzero(shares[f]) for f in wanted})
    starts, below = question.starts, np.zeros(int(ensemble.code_starts[-1]) + ensemble.features)
    for f in wanted:
        first = starts[f] + 1
        below[first : first + len(shares[f])] = np.cumsum(shares[f])
    slots = np.zeros(ensemble.features, dtype=np.int64)
    slots[list(wanted)] = np.arange(len(wanted))
    out = np.empty((len(wanted), codes.shape[1]))

    def step(at: slice) -> int:
        rows, room = rows_of(codes, at), question.room()
        own, found = np.full(len(rows), ensemble.base[0]), np.zeros((len(rows), len(wanted)))
        for few in few_at_a_time(len(rows)):
            for detours, change, count in question.walk(rows[few], own[few], room):
                add_expected(detours, change, count, starts, below, slots, found[few])
        out[:, at] = (found + own[:, None]).T
        return 0

    if codes.shape[1]:
        row_bytes = 4 * ensemble.features + 16 * len(wanted)
        fold(step, max, codes.shape[1], bytes_per_row=row_bytes, progress=progress)
    return out


def expected_loss(
    ensemble: TreeEnsemble,
    codes: Any,
    y: Any,
    loss: Loss,
    features: Sequence[int] | None = None,
    lenders: Any = None,
    progress: Progress = silent,
) -> ExpectedLoss:
    """Each row's loss, and what it becomes on average with one column as in the lending rows.

    Of an ensemble with one output and a link of `LINKS`; several classes are not covered, since all
    their sums change together. Cost: a walk, and one loss for every stretch of every row's curves.
    """
    from .kernels.detours import add_changes, add_losses

    _require_link(ensemble)
    wanted, lending = wanted_features(ensemble, features), codes if lenders is None else lenders
    shares = _shares(ensemble, lending, wanted)
    layout = Layout.of(ensemble, wanted, [np.flatnonzero(shares[f]) for f in wanted])
    question = Question.about(ensemble, layout.codes)
    starts, link = question.starts, LINKS[ensemble.link.name]
    share = np.concatenate([[*shares[f][layout.codes[f]], 0.0] for f in wanted])
    truth = np.ascontiguousarray(y, dtype=np.float64)
    own, borrowed = np.empty(codes.shape[1]), np.empty((len(wanted), codes.shape[1]))

    def step(at: slice) -> Floats:
        rows, room = rows_of(codes, at), question.room()
        sums, found = np.full(len(rows), ensemble.base[0]), np.zeros((len(rows), len(wanted)))
        curves, lent = np.zeros((TOGETHER, layout.places)), np.zeros(layout.places)
        for few in few_at_a_time(len(rows)):
            here = curves[: few.stop - few.start]
            for detours, change, count in question.walk(rows[few], sums[few], room):
                add_changes(detours, change, count, starts, layout.place, here)
            add_losses(here, sums[few], layout.ends, share, truth[at][few], int(loss), link,
                       SMALLEST_PROBABILITY, own[at][few], found[few], lent)  # fmt: skip
        borrowed[:, at] = found.T
        return lent

    lent = np.zeros(layout.places)
    if codes.shape[1]:
        row_bytes = 4 * ensemble.features + 16 * len(wanted)
        lent = fold(step, np.add, codes.shape[1], bytes_per_row=row_bytes, progress=progress)
        lent /= codes.shape[1]
    by_lender = [lent[layout.place[starts[f] + lending[f]]] for f in wanted]
    return ExpectedLoss(own, borrowed, np.array(by_lender).reshape(len(wanted), -1))


def _require_link(ensemble: TreeEnsemble) -> None:
    if ensemble.link.name not in LINKS:
        raise NotApplicable(
            f"The expected loss through the link '{ensemble.link.name}' is not computed exactly.",
            "Draw the shuffles instead: shuffles='drawn'.",
        )


def _shares(ensemble: TreeEnsemble, lenders: Any, features: Sequence[int]) -> dict[int, Floats]:
    """By column the share of the lending rows that have each code."""
    counts = ensemble.encoder.code_counts
    return {f: np.bincount(lenders[f], minlength=counts[f]) / lenders.shape[1] for f in features}
