"""A causal graph as a value: who causes whom, and who was never measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

Edge = tuple[str, str]


@dataclass(frozen=True)
class CausalGraph:
    """Arrows from causes to effects. `latent` nodes have no column; all others are columns.

    Immutable: `without_arrows_out_of` and `restricted_to` give new graphs. A graph may hold a
    cycle (`cycle` finds it); a question built on one is refused.
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    latent: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, edges: Iterable[Edge], nodes: Iterable[str] = (), latent: Iterable[str] = ()
    ) -> CausalGraph:
        """A graph from arrows; nodes in the order they are named, each arrow once."""
        arrows = tuple(dict.fromkeys(edges))
        named = dict.fromkeys([*nodes, *(end for arrow in arrows for end in arrow)])
        return cls(tuple(named), arrows, frozenset(latent))

    @classmethod
    def from_roles(
        cls,
        treatment: str,
        outcome: str,
        *,
        confounders: Iterable[str] = (),
        instruments: Iterable[str] = (),
        mediators: Iterable[str] = (),
        modifiers: Iterable[str] = (),
    ) -> CausalGraph:
        """The graph that roles stand for: confounders cause both, instruments the treatment
        alone, mediators lie between, modifiers cause the outcome alone."""
        edges = [(treatment, outcome)]
        edges += [(c, end) for c in confounders for end in (treatment, outcome)]
        edges += [(i, treatment) for i in instruments]
        edges += [edge for m in mediators for edge in ((treatment, m), (m, outcome))]
        edges += [(m, outcome) for m in modifiers]
        return cls.of(edges)

    @property
    def observed(self) -> frozenset[str]:
        """The nodes that are columns."""
        return frozenset(self.nodes) - self.latent

    @cached_property
    def parents(self) -> Mapping[str, frozenset[str]]:
        """The direct causes of every node."""
        return self._neighbours(from_end=1, to_end=0)

    @cached_property
    def children(self) -> Mapping[str, frozenset[str]]:
        """The direct effects of every node."""
        return self._neighbours(from_end=0, to_end=1)

    def ancestors(self, *nodes: str) -> frozenset[str]:
        """The nodes themselves and all their causes, direct or not."""
        return _reach(self.parents, nodes)

    def descendants(self, *nodes: str) -> frozenset[str]:
        """The nodes themselves and all their effects, direct or not."""
        return _reach(self.children, nodes)

    def between(self, cause: str, effect: str) -> frozenset[str]:
        """The nodes on a directed path from one node to another, both ends left out."""
        return (self.descendants(cause) & self.ancestors(effect)) - {cause, effect}

    def without_arrows_out_of(self, *nodes: str) -> CausalGraph:
        """The same graph with every arrow that leaves one of these nodes removed."""
        kept = tuple(edge for edge in self.edges if edge[0] not in nodes)
        return CausalGraph(self.nodes, kept, self.latent)

    def restricted_to(self, nodes: frozenset[str]) -> CausalGraph:
        """The part of the graph among these nodes."""
        edges = tuple(e for e in self.edges if e[0] in nodes and e[1] in nodes)
        return CausalGraph(
            tuple(n for n in self.nodes if n in nodes), edges, frozenset(self.latent & nodes)
        )

    @cached_property
    def layers(self) -> tuple[tuple[str, ...], ...]:
        """The nodes in layers: every cause stands in an earlier layer than its effects. Nodes of
        a cycle, and what only they lead to, are in none."""
        placed: set[str] = set()
        found: list[tuple[str, ...]] = []
        waiting = list(self.nodes)
        while ready := [n for n in waiting if self.parents[n] <= placed]:
            found.append(tuple(ready))
            placed.update(ready)
            waiting = [n for n in waiting if n not in placed]
        return tuple(found)

    def cycle(self) -> tuple[str, ...] | None:
        """A round trip along arrows, its first node repeated at the end; None if there is none."""
        placed = {node for layer in self.layers for node in layer}
        caught = [n for n in self.nodes if n not in placed]
        if not caught:
            return None
        # Every node left has a cause among those left, so walking up must come round.
        walk = [caught[0]]
        while walk[-1] not in walk[:-1]:
            walk.append(next(n for n in caught if n in self.parents[walk[-1]]))
        return tuple(reversed(walk[walk.index(walk[-1]) :]))

    @property
    def dot(self) -> str:
        """The graph as DOT text, which reads back as the same graph."""
        by_edges = tuple(dict.fromkeys(end for edge in self.edges for end in edge))
        if self.nodes == by_edges and not self.latent:
            lines = []
        else:
            lines = [f"  {_quoted(n)}{' [latent]' * (n in self.latent)};" for n in self.nodes]
        lines += [f"  {_quoted(a)} -> {_quoted(b)};" for a, b in self.edges]
        return "digraph {\n" + "\n".join(lines) + "\n}"

    def _neighbours(self, from_end: int, to_end: int) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {node: set() for node in self.nodes}
        for edge in self.edges:
            found[edge[from_end]].add(edge[to_end])
        return {node: frozenset(others) for node, others in found.items()}


def _reach(next_to: Mapping[str, frozenset[str]], start: Iterable[str]) -> frozenset[str]:
    reached = {node for node in start if node in next_to}
    waiting = list(reached)
    while waiting:
        new = next_to[waiting.pop()] - reached
        reached |= new
        waiting.extend(new)
    return frozenset(reached)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
