"""A causal graph in the text of DAGitty (Textor et al., International Journal of Epidemiology 45,
2016): `dag { … }` with chains, groups, `<-`, `<->`, statuses and positions."""

from __future__ import annotations

from collections.abc import Mapping

from .arrow_text import Dialect, quoted, read_arrows
from .graph import CausalGraph
from .graph_text import GraphText

_NOT_A_DAG = "'{}' stands for many graphs at once; here every arrow has a direction: write 'dag'"
DAGITTY = Dialect(
    form="dagitty",
    opens=("dag",),
    refuses={word: _NOT_A_DAG.format(word) for word in ("mag", "pdag", "pag", "graph")},
    marks={
        "e": "exposure", "source": "exposure", "o": "outcome", "target": "outcome",
        "l": "latent", "u": "latent", "latentnode": "latent", "a": "adjusted",
        "adjustednode": "adjusted", "s": "selected", "selectionnode": "selected",
    },
    drawing=frozenset(("bb", "beta", "label", "color", "pos")),
    needs_header=True,
)  # fmt: skip


def read_dagitty(text: str) -> GraphText:
    """The graph that dagitty text stands for.

    Statuses: `exposure` (e), `outcome` (o), `latent` or `unobserved` (l, u), `adjusted` (a).
    Raises `QuestionError`, with line and column, for what is not understood; for `mag`, `pdag` and
    `pag`, which stand for many graphs; and for `selected`.
    """
    return read_arrows(text, DAGITTY)


def write_dagitty(
    graph: CausalGraph,
    treatment: str | None = None,
    outcome: str | None = None,
    positions: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """The graph as dagitty text, which dagitty.net and R's dagitty read; with a question's
    treatment and outcome marked as exposure and outcome."""
    drawn = graph.drawn
    lines = ['adjusted="none"'] if graph.adjusted == frozenset() else []
    for node in drawn.nodes:
        marks = [
            word
            for word, holds in (
                ("exposure", node == treatment),
                ("outcome", node == outcome),
                ("latent", node in graph.latent),
                ("adjusted", node in (graph.adjusted or ())),
            )
            if holds
        ]
        if positions and node in positions:
            x, y = positions[node]
            marks.append(f'pos="{x:.6g},{y:.6g}"')
        lines.append(quoted(node) + (f" [{','.join(marks)}]" if marks else ""))
    lines += [f"{quoted(a)} -> {quoted(b)}" for a, b in drawn.edges]
    lines += [f"{quoted(a)} <-> {quoted(b)}" for a, b in graph.bidirected]
    return "dag {\n" + "\n".join(lines) + "\n}"
