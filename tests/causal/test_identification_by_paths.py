"""What identification says of random graphs, against the definitions walked path by path, and of
the best set, against the exact variances of linear worlds."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from causal.adjustment import _from_graph, is_valid
from causal.graph import CausalGraph
from causal.other_ways import conditional_instruments, front_doors, instruments
from tests.causal import path_search


@st.composite
def acyclic(draw: st.DrawFn, most: int = 8) -> tuple[CausalGraph, str, str]:
    """Up to eight nodes, arrows of both kinds, some nodes latent, two measured ones asked about."""
    count = draw(st.integers(3, most))
    nodes = draw(st.permutations([f"v{k}" for k in range(count)]))
    pairs = list(combinations(nodes, 2))
    kinds = draw(st.lists(st.sampled_from(["", "", "->", "->", "<->"]), min_size=len(pairs),
                          max_size=len(pairs)))  # fmt: skip
    treatment, outcome = draw(st.permutations(nodes))[:2]
    latent = draw(st.sets(st.sampled_from(nodes), max_size=2)) - {treatment, outcome}
    chosen = [[p for p, k in zip(pairs, kinds, strict=True) if k == kind] for kind in ("->", "<->")]
    both = chosen[1][: max(0, most - count)]  # each is a node of its own
    return CausalGraph.of(chosen[0], nodes, latent, bidirected=both), treatment, outcome


@given(acyclic())
@settings(max_examples=150)
def test_minimal_sets_are_those_of_the_definition(world: tuple[CausalGraph, str, str]) -> None:
    graph, treatment, outcome = world
    found = _from_graph(graph, treatment, outcome)
    measured = graph.observed - {treatment, outcome}
    expected = path_search.minimal_adjustment_sets(
        frozenset(graph.edges), treatment, outcome, measured
    )
    assert found.complete
    assert set(map(frozenset, found.sets)) == expected
    assert (found.used is None) == (not expected)
    for best in (found.used, found.optimal):
        assert best is None or is_valid(graph, treatment, outcome, frozenset(best))


@given(acyclic(most=6))
@settings(max_examples=100)
def test_a_set_is_valid_when_the_definition_says_so(world: tuple[CausalGraph, str, str]) -> None:
    graph, treatment, outcome = world
    edges = frozenset(graph.edges)
    for chosen in path_search.subsets(graph.observed - {treatment, outcome}):
        expected = path_search.is_adjustment_set(edges, treatment, outcome, chosen)
        assert is_valid(graph, treatment, outcome, chosen) == expected


@given(acyclic(most=7))
@settings(max_examples=100)
def test_instruments_are_those_of_the_definition(world: tuple[CausalGraph, str, str]) -> None:
    graph, treatment, outcome = world
    expected = path_search.instruments(frozenset(graph.edges), treatment, outcome, graph.observed)
    assert set(instruments(*world)) == {z for z, is_plain in expected.items() if is_plain}
    conditional = conditional_instruments(*world).found
    assert {i.name for i in conditional} == {z for z, is_plain in expected.items() if not is_plain}
    closed = graph.without_arrows_out_of(treatment)
    for found in conditional:
        held = frozenset(found.given)
        assert path_search.separated(frozenset(closed.edges), found.name, outcome, held)
        assert not path_search.separated(frozenset(graph.edges), found.name, treatment, held)


@given(acyclic(most=7))
@settings(max_examples=100)
def test_front_doors_are_those_of_the_definition(world: tuple[CausalGraph, str, str]) -> None:
    graph, treatment, outcome = world
    expected = path_search.front_doors(frozenset(graph.edges), treatment, outcome, graph.observed)
    found = set(map(frozenset, front_doors(*world)))
    assert found == {s for s in expected if len(s) <= 3}


def variance(covariance: dict[str, dict[str, float]], t: str, y: str, held: list[str]) -> float:
    """Asymptotic variance of the regression of y on t and what is held (Henckel et al., eq. 2)."""
    return _given(covariance, y, [t, *held]) / _given(covariance, t, held)


def _given(covariance: dict[str, dict[str, float]], a: str, held: list[str]) -> float:
    own = covariance[a][a]
    if not held:
        return own
    matrix = np.array([[covariance[i][j] for j in held] for i in held])
    cross = np.array([covariance[a][j] for j in held])
    return float(own - cross @ np.linalg.solve(matrix, cross))


def linear_world(graph: CausalGraph, seed: int) -> dict[str, dict[str, float]]:
    rng = np.random.default_rng(seed)
    at = {node: k for k, node in enumerate(graph.nodes)}
    slopes = np.zeros((len(at), len(at)))
    for a, b in graph.edges:
        slopes[at[b], at[a]] = rng.uniform(0.4, 1.2) * rng.choice([-1, 1])
    spread = np.linalg.inv(np.eye(len(at)) - slopes)
    made = spread @ np.diag(rng.uniform(0.5, 2, len(at))) @ spread.T
    return {a: {b: float(made[at[a], at[b]]) for b in at} for a in at}


@given(acyclic(most=7), st.integers(0, 10_000))
@settings(max_examples=200)
def test_no_set_gives_less_variance_than_the_best(
    world: tuple[CausalGraph, str, str], seed: int
) -> None:
    graph, treatment, outcome = world
    found = _from_graph(graph, treatment, outcome)
    assume(found.optimal is not None)
    covariance = linear_world(graph, seed)
    measured = graph.observed - {treatment, outcome}
    rivals = (
        list(map(frozenset, found.sets))
        if found.optimal_of_minimal
        else [s for s in path_search.subsets(measured) if is_valid(graph, treatment, outcome, s)]
    )
    best = variance(covariance, treatment, outcome, list(found.optimal or ()))
    for rival in rivals:
        assert best <= variance(covariance, treatment, outcome, sorted(rival)) * (1 + 1e-9)


def test_a_set_outside_the_back_door_criterion_gives_the_effect() -> None:
    """W is an effect of X, and with U it is valid: the regression has the slope of the effect."""
    graph = CausalGraph.of([("X", "Y"), ("X", "W"), ("U", "W"), ("U", "Y")])
    covariance = linear_world(graph, 3)
    alone, with_both = (
        np.linalg.solve(
            np.array([[covariance[i][j] for j in held] for i in held]),
            np.array([covariance["Y"][j] for j in held]),
        )[0]
        for held in (["X"], ["X", "U", "W"])
    )
    assert is_valid(graph, "X", "Y", frozenset(["U", "W"]))
    assert not is_valid(graph, "X", "Y", frozenset(["W"]))
    assert alone == pytest.approx(with_both)
