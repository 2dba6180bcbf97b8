"""What lies between treatment and outcome, and what to adjust for so that the effect through it can
be told from the effect past it: more than the total effect needs, as the mediators are no more
assigned at random than the treatment.

Source: Pearl, Psychological Methods 19 (2014), conditions A; van der Zander, Liśkiewicz & Textor
(2019): if any measured set closes the paths, so do all that can be adjusted for and lie before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from .adjustment import NO_COVARIATE, used_set
from .propensity import CLIP
from .question import CausalQuestion
from .separation import open_path, path_in_words

Floats = NDArray[np.float64]
#: Where mediators tell the treatment of more than the first share of the rows, intervals may be too
#: short (measured: of 7 % of the rows a direct effect was held by 85 of 100), of more than the
#: second they are worthless (of 90 % by 15 of 100).
MANY_TOLD, MOST_TOLD = 0.05, 0.5


def mediators_of(question: CausalQuestion) -> tuple[str, ...]:
    """The mediators that were named, or of a graph all that were measured."""
    graph = question.graph
    between = graph.between(question.treatment, question.outcome)
    hidden = sorted(between & graph.latent)
    found = question.mediators or tuple(
        n for n in graph.nodes if n in between and n in graph.observed
    )
    if not found:
        raise NotApplicable(
            f"No mediator of {question.treatment} and {question.outcome} is named"
            f"{' that was measured' if hidden else ''}.",
            "Name the columns that lie between them.",
        )
    return found


def split_set(question: CausalQuestion, mediators: tuple[str, ...]) -> tuple[str, ...]:
    """What the total effect is adjusted for where that is enough; else with the columns by which,
    after the graph, mediators and outcome hang together beside the treatment's effects.

    Raises `NotApplicable` where the graph shows such a way that no measured column closes: the
    total effect may then be known, and its parts are not.
    """
    used = used_set(question)
    if _opened(question, mediators, used) is None:
        return used
    graph = question.graph
    before = graph.ancestors(question.outcome) & graph.observed
    before -= graph.descendants(question.treatment) | {question.treatment, question.outcome}
    usable = {c for c in before if question.data.kinds[c] not in NO_COVARIATE}
    every = [tuple(sorted(usable | extra)) for extra in (set(used), set[str]())]
    closing = [s for s in every if _opened(question, mediators, s) is None]
    if not closing:
        raise NotApplicable(
            f"By the graph the path {_opened(question, mediators, every[-1])} stays open whatever "
            f"is adjusted for, so that the effect through {', '.join(mediators)} cannot be told "
            "from the rest.",
            "Measure a variable on it, or ask for the total effect.",
        )
    kept = closing[0]
    for column in [c for c in kept if c not in used]:
        fewer = tuple(c for c in kept if c != column)
        if _opened(question, mediators, fewer) is None:
            kept = fewer
    return kept


def told_note(
    question: CausalQuestion, mediators: tuple[str, ...], chance: Floats, weight: Floats
) -> list[str]:
    """What is to be said where mediators tell the treatment of rows almost surely, by their chance
    of treatment given the mediators (n,): what these would do in the other arm hardly a row shows.

    Raises `NotApplicable` where that is so of most rows, as they are weighted.
    """
    is_told = (chance < CLIP) | (chance > 1 - CLIP)
    share, what = float(np.average(is_told, weights=weight)), ", ".join(mediators)
    if share > MOST_TOLD:
        raise NotApplicable(
            f"{what} tells '{question.treatment}' of {share:.0%} of the rows almost surely: hardly "
            "a row shows what it would do in the other arm, and no interval holds.",
            "Name a mediator that the treatment moves but does not fix, or ask for the total "
            "effect where the graph gives it.",
        )
    if not is_told.any():
        return []
    start = "Warning: " if share > MANY_TOLD else ""
    end = ", and intervals may be far too short" if start else ""
    return [
        (
            f"{start}{int(is_told.sum()):,} of {len(chance):,} chances of treatment given the "
            f"mediators were moved to {CLIP} or {1 - CLIP}: {what} nearly tells the treatment of "
            f"these rows, and hardly any row shows what else it would do{end}."
        )
    ]


def _opened(
    question: CausalQuestion, mediators: tuple[str, ...], given: tuple[str, ...]
) -> str | None:
    """A path in words that these columns leave open, between treatment and what comes after it or,
    the treatment being known, between a mediator and the outcome, not along their effects."""
    graph, treatment, outcome = question.graph, question.treatment, question.outcome
    drawn = graph.without_arrows_out_of(treatment)
    pairs = [(drawn, treatment, end, given) for end in (*mediators, outcome)]
    drawn = graph.without_arrows_out_of(*mediators)
    pairs += [(drawn, m, outcome, (*given, treatment)) for m in mediators]
    for part, start, end, known in pairs:
        known_nodes = frozenset(known) & graph.observed
        path = open_path(part, start, end, known_nodes)
        if path is not None:
            return path_in_words(graph, path)
    return None
