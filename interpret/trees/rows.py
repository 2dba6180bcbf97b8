"""Every row's own answers with one column changed, exactly, from one walk: curves of single rows
(ICE, Goldstein et al. 2015), weighted averages of them, and replaced or permuted values.

All of it is the sum of the trees (base included) of one output; `response` goes through the link.
`codes` are encoded rows (columns, rows). Cost of a walk: about twenty of
XGBoost's predictions for all of 30 columns and five for one, whatever the grid or the repeats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import block_length, blocks, fold, run_all
from workbench.progress import Progress, silent

from .dependence import Curves
from .detours import Question, every_code, few_at_a_time, rows_of, wanted_features
from .ensemble import TreeEnsemble
from .grids import Layout

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
#: Rows whose replaced values and answers stay in the processor's cache.
IN_CACHE = 256
#: How many bytes of a block's input are copied per row and column.
CODE_BYTES = 4


def curves_of_rows(
    ensemble: TreeEnsemble,
    codes: Any,
    feature: int,
    grid_codes: Any,
    progress: Progress = silent,
) -> Floats:
    """Each row's sum with one column set to each of the grid's codes, (rows, grid)."""
    return ice(ensemble, codes, [feature], [grid_codes], progress)[0]


def ice(
    ensemble: TreeEnsemble,
    codes: Any,
    features: Sequence[int],
    grids: Sequence[Any],
    progress: Progress = silent,
) -> list[Floats]:
    """`curves_of_rows` of several columns at once, one array (rows, grid) for each.

    The caller sees to it that rows × all grids × 8 bytes fit.
    """
    layout = Layout.of(ensemble, features, grids)
    question = Question.about(ensemble, layout.codes)
    out = np.zeros((codes.shape[1], layout.places))

    def step(at: slice) -> int:
        add_curves(question, layout, rows_of(codes, at), out[at])
        return 0

    if codes.shape[1]:
        fold(step, max, codes.shape[1], bytes_per_row=_row_bytes(ensemble), progress=progress)
    return layout.parts(out)


def add_curves(question: Question, layout: Layout, rows: Any, out: Floats) -> None:
    """Writes the curves of some rows (n, columns) to `out` (n, places), which holds zeros."""
    from .kernels.detours import add_changes, add_up

    room, starts = question.room(), question.starts
    own = np.full(len(rows), question.ensemble.base[0])
    for few in few_at_a_time(len(rows)):
        for detours, change, count in question.walk(rows[few], own[few], room):
            add_changes(detours, change, count, starts, layout.place, out[few])
        add_up(out[few], own[few], layout.ends)


def weighted_curves(
    ensemble: TreeEnsemble,
    codes: Any,
    weights: Any,
    features: Sequence[int] | None = None,
    progress: Progress = silent,
) -> Curves:
    """The weighted average of all rows' curves at every code of every column, exactly.

    Σ wᵢ f(row i with the column at the code) / Σ wᵢ; `mean` is the weighted average of f itself.
    """
    from .kernels.detours import add_weighted

    wanted = wanted_features(ensemble, features)
    question = Question.about(ensemble, every_code(ensemble, wanted))
    weight = np.ascontiguousarray(weights, dtype=np.float64)
    starts, size = question.starts, int(ensemble.code_starts[-1]) + ensemble.features

    def step(at: slice) -> Floats:
        rows, given, room = rows_of(codes, at), weight[at], question.room()
        found, own = np.zeros(size + 1), np.zeros(len(rows))
        for few in few_at_a_time(len(rows)):
            for detours, change, count in question.walk(rows[few], own[few], room):
                add_weighted(detours, change, count, starts, given[few], found)
        found[size] = own @ given
        return found

    row_bytes = _row_bytes(ensemble)
    total = fold(step, np.add, codes.shape[1], bytes_per_row=row_bytes, progress=progress)
    mean = float(ensemble.base[0] + total[size] / weight.sum())
    ends = starts + ensemble.encoder.code_counts
    curves = (mean + np.cumsum(total[starts[f] : ends[f]]) / weight.sum() for f in wanted)
    return Curves(wanted, tuple(curves), mean)


def replaced(
    ensemble: TreeEnsemble,
    codes: Any,
    features: Sequence[int],
    others: Any,
    progress: Progress = silent,
) -> Floats:
    """The sums with column `features[s]` of row i, alone, at the code `others[s, r, i]`.

    (features, repeats, rows), in one walk for all columns and repeats.
    """

    def given(s: int, at: slice) -> Any:
        return others[s, :, at]

    question = Question.about(ensemble, {f: others[s] for s, f in enumerate(features)})
    return _replaced(question, codes, features, np.shape(others)[1], given, progress)


def permuted(
    ensemble: TreeEnsemble,
    codes: Any,
    features: Sequence[int],
    lenders: Any,
    progress: Progress = silent,
) -> Floats:
    """The sums with column `features[s]` of row i, alone, as it is in row `lenders[s, r, i]`.

    (features, repeats, rows), in one walk for all columns and repeats.
    """

    def given(s: int, at: slice) -> Any:
        return codes[features[s]][lenders[s, :, at]]

    question = Question.about(ensemble, {f: codes[f] for f in features})
    return _replaced(question, codes, features, np.shape(lenders)[1], given, progress)


def permuted_group(
    ensemble: TreeEnsemble,
    codes: Any,
    group: Sequence[int],
    lenders: Any,
    progress: Progress = silent,
) -> Floats:
    """The sums with several columns of row i taken together from row `lenders[r, i]`.

    (repeats, rows, outputs), of as many outputs as the ensemble has. Cost: a prediction per repeat.
    """
    from .kernels.predict import margins

    repeats, rows = np.shape(lenders)
    columns = list(group)
    out = np.empty((repeats, rows, ensemble.outputs))

    def step(item: tuple[int, slice]) -> int:
        r, at = item
        given = codes[:, at].copy()
        given[columns] = codes[np.ix_(columns, lenders[r, at])]
        out[r, at] = margins(ensemble, given)
        return 0

    length = block_length(codes.itemsize * ensemble.features + 16 * ensemble.outputs)
    items = [(r, at) for r in range(repeats) for at in blocks(rows, length)]
    for _ in run_all(step, items, progress=progress):
        pass
    return out


def _replaced(
    question: Question,
    codes: Any,
    features: Sequence[int],
    repeats: int,
    given: Any,
    progress: Progress,
) -> Floats:
    """`given(s, block)` are the codes (repeats, rows of the block) for column `features[s]`."""
    from .kernels.detours import add_replaced

    ensemble = question.ensemble
    slots = np.zeros(ensemble.features, dtype=np.int64)
    slots[list(features)] = np.arange(len(features))
    out = np.empty((len(features), repeats, codes.shape[1]))

    def replace_in(at: slice, room: Any) -> None:
        rows = rows_of(codes, at)
        asked = np.empty((len(rows), len(features), repeats), dtype=np.uint32)
        for s in range(len(features)):
            asked[:, s] = given(s, at).T
        own, change = np.full(len(rows), ensemble.base[0]), np.zeros(asked.shape)
        for few in few_at_a_time(len(rows)):
            for detours, each, count in question.walk(rows[few], own[few], room):
                add_replaced(detours, each, count, slots, asked[few], change[few])
        change += own[:, None, None]
        out[:, :, at] = change.transpose(1, 2, 0)

    def step(block: slice) -> int:
        room = question.room()
        for at in blocks(block.stop - block.start, IN_CACHE):
            replace_in(slice(block.start + at.start, block.start + at.stop), room)
        return 0

    row_bytes = _row_bytes(ensemble) + len(features) * repeats * (8 + CODE_BYTES)
    if codes.shape[1]:
        fold(step, max, codes.shape[1], bytes_per_row=row_bytes, progress=progress)
    return out


def _row_bytes(ensemble: TreeEnsemble) -> int:
    return CODE_BYTES * ensemble.features + 8
