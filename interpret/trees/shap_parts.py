"""How a Shapley game is best played: which trees are tabled, which are walked, in which pieces.

Shapley values add up over trees, so every tree may go its own way, and what goes the same way is
cut into pieces that a thread finishes in a moment: between two pieces the bar moves and a person
can stop. The costs are rough, in nanoseconds on one core; they decide what is quicker, never what
comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .encoder import Codes
from .ensemble import Floats, TreeEnsemble
from .nodes import Ints
from .paths import Paths, paths_of
from .players import Members, members_of

#: Bits of a subtree: more make fewer look-ups of larger tables.
SUBTREE_BITS = 7
#: What one piece may cost, in nanoseconds, so that stopping is prompt.
PIECE = 2.0e8
#: What the tables of one piece should take, in bytes, and what no piece takes, as far as a single
#: leaf's tables allow.
PIECE_BYTES, MOST_PIECE_BYTES = 32 * 2**20, 64 * 2**20
#: A tree with larger tables is looked up in memory instead of the cache, so many times slower.
CACHE_BYTES, OUT_OF_CACHE = 8 * 2**20, 4.0
#: Rows that a walk of deep trees takes at a time; fewer cost as much.
WALK_ROWS = 64

#: `add(codes, start, stop, out)` adds what rows get from some trees to `out` (these rows, …).
Add = Callable[[Codes, int, int, Floats], None]


@dataclass(frozen=True, eq=False)
class Game:
    """Who plays for what: the trees of one output, each column's player, the background or None.

    Without a background the game is path-dependent. `of_pairs` asks for pairs of players.
    """

    ensemble: TreeEnsemble
    players: Ints
    background: Codes | None
    of_pairs: bool

    @property
    def count(self) -> int:
        """How many players there are."""
        return int(self.players.max(initial=-1)) + 1


@dataclass(frozen=True, eq=False)
class Part:
    """Some trees, ready to be asked; `cost` per row in nanoseconds."""

    add: Add
    cost: float


@dataclass(frozen=True, eq=False)
class Plan:
    """Parts still to be made: each makes one part, and the bytes it will hold."""

    make: Callable[[], Part]
    size: float


@dataclass(frozen=True, eq=False)
class _Costs:
    """Per tree: of making its tables and their bytes, and of a row looked up or walked."""

    build: Floats
    size: Floats
    look_up: Floats
    walk: Floats


def plans(game: Game, rows: int) -> list[Plan]:
    """The pieces in which the game of so many rows is played."""
    paths = paths_of(game.ensemble)
    members = members_of(paths, game.players)
    costs = _costs(game, paths, members)
    is_tabled = costs.build + rows * costs.look_up < rows * costs.walk
    share = np.maximum(costs.build / PIECE, costs.size / PIECE_BYTES)
    stop = costs.walk * (1 if game.background is not None else WALK_ROWS) / PIECE
    return [
        *(
            plan
            for at in _pieces(np.flatnonzero(is_tabled), share)
            for plan in _in_parts(game, at, costs)
        ),
        *(
            Plan(partial(walked, game, at, costs.walk[at].sum()), 0.0)
            for at in _pieces(np.flatnonzero(~is_tabled), stop)
        ),
    ]


def _in_parts(game: Game, trees: NDArray[np.intp], costs: _Costs) -> Iterator[Plan]:
    """Trees as one plan, or a tree as several where its tables would take too much memory."""
    size, cost = float(costs.size[trees].sum()), float(costs.look_up[trees].sum())
    parts = max(1, int(np.ceil(size / MOST_PIECE_BYTES)))
    for i in range(parts):
        share = i / parts, (i + 1) / parts
        yield Plan(partial(tabled, game, trees, cost / parts, share), size / parts)


def _pieces(trees: NDArray[np.intp], share: Floats) -> Iterator[NDArray[np.intp]]:
    """Stretches of trees of about one piece's worth each."""
    if not len(trees):
        return
    piece = np.floor(np.cumsum(share[trees]) - share[trees])
    yield from np.split(trees, np.flatnonzero(np.diff(piece)) + 1)


