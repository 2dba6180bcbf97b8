"""Which variables to adjust for: every minimal set that closes all back-door paths, and the one
that is used. No library is needed for this part, so estimators ask here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from workbench.errors import NotApplicable

from .graph import CausalGraph
from .question import CausalQuestion
from .separation import d_separated, minimal_separators, open_path, path_in_words

#: The enumeration of minimal sets stops at this many sets or seconds, and says so.
MOST_SETS = 200
MOST_SECONDS = 1.5


@dataclass(frozen=True)
class Adjustment:
    """`sets`: minimal valid sets, smallest first. `used`: the one estimators adjust for, or None
    where no set of measured variables closes every back-door path; `open_path` is then one that
    stays open. `complete` is False where the budget ran out before all sets were found."""

    sets: tuple[tuple[str, ...], ...]
    used: tuple[str, ...] | None
    open_path: str
    complete: bool


def adjustment(question: CausalQuestion) -> Adjustment:
    """The back-door sets of a question.

    With roles, all confounders that were named are used (they form a valid set, and the person
    listed them); with a graph, the smallest minimal set, the first by name among equals.
    """
    found = _from_graph(question.graph, question.treatment, question.outcome)
    if question.graph_was_drawn or found.used is None:
        return found
    return Adjustment(found.sets, question.confounders, "", found.complete)


def used_set(question: CausalQuestion) -> tuple[str, ...]:
    """The variables estimators adjust for; raises `NotApplicable` where none will do."""
    found = adjustment(question)
    if found.used is None:
        raise NotApplicable(
            f"No set of measured variables closes the back-door path {found.open_path}.",
            "Measure one of the variables on it, or use an instrument or the front door if the "
            "identification lists one.",
        )
    return found.used


def is_valid(graph: CausalGraph, treatment: str, outcome: str, given: frozenset[str]) -> bool:
    """The back-door criterion (Pearl 1993): no effect of the treatment in the set, and every path
    that enters the treatment blocked."""
    if given & graph.descendants(treatment):
        return False
    return d_separated(graph.without_arrows_out_of(treatment), treatment, outcome, given)


@lru_cache(maxsize=64)
def _from_graph(graph: CausalGraph, treatment: str, outcome: str) -> Adjustment:
    back_door = graph.without_arrows_out_of(treatment)
    allowed = graph.observed - graph.descendants(treatment) - {outcome}
    found = minimal_separators(
        back_door, treatment, outcome, allowed, most_sets=MOST_SETS, most_seconds=MOST_SECONDS
    )
    if found.sets:
        return Adjustment(found.sets, found.sets[0], "", found.complete)
    # If any set closes all paths, so do all candidates among the ancestors together.
    everything = allowed & graph.ancestors(treatment, outcome)
    path = open_path(back_door, treatment, outcome, everything) or (treatment, outcome)
    return Adjustment((), None, path_in_words(graph, path), found.complete)
