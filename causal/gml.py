"""A causal graph in GML (Himsolt 1997), as networkx, yEd, Gephi and DoWhy write it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from workbench.errors import QuestionError

from .graph import CausalGraph, Edge
from .graph_text import (
    MOST_LEVELS,
    GraphText,
    misread,
    require_arrows,
    require_size,
    require_variables,
)

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\ufeff]+|\#[^\n]*)
      | (?P<text>"[^"]*")
      | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<sign>[\[\]])
      | (?P<key>[A-Za-z_]\w*)""",
    re.VERBOSE,
)
#: What is passed over: how a graph is drawn, and who wrote it.
_DRAWING = """
    creator version comment name graphics labelgraphics hierarchic isplanar weight value color shape
    style multigraph nodedefault edgedefault
""".split()  # noqa: SIM905 (reads better than fifteen quotes)
_HINT = 'A graph in GML is  graph [ directed 1  node [ id 0 label "age" ]  edge [ … ] ].'
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")


def read_gml(text: str) -> GraphText:
    """The graph that GML text stands for. A node's name is its label, or its id where it has none.

    Marks of a node: `latent 1`, `unobserved 1`, `observed "no"`, `adjusted 1`, `exposure 1`,
    `outcome 1`; of an edge: `bidirected 1` or `dir "both"` for an unmeasured common cause.
    Raises `QuestionError`, with line and column, for what is not understood and for graphs that
    are not directed.
    """
    require_size(text)
    whole = _Reader(_tokens(text)).pairs("")
    graphs = [pair for pair in whole if pair.key == "graph" and isinstance(pair.value, list)]
    for pair in whole:
        if pair not in graphs and pair.key not in _DRAWING:
            raise _not_understood(pair)
    if len(graphs) != 1:
        raise misread(f"The text holds {len(graphs)} graphs, one was expected", "line 1", _HINT)
    return _Meaning().read(graphs[0])


def write_gml(graph: CausalGraph, treatment: str | None = None, outcome: str | None = None) -> str:
    """The graph as GML text, which networkx and DoWhy read; with a question's treatment and
    outcome marked."""
    drawn = graph.drawn
    ids = {node: place for place, node in enumerate(drawn.nodes)}
    lines = ["graph [", "  directed 1"]
    lines += ['  adjusted "none"'] if graph.adjusted == frozenset() else []
    for node in drawn.nodes:
        marks = [
            f" {word} 1"
            for word, holds in (
                ("exposure", node == treatment),
                ("outcome", node == outcome),
                ("latent", node in graph.latent),
                ("adjusted", node in (graph.adjusted or ())),
            )
            if holds
        ]
        lines.append(f"  node [ id {ids[node]} label {_quoted(node)}{''.join(marks)} ]")
    for a, b in drawn.edges:
        lines.append(f"  edge [ source {ids[a]} target {ids[b]} ]")
    for a, b in graph.bidirected:
        lines.append(f"  edge [ source {ids[a]} target {ids[b]} bidirected 1 ]")
    return "\n".join([*lines, "]"])


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: str


@dataclass(frozen=True)
class _Pair:
    """A key with its value: text, or a list of pairs."""

    key: str
    value: str | list[_Pair]
    at: str


@dataclass
class _Reader:
    tokens: list[_Token]
    place: int = 0
    level: int = 0

    def pairs(self, closing: str) -> list[_Pair]:
        found: list[_Pair] = []
        while True:
            token = self._take()
            if token.kind == "end" and closing:
                raise misread("The graph ends before its ']'", token.at, _HINT)
            if token.kind == "end" or (token.kind == "sign" and token.text == closing):
                return found
            if token.kind != "key":
                raise misread(f"A word was expected, not '{token.text[:40]}'", token.at, _HINT)
            found.append(_Pair(token.text.lower(), self._value(token), token.at))

    def _value(self, key: _Token) -> str | list[_Pair]:
        token = self._take()
        if token.kind in ("text", "number"):
            return token.text
        if token.text != "[":
            raise misread(f"'{key.text[:40]}' has no value", token.at, _HINT)
        self.level += 1
        if self.level > MOST_LEVELS:
            raise misread(f"Lists lie more than {MOST_LEVELS} deep", token.at, _HINT)
        inside = self.pairs("]")
        self.level -= 1
        return inside

    def _take(self) -> _Token:
        token = self.tokens[self.place]
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token


