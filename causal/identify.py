"""Can the effect be had from these data at all, and by adjusting for what?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result

from .adjustment import MOST_SECONDS, MOST_SETS, Adjustment, adjustment, is_valid
from .dowhy_bridge import MOST_NODES, DoWhyAnswer, dowhy_answer, dowhy_version
from .graph import CausalGraph
from .graph_figure import draw_graph
from .identifiable import is_identifiable
from .leave_alone import left_alone
from .negative_controls import negative_controls
from .other_ways import conditional_instruments, front_doors, instruments, search_front_doors
from .question import CausalQuestion

LEAVE_ALONE = "must not be adjusted for"
BETTER_NOT = "better not adjusted for"


@dataclass(frozen=True, kw_only=True)
class Identification(Result):
    """Every way to the effect that the graph allows, and what must be left alone.

    `used` is the set that estimators adjust for, None where no set closes every non-causal path or
    the set that was chosen does not. `graph` is drawn by `figure`; it is the one thing not in the
    frame.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "way": "back door, instrument, front door, 'must not be adjusted for', 'better not "
        "adjusted for', negative control outcome or negative control treatment",
        "variables": "the variables of this way, separated by commas; '(none)' for the empty set",
        "given": "what is adjusted for beside them, for conditional instruments and negative "
        "controls; else empty",
        "is_minimal": "no variable of the set can be left out",
        "is_optimal": "adjusting for this set gives the estimates of least variance, for large "
        "samples; where causes of the outcome were not measured, the best of the minimal sets",
        "used": "the estimators of this package adjust for this set",
        "why": "what makes it a way, or what would go wrong",
    }

    graph: CausalGraph
    treatment: str
    outcome: str
    used: tuple[str, ...] | None

    @property
    def is_identified(self) -> bool:
        """The effect can be had by adjusting for measured variables."""
        return self.used is not None

    def figure(self) -> Any:
        """The graph: causes left of their effects, what is adjusted for marked."""
        is_left = self.frame["way"] == LEAVE_ALONE
        return draw_graph(
            self.graph, self.treatment, self.outcome, self.used or (),
            tuple(self.frame.loc[is_left, "variables"]),
        )  # fmt: skip


@method("Identification", page="cause", weighs=None)
def identify(question: CausalQuestion, /, *, progress: Progress = silent) -> Identification:
    """Whether the assumptions allow the effect to be computed, and by adjusting for what.

    Lists every minimal set of measured variables that closes all non-causal paths, the set of
    least variance, every instrument (also those that become one by adjusting for others), every
    front door (up to three mediators), what must not be adjusted for and why, and the negative
    controls that the graph implies.

    What is used: with roles, all confounders named; with a graph, the set marked as adjusted in it
    (`graph.adjusting_for("age")`, or `age [adjusted]` in its text), which is refused if it is not
    valid; without marks the smallest minimal set, among equals the one of least variance. The set
    of least variance is marked but not used by itself: it often asks for many more columns, and
    each brings missing values and room for mistakes in the graph.

    DoWhy is asked the same question and its answer compared, where the graph is small enough.

    The answer is about the graph: it is right only if the graph is. No arrow may be missing.

    Source: Pearl, Causality (2009), chapter 3; Perković et al. (2018) for the criterion, van der
    Zander et al. (2019) for the enumeration, Henckel et al. (2022) for the variance.
    """
    progress(0.0, "Searching the graph")
    graph, treatment, outcome = question.graph, question.treatment, question.outcome
    found = adjustment(question)
    parts = (_back_doors, _others, _left_alone, _controls)
    ways = pd.DataFrame([row for part in parts for row in part(question, found)], columns=_NAMES)
    progress(0.3, "Asking DoWhy")
    notes = [*_notes(question, found), *_second_opinion(question, found)]
    progress(1.0)
    return Identification(
        frame=ways.astype(_TYPES),
        summary=_summary(question, found, ways),
        notes=tuple(notes),
        graph=graph,
        treatment=treatment,
        outcome=outcome,
        used=found.used,
    )


