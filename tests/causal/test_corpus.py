"""More than sixty graphs from books and papers, with the answers their authors give."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from causal.adjustment import _from_graph
from causal.graph import CausalGraph
from causal.leave_alone import left_alone
from causal.other_ways import conditional_instruments, front_doors, instruments
from causal.read_graph import read_graph_text

FOLDER = Path(__file__).parent / "corpus"
Sets = set[frozenset[str]]


@dataclass(frozen=True)
class Case:
    """A graph of the corpus and what is known of it, fact by fact."""

    name: str
    graph: CausalGraph
    treatment: str
    outcome: str
    facts: dict[str, str]

    def sets(self, fact: str) -> Sets:
        text = self.facts.get(fact, "none")
        if text == "none":
            return set()
        return {frozenset(s.replace("{}", "").split()) for s in text.split(";")}


def cases() -> list[Case]:
    found = []
    for file in sorted(FOLDER.glob("*.txt")):
        blocks = file.read_text().split("\n\n")
        found += [case(f"{file.stem} {k}", block) for k, block in enumerate(blocks, start=1)]
    return found


def case(name: str, block: str) -> Case:
    lines = [line for line in block.strip().splitlines() if not line.startswith("#")]
    known = ("sets", "instruments", "front door", "optimal", "never")
    facts = dict(line.split(": ", 1) for line in lines if line.split(":")[0] in known)
    read = read_graph_text("\n".join(x for x in lines if x.split(":")[0] not in known))
    (treatment,), (outcome,) = read.exposures, read.outcomes
    return Case(name, read.graph, treatment, outcome, facts)


CASES = cases()
each_case = pytest.mark.parametrize("known", CASES, ids=[c.name for c in CASES])


def test_there_are_enough_graphs() -> None:
    assert len(CASES) >= 60
    assert all("sets" in known.facts for known in CASES)


@each_case
def test_minimal_sets(known: Case) -> None:
    found = _from_graph(known.graph, known.treatment, known.outcome)
    assert found.complete
    assert {frozenset(s) for s in found.sets} == known.sets("sets")
    if "optimal" in known.facts:
        assert {frozenset(found.optimal or ())} == known.sets("optimal")


@each_case
def test_instruments_and_front_doors(known: Case) -> None:
    named = (known.graph, known.treatment, known.outcome)
    asked = {s.strip() for s in known.facts.get("instruments", "").split(";") if s}
    found = set(instruments(*named))
    found |= {f"{i.name} | {' '.join(i.given)}" for i in conditional_instruments(*named).found}
    if "instruments" in known.facts or known.sets("sets") == set():
        assert found == asked
    if "front door" in known.facts or known.sets("sets") == set():
        assert {frozenset(s) for s in front_doors(*named)} == known.sets("front door")


@each_case
def test_what_must_be_left_alone(known: Case) -> None:
    used = _from_graph(known.graph, known.treatment, known.outcome).used
    alone = left_alone(known.graph, known.treatment, known.outcome, used)
    if "never" in known.facts:
        assert {a.name for a in alone if a.is_wrong} == set(known.facts["never"].split())
