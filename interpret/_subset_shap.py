"""Shapley values by asking the model itself: over all subsets, or along random orders.

The game of a row: a coalition of columns keeps the row's values, the others are taken from a
reference row, and the model answers; the answers are averaged over all reference rows. With up to
`MOST_PLAYERS` columns every coalition is asked and the values are exact for any model and any
scale. With more, columns join one after another in random orders, each order also walked backwards
(which removes much of the noise), and the values come with a standard error.

Source: Shapley (1953); Štrumbelj & Kononenko, Knowledge and Information Systems 41 (2014); Mitchell
et al., JMLR 23 (2022) for the antithetic orders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import blocks, run_all
from workbench.errors import NotApplicable
from workbench.progress import Progress, silent
from workbench.transform import Floats

Ask = Callable[[Floats], Floats]
Places = NDArray[np.intp]

#: Up to this many columns all coalitions are asked.
MOST_PLAYERS = 12
#: Pairs of orders, one forwards and one backwards, where there are more.
PAIRS_OF_ORDERS = 10
#: Rows the model is given in one go.
ROWS_AT_A_TIME = 50_000
#: The most answers of the model that are asked for.
MOST_ANSWERS = 50_000_000


@dataclass(frozen=True)
class Shapley:
    """`base` + `values[i].sum()` is the model's answer for row i; `std_error` is 0 where exact."""

    base: float
    values: Floats
    std_error: Floats

    @property
    def is_exact(self) -> bool:
        """Whether every coalition was asked."""
        return not self.std_error.any()


def answers_needed(rows: int, players: int, references: int) -> int:
    """How many answers of the model the values of so many rows take."""
    if players <= MOST_PLAYERS:
        return int(rows * 2**players * references)
    return rows * 2 * PAIRS_OF_ORDERS * (players + 1) * references


def shapley(
    ask: Ask,
    rows: Floats,
    reference: Floats,
    players: Places | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Shapley:
    """The Shapley values of rows (n, p) compared with reference rows (m, p).

    `players` gives each column's player (each its own where it is None): the columns of a player
    keep the row's values together. The values are (n, players).

    Raises `NotApplicable` where more than `MOST_ANSWERS` answers would be needed.
    """
    players = np.arange(rows.shape[1]) if players is None else players
    count = int(players.max()) + 1
    needed = answers_needed(len(rows), count, len(reference))
    if needed > MOST_ANSWERS:
        raise NotApplicable(
            f"These SHAP values would take {needed:,} answers of the model; up to "
            f"{MOST_ANSWERS:,} are asked for.",
            "Explain fewer rows, or compare them with fewer.",
        )
    one = _by_subsets if count <= MOST_PLAYERS else _by_orders
    found = list(
        run_all(
            lambda i: one(_Game(ask, rows[i], reference, players), count, seed + i),
            range(len(rows)),
            progress=progress,
            threads=1,
        )
    )
    base = float(np.mean(_in_blocks(ask, reference)))
    values = np.stack([v for v, _ in found])
    return Shapley(base, values, np.stack([e for _, e in found]))


def of_coalitions(worth: Floats) -> Floats:
    """The Shapley values of a game from the worth of every coalition, (2^players,).

    Coalition number c holds player j where bit j of c is set.
    """
    players = len(worth).bit_length() - 1
    coalitions = np.arange(len(worth))
    size = _bits(coalitions, players).sum(axis=1)
    weight = np.array(
        [factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)]
    )
    values = np.zeros(players)
    for j in range(players):
        without = coalitions[(coalitions >> j) & 1 == 0]
        gain = worth[without | (1 << j)] - worth[without]
        values[j] = (weight[size[without]] * gain).sum()
    return values


@dataclass(frozen=True)
class _Game:
    """What a coalition of players is worth: the model's mean answer over the reference rows."""

    ask: Ask
    row: Floats
    reference: Floats
    players: Places

    def worth(self, kept: NDArray[np.bool_]) -> Floats:
        """Of each coalition (coalitions, players), a few at a time."""
        return np.concatenate(
            [self._worth(kept[at]) for at in _slices(len(kept), len(self.reference))]
        )

    def _worth(self, kept: NDArray[np.bool_]) -> Floats:
        known = kept[:, self.players]
        given = np.where(known[:, None, :], self.row, self.reference[None, :, :])
        answers = _in_blocks(self.ask, given.reshape(-1, len(self.row)))
        return np.asarray(answers.reshape(len(kept), -1).mean(axis=1))


def _by_subsets(game: _Game, players: int, _: int) -> tuple[Floats, Floats]:
    worth = game.worth(_bits(np.arange(2**players), players))
    return of_coalitions(worth), np.zeros(players)


def _by_orders(game: _Game, players: int, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    per_pair = []
    for _ in range(PAIRS_OF_ORDERS):
        order = rng.permutation(players)
        both = [_along(game, o) for o in (order, order[::-1])]
        per_pair.append(np.mean(both, axis=0))
    found = np.array(per_pair)
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(PAIRS_OF_ORDERS)


def _along(game: _Game, order: Places) -> Floats:
    """What each player adds as they join in this order."""
    place = np.argsort(order)
    worth = game.worth(place[None, :] < np.arange(len(order) + 1)[:, None])
    added = np.empty(len(order))
    added[order] = np.diff(worth)
    return added


def _slices(coalitions: int, references: int) -> list[slice]:
    return blocks(coalitions, max(1, ROWS_AT_A_TIME // references))


def _in_blocks(ask: Ask, rows: Floats) -> Floats:
    return np.concatenate([ask(rows[at]) for at in blocks(len(rows), ROWS_AT_A_TIME)])


def _bits(numbers: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    return np.asarray((numbers[:, None] >> np.arange(count)) & 1, dtype=bool)
