"""d-separation, the path that stays open, and every minimal set that closes all of them.

Sources: Pearl, Causality (2009), section 1.2; for the sets, van der Zander, Liśkiewicz & Textor,
"Separators and adjustment sets in causal graphs" (Artificial Intelligence 270, 2019): minimal sets
are the minimal vertex separators of the moral graph of the ancestors; they are enumerated after
Shen & Liang, "Efficient enumeration of all minimal separators" (1997).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from .graph import CausalGraph

Neighbours = dict[str, set[str]]


@dataclass(frozen=True)
class Separators:
    """Minimal separating sets, smallest first, then by name; `complete` is False where the budget
    of sets or seconds ran out before all were found."""

    sets: tuple[tuple[str, ...], ...]
    complete: bool


def d_separated(graph: CausalGraph, a: str, b: str, given: Iterable[str] = ()) -> bool:
    """Whether every path between two nodes is blocked by the nodes given."""
    return open_path(graph, a, b, given) is None


def open_path(
    graph: CausalGraph, a: str, b: str, given: Iterable[str] = ()
) -> tuple[str, ...] | None:
    """A shortest path between two nodes that the nodes given leave open; None if none is."""
    blocked = frozenset(given)
    opened = graph.ancestors(*blocked)
    came_from: dict[tuple[str, bool], tuple[str, bool] | None] = {(a, True): None}
    waiting = deque(came_from)
    while waiting:
        state = waiting.popleft()
        if state[0] == b:
            return _walked(came_from, state)
        for after in _steps(graph, state, blocked, opened):
            if after not in came_from:
                came_from[after] = state
                waiting.append(after)
    return None


def minimal_separators(
    graph: CausalGraph,
    a: str,
    b: str,
    allowed: frozenset[str],
    *,
    most_sets: int,
    most_seconds: float,
) -> Separators:
    """Every minimal subset of `allowed` that d-separates two nodes, within a budget of sets and of
    seconds of computing."""
    ends = time.thread_time() + most_seconds
    moral = _without(_moral(graph.restricted_to(graph.ancestors(a, b))), {a, b} | allowed)
    if b in moral[a]:
        return Separators((), complete=True)
    found = {_near(moral, {a}, b): None}
    waiting = deque(found)
    while waiting and len(found) < most_sets and time.thread_time() < ends:
        separator = waiting.popleft()
        side = _component(moral, a, separator)
        for node in sorted(separator):
            if b not in moral[node]:
                further = _near(moral, side | {node}, b)
                if further not in found:
                    found[further] = None
                    waiting.append(further)
    sets = sorted((tuple(sorted(s)) for s in found), key=lambda s: (len(s), s))
    return Separators(tuple(sets), complete=not waiting)


def nearest_separator(
    graph: CausalGraph, near: str, far: str, allowed: frozenset[str]
) -> tuple[str, ...] | None:
    """The minimal subset of `allowed` that d-separates two nodes and lies closest to the first of
    them; None where none separates them."""
    moral = _without(_moral(graph.restricted_to(graph.ancestors(near, far))), {near, far} | allowed)
    return None if far in moral[near] else tuple(sorted(_near(moral, {near}, far)))


def directed_path(graph: CausalGraph, cause: str, effect: str) -> tuple[str, ...] | None:
    """A shortest path along the arrows; None if there is none."""
    waiting: deque[tuple[str, ...]] = deque([(cause,)])
    reached = {cause}
    while waiting:
        path = waiting.popleft()
        if path[-1] == effect:
            return path
        further = sorted(graph.children.get(path[-1], frozenset()) - reached)
        reached.update(further)
        waiting.extend((*path, child) for child in further)
    return None


def path_in_words(graph: CausalGraph, path: tuple[str, ...]) -> str:
    """A path with its arrows: a ← c → b, with what was not measured marked."""
    edges = set(graph.edges)
    words = [_named(graph, path[0])]
    for before, after in pairwise(path):
        words += ["→" if (before, after) in edges else "←", _named(graph, after)]
    return " ".join(words)


def _named(graph: CausalGraph, node: str) -> str:
    if node not in graph.latent or node.startswith("unmeasured"):
        return node
    return f"{node} (not measured)"


def _steps(
    graph: CausalGraph, state: tuple[str, bool], blocked: frozenset[str], opened: frozenset[str]
) -> list[tuple[str, bool]]:
    """Where a path may go on from a node reached against an arrow (True) or along one (False)."""
    node, is_up = state
    onward = [(child, False) for child in sorted(graph.children[node])]
    back = [(parent, True) for parent in sorted(graph.parents[node])]
    if is_up:
        return [] if node in blocked else onward + back
    passes = [] if node in blocked else onward
    return passes + (back if node in opened else [])


def _walked(
    came_from: dict[tuple[str, bool], tuple[str, bool] | None], state: tuple[str, bool] | None
) -> tuple[str, ...]:
    path: list[str] = []
    while state is not None:
        path.append(state[0])
        state = came_from[state]
    return tuple(reversed(path))


def _moral(graph: CausalGraph) -> Neighbours:
    """Arrows without direction, and the causes of one effect joined."""
    joined: Neighbours = {node: set() for node in graph.nodes}
    for node in graph.nodes:
        _join(joined, {node, *graph.parents[node]})
    return joined


def _join(joined: Neighbours, clique: set[str]) -> None:
    for node in clique:
        joined[node] |= clique - {node}


def _without(joined: Neighbours, kept: set[str] | frozenset[str]) -> Neighbours:
    """The same separators among `kept`: a node that may not be chosen joins its neighbours."""
    for node in [n for n in joined if n not in kept]:
        around = joined.pop(node)
        for other in around:
            joined[other].discard(node)
        _join(joined, around)
    return joined


def _near(joined: Neighbours, side: set[str], b: str) -> frozenset[str]:
    """The minimal separator nearest to a connected side: its neighbours that see b."""
    border = set().union(*(joined[node] for node in side)) - side
    far = _component(joined, b, border | side)
    return frozenset(node for node in border if joined[node] & far)


def _component(joined: Neighbours, start: str, without: Iterable[str]) -> set[str]:
    closed, reached = set(without), {start}
    waiting = [start]
    while waiting:
        new = joined[waiting.pop()] - reached - closed
        reached |= new
        waiting.extend(new)
    return reached
