"""Ways to an effect that need no back-door set: instruments and the front door; and the variables
that must be left alone."""

from __future__ import annotations

from itertools import combinations, islice

from .graph import CausalGraph
from .separation import d_separated, open_path, path_in_words

#: Front-door sets are searched up to this size and this many candidates, smallest first.
LARGEST_FRONT_DOOR = 3
MOST_CANDIDATES = 2_000


def instruments(graph: CausalGraph, treatment: str, outcome: str) -> tuple[str, ...]:
    """Measured causes of the treatment that meet the outcome through it alone (unconditionally)."""
    closed = graph.without_arrows_out_of(treatment)
    causes = (graph.ancestors(treatment) & graph.observed) - {treatment, outcome}
    return tuple(sorted(z for z in causes if d_separated(closed, z, outcome)))


def front_doors(graph: CausalGraph, treatment: str, outcome: str) -> tuple[tuple[str, ...], ...]:
    """Minimal sets of measured mediators that carry the whole effect and are themselves
    unconfounded: Pearl's front-door criterion (1995)."""
    candidates = sorted(graph.between(treatment, outcome) & graph.observed)
    sizes = range(1, LARGEST_FRONT_DOOR + 1)
    tried = islice((c for size in sizes for c in combinations(candidates, size)), MOST_CANDIDATES)
    found: list[tuple[str, ...]] = []
    for chosen in tried:
        if not any(set(f) <= set(chosen) for f in found) and _is_front_door(
            graph, treatment, outcome, chosen
        ):
            found.append(chosen)
    return tuple(found)


def to_leave_alone(
    graph: CausalGraph, treatment: str, outcome: str, used: tuple[str, ...] | None
) -> dict[str, str]:
    """Measured variables that must not be adjusted for, each with the reason."""
    found: dict[str, str] = {}
    mediators = graph.between(treatment, outcome)
    after = graph.descendants(treatment) - {treatment, outcome}
    for node in (n for n in graph.nodes if n in graph.observed - {treatment, outcome}):
        if node in mediators:
            found[node] = (
                f"lies on the way from {treatment} to {outcome}: adjusting for it removes the part "
                "of the effect that goes through it"
            )
        elif node in after:
            found[node] = (
                f"is an effect of {treatment}: adjusting for it compares rows that the treatment "
                "itself has sorted"
            )
        elif used is not None and node not in used:
            opened = _opened(graph, treatment, outcome, (*used, node))
            if opened:
                found[node] = f"is a common effect: adjusting for it opens the path {opened}"
    return found


def _opened(graph: CausalGraph, treatment: str, outcome: str, given: tuple[str, ...]) -> str:
    path = open_path(graph.without_arrows_out_of(treatment), treatment, outcome, given)
    return path_in_words(graph, path) if path else ""


def _is_front_door(
    graph: CausalGraph, treatment: str, outcome: str, chosen: tuple[str, ...]
) -> bool:
    around = graph.restricted_to(frozenset(graph.nodes) - set(chosen))
    if outcome in around.descendants(treatment):
        return False
    from_treatment = graph.without_arrows_out_of(treatment)
    if any(not d_separated(from_treatment, treatment, m) for m in chosen):
        return False
    from_chosen = graph.without_arrows_out_of(*chosen)
    return all(d_separated(from_chosen, m, outcome, [treatment]) for m in chosen)
