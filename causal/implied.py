"""What a graph says of the data before any effect is estimated: variables without an arrow between
them are independent, given others.

One statement for every pair that is not joined, with a smallest set among the two that lie nearest
to either end. Source: Pearl, Causality (2009), section 1.2.3 and 3.2; Textor et al. (2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from .graph import CausalGraph
from .question import CausalQuestion
from .separation import nearest_separator

#: The search for separating sets ends after so much work (about two seconds), and says so: for
#: every pair the square of the number of its ancestors, so that it always ends at the same pair.
MOST_WORK = 3_000_000


@dataclass(frozen=True)
class Independence:
    """Two measured variables that are independent once others are given."""

    first: str
    second: str
    given: tuple[str, ...]


@dataclass(frozen=True)
class Implied:
    """The independences that were found, those with the fewest conditions first; `complete` is
    False where the budget ran out before every pair was looked at."""

    found: tuple[Independence, ...]
    complete: bool


def implied_independences(graph: CausalGraph) -> Implied:
    """One independence for every pair of measured variables that can be separated."""
    measured = [node for node in graph.nodes if node in graph.observed]
    joined = {frozenset(edge) for edge in graph.edges}
    found: list[Independence] = []
    work = 0
    for a, b in combinations(measured, 2):
        if frozenset((a, b)) in joined:
            continue
        work += len(graph.ancestors(a, b)) ** 2
        if work > MOST_WORK:
            return Implied(_by_size(found), complete=False)
        usable = graph.observed - {a, b}
        sets = [nearest_separator(graph, *ends, usable) for ends in ((a, b), (b, a))]
        smallest = min((s for s in sets if s is not None), key=lambda s: (len(s), s), default=None)
        if smallest is not None:
            found.append(Independence(a, b, smallest))
    return Implied(_by_size(found), complete=True)


def _by_size(found: list[Independence]) -> tuple[Independence, ...]:
    return tuple(sorted(found, key=lambda independence: len(independence.given)))


def graph_as_meant(question: CausalQuestion) -> CausalGraph:
    """The graph whose independences the person stands for.

    A drawn graph is taken at its word. Roles say how a variable stands to treatment and outcome
    and nothing of how confounders relate to one another or to other columns: those may be related
    in any way, so no independence between them is claimed.
    """
    graph = question.graph
    if question.graph_was_drawn:
        return graph
    groups = [question.confounders, question.instruments, question.mediators, question.modifiers]
    pairs = [pair for group in groups for pair in combinations(group, 2)]
    pairs += [(c, other) for c in question.confounders
              for other in (*question.instruments, *question.modifiers)]  # fmt: skip
    return CausalGraph.of(graph.edges, graph.nodes, graph.latent, bidirected=pairs)