_TYPES = {"way": "str", "variables": "str", "given": "str", "is_minimal": "bool",
          "is_optimal": "bool", "used": "bool", "why": "str"}  # fmt: skip
_NAMES = list(_TYPES)
Row = tuple[str, str, str, bool, bool, bool, str]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "(none)"


def _back_doors(_: CausalQuestion, found: Adjustment) -> list[Row]:
    """What is used, minimal or not; the minimal sets; the best one if it is none of them."""
    why = "closes every non-causal path and holds nothing that the effect goes through"
    minimal = [frozenset(s) for s in found.sets]
    used, best = [() if s is None else (s,) for s in (found.used, found.optimal)]
    before = [s for s in used if frozenset(s) not in minimal]
    known = {*minimal, *map(frozenset, before)}
    after = [s for s in best if frozenset(s) not in known]
    return [
        ("back door", _listed(s), "", frozenset(s) in minimal, _same(s, found.optimal),
         _same(s, found.used), why)
        for s in (*before, *found.sets, *after)
    ]  # fmt: skip


def _same(some: tuple[str, ...], other: tuple[str, ...] | None) -> bool:
    return other is not None and set(some) == set(other)


def _others(question: CausalQuestion, _: Adjustment) -> list[Row]:
    named = (question.graph, question.treatment, question.outcome)
    moves = f"moves {question.treatment} and meets {question.outcome} through it alone"
    carries = f"carries the whole effect of {question.treatment} and is not confounded itself"
    rows: list[Row] = [
        ("instrument", z, "", True, False, False, moves) for z in instruments(*named)
    ]
    rows += [
        ("instrument", i.name, _listed(i.given), True, False, False,
         f"{moves}, once {_listed(i.given)} is adjusted for")
        for i in conditional_instruments(*named).found
    ]  # fmt: skip
    return rows + [
        ("front door", _listed(s), "", True, False, False, carries) for s in front_doors(*named)
    ]


def _left_alone(question: CausalQuestion, found: Adjustment) -> list[Row]:
    alone = left_alone(question.graph, question.treatment, question.outcome, found.used)
    return [
        (LEAVE_ALONE if f.is_wrong else BETTER_NOT, f.name, "", False, False, False, f.why)
        for f in alone
    ]


def _controls(question: CausalQuestion, found: Adjustment) -> list[Row]:
    if found.used is None or not question.graph_was_drawn:
        return []  # roles alone say too little: every variable but the named would be one
    controls = negative_controls(question.graph, question.treatment, question.outcome, found.used)
    why = {
        "outcome": f"the graph says that {question.treatment} has no effect on it: with it as the "
        "outcome the same analysis must find none",
        "treatment": f"the graph says that it has no effect on {question.outcome} but through "
        f"{question.treatment}: with it as the treatment the analysis must find none",
    }
    return [
        (f"negative control {c.part}", c.name, _listed(c.given), False, False, False, why[c.part])
        for c in controls
    ]


def _summary(question: CausalQuestion, found: Adjustment, ways: pd.DataFrame) -> str:
    effect = f"The effect of {question.treatment} on {question.outcome}"
    if found.used is not None:
        what = ", ".join(found.used)
        how = f"by adjusting for {what}" if what else "without adjusting for anything"
        return f"{effect} can be had {how}, if the graph is right."
    if found.was_chosen and found.sets:
        return (
            f"{effect} cannot be had as was asked. {found.problem} {len(found.sets)} other "
            f"{'sets are' if len(found.sets) > 1 else 'set is'} listed that would do."
        )
    text = f"{effect} cannot be had by adjustment: the path {found.open_path} stays open."
    others = [w for w in ("instrument", "front door") if (ways["way"] == w).any()]
    if others:
        text += f" The graph leaves another way: {' and '.join(others)}."
    return text


