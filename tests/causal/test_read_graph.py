"""Four forms, recognised by themselves; what is written is read again; nothing is dropped."""

import time
from contextlib import suppress

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal.dagitty import write_dagitty
from causal.edge_table import write_edge_table
from causal.gml import write_gml
from causal.graph import CausalGraph
from causal.read_graph import read_graph, read_graph_text
from tests.causal.graph_texts import graphs, parts
from workbench.errors import QuestionError

SAME = {
    "DOT": 'digraph { "body mass" -> t -> y; u [latent]; u -> {t y}; "body mass" -> y [dir=both] }',
    "dagitty": 'dag { bb="0,0,1,1" "body mass" -> t [pos="0,1"] t -> y u [l,pos="1,2"] '
    'u -> {t y} y <-> "body mass" }',
    "GML": """Creator "us" Version 1
        graph [ comment "x" directed 1
          node [ id 1 label "body mass" graphics [ x 1.0 y 2 ] ] node [ id 2 label "t" ]
          node [ id 3 label "y" ] node [ id 4 label "u" observed "no" ]
          edge [ source 1 target 2 ] edge [ source 2 target 3 ] edge [ source 4 target 2 ]
          edge [ source 4 target 3 ] edge [ source 3 target 1 dir "both" ] ]""",
    "edge table": "Source;Target;Kind\nbody mass;t;\nt;y;->\n\nt;u;<-\ny;u;←\nu;;latent\n"
    "body mass;y;<->\n",
}  # fmt: skip


@pytest.mark.parametrize("form", SAME)
def test_one_graph_in_four_forms(form: str) -> None:
    read = read_graph_text(SAME[form])
    assert read.form == form
    assert parts(read.graph) == parts(
        CausalGraph.of(
            [("body mass", "t"), ("t", "y"), ("u", "t"), ("u", "y")], latent=["u"],
            bidirected=[("y", "body mass")],
        )
    )  # fmt: skip
    assert f"Read as {form}: 4 variables, 4 arrows, 1 unmeasured common cause (<->)." in read.says
    assert "Not measured: u." in read.says


def test_bare_arrows_and_a_frame_are_read() -> None:
    assert read_graph("a -> b").edges == (("a", "b"),)
    table = pd.DataFrame({"from": ["a", "c"], "to": ["b", None], "type": [None, "adjusted"]})
    assert parts(read_graph(table)) == parts(CausalGraph.of([("a", "b")], ["c"], adjusted=["c"]))


def test_statuses_and_positions_are_kept() -> None:
    read = read_graph_text(
        'dag { x [exposure,pos="-1.2,0.3"] y [o] z [adjusted] u [unobserved] x -> y '
        "{x y} <- u z -> {x y} }"
    )
    assert (read.exposures, read.outcomes) == (("x",), ("y",))
    assert read.graph.adjusted == {"z"}
    assert read.graph.latent == {"u"}
    assert read.positions == {"x": (-1.2, 0.3)}
    again = read_graph_text(write_dagitty(read.graph, "x", "y", read.positions))
    assert (again.exposures, again.outcomes, again.positions) == (("x",), ("y",), read.positions)


def test_what_only_says_how_to_draw_is_named() -> None:
    read = read_graph_text('digraph { rankdir=LR; a [color=red,label="A"]; a -> b [style=dotted] }')
    assert read.passed_over == ("rankdir", "color", "label", "style")
    assert "passed over: rankdir, color, label, style." in read.says


@given(graphs())
def test_dot_round_trip(graph: CausalGraph) -> None:
    assert parts(read_graph(graph.dot)) == parts(graph)


@given(graphs())
def test_dagitty_round_trip(graph: CausalGraph) -> None:
    read = read_graph_text(write_dagitty(graph, graph.nodes[0], graph.nodes[1]))
    assert (parts(read.graph), read.form) == (parts(graph), "dagitty")
    assert read.exposures == graph.nodes[:1]


@given(graphs())
def test_gml_round_trip(graph: CausalGraph) -> None:
    read = read_graph_text(write_gml(graph))
    assert (parts(read.graph), read.form) == (parts(graph), "GML")


@given(graphs())
def test_edge_table_round_trip_as_frame_and_as_csv(graph: CausalGraph) -> None:
    table = write_edge_table(graph)
    assert parts(read_graph(table)) == parts(graph)
    for separator in ",;\t":
        read = read_graph_text(table.to_csv(index=False, sep=separator))
        assert (parts(read.graph), read.form) == (parts(graph), "edge table")


