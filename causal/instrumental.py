"""What an instrument's estimators work on: the rows, the instruments, and what both are adjusted
for."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import NotApplicable

from .analysis import Analysis, complete_rows
from .design_matrix import DesignMatrix, design_matrix
from .graph import CausalGraph
from .other_ways import conditional_instruments
from .other_ways import instruments as instruments_of
from .question import CausalQuestion
from .separation import d_separated


@dataclass(frozen=True)
class Instrumental:
    """The complete rows (their covariates are what instrument and outcome are adjusted for), and
    the instruments `z` (n, k) of the columns `names`."""

    analysis: Analysis
    z: DesignMatrix
    names: tuple[str, ...]


def instrumental(question: CausalQuestion) -> Instrumental:
    """The rows, instruments and covariates of a question.

    With roles the instruments and confounders that were named; with a graph every measured
    variable that is an instrument in it, adjusted for what was measured before the treatment where
    the instruments stay valid with that (it makes intervals shorter), and for nothing otherwise; or
    the first variable that is one once others are adjusted for, with these.

    Raises `NotApplicable` where there is no instrument or it does not vary.
    """
    names, used = _ways(question)
    if not names:
        raise NotApplicable(
            f"No instrument is named, and the graph of {question.treatment} and "
            f"{question.outcome} holds none.",
            "Name a column that moves the treatment and reaches the outcome only through it.",
        )
    says = _assumes(question, names, used)
    analysis = complete_rows(question, used, also=names, says=says)
    z = design_matrix(question.data, names, analysis.rows)
    if not z.terms:
        raise NotApplicable(
            f"The instrument {', '.join(names)} does not vary over {len(analysis):,} rows used.",
            "Choose columns with fewer missing values.",
        )
    return Instrumental(analysis, z, names)


def _ways(question: CausalQuestion) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The instruments, and what is adjusted for with them."""
    if not question.graph_was_drawn:
        return question.instruments, question.confounders
    named = (question.graph, question.treatment, question.outcome)
    plain = instruments_of(*named)
    if plain:
        return plain, _covariates(*named, plain)
    conditional = conditional_instruments(*named).found
    # Each has its own set; the first is taken, with what it needs.
    for first in conditional:
        return (first.name,), first.given
    return (), ()


def _covariates(
    graph: CausalGraph, treatment: str, outcome: str, names: tuple[str, ...]
) -> tuple[str, ...]:
    before = graph.observed & graph.ancestors(treatment, outcome)
    before -= graph.descendants(treatment) | {treatment, outcome, *names}
    for instrument in names:
        before -= graph.descendants(instrument)
    given = tuple(n for n in graph.nodes if n in before)
    return given if _stay_valid(graph, treatment, outcome, names, given) else ()


def _stay_valid(
    graph: CausalGraph,
    treatment: str,
    outcome: str,
    names: tuple[str, ...],
    given: tuple[str, ...],
) -> bool:
    closed = graph.without_arrows_out_of(treatment)
    return all(d_separated(closed, z, outcome, given) for z in names)


def _assumes(question: CausalQuestion, names: tuple[str, ...], used: tuple[str, ...]) -> str:
    given = f", given {', '.join(used)}," if used else ""
    several = len(names) > 1
    verb = "are instruments" if several else "is an instrument"
    return (
        f"{', '.join(names)} {verb}: it is assumed that {'they' if several else 'it'}{given} "
        f"{'share' if several else 'shares'} no cause with {question.outcome}, "
        f"{'reach' if several else 'reaches'} it only through {question.treatment}, and "
        f"{'move' if several else 'moves'} nobody's treatment the other way (monotonicity). "
        "No data can show this."
    )
