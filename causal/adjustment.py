"""Which variables to adjust for: every minimal set that closes all non-causal paths, the set of
least variance, and the one that is used. No library is needed for this part, so estimators ask
here.

Sources: the adjustment criterion of Shpitser, VanderWeele & Robins (2010) in the constructive form
of Perković, Textor, Kalisch & Maathuis (JMLR 18, 2018) and van der Zander, Liśkiewicz & Textor
(2019); the set of least variance of Henckel, Perković & Maathuis (JRSS B 84, 2022), and, where
some of it was not measured, the best minimal set of Smucler, Sapienza & Rotnitzky (Biometrika 109,
2022).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from workbench.errors import NotApplicable

from .graph import CausalGraph
from .question import CausalQuestion
from .separation import (
    d_separated,
    minimal_separators,
    nearest_separator,
    open_path,
    path_in_words,
)

#: The enumeration of minimal sets stops at this many sets or seconds, and says so.
MOST_SETS = 200
MOST_SECONDS = 1.0
#: Kinds of columns that no regression takes as they are.
NO_COVARIATE = ("date", "text", "identifier")


@dataclass(frozen=True)
class Adjustment:
    """`sets`: minimal valid sets, smallest first. `used`: the one estimators adjust for, or None
    where no set of measured variables closes every non-causal path, or the chosen one does not;
    `open_path` is then one that stays open and `problem` says so in a sentence.

    `optimal` is the set whose estimators vary least (asymptotically, when the outcome's regression
    is learned well), among all valid sets, or, where `optimal_of_minimal`, among the minimal ones;
    None where no set is valid or the graph has no effect. `complete` is False where the budget ran
    out before all minimal sets were found. `was_chosen`: `used` is what the graph's `adjusted`
    asks for.
    """

    sets: tuple[tuple[str, ...], ...]
    used: tuple[str, ...] | None
    open_path: str
    complete: bool
    optimal: tuple[str, ...] | None = None
    optimal_of_minimal: bool = False
    problem: str = ""
    was_chosen: bool = False


def adjustment(question: CausalQuestion) -> Adjustment:
    """The adjustment sets of a question, and the one that is used.

    With roles, all confounders that were named are used (they form a valid set, and the person
    listed them). With a graph, the set marked as `adjusted` in it, if it is valid; without marks
    the smallest minimal set, and among those of equal size the one of least variance if it is one
    of them, else the first by name. For the CATE, the column it is asked by as well; and where
    rows with missing values are to be stood for by rows like them, unless the set was marked, all
    causes of the outcome that are known of every row: rows are alike in what is adjusted for.
    """
    found = _from_graph(question.graph, question.treatment, question.outcome)
    if question.graph.adjusted is not None:
        found = _chosen(question, found)
    elif not question.graph_was_drawn and found.used is not None:
        found = replace(found, used=question.confounders)
    if question.missing == "weighted" and not found.was_chosen:
        found = _and_causes(question, found)
    return found if question.by is None else _and(question, found, question.by)


def used_set(question: CausalQuestion) -> tuple[str, ...]:
    """The variables estimators adjust for; raises `NotApplicable` where none will do."""
    found = adjustment(question)
    if found.used is None:
        hint = (
            "Choose one of the sets that the identification lists, or another column for groups."
            if (question.graph.adjusted is not None or question.by is not None) and found.sets
            else "Measure one of the variables on it, or use an instrument or the front door if "
            "the identification lists one."
        )
        raise NotApplicable(found.problem, hint)
    return found.used


def path_opened(question: CausalQuestion, given: tuple[str, ...]) -> str:
    """A non-causal path that adjusting for these columns leaves open, in words; empty where none
    is. Columns that the graph does not hold cannot open a path of it."""
    graph, treatment, outcome = question.graph, question.treatment, question.outcome
    closed = proper_back_door(graph, treatment, outcome)
    path = open_path(closed, treatment, outcome, frozenset(given) & graph.observed)
    return path_in_words(graph, path) if path else ""


def is_valid(graph: CausalGraph, treatment: str, outcome: str, given: frozenset[str]) -> bool:
    """The adjustment criterion: nothing in the set is, or is an effect of, a variable on a causal
    path, and every non-causal path is blocked.

    It allows what Pearl's back-door criterion (1993) forbids, effects of the treatment off every
    causal path, and is complete: a set that fails it gives a wrong effect in some model of the
    graph. For one treatment and one outcome both criteria have the same minimal sets.
    """
    if given & (forbidden(graph, treatment, outcome) | graph.latent):
        return False
    return d_separated(proper_back_door(graph, treatment, outcome), treatment, outcome, given)


def on_causal_paths(graph: CausalGraph, treatment: str, outcome: str) -> frozenset[str]:
    """The nodes on directed paths from the treatment to the outcome, without the treatment."""
    if outcome not in graph.descendants(treatment):
        return frozenset()
    return graph.between(treatment, outcome) | {outcome}


def forbidden(graph: CausalGraph, treatment: str, outcome: str) -> frozenset[str]:
    """What no valid set may hold: causal paths, their effects, treatment and outcome."""
    causal = on_causal_paths(graph, treatment, outcome)
    return graph.descendants(*causal) | {treatment, outcome}


def proper_back_door(graph: CausalGraph, treatment: str, outcome: str) -> CausalGraph:
    """The graph without the first arrow of every causal path: what connects treatment and outcome
    in it is not causal."""
    causal = on_causal_paths(graph, treatment, outcome)
    return graph.without((treatment, first) for first in causal)


def _and(question: CausalQuestion, found: Adjustment, column: str) -> Adjustment:
    """The same set with a column within whose levels the arms are compared."""
    if found.used is None or column in found.used:
        return found
    words = path_opened(question, (*found.used, column))
    if not words:
        return replace(found, used=(*found.used, column))
    problem = (
        f"The effect was asked by '{column}', a common effect of others: comparing within its "
        f"levels opens the path {words}."
    )
    return replace(found, used=None, open_path=words, problem=problem)


def _and_causes(question: CausalQuestion, found: Adjustment) -> Adjustment:
    """The same set with the causes of the outcome that every row has, where it remains valid."""
    if found.used is None:
        return found
    graph, treatment, outcome = question.graph, question.treatment, question.outcome
    data, others = question.data, graph.observed - set(found.used)
    causes = [
        c
        for c in _optimal(graph, treatment, outcome)
        if c in others and data.kinds[c] not in NO_COVARIATE and data.frame[c].notna().all()
    ]
    together = (*found.used, *causes)
    is_right = is_valid(graph, treatment, outcome, frozenset(together))
    return replace(found, used=together) if is_right else found


@lru_cache(maxsize=64)
def _from_graph(graph: CausalGraph, treatment: str, outcome: str) -> Adjustment:
    closed = proper_back_door(graph, treatment, outcome)
    allowed = graph.observed - forbidden(graph, treatment, outcome)
    found = minimal_separators(
        closed, treatment, outcome, allowed, most_sets=MOST_SETS, most_seconds=MOST_SECONDS
    )
    best_minimal = nearest_separator(closed, outcome, treatment, allowed)
    if best_minimal is None:
        # If any set closes all paths, so do all candidates among the ancestors together.
        everything = allowed & graph.ancestors(treatment, outcome)
        path = open_path(closed, treatment, outcome, everything) or (treatment, outcome)
        words = path_in_words(graph, path)
        problem = f"No set of measured variables closes the back-door path {words}."
        return Adjustment((), None, words, found.complete, problem=problem)
    # A search that was cut short may not have come to the best one.
    listed = {*found.sets, best_minimal}
    sets = tuple(sorted(listed, key=lambda s: (len(s), s)))
    used = best_minimal if len(best_minimal) == len(sets[0]) else sets[0]
    optimal = _optimal(graph, treatment, outcome)
    is_of_minimal = optimal is None or not set(optimal) <= graph.observed
    has_effect = outcome in graph.descendants(treatment)
    best = best_minimal if is_of_minimal else optimal
    return Adjustment(
        sets, used, "", found.complete, best if has_effect else None, is_of_minimal and has_effect
    )


def _optimal(graph: CausalGraph, treatment: str, outcome: str) -> tuple[str, ...]:
    """The O-set: causes of the causal paths that are not themselves forbidden."""
    causal = on_causal_paths(graph, treatment, outcome)
    causes = frozenset().union(*(graph.parents[node] for node in causal))
    return tuple(sorted(causes - forbidden(graph, treatment, outcome)))


def _chosen(question: CausalQuestion, found: Adjustment) -> Adjustment:
    graph, treatment, outcome = question.graph, question.treatment, question.outcome
    asked = frozenset(graph.adjusted or ())
    chosen = tuple(node for node in graph.nodes if node in asked)
    if is_valid(graph, treatment, outcome, asked):
        return replace(found, used=chosen, was_chosen=True)
    named = ", ".join(chosen) or "nothing"
    never = sorted(asked & forbidden(graph, treatment, outcome))
    if never:
        problem = (
            f"Adjusting for {named} was asked for, and {never[0]} lies on the way from {treatment} "
            f"to {outcome} or after it."
        )
        return replace(found, used=None, problem=problem, was_chosen=True)
    closed = proper_back_door(graph, treatment, outcome)
    path = open_path(closed, treatment, outcome, asked) or (treatment, outcome)
    words = path_in_words(graph, path)
    problem = f"Adjusting for {named} was asked for, and it leaves the path {words} open."
    return replace(found, used=None, open_path=words, problem=problem, was_chosen=True)