@dataclass
class _Meaning:
    """What the pairs say of variables and arrows."""

    names: dict[str, str] = field(default_factory=dict)
    marked: dict[str, list[str]] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    bidirected: dict[Edge, None] = field(default_factory=dict)
    positions: dict[str, tuple[float, float]] = field(default_factory=dict)
    passed_over: dict[str, None] = field(default_factory=dict)
    is_directed: bool = False
    adjusts_nothing: bool = False

    def read(self, graph: _Pair) -> GraphText:
        inside = _list(graph)
        for pair in inside:
            if pair.key == "node":
                self._node(pair)
            elif pair.key != "edge":
                self._property(pair)
        if not self.is_directed:
            raise misread("The graph does not say  directed 1", graph.at, _HINT)
        for pair in inside:
            if pair.key == "edge":
                self._edge(pair)
        if not self.names:
            raise QuestionError("The graph names no variable.", _HINT)
        adjusted = self.marked.get("adjusted", [])
        made = CausalGraph.of(
            self.edges, self.names.values(), self.marked.get("latent", ()),
            bidirected=self.bidirected,
            adjusted=adjusted if adjusted or self.adjusts_nothing else None,
        )  # fmt: skip
        exposures, outcomes = (tuple(self.marked.get(m, ())) for m in ("exposure", "outcome"))
        return GraphText(made, "GML", exposures, outcomes, self.positions, tuple(self.passed_over))

    def _property(self, pair: _Pair) -> None:
        if pair.key == "directed":
            self.is_directed = _is_yes(pair)
        elif pair.key == "adjusted" and pair.value == "none":
            self.adjusts_nothing = True
        elif pair.key in ("id", "label"):
            self.passed_over[pair.key] = None  # the graph's own name
        else:
            self._pass_over(pair)

    def _node(self, node: _Pair) -> None:
        given = {pair.key: pair for pair in _list(node)}
        if "id" not in given:
            raise misread("A node has no id", node.at, _HINT)
        identity = _text(given.pop("id"))
        name = _text(given.pop("label")) if "label" in given else identity
        if identity in self.names or name in self.names.values():
            raise misread(f"Two nodes are called '{name[:40]}'", node.at, _HINT)
        if not name.strip():
            raise misread("A node has no name", node.at, _HINT)
        self.names[identity] = name
        require_variables(len(self.names), node.at)
        for key, pair in given.items():
            if key == "observed":
                self._mark("latent", name, not _is_yes(pair))
            elif key in ("latent", "unobserved"):
                self._mark("latent", name, _is_yes(pair))
            elif key in ("adjusted", "exposure", "outcome"):
                self._mark(key, name, _is_yes(pair))
            else:
                self._place(name, pair)
                self._pass_over(pair)

    def _mark(self, mark: str, name: str, holds: bool) -> None:
        if holds:
            self.marked.setdefault(mark, []).append(name)

    def _place(self, name: str, pair: _Pair) -> None:
        if pair.key == "graphics" and isinstance(pair.value, list):
            found = {p.key: p.value for p in pair.value if isinstance(p.value, str)}
            try:
                self.positions[name] = float(found["x"]), float(found["y"])
            except (KeyError, ValueError):
                return

    def _edge(self, edge: _Pair) -> None:
        given = {pair.key: pair for pair in _list(edge)}
        ends: list[str] = []
        for key in ("source", "target"):
            if key not in given:
                raise misread(f"An edge has no {key}", edge.at, _HINT)
            pair = given.pop(key)
            if _text(pair) not in self.names:
                raise misread(f"An edge's {key} '{_text(pair)[:40]}' is no node", pair.at, _HINT)
            ends.append(self.names[_text(pair)])
        is_pair = False
        for pair in given.values():
            if pair.key == "dir" and pair.value in ("both", "forward"):
                is_pair = pair.value == "both"
            elif pair.key == "bidirected":
                is_pair = _is_yes(pair)
            elif pair.key in ("id", "label", "key"):
                self.passed_over[pair.key] = None
            else:
                self._pass_over(pair)
        a, b = ends
        if is_pair and a == b:
            raise misread(f"'{a[:40]}' has an arrow to itself", edge.at, _HINT)
        if is_pair:
            self.bidirected[min(a, b), max(a, b)] = None
        else:
            self.edges[a, b] = None
        require_arrows(len(self.edges) + len(self.bidirected), edge.at)

    def _pass_over(self, pair: _Pair) -> None:
        if pair.key not in _DRAWING:
            raise _not_understood(pair)
        self.passed_over[pair.key] = None


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place, line, line_starts = 0, 1, 0
    while place < len(text):
        at = f"line {line}, column {place - line_starts + 1}"
        match = _TOKEN.match(text, place)
        if match is None:
            raise misread(f"{text[place : place + 12]!r} is not understood", at, _HINT)
        kind, word = match.lastgroup or "", match.group()
        if kind != "space":
            plain = html.unescape(word[1:-1]) if kind == "text" else word
            found.append(_Token(kind, plain, at))
        if "\n" in word:
            line += word.count("\n")
            line_starts = place + word.rindex("\n") + 1
        place = match.end()
    return [*found, _Token("end", "", f"line {line}, column {place - line_starts + 1}")]


def _quoted(name: str) -> str:
    """GML is ASCII: all else, quotes and ampersands are written as character entities."""
    safe = "".join(c if c.isascii() and c not in '&"' else f"&#{ord(c)};" for c in name)
    return f'"{safe}"'


def _list(pair: _Pair) -> list[_Pair]:
    if not isinstance(pair.value, list):
        raise misread(f"'{pair.key}' was expected to hold a list [ … ]", pair.at, _HINT)
    return pair.value


def _text(pair: _Pair) -> str:
    if not isinstance(pair.value, str):
        raise misread(f"'{pair.key}' was expected to hold a word or a number", pair.at, _HINT)
    return pair.value


def _is_yes(pair: _Pair) -> bool:
    if pair.value not in (*_YES, *_NO):
        raise misread(f"The value of '{pair.key}' is not understood", pair.at, _HINT)
    return pair.value in _YES


def _not_understood(pair: _Pair) -> QuestionError:
    return misread(f"'{pair.key[:40]}' is not understood", pair.at, _HINT)
