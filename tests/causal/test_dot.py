"""A graph is read as it was meant, or refused with its line; nothing is dropped in silence."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal.graph import CausalGraph
from causal.graph_text import MOST_EDGES
from causal.read_graph import read_graph as read_dot
from workbench.errors import QuestionError


def edges(text: str) -> set[tuple[str, str]]:
    return set(read_dot(text).edges)


def test_chains_groups_quotes_and_comments() -> None:
    text = """strict digraph "my graph" {  // a comment
      rankdir=LR; node [shape=box]
      "body mass (kg)" -> {quits sick} -> weight; # another
      /* and
         another */ age -> quits -> weight
      alone
    }"""
    assert edges(text) == {
        ("body mass (kg)", "quits"), ("body mass (kg)", "sick"), ("quits", "weight"),
        ("sick", "weight"), ("age", "quits"),
    }  # fmt: skip
    assert "alone" in read_dot(text).nodes


@pytest.mark.parametrize("text", ["a <-> b", "a -> b [dir=both]", "dag { a <-> b }"])
def test_a_two_headed_arrow_is_a_latent_common_cause(text: str) -> None:
    graph = read_dot(text)
    (cause,) = graph.latent
    assert set(graph.edges) == {(cause, "a"), (cause, "b")}


def test_dagitty_text_with_positions_is_read() -> None:
    graph = read_dot('dag { bb="0,0,1,1" x [exposure,pos="-1.2,0.3"] u [latent] y <- u -> x -> y }')
    assert set(graph.edges) == {("u", "y"), ("u", "x"), ("x", "y")}
    assert graph.latent == {"u"}


@pytest.mark.parametrize("mark", ["latent", 'observed="no"', "unobserved=true", "observed=false"])
def test_a_variable_can_be_marked_as_not_measured(mark: str) -> None:
    assert read_dot(f"digraph {{ u [{mark}, color=red]; u -> y }}").latent == {"u"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("digraph {\n a -> b\n b -- c }", "line 3"),
        ("graph { a -- b }", "without direction"),
        ("a -> b [dir=none]", "without direction"),
        ("digraph { a -> }", "name was expected"),
        ("digraph { a -> b", "ends before"),
        ("digraph { {a b -> c }", "ends before"),
        ("digraph { a:port -> b }", "not understood"),
        ("a -> b\n<b>html</b>", "line 2"),
        ("digraph { a -> b } more", "after the graph"),
        ("a [selected] -> b", "Variables selected"),
        ("node [latent]; a -> b", "every node"),
        ("", "names no variable"),
        ('a -> "open', "not understood"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        read_dot(text)


def test_a_short_text_for_millions_of_arrows_costs_nothing() -> None:
    group = " ".join(f"v{k}" for k in range(150))
    started = time.process_time()
    with pytest.raises(QuestionError, match=f"{MOST_EDGES:,} arrows"):
        read_dot(f"{{{group}}} -> {{{group}}} -> {{{group}}}")
    with pytest.raises(QuestionError, match="200 variables"):
        read_dot(" ".join(f"v{k}" for k in range(5_000)))
    with pytest.raises(QuestionError, match="characters"):
        read_dot("a -> b;" * 1_000_000)
    assert time.process_time() - started < 1


names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8
)


@given(st.lists(st.tuples(names, names), min_size=1, max_size=8), st.sets(names, max_size=2))
def test_written_and_read_again_it_is_the_same_graph(
    arrows: list[tuple[str, str]], latent: set[str]
) -> None:
    graph = CausalGraph.of(arrows, latent, latent)
    again = read_dot(graph.dot)
    assert (set(again.nodes), set(again.edges), again.latent) == (
        set(graph.nodes), set(graph.edges), graph.latent,
    )  # fmt: skip


@given(st.text(max_size=60))
def test_any_text_is_a_graph_or_a_sentence(text: str) -> None:
    with suppress(QuestionError):
        assert read_dot(text).nodes
