"""Adjustment sets against brute force, DoWhy and the textbooks."""

import random
import time
from itertools import combinations, pairwise

import networkx as nx
import pytest

from causal.adjustment import _from_graph, is_valid
from causal.dowhy_bridge import dowhy_answer
from causal.graph import CausalGraph
from causal.other_ways import front_doors, instruments
from causal.read_graph import read_graph as read_dot
from causal.separation import d_separated, open_path


def random_graph(seed: int, most: int = 8) -> tuple[CausalGraph, str, str]:
    """An acyclic graph of 3 to `most` nodes, some latent, and two of its measured nodes."""
    draw = random.Random(seed)
    nodes = [f"v{k}" for k in range(draw.randint(3, most))]
    draw.shuffle(nodes)
    share = draw.uniform(0.15, 0.6)
    edges = [pair for pair in combinations(nodes, 2) if draw.random() < share]
    treatment, outcome = draw.sample(nodes, 2)
    latent = [n for n in nodes if n not in (treatment, outcome) and draw.random() < 0.2]
    return CausalGraph.of(edges, nodes, latent), treatment, outcome


def as_networkx(graph: CausalGraph) -> nx.DiGraph:
    made = nx.DiGraph()
    made.add_nodes_from(graph.nodes)
    made.add_edges_from(graph.edges)
    return made


def subsets(nodes: frozenset[str]) -> list[frozenset[str]]:
    return [frozenset(c) for k in range(len(nodes) + 1) for c in combinations(sorted(nodes), k)]


def brute_force(graph: CausalGraph, treatment: str, outcome: str) -> set[frozenset[str]]:
    """Every minimal back-door set, by trying all subsets with networkx."""
    plain = as_networkx(graph)
    allowed = graph.observed - nx.descendants(plain, treatment) - {treatment, outcome}
    plain.remove_edges_from(list(plain.out_edges(treatment)))
    valid = [s for s in subsets(allowed) if nx.is_d_separator(plain, {treatment}, {outcome}, s)]
    return {s for s in valid if not any(other < s for other in valid)}


@pytest.mark.parametrize("block", range(5))
def test_minimal_sets_are_those_of_brute_force(block: int) -> None:
    identified = 0
    for seed in range(60 * block, 60 * block + 60):
        graph, treatment, outcome = random_graph(seed)
        found = _from_graph(graph, treatment, outcome)
        assert found.complete
        assert set(map(frozenset, found.sets)) == brute_force(graph, treatment, outcome), seed
        assert (found.used is None) == (not found.sets)
        identified += bool(found.sets)
        assert all(is_valid(graph, treatment, outcome, frozenset(s)) for s in found.sets)
    assert 5 < identified < 60  # both kinds of graph were tried


def test_d_separation_is_that_of_networkx() -> None:
    for seed in range(60):
        graph, a, b = random_graph(seed, most=6)
        plain = as_networkx(graph)
        for given in subsets(frozenset(graph.nodes) - {a, b}):
            assert d_separated(graph, a, b, given) == nx.is_d_separator(plain, {a}, {b}, given)


def test_an_open_path_is_a_path_of_the_graph() -> None:
    for seed in range(60):
        graph, a, b = random_graph(seed)
        path = open_path(graph, a, b)
        if path is not None:
            steps = {frozenset(e) for e in graph.edges}
            assert path[0] == a
            assert path[-1] == b
            assert all(frozenset(pair) in steps for pair in pairwise(path))


def test_dowhy_agrees() -> None:
    asked = 0
    for seed in range(200):
        graph, treatment, outcome = random_graph(seed, most=6)
        graph = graph.restricted_to(graph.ancestors(treatment, outcome))
        if outcome not in graph.descendants(treatment):
            continue  # DoWhy answers nothing where there is no effect
        asked += 1
        theirs = dowhy_answer(graph, treatment, outcome)
        ours = _from_graph(graph, treatment, outcome)
        assert bool(theirs.back_door) == bool(ours.sets), seed
        smallest = {frozenset(s) for s in ours.sets if len(s) == len(ours.sets[0])}
        # DoWhy lists the largest valid sets and then the smallest ones.
        assert smallest <= set(theirs.back_door) or not smallest, seed
        assert all(is_valid(graph, treatment, outcome, s) for s in theirs.back_door), seed
        direct = graph.parents[treatment]
        assert theirs.instruments == set(instruments(graph, treatment, outcome)) & direct, seed
    assert asked > 30


M_BIAS = "u1 [latent] u2 [latent] u1 -> {t m}; u2 -> {m y}; t -> y"


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ("z -> {t y}; t -> y", [("z",)]),
        (M_BIAS, [()]),
        ("t -> m -> y; t -> y", [()]),
        ("t -> c; y -> c; t -> y", [()]),
        ("z -> t; t -> y; u [latent] u -> {t y}", []),
        ("u [latent] u -> {t y}; t -> m -> y", []),
        ("t <- a -> b -> y; t -> y", [("a",), ("b",)]),
        ("t <- a -> c; c <- b -> y; c -> {t y}; t -> y", [("a", "c"), ("b", "c")]),
    ],
)
def test_textbook_graphs(text: str, sets: list[tuple[str, ...]]) -> None:
    assert list(_from_graph(read_dot(text), "t", "y").sets) == sets


def test_instrument_and_front_door() -> None:
    hidden = "u [latent] u -> {t y};"
    assert instruments(read_dot(f"z -> t; t -> y; {hidden}"), "t", "y") == ("z",)
    assert instruments(read_dot(f"z -> {{t y}}; t -> y; {hidden}"), "t", "y") == ()
    assert front_doors(read_dot(f"t -> m -> y; {hidden}"), "t", "y") == (("m",),)
    assert front_doors(read_dot(f"t -> {{m n}} -> y; {hidden}"), "t", "y") == (("m", "n"),)
    assert front_doors(read_dot(f"t -> m -> y; t -> y; {hidden}"), "t", "y") == ()
    assert front_doors(read_dot(f"t -> m -> y; u -> m; {hidden}"), "t", "y") == ()


def test_sixty_nodes_within_two_seconds() -> None:
    draw = random.Random(1)
    nodes = [f"v{k}" for k in range(60)]
    edges = [p for p in combinations(nodes, 2) if draw.random() < 0.1]
    started = time.process_time()
    found = _from_graph(CausalGraph.of(edges, nodes), "v20", "v55")
    assert time.process_time() - started < 2
    assert found.used is not None


def test_a_budget_that_runs_out_is_said() -> None:
    chains = "; ".join(f"t <- a{k} -> b{k} -> y" for k in range(12))  # 4096 minimal sets
    found = _from_graph(read_dot(f"t -> y; {chains}"), "t", "y")
    assert not found.complete
    assert len(found.used or ()) == 12
