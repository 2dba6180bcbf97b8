"""Answers that DoWhy 0.14 was seen to give wrongly, slowly or not at all about graphs, with the
right ones."""

import random
import time
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, identify, linear_regression
from causal.adjustment import _from_graph
from causal.graph import CausalGraph
from causal.leave_alone import left_alone
from causal.other_ways import conditional_instruments, front_doors, instruments
from causal.read_graph import read_graph
from workbench import Dataset
from workbench.errors import QuestionError


def chained_world(rows: int = 4_000) -> Dataset:
    """The effect of t on y is 2; w confounds it and stands in the middle of a chain."""
    rng = np.random.default_rng(0)
    v = rng.normal(size=rows)
    w = v + rng.normal(size=rows)
    t = w + rng.normal(size=rows)
    return Dataset.of(
        pd.DataFrame({"v": v, "w": w, "t": t, "y": 2 * t + w + rng.normal(size=rows)})
    )


def test_chained_arrows_lose_no_confounder() -> None:
    chained = "dag { v -> w -> t -> y; w -> y }"
    question = CausalQuestion(chained_world(), treatment="t", outcome="y", graph=chained)
    assert set(question.graph.edges) == {("v", "w"), ("w", "t"), ("t", "y"), ("w", "y")}
    effect = linear_regression(question).frame.iloc[0]
    assert effect["conf_low"] < 2 < effect["conf_high"]  # 2.5 where the confounder is lost


def test_a_two_headed_arrow_is_no_variable() -> None:
    question = CausalQuestion(
        chained_world(), treatment="t", outcome="y", graph="dag { t -> y t <-> y w -> t }"
    )
    found = identify(question)
    assert "<->" not in question.graph.nodes
    assert not found.is_identified
    assert "unmeasured cause of t and y" in found.summary
    assert list(found.frame.loc[found.frame["way"] == "instrument", "variables"]) == ["w"]


def test_a_circle_is_refused() -> None:
    with pytest.raises(QuestionError, match="circle: t → y → w → t"):
        CausalQuestion(
            chained_world(), treatment="t", outcome="y", graph="dag { t -> y -> w -> t }"
        )


def test_a_node_without_a_column_is_refused() -> None:
    with pytest.raises(QuestionError, match="names 'ghost'"):
        CausalQuestion(chained_world(), treatment="t", outcome="y", graph="ghost -> {t y}; t -> y")


def test_an_effect_that_is_not_identified_is_a_sentence() -> None:
    question = CausalQuestion(
        chained_world(), treatment="t", outcome="y", graph="u [latent]; u -> {t y}; t -> y"
    )
    assert "cannot be had by adjustment: the path t ← u (not measured) → y" in (
        identify(question).summary
    )


def test_twenty_five_plain_confounders_take_no_time() -> None:
    names = [f"c{k}" for k in range(25)]
    graph = CausalGraph.of([("t", "y"), *((c, end) for c in names for end in "ty")])
    started = time.process_time()
    found = _from_graph(graph, "t", "y")
    assert time.process_time() - started < 1
    assert found.sets == (tuple(sorted(names)),)
    assert found.complete


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_sixty_nodes_are_answered_within_two_seconds(share: float) -> None:
    """Sets, best set, instruments, front doors and what to leave alone."""
    draw = random.Random(3)
    nodes = [f"v{k}" for k in range(60)]
    edges = [pair for pair in combinations(nodes, 2) if draw.random() < share]
    hidden = [n for n in nodes if draw.random() < 0.15 and n not in ("v10", "v55")]
    graph = CausalGraph.of([*edges, ("v10", "v55")], nodes, hidden)
    started = time.process_time()
    found = _from_graph(graph, "v10", "v55")
    for search in (instruments, conditional_instruments, front_doors):
        search(graph, "v10", "v55")
    left_alone(graph, "v10", "v55", found.used)
    assert time.process_time() - started < 2


def test_the_best_set_is_found_where_efficient_adjustment_fails() -> None:
    """A latent variable that the best set does not need stands in no one's way."""
    graph = read_graph("dag { u [latent] u -> a; a -> {t y}; b -> y; t -> y }")
    assert _from_graph(graph, "t", "y").optimal == ("a", "b")
