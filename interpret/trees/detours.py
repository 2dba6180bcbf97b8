"""The driver of the branching walk: all that rows' predictions become when one column changes.

`kernels.branching` finds, for rows walked together, every leaf that a row can reach by changing a
single column; `kernels.detours` adds up what is asked: curves, replaced values, expectations. Here
the trees are laid out for the walk, and the question is put: which columns, and which codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from .ensemble import TreeEnsemble
from .paths import paths_of

if TYPE_CHECKING:
    from .kernels.away import Away
    from .kernels.branching import Room
    from .kernels.lines import Trees

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

#: Rows walked together: their sums and a tree stay in the processor's cache.
TOGETHER = 32
#: Detours that are held before they are added up.
HELD = 16_384


@dataclass(frozen=True, eq=False)
class Question:
    """Which codes of which columns are asked about; what else is reached is not looked for.

    `away` are the asked codes that part from a row at each node, `most` the most detours of a row
    in a tree.
    """

    ensemble: TreeEnsemble
    away: Away
    most: int

    @classmethod
    def about(cls, ensemble: TreeEnsemble, codes: Mapping[int, Any]) -> Question:
        """About some codes of some columns, in any order, with or without repeats."""
        from .kernels.away import away_of

        if ensemble.outputs != 1:
            raise NotApplicable(
                f"This model adds up {ensemble.outputs} sums; a walk follows one of them.",
                "Ask about one output at a time.",
            )
        stretch = np.zeros((ensemble.features, 3), dtype=np.int32)
        words = ensemble.nodes.bits.shape[1]
        bits = np.zeros((ensemble.features, words * 64), dtype=bool)
        for f, asked in codes.items():
            distinct = np.unique(asked)
            if ensemble.encoder.is_category[f]:
                bits[f, distinct] = True
            else:
                stretch[f] = _stretch(distinct)
        packed = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
        away = away_of(_laid_out(ensemble), paths_of(ensemble).depth, stretch, packed)
        return cls(ensemble, away, _most(ensemble))

    @property
    def starts(self) -> Places:
        """Where each column's codes begin when all stand in a row, one place more for each."""
        return self.ensemble.code_starts[:-1] + np.arange(self.ensemble.features)

    def room(self) -> Room:
        """What one thread's walk writes to."""
        from .kernels.branching import DETOUR_SIZE, Room

        held = max(HELD, self.most)
        return Room(
            np.empty((held, DETOUR_SIZE), np.int32),
            np.empty(max(held, TOGETHER), np.int64),
            np.empty(held),
            np.empty(TOGETHER, np.uint32),
            np.empty(TOGETHER),
        )

    def walk(self, rows: Any, own: Floats, room: Room) -> Iterator[tuple[Any, Any, int]]:
        """The detours of a few rows (n, columns), a roomful at a time; adds the trees to `own`."""
        from .kernels.branching import walk

        trees = _laid_out(self.ensemble)
        tree = row = 0
        while tree < len(trees.roots):
            tree, row, count = walk(trees, self.away, room, rows, own, tree, row, self.most)
            yield room.detours, room.change, count


def few_at_a_time(rows: int) -> list[slice]:
    """Stretches of rows that are walked together."""
    return [slice(at, min(at + TOGETHER, rows)) for at in range(0, rows, TOGETHER)]


def rows_of(codes: Any, at: slice) -> Any:
    """A copy of some rows of the codes (columns, rows), row by row."""
    return np.array(codes[:, at].T, dtype=np.uint32, order="C")


def every_code(ensemble: TreeEnsemble, features: Sequence[int]) -> dict[int, Places]:
    """All codes of some columns."""
    return {f: np.arange(ensemble.encoder.code_counts[f]) for f in features}


def wanted_features(ensemble: TreeEnsemble, features: Sequence[int] | None) -> tuple[int, ...]:
    """The columns asked for; all where none are named."""
    return tuple(range(ensemble.features)) if features is None else tuple(features)


def _stretch(codes: Places) -> tuple[bool, int, int]:
    numbers = codes[codes > 0]
    if not len(numbers):
        return True, 1, 1
    return bool(codes[0] == 0), int(numbers[0]), int(numbers[-1]) + 1


def _most(ensemble: TreeEnsemble) -> int:
    """No leaf has more than two intervals of a number, and no category more runs than codes."""
    largest = int(np.diff(np.append(ensemble.roots, len(ensemble.nodes.left))).max(initial=1))
    category = np.asarray(ensemble.encoder.is_category, dtype=bool)
    return largest + 2 + int(ensemble.encoder.code_counts[category].sum())


_KEPT: WeakKeyDictionary[TreeEnsemble, Trees] = WeakKeyDictionary()


def _laid_out(ensemble: TreeEnsemble) -> Trees:
    """The trees as `kernels.branching` wants them; kept as long as the ensemble."""
    from .kernels.lines import FEATURE, NODE_SIZE, NONE, Trees

    if ensemble not in _KEPT:
        nodes = ensemble.nodes
        place = np.arange(len(nodes.left))
        table = np.stack(
            [nodes.left * NODE_SIZE, nodes.right * NODE_SIZE, nodes.feature, nodes.low,
             nodes.width.astype(np.int32), nodes.levels, place, place],
            axis=1,
        ).astype(np.uint32)  # fmt: skip
        table[nodes.left < 0, FEATURE] = NONE
        _KEPT[ensemble] = Trees(
            table.ravel(),
            nodes.bits,
            (ensemble.roots * NODE_SIZE).astype(np.uint32),
            np.ascontiguousarray(ensemble.value[:, 0]),
        )
    return _KEPT[ensemble]
