"""The ID algorithm's yes or no, against the textbooks and against criteria that are simpler."""

import random
from itertools import combinations

import networkx as nx
import pytest

from causal import CausalQuestion, identify
from causal.adjustment import _from_graph
from causal.graph import CausalGraph
from causal.identifiable import is_identifiable
from causal.other_ways import front_doors
from causal.read_graph import read_graph
from tests.causal.test_dowhy_was_wrong import chained_world


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("X -> Y", True),
        ("X -> Y; X <-> Y", False),  # the bow
        ("X -> M -> Y; X <-> Y", True),  # the front door
        ("X -> M -> Y; X <-> M", False),
        ("W -> Z -> X -> Y; W <-> X; W <-> Y", True),  # the napkin
        ("Z -> X -> Y; X <-> Y", False),  # an instrument
        ("X -> Z1 -> Y; Z2 -> {X Z1 Y}; X <-> Z2; X <-> Y; Z2 <-> Y", True),  # Causality, fig. 3.8
        ("X -> M -> Y; X <-> Y; M <-> Y", False),
        ("X -> Y; X <-> Z; Z <-> Y", True),
        ("X -> Y; Z -> X; X <-> Z; Z <-> Y", False),
        ("X -> Y; U [latent]; V [latent]; U -> V -> X; U -> Y", False),
        ("Y -> X; X <-> Y", True),  # no effect, whatever confounds them
    ],
)
def test_textbook_graphs(text: str, answer: bool) -> None:
    assert is_identifiable(read_graph(text), "X", "Y") == answer


def random_graph(seed: int) -> CausalGraph:
    draw = random.Random(seed)
    nodes = ["X", "Y", "a", "b", "c"][: draw.randint(3, 5)]
    draw.shuffle(nodes)
    pairs = list(combinations(nodes, 2))
    arrows = [p for p in pairs if draw.random() < 0.5]
    return CausalGraph.of(arrows, nodes, bidirected=[p for p in pairs if draw.random() < 0.25])


@pytest.mark.parametrize("block", range(4))
def test_whatever_can_be_adjusted_for_is_identifiable(block: int) -> None:
    for seed in range(100 * block, 100 * block + 100):
        graph = random_graph(seed)
        if _from_graph(graph, "X", "Y").sets or front_doors(graph, "X", "Y"):
            assert is_identifiable(graph, "X", "Y"), seed


def test_parents_without_an_unmeasured_path_to_the_children_are_enough() -> None:
    """Tian & Pearl (2002): identifiable if no district holds the treatment and one of its
    children."""
    for seed in range(300):
        graph = random_graph(seed)
        districts = nx.Graph(list(graph.bidirected))
        districts.add_nodes_from(graph.observed)
        around = nx.node_connected_component(districts, "X")
        if not around & graph.children["X"]:
            assert is_identifiable(graph, "X", "Y"), seed


def test_the_answer_stands_in_the_notes() -> None:
    for text, says in (
        ("v -> w -> t -> y; v <-> t; v <-> y", "does determine the effect"),
        ("w -> t -> y; t <-> y", "no formula gives the effect"),
    ):
        question = CausalQuestion(chained_world(), treatment="t", outcome="y", graph=text)
        assert any(says in note for note in identify(question).notes)
