"""Shapley values by their definition: over all coalitions, with a slow and plain value function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

from interpret.trees import TreeEnsemble
from interpret.trees.players import checked_players
from interpret.trees.shap_parts import Game, tabled, walked

#: What is known of a row to what the game is worth then.
Worth = Callable[[frozenset[int]], float]


def shapley(worth: Worth, players: int) -> np.ndarray:
    """Shapley (1953), and the worth of nobody at the end."""
    worths = _all_worths(worth, players)
    found = np.zeros(players + 1)
    for known, value in worths.items():
        for j in set(range(players)) - known:
            weight = factorial(len(known)) * factorial(players - len(known) - 1)
            found[j] += weight / factorial(players) * (worths[known | {j}] - value)
    found[-1] = worths[frozenset()]
    return found


def pairs(worth: Worth, players: int) -> np.ndarray:
    """Half the interaction index off the diagonal, what is left of the values on it."""
    worths = _all_worths(worth, players)
    found = np.zeros((players, players))
    for i, j in combinations(range(players), 2):
        for known, value in worths.items():
            if i in known or j in known:
                continue
            weight = factorial(len(known)) * factorial(players - len(known) - 2)
            beyond = worths[known | {i, j}] - worths[known | {i}] - worths[known | {j}] + value
            found[i, j] += weight / factorial(players - 1) / 2 * beyond
        found[j, i] = found[i, j]
    found[np.diag_indices(players)] = shapley(worth, players)[:-1] - found.sum(axis=1)
    return found


def _all_worths(worth: Worth, players: int) -> dict[frozenset[int], float]:
    sets = (frozenset(s) for n in range(players + 1) for s in combinations(range(players), n))
    return {known: worth(known) for known in sets}


def substituted(
    predict: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    background: np.ndarray,
    players: np.ndarray | None = None,
) -> Worth:
    """The model's own mean prediction of the background with the known columns taken from x."""
    of = np.arange(len(x)) if players is None else players

    def worth(known: frozenset[int]) -> float:
        rows = background.copy()
        columns = np.isin(of, list(known))
        rows[:, columns] = x[columns]
        return float(predict(rows).mean())

    return worth


@dataclass
class Node:
    """`goes_left(x)` for an inner node, `value` of a leaf, `weight` the rows that trained it."""

    weight: float
    value: float
    feature: int = -1
    goes_left: Callable[[np.ndarray], bool] | None = None
    left: Node | None = None
    right: Node | None = None


def followed(
    trees: list[Node], start: float, x: np.ndarray, players: np.ndarray | None = None
) -> Worth:
    """Known columns decide; at others both ways are followed as the training rows were."""
    of = np.arange(len(x)) if players is None else players

    def worth(known: frozenset[int]) -> float:
        return start + sum(
            _expected(tree, x, set(np.flatnonzero(np.isin(of, list(known))))) for tree in trees
        )

    return worth


def _expected(node: Node, x: np.ndarray, known: set[int]) -> float:
    if node.left is None or node.right is None:
        return node.value
    if node.feature in known:
        return _expected(node.left if node.goes_left(x) else node.right, x, known)
    left, right = (_expected(child, x, known) for child in (node.left, node.right))
    return (left * node.left.weight + right * node.right.weight) / node.weight


def sklearn_nodes(tree: Any, scale: float = 1.0, k: int = 0) -> Node:
    """A scikit-learn tree from its own arrays."""

    def node(at: int) -> Node:
        weight = float(tree.weighted_n_node_samples[at])
        value = float(tree.value[at, 0, k]) * scale
        if tree.children_left[at] < 0:
            return Node(weight, value)
        j, threshold = int(tree.feature[at]), float(tree.threshold[at])
        missing = bool(tree.missing_go_to_left[at])
        return Node(
            weight, value, j,
            lambda x: missing if np.isnan(x[j]) else float(np.float32(x[j])) <= threshold,
            node(tree.children_left[at]), node(tree.children_right[at]),
        )  # fmt: skip

    return node(0)


def histogram_nodes(predictor: Any, codes_of: Callable[[np.ndarray], np.ndarray]) -> Node:
    """A tree of histogram boosting; `codes_of(x)` are its columns in the booster's own order."""
    nodes, bitsets = predictor.nodes, predictor.raw_left_cat_bitsets

    def node(at: int) -> Node:
        one = nodes[at]
        if one["is_leaf"]:
            return Node(float(one["count"]), float(one["value"]))
        j = int(one["feature_idx"])

        def goes_left(x: np.ndarray) -> bool:
            v = codes_of(x)[j]
            if np.isnan(v):
                return bool(one["missing_go_to_left"])
            if one["is_categorical"]:
                return bool(bitsets[one["bitset_idx"]][int(v) // 32] >> (int(v) % 32) & 1)
            return bool(v <= one["num_threshold"])

        return Node(
            float(one["count"]), 0.0, j, goes_left, node(int(one["left"])), node(int(one["right"]))
        )

    return node(0)


def played(
    ensemble: TreeEnsemble,
    codes: np.ndarray,
    background: np.ndarray | None = None,
    players: np.ndarray | None = None,
    *,
    of_pairs: bool = False,
) -> list[np.ndarray]:
    """The answers of both ways to play a game, tables first, whatever the costs would choose."""
    game = Game(ensemble, checked_players(ensemble, players), background, of_pairs)
    trees = np.arange(len(ensemble.roots))
    found = []
    for way in (tabled, walked):
        shape = (codes.shape[1], game.count, game.count)[: 3 if of_pairs else 2]
        out = np.zeros(shape)
        if len(trees):
            way(game, trees, 1.0).add(codes, 0, codes.shape[1], out)
        found.append(out)
    return found
