"""Negative controls that a graph implies: effects it says are zero, so that finding one speaks
against the graph or the analysis.

Source: Lipsitch, Tchetgen Tchetgen & Cohen, Epidemiology 21 (2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .graph import CausalGraph
from .separation import d_separated

#: More than this would bury the others.
MOST_CONTROLS = 12


@dataclass(frozen=True)
class NegativeControl:
    """A measured variable that takes the place of the outcome or of the treatment in the same
    analysis, and must then show no effect; `given` is what is adjusted for."""

    part: Literal["outcome", "treatment"]
    name: str
    given: tuple[str, ...]


def negative_controls(
    graph: CausalGraph, treatment: str, outcome: str, used: tuple[str, ...]
) -> tuple[NegativeControl, ...]:
    """Outcomes that the treatment cannot change and that share causes with the real one; and
    treatments that share causes with the real one and cannot change the outcome but through it.
    At most a dozen of each, in the order of the graph."""
    free = graph.observed - graph.descendants(treatment) - {outcome, *used}
    candidates = [node for node in graph.nodes if node in free]
    outcomes = [
        NegativeControl("outcome", n, used)
        for n in candidates
        if d_separated(graph, n, treatment, used) and not d_separated(graph, n, outcome)
    ]
    treatments = [
        NegativeControl("treatment", n, (treatment, *used))
        for n in candidates
        if d_separated(graph, n, outcome, (treatment, *used))
        and not d_separated(graph, n, treatment)
    ]
    return (*outcomes[:MOST_CONTROLS], *treatments[:MOST_CONTROLS])
