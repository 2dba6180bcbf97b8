"""The definitions themselves, by walking every path of a small graph. Slow on purpose, and shares
nothing with the package: edges and names in, answers out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

Edges = frozenset[tuple[str, str]]
Path = tuple[str, ...]


def descendants(edges: Edges, node: str) -> set[str]:
    found, waiting = {node}, [node]
    while waiting:
        here = waiting.pop()
        new = {b for a, b in edges if a == here} - found
        found |= new
        waiting += new
    return found


def paths(edges: Edges, start: str, end: str) -> Iterator[Path]:
    """Every path between two nodes that visits no node twice, whatever its arrows' directions."""
    beside: dict[str, set[str]] = {}
    for a, b in edges:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    walks = [(start,)]
    while walks:
        walk = walks.pop()
        if walk[-1] == end:
            yield walk
            continue
        walks += [(*walk, n) for n in beside.get(walk[-1], ()) if n not in walk]


def is_causal(edges: Edges, path: Path) -> bool:
    return all(step in edges for step in pairwise(path))


def is_blocked(edges: Edges, path: Path, given: frozenset[str]) -> bool:
    for before, node, after in zip(path, path[1:], path[2:], strict=False):
        is_collider = (before, node) in edges and (after, node) in edges
        if is_collider and not descendants(edges, node) & given:
            return True
        if not is_collider and node in given:
            return True
    return False


def separated(edges: Edges, a: str, b: str, given: frozenset[str]) -> bool:
    return all(is_blocked(edges, path, given) for path in paths(edges, a, b))


def is_adjustment_set(edges: Edges, treatment: str, outcome: str, given: frozenset[str]) -> bool:
    """Shpitser, VanderWeele & Robins (2010), definition 4."""
    every = list(paths(edges, treatment, outcome))
    causal = [path for path in every if is_causal(edges, path)]
    on_causal = {node for path in causal for node in path[1:]}
    forbidden = set().union(*(descendants(edges, node) for node in on_causal))
    if given & (forbidden | {treatment, outcome}):
        return False
    return all(is_blocked(edges, path, given) for path in every if path not in causal)


def minimal_adjustment_sets(
    edges: Edges, treatment: str, outcome: str, measured: frozenset[str]
) -> set[frozenset[str]]:
    valid = [s for s in subsets(measured) if is_adjustment_set(edges, treatment, outcome, s)]
    return {s for s in valid if not any(other < s for other in valid)}


def instruments(
    edges: Edges, treatment: str, outcome: str, measured: frozenset[str]
) -> dict[str, bool]:
    """Every ancestral instrument for the total effect (van der Zander et al. 2015: conditions are
    causes of the instrument or of the outcome), and whether it is one without a condition."""
    after = descendants(edges, treatment)
    usable = measured - after - {outcome}
    closed = frozenset(e for e in edges if e[0] != treatment)
    found: dict[str, bool] = {}
    for z in usable:
        causes = {n for n in usable - {z} if descendants(closed, n) & {z, outcome}}
        for given in subsets(frozenset(causes)):
            if separated(closed, z, outcome, given) and not separated(edges, z, treatment, given):
                found[z] = not given
                break
    return found


def front_doors(
    edges: Edges, treatment: str, outcome: str, measured: frozenset[str]
) -> set[frozenset[str]]:
    """Pearl (1995): all directed paths intercepted, no open back door on either side."""
    causal = [p for p in paths(edges, treatment, outcome) if is_causal(edges, p)]
    between = {node for path in causal for node in path[1:-1]} & measured
    no_treatment = frozenset(e for e in edges if e[0] != treatment)
    found = []
    for chosen in subsets(frozenset(between)):
        no_chosen = frozenset(e for e in edges if e[0] not in chosen)
        if (
            chosen
            and all(set(path) & chosen for path in causal)
            and all(separated(no_treatment, treatment, m, frozenset()) for m in chosen)
            and all(separated(no_chosen, m, outcome, frozenset([treatment])) for m in chosen)
        ):
            found.append(chosen)
    return {s for s in found if not any(other < s for other in found)}


def subsets(nodes: frozenset[str]) -> list[frozenset[str]]:
    """All of them, smallest first."""
    names = sorted(nodes)
    return [frozenset(c) for k in range(len(names) + 1) for c in combinations(names, k)]
