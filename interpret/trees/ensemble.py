"""The normal form of a tree ensemble: every question it asks of a row, as whole numbers.

Per feature the values of the table become codes (see `encoder`): 0 is missing, 1 … are the
stretches between the thresholds that some tree asks about, or the levels of a category. A node
then sends a *set of codes* to the left, and nothing else is left of the library it came from:
no floating-point comparison, no missing-value rule, no category rule. All kernels work on this
form, so they are exact by construction and the same for every library.

A set is an interval for numbers, and a row of bits for categories:

* number:    code - low[u] < width[u], as unsigned numbers; `low` is 0 where missing goes left
* category:  bit `code` of `bits[levels[u]]`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .encoder import Encoder
from .links import Link
from .nodes import Ints, Nodes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RawTree:
    """One tree as a reader found it, in the library's own terms, node by node.

    `left` and `right` are places within the tree, -1 at leaves. `threshold` belongs to numbers;
    `levels_left[node]` are the level values that go left at a category's node, and
    `others_left[node]` says where levels go that the model never met. `value` is (nodes, outputs),
    what a leaf adds to each output; `weight` is what flowed through a node in training, and `gain`
    what its split won, as the library counts both.
    """

    left: Ints
    right: Ints
    feature: Ints
    threshold: Floats
    missing_left: NDArray[np.bool_]
    value: Floats
    weight: Floats
    gain: Floats
    levels_left: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    others_left: dict[int, bool] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    """Trees that add up: output k of a row is `base[k]` + Σ over trees of `value[leaf, k]`.

    `link` turns the sums into what the library calls its prediction. `nodes` and `roots` are the
    trees, `weight` (nodes,) what flowed through each node in training and `gain` (nodes,) what its
    split won there, as the library counts both.
    """

    nodes: Nodes
    roots: Ints
    value: Floats
    weight: Floats
    gain: Floats
    base: Floats
    encoder: Encoder
    link: Link
    library: str

    @property
    def features(self) -> int:
        """How many columns the model takes."""
        return len(self.encoder.cuts)

    @property
    def outputs(self) -> int:
        """How many sums there are: 1, or one per class."""
        return int(self.value.shape[1])

    @cached_property
    def code_starts(self) -> NDArray[np.int64]:
        """Where each feature's codes begin when the codes of all stand in a row, and the end."""
        return np.concatenate([[0], np.cumsum(self.encoder.code_counts)]).astype(np.int64)

    def output(self, k: int) -> TreeEnsemble:
        """The trees of one output alone; those that add nothing to it are left out."""
        if self.outputs == 1:
            return self
        if k not in self._kept:
            self._kept[k] = self._alone(k)
        return self._kept[k]

    @cached_property
    def _kept(self) -> dict[int, TreeEnsemble]:
        """The outputs that were asked for: what is known of an ensemble is kept by the object."""
        return {}

    def _alone(self, k: int) -> TreeEnsemble:
        column = np.ascontiguousarray(self.value[:, [k]])
        ends = np.append(self.roots[1:], len(column))
        adds = [bool(column[a:b].any()) for a, b in zip(self.roots, ends, strict=True)]
        return replace(self, value=column, base=self.base[[k]], roots=self.roots[adds])

    def used_features(self) -> NDArray[np.bool_]:
        """For each column, whether any tree asks about it."""
        used = np.zeros(self.features, dtype=bool)
        asked = self.nodes.feature[self.nodes.feature >= 0]
        used[asked] = True
        return used


def assemble(
    trees: Sequence[RawTree],
    encoder_of: Encoder,
    base: Floats,
    link: Link,
    library: str,
) -> TreeEnsemble:
    """The normal form of a reader's trees.

    `encoder_of` comes without cuts but with the rules of comparison and the level values of each
    category (an empty array for a number); the thresholds are collected here.
    """
    sizes = np.array([len(tree.left) for tree in trees])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    feature = np.concatenate([t.feature for t in trees]).astype(np.int32)
    left = np.concatenate([_shifted(t.left, o) for t, o in zip(trees, roots, strict=True)])
    right = np.concatenate([_shifted(t.right, o) for t, o in zip(trees, roots, strict=True)])
    feature = np.where(left >= 0, feature, -1).astype(np.int32)
    threshold = np.concatenate([t.threshold for t in trees])
    missing_left = np.concatenate([t.missing_left for t in trees]).astype(bool)
    encoder = encoder_of.with_thresholds(feature, threshold)
    low = np.where(missing_left, 0, 1).astype(np.int32)
    width = _widths(encoder, feature, threshold, low)
    levels, bits = _level_bits(trees, roots, encoder, feature, missing_left)
    return TreeEnsemble(
        nodes=Nodes(left, right, feature, low, width, levels, bits),
        roots=roots,
        value=np.ascontiguousarray(np.concatenate([t.value for t in trees]), dtype=np.float64),
        weight=np.concatenate([t.weight for t in trees]).astype(np.float64),
        gain=np.concatenate([np.where(t.left >= 0, t.gain, 0.0) for t in trees]),
        base=np.atleast_1d(np.asarray(base, dtype=np.float64)),
        encoder=encoder,
        link=link,
        library=library,
    )


def _shifted(places: Ints, offset: int) -> Ints:
    return np.where(places >= 0, places + offset, -1).astype(np.int32)


def _widths(encoder: Encoder, feature: Ints, threshold: Floats, low: Ints) -> NDArray[np.uint32]:
    """How many codes from `low` on go left: all up to the threshold's place among the cuts."""
    width = np.zeros(len(feature), dtype=np.int64)
    for f, cuts in enumerate(encoder.cuts):
        if encoder.is_category[f]:
            continue
        here = feature == f
        # the codes of numbers start at 1: value i of 0 … K stretches has code i + 1
        width[here] = np.searchsorted(cuts, encoder.comparable(threshold[here])) + 2 - low[here]
    return width.astype(np.uint32)


def _level_bits(
    trees: Sequence[RawTree],
    roots: Ints,
    encoder: Encoder,
    feature: Ints,
    missing_left: NDArray[np.bool_],
) -> tuple[Ints, NDArray[np.uint64]]:
    """For each category node a row of bits, one per code, set where the code goes left."""
    levels = np.full(len(feature), -1, dtype=np.int32)
    counts = [n for n, c in zip(encoder.code_counts, encoder.is_category, strict=True) if c]
    words = max(1, -(-int(max(counts, default=0)) // 64))
    rows: list[NDArray[np.bool_]] = []
    for tree, root in zip(trees, roots, strict=True):
        for node, values in tree.levels_left.items():
            at = int(root) + node
            f = int(feature[at])
            goes = np.zeros(words * 64, dtype=bool)
            goes[0] = missing_left[at]
            goes[1 + np.searchsorted(encoder.cuts[f], values)] = True
            goes[1 + len(encoder.cuts[f])] = tree.others_left[node]
            levels[at] = len(rows)
            rows.append(goes)
    if not rows:
        return levels, np.zeros((1, words), dtype=np.uint64)
    packed = np.packbits(np.stack(rows), axis=1, bitorder="little")
    return levels, np.ascontiguousarray(packed.view(np.uint64))
