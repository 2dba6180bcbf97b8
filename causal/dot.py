"""A causal graph in DOT, the language of Graphviz.

Understood: `digraph { … }` or the bare statements, quoted names, chains `a -> b -> c`, groups
`{a b} -> c` and `subgraph`, `a <- b`, `a <-> b` and `[dir=both]` (an unmeasured common cause),
comments, and the marks `latent`, `unobserved`, `observed=no`, `adjusted`, `exposure`, `outcome`.
Attributes that only say how to draw are passed over, and named; any other is refused.
"""

from __future__ import annotations

from .arrow_text import Dialect, quoted, read_arrows
from .graph import CausalGraph
from .graph_text import GraphText

_WITHOUT_DIRECTION = "'graph' means lines without direction"
#: Graphviz's attributes that carry no meaning for a causal graph.
_DRAWING = """
    arrowsize bb bgcolor center charset class cluster color colorscheme comment compound
    concentrate constraint decorate dpi edgetooltip edgeurl fillcolor fixedsize fontcolor fontname
    fontpath fontsize forcelabels gradientangle group headlabel headport height href id imagescale
    k label labelangle labeldistance labelfloat labelfontcolor labelfontname labelfontsize
    labeljust labelloc layout len margin maxiter mclimit minlen mindist mode model name newrank
    nodesep normalize ordering orientation outputorder overlap pack packmode pad page pagedir
    pencolor penwidth peripheries pin pos quantum rank rankdir ranksep ratio regular root rotate
    samehead sametail sep shape sides size splines start style stylesheet taillabel tailport target
    title tooltip url viewport weight width xlabel xlp
"""
DOT = Dialect(
    form="DOT",
    opens=("digraph",),
    refuses={"graph": _WITHOUT_DIRECTION},
    marks={},
    drawing=frozenset(_DRAWING.split()),
)


def read_dot(text: str) -> GraphText:
    """The graph that DOT text stands for.

    Raises `QuestionError`, with line and column, for text that is not understood, for lines
    without direction, and for more than 200 variables or 4,000 arrows. Cycles are the question's
    to refuse.
    """
    return read_arrows(text, DOT)


def write_dot(graph: CausalGraph) -> str:
    """The graph as DOT text, which reads back as the same graph and which Graphviz draws."""
    drawn = graph.drawn
    marks = {n: _marks(graph, n) for n in drawn.nodes}
    by_edges = tuple(dict.fromkeys(end for edge in drawn.edges for end in edge))
    lines = ["  adjusted=none;"] if graph.adjusted == frozenset() else []
    if drawn.nodes != by_edges or any(marks.values()):
        lines += [f"  {quoted(n)}{mark};" for n, mark in marks.items()]
    lines += [f"  {quoted(a)} -> {quoted(b)};" for a, b in drawn.edges]
    lines += [f"  {quoted(a)} -> {quoted(b)} [dir=both];" for a, b in graph.bidirected]
    return "digraph {\n" + "\n".join(lines) + "\n}"


def _marks(graph: CausalGraph, node: str) -> str:
    is_adjusted = node in (graph.adjusted or ())
    return " [latent=yes]" if node in graph.latent else " [adjusted=yes]" if is_adjusted else ""
