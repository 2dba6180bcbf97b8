"""Ways to an effect that need no adjustment set: instruments and the front door."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice

from .graph import CausalGraph
from .separation import d_separated, minimal_separators

#: Front-door sets are searched up to this size and this many candidates, smallest first.
LARGEST_FRONT_DOOR = 3
MOST_CANDIDATES = 1_000
#: For one conditional instrument so many sets to condition on are tried.
MOST_CONDITIONS = 50
MOST_SECONDS_EACH = 0.05


@dataclass(frozen=True)
class Instrument:
    """A measured variable that moves the treatment and, once what is `given` is adjusted for,
    meets the outcome through the treatment alone."""

    name: str
    given: tuple[str, ...] = ()


def instruments(graph: CausalGraph, treatment: str, outcome: str) -> tuple[str, ...]:
    """Measured variables that move with the treatment and meet the outcome through it alone,
    without adjusting for anything: causes of the treatment, and stand-ins for such causes."""
    closed = graph.without_arrows_out_of(treatment)
    return tuple(
        z
        for z in _candidates(graph, treatment, outcome)
        if d_separated(closed, z, outcome) and not d_separated(graph, z, treatment)
    )


def conditional_instruments(
    graph: CausalGraph, treatment: str, outcome: str
) -> tuple[Instrument, ...]:
    """The variables that are instruments only once others are adjusted for, each with the smallest
    such set that was found.

    Source: Brito & Pearl (2002); van der Zander, Textor & Liśkiewicz (IJCAI 2015).
    """
    closed = graph.without_arrows_out_of(treatment)
    plain = set(instruments(graph, treatment, outcome))
    found = (
        _given(graph, closed, z, treatment, outcome)
        for z in _candidates(graph, treatment, outcome)
        if z not in plain
    )
    return tuple(instrument for instrument in found if instrument is not None)


def _candidates(graph: CausalGraph, treatment: str, outcome: str) -> list[str]:
    return sorted(graph.observed - graph.descendants(treatment) - {outcome})


def _given(
    graph: CausalGraph, closed: CausalGraph, z: str, treatment: str, outcome: str
) -> Instrument | None:
    allowed = frozenset(_candidates(graph, treatment, outcome)) - {z}
    sets = minimal_separators(
        closed, z, outcome, allowed, most_sets=MOST_CONDITIONS, most_seconds=MOST_SECONDS_EACH
    ).sets
    moving = (w for w in sets if not d_separated(graph, z, treatment, w))
    given = next(moving, None)
    return None if given is None else Instrument(z, given)


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