@given(graphs())
def test_networkx_reads_our_gml_and_we_read_its(graph: CausalGraph) -> None:
    if any(a == b for a, b in graph.edges):
        return
    theirs = nx.parse_gml(write_gml(graph.drawn))
    assert set(theirs.nodes) == set(graph.drawn.nodes)
    assert set(theirs.edges) == set(graph.drawn.edges)
    plain = nx.DiGraph()
    plain.add_nodes_from(theirs.nodes)
    plain.add_edges_from(theirs.edges)
    assert set(read_graph("\n".join(nx.generate_gml(plain))).edges) == set(graph.drawn.edges)


@pytest.mark.filterwarnings("ignore::pyparsing.warnings.PyparsingDeprecationWarning")
def test_graphviz_reads_our_dot() -> None:
    import pydot

    graph = read_graph('dag { a <-> b; "x y" -> b; u [latent]; u -> a; z [adjusted] }')
    (made,) = pydot.graph_from_dot_data(graph.dot)
    assert len(made.get_edges()) == 3
    assert {n.get_name().strip('"') for n in made.get_nodes()} == {"a", "b", "x y", "u", "z"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dag { a -> b", "ends before its '}'"),
        ("dag {\n a -> b\n  c @-> b }", "'@-> b }' is not understood (line 3, column 5"),
        ("dag { a [latnet] -> b }", "attribute 'latnet'"),
        ("dag { a [selected] }", "selected by design"),
        ("dag { a -- b }", "line 1, column 9"),
        ("pdag { a -> b }", "stands for many graphs"),
        ("mag { a <-> b }", "stands for many graphs"),
        ("dag { a [latent=maybe] }", "'latent=maybe' is not understood"),
        ("dag { a <-> a }", "arrow to itself"),
        ("dag { a [latent,adjusted] }", "no measured variable"),
        ("digraph { a -> b [dir=sideways] }", "dir=sideways"),
        ("digraph { a -> b [meaning=strong] }", "attribute 'meaning'"),
        ("digraph { " + "{" * 30, "20 deep"),
        ("graph [ node [ id 0 ] ]", "does not say  directed 1"),
        ("graph [ directed 1 node [ id 0 ]\n edge [ source 0 target 7 ] ]", "'7' is no node"),
        ("graph [ directed 1 node [ id 0 kind 3 ] ]", "line 1, column 32"),
        ("graph [ directed 1 node [ id 0 ] node [ id 0 ] ]", "Two nodes are called '0'"),
        ("graph [ directed 1 node [ id 0 ]", "ends before its ']'"),
        ("graph [ directed 1 " + "node [ " * 30, "deep"),
        ("from,to,type\na,b,~>", "'~>' is not understood"),
        ("from,to\n,b", "no 'from'"),
        ("from,to\na,b,c,d", "'c' is not understood"),
        ("from,to\n", "no arrow"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(QuestionError) as refused:
        read_graph(text)
    assert says in str(refused.value)


def test_a_frame_with_other_columns_is_refused() -> None:
    with pytest.raises(QuestionError, match="columns of the table"):
        read_graph(pd.DataFrame({"from": ["a"], "to": ["b"], "strength": [1]}))
    with pytest.raises(QuestionError, match="row 1"):
        read_graph(pd.DataFrame({"from": ["a", ""], "to": ["b", "b"]}))


@pytest.mark.parametrize(
    "text",
    [
        "/**/" * 20_000, "from,to\n" + "a,b\n" * 20_000, "graph [ directed 1 " * 4_000,
        "dag { " + "{a b} -> " * 9_000, "{" * 90_000, "#" * 90_000, '"' * 90_001,
    ],
)  # fmt: skip
def test_hostile_texts_cost_nothing(text: str) -> None:
    started = time.process_time()
    with suppress(QuestionError):
        read_graph(text)
    assert time.process_time() - started < 2


@given(st.text(st.sampled_from('ab <->{}[]=,;"\n\t/*graph digdn0'), max_size=80))
def test_any_text_is_a_graph_or_a_sentence(text: str) -> None:
    for opening in ("", "dag {", "graph [ directed 1 node [", "from,to,type\n"):
        with suppress(QuestionError):
            assert read_graph(opening + text).nodes
