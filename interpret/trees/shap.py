"""Exact SHAP values and SHAP interaction values of a tree ensemble.

A row's Shapley values say what each player (a column, or a group of columns) adds to the sum of
the trees, against the base: path-dependent, where an unknown player follows the training rows
through each tree (Lundberg et al. 2020), or interventional, where it takes the values of the
background's rows, all of them, each in turn (Janzing et al. 2020). Everything here is about one
output: `ensemble.output(k)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import LONGEST_BLOCK, available_cores, blocks, even_length, run_all
from workbench.errors import ParameterError
from workbench.progress import Progress, part, silent

from .encoder import Codes
from .ensemble import Floats, TreeEnsemble
from .paths import paths_of
from .players import checked_players, members_of
from .shap_parts import PIECE, WALK_ROWS, Game, Part, Plan, plans

#: What the tables that are held at one time may take, in bytes.
TABLE_BYTES = 192 * 2**20
#: What the answers of one block of rows may take, in bytes.
BLOCK_BYTES = 16 * 2**20
#: So many games' tables are kept with an ensemble.
MOST_KEPT = 4
#: The share of the time that making tables is shown to take, and pairs beside single players.
MAKING, PAIRS = 0.3, 0.8

_KEPT: WeakKeyDictionary[TreeEnsemble, dict[str, list[Part]]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Shap:
    """`base` + Σ of `values[i]` is the sum of the trees of row i; `values` is (rows, players)."""

    values: Floats
    base: float


def shap_values(
    ensemble: TreeEnsemble,
    codes: Codes,
    background_codes: Codes | None = None,
    players: NDArray[np.integer] | None = None,
    progress: Progress = silent,
) -> Shap:
    """What each player adds to every row, and the base they start from.

    `codes` (features, rows) are encoded rows, `background_codes` those the interventional game
    compares with. `players[f]` is the player column f belongs to; groups enter the game as one.
    Cost: tables once, then per row one look-up per player of every small subtree; deep trees are
    walked. Raises `ParameterError` for more than one output or an empty background.
    """
    game = _game(ensemble, codes, background_codes, players, of_pairs=False)
    values = _play(game, codes, (game.count,), progress)
    return Shap(values, _base(game))


def shap_interactions(
    ensemble: TreeEnsemble,
    codes: Codes,
    background_codes: Codes | None = None,
    players: NDArray[np.integer] | None = None,
    progress: Progress = silent,
) -> Floats:
    """What every two players add together: (rows, players, players), symmetric.

    Each of a pair's two cells holds half of its Shapley interaction index; the diagonal holds what
    is left of the player's value, so that a row of cells adds up to it (Lundberg et al. 2020).
    The caller sees to it that rows × players² numbers fit.
    """
    game = _game(ensemble, codes, background_codes, players, of_pairs=True)
    found = _play(game, codes, (game.count, game.count), part(progress, 0.0, PAIRS))
    values = shap_values(
        ensemble, codes, background_codes, players, part(progress, PAIRS, 1.0)
    ).values
    every = np.arange(game.count)
    found[:, every, every] = values - found.sum(axis=2)
    return found


def _game(
    ensemble: TreeEnsemble,
    codes: Codes,
    background: Codes | None,
    players: NDArray[np.integer] | None,
    *,
    of_pairs: bool,
) -> Game:
    if ensemble.outputs != 1:
        raise ParameterError(
            f"The trees have {ensemble.outputs} outputs.", "Explain one: ensemble.output(k)."
        )
    if background is None:
        return Game(ensemble, checked_players(ensemble, players), None, of_pairs)
    if background.shape[1] < 1 or background.dtype != codes.dtype:
        raise ParameterError(
            f"The background has {background.shape[1]} rows of type {background.dtype}.",
            "Give at least one row, encoded as the rows that are explained.",
        )
    ready = _in_c_order(background)
    return Game(ensemble, checked_players(ensemble, players), ready, of_pairs)


def _in_c_order(codes: Codes) -> Codes:
    """As the kernels take them."""
    ready: Any = np.ascontiguousarray(codes)
    return cast(Codes, ready)


def _base(game: Game) -> float:
    """The sum of the trees where nobody is known."""
    from .kernels.predict import margins

    if game.background is not None:
        return float(margins(game.ensemble, game.background).mean())
    paths = paths_of(game.ensemble)
    members = members_of(paths, game.players)
    chance = np.ones(paths.leaves)
    some = np.diff(members.start) > 0
    if some.any():
        chance[some] = np.multiply.reduceat(members.ratio, members.start[:-1][some])
    return float(game.ensemble.base[0] + game.ensemble.value[paths.leaf, 0] @ chance)


def _play(game: Game, codes: Codes, shape: tuple[int, ...], progress: Progress) -> Floats:
    """The answers of all rows, (rows, *shape)."""
    rows = codes.shape[1]
    out = np.zeros((rows, *shape))
    if not rows:
        return out
    ready = _in_c_order(codes)
    name = _name(game, rows)
    kept = _KEPT.setdefault(game.ensemble, {})
    if name in kept:
        _ask(kept[name], ready, out, progress)
        return out
    batches = list(_batches(plans(game, rows)))
    for i, batch in enumerate(batches):
        making = part(progress, i / len(batches), (i + MAKING) / len(batches))
        asking = part(progress, (i + MAKING) / len(batches), (i + 1) / len(batches))
        parts = list(run_all(lambda plan: plan.make(), batch, progress=making))
        _ask(parts, ready, out, asking)
        if len(batches) == 1:
            _keep(kept, name, parts)
    return out


def _keep(kept: dict[str, list[Part]], name: str, parts: list[Part]) -> None:
    while len(kept) >= MOST_KEPT:
        kept.pop(next(iter(kept)), None)
    kept[name] = parts


def _ask(parts: list[Part], codes: Codes, out: Floats, progress: Progress) -> None:
    """Adds every part's answers to `out`, a part and a block of rows at a time."""
    rows = out.shape[0]
    fit = int(np.clip(BLOCK_BYTES // max(1, out[0].nbytes), 1, LONGEST_BLOCK))
    most = even_length(rows, fit, available_cores())
    pieces = [(part, at) for part in parts for at in blocks(rows, _block_length(part, most))]

    def step(piece: tuple[Part, slice]) -> tuple[slice, Floats]:
        each, at = piece
        found = np.zeros((at.stop - at.start, *out.shape[1:]))
        each.add(codes, at.start, at.stop, found)
        return at, found

    for at, found in run_all(step, pieces, progress=progress):
        out[at] += found


def _block_length(asked: Part, most: int) -> int:
    """Rows that take a moment, in whole walks where there are more than one."""
    length = int(np.clip(PIECE / max(asked.cost, 1.0), 1, most))
    return length - length % WALK_ROWS if length > WALK_ROWS else length


def _batches(todo: list[Plan]) -> Iterator[list[Plan]]:
    """Plans whose tables fit in memory together."""
    batch: list[Plan] = []
    size = 0.0
    for plan in todo:
        if batch and size + plan.size > TABLE_BYTES:
            yield batch
            batch, size = [], 0.0
        batch.append(plan)
        size += plan.size
    if batch:
        yield batch


def _name(game: Game, rows: int) -> str:
    """Games of one name have the same tables; with many more rows others may be better."""
    digest = hashlib.blake2b(game.players.tobytes(), digest_size=16)
    if game.background is not None:
        digest.update(repr(game.background.shape).encode())
        digest.update(game.background.tobytes())
    return f"{digest.hexdigest()} {game.of_pairs} {len(str(rows))}"
