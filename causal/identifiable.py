"""Does the graph determine the effect from the measured columns at all, by whatever formula?

The identification algorithm of Tian & Pearl (2002), complete by Huang & Valtorta (2006) and
Shpitser & Pearl (2006), without the formula itself: latent variables are projected away (Verma
1993), and every district of the outcome's ancestors must be reached by alternating ancestors and
districts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from .graph import CausalGraph

Nodes = frozenset[str]


@dataclass(frozen=True)
class _Projection:
    """Measured variables alone: direct causes of each, and pairs with an unmeasured cause."""

    parents: Mapping[str, Nodes]
    siblings: Mapping[str, Nodes]

    def ancestors(self, of: Nodes, within: Nodes) -> Nodes:
        """These and all their causes inside a set."""
        return _closure(of, self.parents, within)

    def districts(self, within: Nodes) -> list[Nodes]:
        """The set in parts that unmeasured causes hold together."""
        found: list[Nodes] = []
        left = set(within)
        while left:
            district = _closure(frozenset([min(left)]), self.siblings, within)
            found.append(district)
            left -= district
        return found

    def district_of(self, nodes: Nodes, within: Nodes) -> Nodes:
        """The part that holds these nodes."""
        return _closure(nodes, self.siblings, within)


def is_identifiable(graph: CausalGraph, treatment: str, outcome: str) -> bool:
    """Whether P(outcome | do(treatment)) follows from the graph and the distribution of the
    measured variables, without any further assumption."""
    projection = _project(graph)
    everything = graph.observed
    needed = projection.ancestors(frozenset([outcome]), everything - {treatment})
    return all(
        _is_reached(projection, district, projection.district_of(district, everything))
        for district in projection.districts(needed)
    )


def _is_reached(projection: _Projection, district: Nodes, within: Nodes) -> bool:
    while True:
        ancestors = projection.ancestors(district, within)
        if ancestors == district:
            return True
        if ancestors == within:
            return False
        within = projection.district_of(district, ancestors)


def _project(graph: CausalGraph) -> _Projection:
    measured = graph.observed
    reached = {node: _reached(graph, node) for node in graph.nodes}
    parents = {node: frozenset(a for a in measured if node in reached[a]) for node in measured}
    siblings: dict[str, set[str]] = {node: set() for node in measured}
    for hidden in graph.latent:
        for a, b in combinations(reached[hidden], 2):
            siblings[a].add(b)
            siblings[b].add(a)
    return _Projection(parents, {node: frozenset(found) for node, found in siblings.items()})


def _reached(graph: CausalGraph, start: str) -> Nodes:
    """The measured variables that a node leads to through unmeasured ones only."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.children[waiting.pop()] - seen
        seen |= new
        found |= new - graph.latent
        waiting.extend(new & graph.latent)
    return frozenset(found)


def _closure(start: Nodes, step: Mapping[str, Nodes], within: Nodes) -> Nodes:
    found = set(start)
    waiting = list(start)
    while waiting:
        new = (step[waiting.pop()] & within) - found
        found |= new
        waiting.extend(new)
    return frozenset(found)