def _costs(game: Game, paths: Paths, members: Members) -> _Costs:
    """Rough costs of every tree either way; a tree that cannot be tabled costs infinitely much."""
    from .kernels.shap_cuts import MOST_BITS

    k = np.diff(members.start).astype(float)
    slots = np.diff(paths.slot_start)
    # a leaf's subtree has about this many patterns, and shares them with its neighbours
    patterns = np.exp2(np.maximum(slots, SUBTREE_BITS).astype(float))
    neighbours = np.exp2(np.maximum(SUBTREE_BITS - slots, 0) / 2)
    seats = (k + 1) * k / 2 if game.of_pairs else k + 1
    with np.errstate(over="ignore"):
        build = seats * (0.1 * (k + 3) * np.exp2(k) + 0.5 * patterns)
        size = 8 * seats * patterns / neighbours
    build[slots > MOST_BITS] = np.inf
    look_up = 0.5 * seats / neighbours

    def of_trees(each: Floats) -> Floats:
        return np.bincount(paths.tree, each, len(game.ensemble.roots)).astype(float)

    sizes = of_trees(size)
    slower = np.where(sizes > CACHE_BYTES, OUT_OF_CACHE, 1.0)
    walk = of_trees(_walk_cost(game, k))
    return _Costs(slower * of_trees(build), sizes, slower * of_trees(look_up), walk)


def _walk_cost(game: Game, k: Floats) -> Floats:
    """Of one row and one leaf: path-dependent every leaf is visited, else few per pair of rows."""
    partners = k if game.of_pairs else np.ones(len(k))
    if game.background is None:
        return np.asarray((1 + partners) * 1.1 * max(1.0, np.ceil(k.max(initial=0) / 2)))
    return np.asarray(game.background.shape[1] * 60.0 / np.exp2(k / 2) * partners)


def _alone(game: Game, trees: NDArray[np.intp]) -> tuple[TreeEnsemble, Paths, Members, Floats]:
    """An ensemble of some of the trees, what leads to its leaves, and the value of each node."""
    every = len(trees) == len(game.ensemble.roots)
    roots = np.ascontiguousarray(game.ensemble.roots[trees])
    # an ensemble's paths are kept with it
    some = game.ensemble if every else replace(game.ensemble, roots=roots)
    paths = paths_of(some)
    value = np.ascontiguousarray(some.value[:, 0])
    return some, paths, members_of(paths, game.players), value


def tabled(
    game: Game,
    trees: NDArray[np.intp],
    cost: float,
    share: tuple[float, float] = (0.0, 1.0),
) -> Part:
    """These trees as tables; none of their leaves may ask about more than 16 columns.

    Of the tables, in order, those from one `share` of all their numbers to another.
    """
    from .kernels import shap_background, shap_interactions, shap_tables
    from .kernels.shap_cuts import cut, some_cuts

    some, paths, members, value = _alone(game, trees)
    cuts = cut(some, paths, SUBTREE_BITS)
    if share != (0.0, 1.0):
        begin, end = np.searchsorted(_shares_before(cuts, members), share)
        cuts, paths, members = some_cuts(cuts, paths, members, int(begin), int(end))
    seats, place = shap_tables.seats_of(cuts, members, game.count)
    if game.background is None:
        passing = shap_background.path_shares(members)
    else:
        passing = shap_background.background_shares(some, paths, members, game.background)
    starts = shap_background.set_starts(members)
    of_leaf = np.ascontiguousarray(value[paths.leaf])
    given: tuple[Any, ...] = (cuts, members, seats, place, passing, starts, of_leaf)
    if game.of_pairs:
        pairs = shap_interactions.build_pair_tables(*given)
        return Part(partial(shap_interactions.add_pairs, pairs), cost)
    values = shap_tables.build_value_tables(*given)
    return Part(partial(shap_tables.add_values, values), cost)


def _shares_before(cuts: Any, members: Members) -> Floats:
    """About which share of all tables' numbers belongs to the subtrees before each."""
    most = np.maximum.reduceat(np.diff(members.start), cuts.leaf_start[:-1])
    before = np.concatenate([[0.0], np.cumsum(cuts.patterns * (most + 1.0) ** 2)])
    return np.asarray(before / before[-1])[:-1]


def walked(game: Game, trees: NDArray[np.intp], cost: float) -> Part:
    """These trees walked by every row."""
    from .kernels import shap_deep, shap_interactions, shap_pairwise

    some, paths, members, value = _alone(game, trees)
    given: tuple[Any, ...] = (some, paths, members, game.players, value)
    if game.background is None:
        if game.of_pairs:
            return Part(partial(shap_interactions.add_deep_pairs, *given), cost)
        return Part(partial(shap_deep.add_deep_values, *given), cost)
    compared: tuple[Any, ...] = (*given, game.background)
    if game.of_pairs:
        return Part(partial(shap_pairwise.add_pairwise_interactions, *compared), cost)
    return Part(partial(shap_pairwise.add_pairwise_values, *compared), cost)
