"""Trees that split on what was made from a column, as trees that split on the column itself.

A date is given to a model as its year, month, day of week and so on, while the question is always
about the date. Each of these is a function of the date, so a node that asks "day of week below
Saturday?" sends a set of dates to the left: it is a node about the date, with a set of codes in
place of an interval, as a category's node has one. Written so, the trees have one feature for each
of the person's columns, and every kernel counts with the date as a whole: curves, shuffles,
interactions, and Shapley values in which it is one player.

The codes are stretches of the column's values, in their order, between which no tree tells apart:
at most one for each distinct value of the table. Values that the table does not hold have no code.

Cost: codes × distinct questions about the column; leaves × codes for the paths, which is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import block_length, blocks
from workbench.errors import NotApplicable

from .encoder import Encoder, Floats
from .ensemble import TreeEnsemble
from .nodes import Nodes

Places = NDArray[np.int64]

#: Codes of derived columns times leaves: above it the sets of the paths would take gigabytes.
MOST_SETS = 100_000_000


@dataclass(frozen=True, eq=False)
class Derived:
    """A column and what was made from it: its distinct `values` (n,) in rising order, and for each
    of the `inputs` of the trees what that is at these values, `made` (n, inputs)."""

    inputs: tuple[int, ...]
    values: Floats
    made: Floats


@dataclass(frozen=True, eq=False)
class _Stretches:
    """The stretch, from 0, of every distinct value of a column."""

    values: Floats
    stretch: Places

    def of(self, column: Floats) -> Floats:
        """Every row's stretch, NaN where the value is missing."""
        missing = np.isnan(column)
        at = np.minimum(np.searchsorted(self.values, column), len(self.values) - 1)
        unknown = ~missing & (self.values[at] != column)
        if unknown.any():
            raise NotApplicable(
                f"{int(unknown.sum()):,} of the dates are not among those of the model's table, "
                "and cannot be counted from the trees.",
                "Explain rows of the table the model was trained with.",
            )
        return np.where(missing, np.nan, self.stretch[at].astype(np.float64))


@dataclass(frozen=True, eq=False)
class DerivedEncoder(Encoder):
    """The rules of a model some of whose columns it sees through what was made from them."""

    stretches: Mapping[int, _Stretches] = field(default_factory=dict)

    def _marked(self, values: Floats) -> Floats:
        marked = super()._marked(values).copy()
        for f, each in self.stretches.items():
            marked[:, f] = each.of(values[:, f])
        return marked


def by_column(ensemble: TreeEnsemble, columns: Sequence[int | Derived]) -> TreeEnsemble:
    """The same trees about columns: each an input of `ensemble` as it is, or `Derived` from one.

    Raises `NotApplicable` where a column has too many codes for the number of leaves.
    """
    made = {f: each for f, each in enumerate(columns) if isinstance(each, Derived)}
    codes = {f: _codes(ensemble, each) for f, each in made.items()}
    firsts = {f: _first_of_stretch(each) for f, each in codes.items()}
    _require_room(ensemble, {f: int(each.sum()) for f, each in firsts.items()})
    encoder = _encoder(ensemble.encoder, columns, firsts)
    # of every stretch the codes of its first value stand for all
    seen = {f: codes[f][firsts[f]] for f in made}
    return replace(ensemble, nodes=_nodes(ensemble, columns, seen, encoder), encoder=encoder)


def _codes(ensemble: TreeEnsemble, column: Derived) -> Places:
    """What the trees see at every value of the column, (values, inputs)."""
    codes = np.empty(column.made.shape, dtype=np.int64)
    # a code is had with room for all inputs of each value, so many values go in parts
    for at in blocks(len(codes), block_length(3 * 8 * len(ensemble.encoder.cuts))):
        for s, i in enumerate(column.inputs):
            codes[at, s] = ensemble.encoder.code_of(i, column.made[at, s])
    return codes


def _first_of_stretch(codes: Places) -> NDArray[np.bool_]:
    """Where the trees see something else than at the value before."""
    changes = (np.diff(codes, axis=0) != 0).any(axis=1)
    return np.concatenate([[True], changes])


def _require_room(ensemble: TreeEnsemble, counts: Mapping[int, int]) -> None:
    leaves = int((ensemble.nodes.left < 0).sum())
    largest = max(counts.values())
    if largest * leaves > MOST_SETS:
        raise NotApplicable(
            f"The trees tell {largest:,} stretches of a date apart and have {leaves:,} leaves; the "
            f"exact engine counts up to {MOST_SETS:,} pairs of the two.",
            "Train with fewer trees or larger leaves.",
        )


def _encoder(
    wide: Encoder,
    columns: Sequence[int | Derived],
    firsts: Mapping[int, NDArray[np.bool_]],
) -> DerivedEncoder:
    cuts, is_category, zero_is_missing = [], [], []
    stretches: dict[int, _Stretches] = {}
    for f, each in enumerate(columns):
        if isinstance(each, Derived):
            count = int(firsts[f].sum())
            stretches[f] = _Stretches(each.values, np.cumsum(firsts[f]) - 1)
            cuts.append(np.arange(count, dtype=np.float64))
            is_category.append(True)
            zero_is_missing.append(False)
        else:
            cuts.append(wide.cuts[each])
            is_category.append(wide.is_category[each])
            zero_is_missing.append(bool(wide.zero_is_missing) and wide.zero_is_missing[each])
    return DerivedEncoder(
        tuple(cuts), tuple(is_category), wide.single, wide.equal_goes_left, wide.single_cuts,
        wide.missing, tuple(zero_is_missing) if any(zero_is_missing) else (),
        wide.truncates_levels, stretches,
    )  # fmt: skip


def _nodes(
    ensemble: TreeEnsemble,
    columns: Sequence[int | Derived],
    seen: Mapping[int, Places],
    encoder: Encoder,
) -> Nodes:
    nodes = ensemble.nodes
    feature, levels = nodes.feature.copy(), nodes.levels.copy()
    counts = [int(n) for n, c in zip(encoder.code_counts, encoder.is_category, strict=True) if c]
    words = max(nodes.bits.shape[1], -(-max(counts) // 64))
    bits = [np.pad(nodes.bits, ((0, 0), (0, words - nodes.bits.shape[1])))]
    rows = len(nodes.bits)
    for f, each in enumerate(columns):
        if not isinstance(each, Derived):
            feature[nodes.feature == each] = f
            continue
        for s, asked in enumerate(each.inputs):
            at = np.flatnonzero(nodes.feature == asked)
            feature[at] = f
            questions, which = np.unique(
                np.stack([nodes.low[at], nodes.width[at].astype(np.int64)], axis=1),
                axis=0, return_inverse=True,
            )  # fmt: skip
            levels[at] = rows + which.ravel()
            bits.append(_bits(questions, seen[f][:, s], words))
            rows += len(questions)
    return nodes._replace(
        feature=feature, levels=levels, bits=np.ascontiguousarray(np.concatenate(bits))
    )


def _bits(questions: Places, codes: Places, words: int) -> NDArray[np.uint64]:
    """For every question (low, width) a row of bits: which stretches go left. The first bit is
    for missing, as the codes have it."""
    low, width = questions[:, :1], questions[:, 1:]
    given = np.concatenate([[0], codes])
    goes = np.zeros((len(questions), words * 64), dtype=bool)
    goes[:, : len(given)] = (given >= low) & (given < low + width)
    return np.packbits(goes, axis=1, bitorder="little").view(np.uint64)
