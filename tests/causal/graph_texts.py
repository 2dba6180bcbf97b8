"""Graphs with any names, for the forms they are written in."""

from hypothesis import strategies as st

from causal.graph import CausalGraph

names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8
).filter(str.strip)


@st.composite
def graphs(draw: st.DrawFn) -> CausalGraph:
    """Arrows of both kinds, latent and adjusted variables, variables without an arrow."""
    nodes = draw(st.lists(names, min_size=2, max_size=7, unique=True))
    pair = st.tuples(st.sampled_from(nodes), st.sampled_from(nodes))
    others = pair.filter(lambda ends: ends[0] != ends[1])
    latent = draw(st.sets(st.sampled_from(nodes), max_size=2))
    measured = [n for n in nodes if n not in latent]
    chosen = st.sets(st.sampled_from(measured), max_size=3) if measured else st.just(set())
    return CausalGraph.of(
        draw(st.lists(pair, max_size=8)), nodes, latent,
        bidirected=draw(st.lists(others, max_size=3)), adjusted=draw(st.none() | chosen),
    )  # fmt: skip


def parts(graph: CausalGraph) -> tuple[object, ...]:
    """What makes two graphs the same, whatever the order."""
    return set(graph.nodes), set(graph.edges), graph.latent, graph.adjusted
