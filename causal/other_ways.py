"""Ways to an effect that need no adjustment set: instruments and the front door."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice

from .graph import CausalGraph
from .separation import d_separated, minimal_separators

#: Front-door sets are searched up to this size and this many candidates, smallest first.
LARGEST_FRONT_DOOR = 3
MOST_CANDIDATES = 1_000
#: For one conditional instrument so many sets to condition on are tried; so long for all of them.
MOST_CONDITIONS = 50
MOST_SECONDS = 0.5


@dataclass(frozen=True)
class Instrument:
    """A measured variable that moves the treatment and, once what is `given` is adjusted for,
    meets the outcome through the treatment alone."""

    name: str
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConditionalInstruments:
    """What was found; `complete` is False where the budget of seconds ran out before the end."""

    found: tuple[Instrument, ...]
    complete: bool


@dataclass(frozen=True)
class FrontDoors:
    """Minimal front-door sets; `complete` is False where more candidates of up to three mediators
    were left than are tried."""

    found: tuple[tuple[str, ...], ...]
    complete: bool


def instruments(graph: CausalGraph, treatment: str, outcome: str) -> tuple[str, ...]:
    """Measured variables that move with the treatment and meet the outcome through it alone,
    without adjusting for anything: causes of the treatment, and stand-ins for such causes."""
    closed = graph.without_arrows_out_of(treatment)
    return tuple(
        z
        for z in _candidates(graph, treatment, outcome)
        if d_separated(closed, z, outcome) and not d_separated(graph, z, treatment)
    )


@lru_cache(maxsize=16)
def conditional_instruments(
    graph: CausalGraph, treatment: str, outcome: str
) -> ConditionalInstruments:
    """The variables that are instruments only once others are adjusted for, each with the smallest
    such set that was found. Sets are looked for among the causes of the instrument and of the
    outcome (ancestral instruments): where there is any instrument, there is one of these.

    Source: Brito & Pearl (2002); van der Zander, Textor & Liśkiewicz (IJCAI 2015).
    """
    ends = time.thread_time() + MOST_SECONDS
    closed = graph.without_arrows_out_of(treatment)
    plain = set(instruments(graph, treatment, outcome))
    found: list[Instrument] = []
    for z in _candidates(graph, treatment, outcome):
        left = ends - time.thread_time()
        if left <= 0:
            return ConditionalInstruments(tuple(found), complete=False)
        if z not in plain:
            found += _given(graph, closed, z, treatment, outcome, left)
    return ConditionalInstruments(tuple(found), complete=True)


def _candidates(graph: CausalGraph, treatment: str, outcome: str) -> list[str]:
    return sorted(graph.observed - graph.descendants(treatment) - {outcome})


def _given(
    graph: CausalGraph,
    closed: CausalGraph,
    z: str,
    treatment: str,
    outcome: str,
    seconds: float,
) -> list[Instrument]:
    allowed = frozenset(_candidates(graph, treatment, outcome)) - {z}
    sets = minimal_separators(
        closed, z, outcome, allowed, most_sets=MOST_CONDITIONS, most_seconds=seconds
    ).sets
    moving = (Instrument(z, w) for w in sets if not d_separated(graph, z, treatment, w))
    return list(islice(moving, 1))


def front_doors(graph: CausalGraph, treatment: str, outcome: str) -> tuple[tuple[str, ...], ...]:
    """Minimal sets of measured mediators that carry the whole effect and are themselves
    unconfounded: Pearl's front-door criterion (1995)."""
    return search_front_doors(graph, treatment, outcome).found


@lru_cache(maxsize=16)
def search_front_doors(graph: CausalGraph, treatment: str, outcome: str) -> FrontDoors:
    """The same, with whether all candidates could be tried."""
    no_way_out = graph.without_arrows_out_of(treatment)
    candidates = [
        m
        for m in sorted(graph.between(treatment, outcome) & graph.observed)
        if d_separated(no_way_out, treatment, m)
    ]
    sizes = range(1, LARGEST_FRONT_DOOR + 1)
    every = (c for size in sizes for c in combinations(candidates, size))
    found: list[tuple[str, ...]] = []
    for chosen in islice(every, MOST_CANDIDATES):
        if not any(set(f) <= set(chosen) for f in found) and _is_front_door(
            graph, treatment, outcome, chosen
        ):
            found.append(chosen)
    return FrontDoors(tuple(found), complete=next(every, None) is None)


def _is_front_door(
    graph: CausalGraph, treatment: str, outcome: str, chosen: tuple[str, ...]
) -> bool:
    around = graph.restricted_to(frozenset(graph.nodes) - set(chosen))
    if outcome in around.descendants(treatment):
        return False
    from_chosen = graph.without_arrows_out_of(*chosen)
    return all(d_separated(from_chosen, m, outcome, [treatment]) for m in chosen)
