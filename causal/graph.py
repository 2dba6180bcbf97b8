"""A causal graph as a value: who causes whom, and who was never measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from workbench.errors import QuestionError

Edge = tuple[str, str]


@dataclass(frozen=True)
class CausalGraph:
    """Arrows from causes to effects. `latent` nodes have no column; all others are columns.

    A two-headed arrow a <-> b is a latent node of its own, the unmeasured cause of a and b, which
    every format writes as the arrow it was (`bidirected`). `adjusted` is the set a person chose to
    adjust for; None leaves the choice to `identify`.

    Immutable: `adjusting_for`, `without_arrows_out_of` and `restricted_to` give new graphs. A graph
    may hold a cycle (`cycle` finds it); a question built on one is refused.

    Raises `QuestionError` for an adjusted variable that is none of the measured ones.
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    latent: frozenset[str] = frozenset()
    adjusted: frozenset[str] | None = None

    def __post_init__(self) -> None:
        unknown = sorted((self.adjusted or frozenset()) - self.observed)
        if unknown:
            raise QuestionError(
                f"'{unknown[0]}' is to be adjusted for, but is no measured variable of the graph.",
                f"Its measured variables are: {', '.join(sorted(self.observed))}.",
            )

    @classmethod
    def of(
        cls,
        edges: Iterable[Edge],
        nodes: Iterable[str] = (),
        latent: Iterable[str] = (),
        *,
        bidirected: Iterable[Edge] = (),
        adjusted: Iterable[str] | None = None,
    ) -> CausalGraph:
        """A graph from arrows; nodes in the order they are named, each arrow once."""
        arrows = dict.fromkeys(edges)
        named = dict.fromkeys([*nodes, *(end for arrow in arrows for end in arrow)])
        hidden = dict.fromkeys(latent)
        for pair in bidirected:
            named |= dict.fromkeys(pair)
            cause = _common_cause(named, arrows, pair)
            named[cause] = hidden[cause] = None
            arrows |= dict.fromkeys((cause, end) for end in sorted(pair))
        chosen = None if adjusted is None else frozenset(adjusted)
        return cls(tuple(named), tuple(arrows), frozenset(hidden), chosen)

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
    def bidirected(self) -> tuple[Edge, ...]:
        """The pairs a <-> b whose common cause was not measured and has no other name."""
        pairs = [tuple(sorted(self.children[n])) for n in self.nodes if n in self.latent
                 and not self.parents[n] and len(self.children[n]) == 2
                 and n == _cause_of(*self.children[n])]  # fmt: skip
        return tuple((a, b) for a, b in pairs)

    @cached_property
    def drawn(self) -> CausalGraph:
        """The graph without the common causes that stand for two-headed arrows: what is written
        beside `bidirected`."""
        causes = {_cause_of(a, b) for a, b in self.bidirected}
        return self.restricted_to(frozenset(self.nodes) - causes)

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

    def adjusting_for(self, *variables: str) -> CausalGraph:
        """The same graph with the set a person chose to adjust for; without names the empty set."""
        return replace(self, adjusted=frozenset(variables))

    def without_arrows_out_of(self, *nodes: str) -> CausalGraph:
        """The same graph with every arrow that leaves one of these nodes removed."""
        return self.without(edge for edge in self.edges if edge[0] in nodes)

    def without(self, edges: Iterable[Edge]) -> CausalGraph:
        """The same graph with these arrows removed."""
        removed = set(edges)
        return replace(self, edges=tuple(edge for edge in self.edges if edge not in removed))

    def restricted_to(self, nodes: frozenset[str]) -> CausalGraph:
        """The part of the graph among these nodes."""
        return CausalGraph(
            tuple(n for n in self.nodes if n in nodes),
            tuple(e for e in self.edges if e[0] in nodes and e[1] in nodes),
            self.latent & nodes,
            None if self.adjusted is None else self.adjusted & nodes,
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
        from .dot import write_dot

        return write_dot(self)

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


def _cause_of(a: str, b: str) -> str:
    """The name of the latent node that stands for a <-> b."""
    first, second = (f"“{n}”" if " and " in n else n for n in sorted((a, b)))
    return f"unmeasured cause of {first} and {second}"


def _common_cause(named: Iterable[str], arrows: Iterable[Edge], pair: Edge) -> str:
    """That name, which must not mean anything else in the graph."""
    if pair[0] == pair[1]:
        raise QuestionError(
            f"'{pair[0]} <-> {pair[0]}' joins a variable with itself.", "Join two variables."
        )
    cause = _cause_of(*pair)
    ends = {a if b == cause else b for a, b in arrows if cause in (a, b)}
    if cause in named and ends != set(pair):
        raise QuestionError(
            f"The graph holds both '{pair[0]} <-> {pair[1]}' and a variable '{cause}'.",
            "Give that variable another name.",
        )
    return cause