def _notes(question: CausalQuestion, found: Adjustment) -> list[str]:
    graph = question.graph
    notes = [
        "The graph was drawn by hand." if question.graph_was_drawn else
        "The graph was made from the roles: nothing else is assumed to cause both treatment and "
        "outcome."
    ]  # fmt: skip
    if found.was_chosen:
        notes.append("What is adjusted for was chosen by hand, in the graph.")
    notes += _about_variance(found)
    if question.outcome not in graph.descendants(question.treatment):
        notes.append(
            f"The graph has no path from {question.treatment} to {question.outcome}: it says that "
            "there is no effect. An estimate away from zero speaks against the graph."
        )
    if found.complete:
        notes.append(f"All minimal sets were found: {len(found.sets)}.")
    else:
        notes.append(
            f"The search for minimal sets ended at {MOST_SETS} sets or {MOST_SECONDS:g} s; there "
            "are more than those listed, and a smaller one may be among them."
        )
    notes += _unfinished(question)
    if not found.sets:
        notes.append(_by_any_formula(question))
    hidden = [n for n in graph.drawn.nodes if n in graph.latent]
    pairs = [f"a common cause of {a} and {b}" for a, b in graph.bidirected]
    if hidden or pairs:
        notes.append(f"Not measured: {', '.join([*hidden, *pairs])}.")
    return notes


def _by_any_formula(question: CausalQuestion) -> str:
    if is_identifiable(question.graph, question.treatment, question.outcome):
        return (
            "The graph does determine the effect, by a formula other than adjustment (the ID "
            "algorithm of Shpitser and Pearl finds one)."
        )
    return (
        "By the graph alone no formula gives the effect (the ID algorithm of Shpitser and Pearl "
        "finds none): an instrument needs further assumptions, such as straight lines or that it "
        "moves nobody the other way."
    )


def _unfinished(question: CausalQuestion) -> list[str]:
    """The searches whose budget ran out."""
    named = (question.graph, question.treatment, question.outcome)
    searches = {
        "conditional instruments": conditional_instruments(*named).complete,
        "front doors": search_front_doors(*named).complete,
    }
    return [
        f"The search for {what} was not finished within its budget: there may be more."
        for what, complete in searches.items()
        if not complete
    ]


def _about_variance(found: Adjustment) -> list[str]:
    if found.optimal is None or _same(found.optimal, found.used):
        return []
    which = "Of the minimal sets" if found.optimal_of_minimal else "Of all sets"
    return [
        (
            f"{which} {_listed(found.optimal)} gives the estimates of least variance in large "
            "samples; mark its variables as adjusted in the graph to use it."
        )
    ]


def _second_opinion(question: CausalQuestion, found: Adjustment) -> list[str]:
    treatment, outcome = question.treatment, question.outcome
    # DoWhy tries every subset; what is no ancestor of either cannot matter.
    graph = question.graph.restricted_to(question.graph.ancestors(treatment, outcome))
    if outcome not in graph.descendants(treatment):
        return []
    if len(graph.nodes) > MOST_NODES:
        return [
            (
                f"DoWhy was not asked: it tries subset after subset, and {len(graph.nodes)} "
                f"variables are more than {MOST_NODES}."
            )
        ]
    answer = dowhy_answer(graph, treatment, outcome)
    if _agrees(question, graph, found, answer):
        return [f"DoWhy {dowhy_version()} comes to the same answer."]
    return [
        (
            f"DoWhy {dowhy_version()} comes to another answer (back door: "
            f"{[sorted(s) for s in answer.back_door]}, instruments: {sorted(answer.instruments)}). "
            "Ours is used; please check the graph."
        )
    ]


def _agrees(
    question: CausalQuestion, graph: CausalGraph, found: Adjustment, answer: DoWhyAnswer
) -> bool:
    named = (graph, question.treatment, question.outcome)
    direct = graph.parents[question.treatment]
    return (
        bool(answer.back_door) == bool(found.sets)
        and all(is_valid(*named, s) for s in answer.back_door)
        and answer.instruments == frozenset(instruments(*named)) & direct
    )
