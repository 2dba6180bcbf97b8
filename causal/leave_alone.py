"""The variables that must not, or had better not, be adjusted for, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from .adjustment import forbidden, is_valid, proper_back_door
from .graph import CausalGraph
from .separation import d_separated, open_path, path_in_words


@dataclass(frozen=True)
class LeftAlone:
    """A measured variable and why it is left alone. `is_wrong`: adjusting for it, beside the set
    that is used, gives a wrong effect; else it only costs precision or makes a bias worse."""

    name: str
    why: str
    is_wrong: bool


def left_alone(
    graph: CausalGraph, treatment: str, outcome: str, used: tuple[str, ...] | None
) -> tuple[LeftAlone, ...]:
    """What must be left alone, whatever else is adjusted for or beside the set that is used; then
    what is better left alone: instruments and idle effects of the treatment."""
    named = (graph, treatment, outcome)
    others = [n for n in graph.nodes if n in graph.observed - {treatment, outcome}]
    never = forbidden(*named)
    found: list[LeftAlone] = []
    for node in others:
        if node in never:
            found.append(LeftAlone(node, _why_never(*named, node), is_wrong=True))
        elif used is not None and node not in used:
            opened = _opened(*named, (*used, node))
            if opened:
                why = f"is a common effect: adjusting for it opens the path {opened}"
                found.append(LeftAlone(node, why, is_wrong=True))
            elif doubt := _doubt(*named, used, node):
                found.append(LeftAlone(node, doubt, is_wrong=False))
    return tuple(sorted(found, key=lambda f: not f.is_wrong))


def _why_never(graph: CausalGraph, treatment: str, outcome: str, node: str) -> str:
    if node in graph.between(treatment, outcome):
        return (
            f"lies on the way from {treatment} to {outcome}: adjusting for it removes the part of "
            "the effect that goes through it"
        )
    if node in graph.descendants(outcome):
        return (
            f"is an effect of {outcome}: adjusting for it compares rows that the outcome itself "
            "has sorted"
        )
    return (
        f"is an effect of something between {treatment} and {outcome}: adjusting for it removes a "
        "part of the effect and compares rows that the treatment itself has sorted"
    )


def _doubt(
    graph: CausalGraph, treatment: str, outcome: str, used: tuple[str, ...], node: str
) -> str:
    """Why a variable that does no harm if the graph is right had better be left alone; empty for
    one that tells something of the outcome."""
    if not is_valid(graph, treatment, outcome, frozenset((*used, node))):
        return ""
    if node in graph.descendants(treatment):
        return f"is an effect of {treatment} that leads nowhere: it hides a part of the treatment"
    closed = proper_back_door(graph, treatment, outcome)
    tells_of_outcome = not d_separated(closed, node, outcome, used)
    moves_treatment = not d_separated(graph, node, treatment, used)
    if tells_of_outcome or not moves_treatment:
        return ""
    return (
        f"moves {treatment} and says nothing more of {outcome}, like an instrument: adjusting for "
        "it widens intervals and amplifies the bias of whatever was not measured (Pearl 2010)"
    )


def _opened(graph: CausalGraph, treatment: str, outcome: str, given: tuple[str, ...]) -> str:
    path = open_path(proper_back_door(graph, treatment, outcome), treatment, outcome, given)
    return path_in_words(graph, path) if path else ""
