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
from .other_ways import front_doors, instruments, to_leave_alone
from .question import CausalQuestion

LEAVE_ALONE = "must not be adjusted for"


@dataclass(frozen=True, kw_only=True)
class Identification(Result):
    """Every way to the effect that the graph allows, and what must be left alone.

    `used` is the set that estimators adjust for, None where the back door cannot be closed.
    `graph` is drawn by `figure`; it is the one thing not in the frame.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "way": "back door, instrument, front door, or 'must not be adjusted for'",
        "variables": "the variables of this way, separated by commas; '(none)' for the empty set",
        "is_minimal": "no variable of the set can be left out",
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
        left_alone = self.frame.loc[self.frame["way"] == LEAVE_ALONE, "variables"]
        return draw_graph(
            self.graph, self.treatment, self.outcome, self.used or (), tuple(left_alone)
        )


@method("Identification", page="cause")
def identify(question: CausalQuestion, /, *, progress: Progress = silent) -> Identification:
    """Whether the assumptions allow the effect to be computed, and by adjusting for what.

    Lists every minimal set of measured variables that closes all back-door paths, every
    instrument, every front door (up to three mediators), and the variables that must not be
    adjusted for, each with the reason. With roles, all confounders named are used; with a graph,
    the smallest minimal set, the first by name among equals. DoWhy is asked the same question and
    its answer compared, where the graph is small enough for it.

    The answer is about the graph: it is right only if the graph is. No arrow may be missing.

    Source: Pearl, Causality (2009), chapter 3; van der Zander et al. (2019) for the enumeration.
    """
    progress(0.0, "Searching the graph")
    graph, treatment, outcome = question.graph, question.treatment, question.outcome
    found = adjustment(question)
    ways = pd.concat([_back_doors(found), _others(question), _left_alone(question, found)])
    progress(0.3, "Asking DoWhy")
    notes = [*_notes(question, found), *_second_opinion(question, found)]
    progress(1.0)
    return Identification(
        frame=ways.astype(_TYPES).reset_index(drop=True),
        summary=_summary(question, found, ways),
        notes=tuple(notes),
        graph=graph,
        treatment=treatment,
        outcome=outcome,
        used=found.used,
    )


_TYPES = {"way": "str", "variables": "str", "is_minimal": "bool", "used": "bool", "why": "str"}


def _ways(rows: list[tuple[str, tuple[str, ...], bool, bool, str]]) -> pd.DataFrame:
    made = [
        (way, ", ".join(v) or "(none)", minimal, used, why) for way, v, minimal, used, why in rows
    ]
    return pd.DataFrame(made, columns=list(_TYPES))


def _back_doors(found: Adjustment) -> pd.DataFrame:
    why = "closes every back-door path and holds no effect of the treatment"
    rows = [("back door", s, True, set(s) == set(found.used or ()), why) for s in found.sets]
    if found.used is not None and not any(used for *_, used, _ in rows):
        rows.insert(0, ("back door", found.used, False, True, why))
    return _ways(rows)


def _others(question: CausalQuestion) -> pd.DataFrame:
    named = (question.graph, question.treatment, question.outcome)
    why = f"causes {question.treatment} and meets {question.outcome} through it alone"
    rows = [("instrument", (z,), True, False, why) for z in instruments(*named)]
    why = f"carries the whole effect of {question.treatment} and is not confounded itself"
    return _ways(rows + [("front door", s, True, False, why) for s in front_doors(*named)])


def _left_alone(question: CausalQuestion, found: Adjustment) -> pd.DataFrame:
    reasons = to_leave_alone(question.graph, question.treatment, question.outcome, found.used)
    return _ways([(LEAVE_ALONE, (node,), False, False, why) for node, why in reasons.items()])


def _summary(question: CausalQuestion, found: Adjustment, ways: pd.DataFrame) -> str:
    effect = f"The effect of {question.treatment} on {question.outcome}"
    if found.used is not None:
        what = ", ".join(found.used)
        how = f"by adjusting for {what}" if what else "without adjusting for anything"
        return f"{effect} can be had {how}, if the graph is right."
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
    if question.outcome not in graph.descendants(question.treatment):
        notes.append(
            f"The graph has no path from {question.treatment} to {question.outcome}: it says that "
            "there is no effect. An estimate away from zero speaks against the graph."
        )
    if not found.complete:
        notes.append(
            f"The search for minimal sets ended at {MOST_SETS} sets or {MOST_SECONDS} seconds; "
            "there are more than those listed."
        )
    if graph.latent:
        notes.append(f"Not measured: {', '.join(n for n in graph.nodes if n in graph.latent)}.")
    return notes


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
