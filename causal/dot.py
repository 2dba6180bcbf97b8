"""Reads a causal graph from DOT text: a small parser of our own, bounded, that drops nothing.

Understood: `digraph { … }` (or dagitty's `dag { … }`, or the bare statements), quoted names,
chains `a -> b -> c`, groups `{a b} -> c`, `a <- b`, `a <-> b` and `[dir=both]` (a latent common
cause), comments, and the node attributes `latent`, `unobserved` and `observed=no`. Attributes
that only say how to draw are passed over. Anything else is a `QuestionError` with its line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from workbench.errors import QuestionError

from .graph import CausalGraph, Edge

#: Bounds checked before memory is spent: a short text can stand for millions of arrows.
MOST_CHARACTERS = 100_000
MOST_NODES = 200
MOST_EDGES = 4_000

_ARROWS = ("->", "<-", "<->")
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\ufeff]+|//[^\n]*|\#[^\n]*|/\*.*?\*/)
      | (?P<line>\n)
      | (?P<quoted>"(?:\\.|[^"\\])*")
      | (?P<sign><->|->|<-|--|[{}\[\];,=])
      | (?P<name>-?(?:\d+\.?\d*|\.\d+)|[^\W\d][\w.]*)""",
    re.VERBOSE | re.DOTALL,
)


def read_dot(text: str) -> CausalGraph:
    """The graph that DOT text stands for.

    Raises `QuestionError`, with the line, for text that is not understood, for undirected lines,
    and for more than 200 nodes or 4,000 arrows. Cycles are the question's to refuse.
    """
    if len(text) > MOST_CHARACTERS:
        raise QuestionError(
            f"The graph's text has {len(text):,} characters.",
            f"At most {MOST_CHARACTERS:,} are read: draw the variables that matter.",
        )
    return _Reader(_tokens(text)).graph()


@dataclass(frozen=True)
class _Token:
    kind: str  # name, sign or end
    text: str
    line: int


@dataclass
class _Reader:
    """Walks the tokens once; `at` is the next to be read."""

    tokens: list[_Token]
    at: int = 0
    nodes: dict[str, None] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    latent: set[str] = field(default_factory=set)

    def graph(self) -> CausalGraph:
        closing = self._header()
        while not self._sees(closing):
            self._statement()
        self._take()
        if closing and self._next.kind != "end":
            raise _error("There is text after the graph's closing brace", self._next)
        if not self.nodes:
            raise QuestionError("The graph names no variable.", "Write arrows such as  a -> b.")
        return CausalGraph.of(self.edges, self.nodes, self.latent)

    # The grammar

    def _header(self) -> str:
        """Reads `strict digraph name {` as far as it is there; what ends the statements."""
        self._skip_word("strict")
        is_named = any(self._skip_word(word) for word in ("digraph", "dag"))
        if self._next.text.lower() == "graph" and self._after_is("{"):
            raise _error("'graph' means lines without direction", self._next)
        if is_named and self._next.kind in ("name", "quoted"):
            self._take()
        if is_named:
            self._expect("{")
            return "}"
        return ""

    def _statement(self) -> None:
        if self._skip(";") or self._skip(","):
            return
        word = self._next
        if word.kind == "name" and word.text in ("graph", "node", "edge") and self._after_is("["):
            self._take()
            self._defaults(self._attributes(), word)
        elif word.kind == "name" and self._after_is("="):
            self._assignment()
        else:
            self._chain()

    def _chain(self) -> None:
        start = self._next
        left = self._operand()
        arrows: list[tuple[list[str], str, list[str]]] = []
        while self._next.text in (*_ARROWS, "--") and self._next.kind == "sign":
            arrow = self._take()
            if arrow.text == "--":
                raise _error("'--' is a line without direction", arrow)
            right = self._operand()
            arrows.append((left, arrow.text, right))
            left = right
        attributes = self._attributes()
        if not arrows:
            self._mark(left, attributes, start)
        for sources, sign, targets in arrows:
            self._connect(sources, _direction(sign, attributes, start), targets, start)

    def _operand(self) -> list[str]:
        if self._next.kind == "name" and self._next.text == "subgraph":
            self._take()
            if self._next.kind == "name":
                self._take()
        if self._skip("{"):
            return self._group()
        token = self._take()
        if token.kind not in ("name", "quoted"):
            raise _error(f"A variable's name was expected, not {_shown(token)}", token)
        self._add_node(token)
        return [token.text]

    def _group(self) -> list[str]:
        names: list[str] = []
        while not self._skip("}"):
            if self._skip(";") or self._skip(","):
                continue
            if self._after_is("=") and self._next.kind in ("name", "quoted"):
                self._assignment()
                continue
            token = self._take()
            if token.kind not in ("name", "quoted"):
                raise _error(f"Only names may stand in a group, not {_shown(token)}", token)
            self._add_node(token)
            names.append(token.text)
        return names

    def _assignment(self) -> None:
        self._take()
        self._expect("=")
        self._take()

    def _attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while self._skip("["):
            while not self._skip("]"):
                if self._skip(",") or self._skip(";"):
                    continue
                key = self._take()
                if key.kind not in ("name", "quoted"):
                    raise _error(f"An attribute was expected, not {_shown(key)}", key)
                found[key.text.lower()] = self._take().text.lower() if self._skip("=") else "yes"
        return found

    # What it means

    def _defaults(self, attributes: dict[str, str], word: _Token) -> None:
        if _is_latent(attributes) or "dir" in attributes:
            raise _error(f"'{word.text} [...]' would change every {word.text} below it", word)

    def _mark(self, names: list[str], attributes: dict[str, str], at: _Token) -> None:
        if "selected" in attributes:
            raise _error("Selected variables (conditioned on by design) are not supported", at)
        if _is_latent(attributes):
            self.latent.update(names)

    def _connect(self, left: list[str], sign: str, right: list[str], at: _Token) -> None:
        if len(self.edges) + len(left) * len(right) > MOST_EDGES:
            raise _error(f"The graph has more than {MOST_EDGES:,} arrows", at)
        for a in left:
            for b in right:
                if sign == "<->":
                    self._common_cause(a, b, at)
                else:
                    self.edges[(a, b) if sign == "->" else (b, a)] = None

    def _common_cause(self, a: str, b: str, at: _Token) -> None:
        name = f"unmeasured cause of {a} and {b}"
        self._add_node(_Token("quoted", name, at.line))
        self.latent.add(name)
        self.edges[(name, a)] = None
        self.edges[(name, b)] = None

    def _add_node(self, token: _Token) -> None:
        self.nodes[token.text] = None
        if len(self.nodes) > MOST_NODES:
            raise _error(f"The graph has more than {MOST_NODES} variables", token)

    # Tokens

    @property
    def _next(self) -> _Token:
        return self.tokens[self.at]

    @property
    def _after(self) -> _Token:
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    def _after_is(self, sign: str) -> bool:
        return self._after.kind == "sign" and self._after.text == sign

    def _take(self) -> _Token:
        token = self._next
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def _sees(self, closing: str) -> bool:
        if self._next.kind == "end":
            if closing:
                raise _error(f"The graph ends before its '{closing}'", self._next)
            return True
        return bool(closing) and self._next.kind == "sign" and self._next.text == closing

    def _skip(self, sign: str) -> bool:
        if self._next.kind == "end" and sign in ("}", "]"):
            raise _error(f"The graph ends before its '{sign}'", self._next)
        return self._skip_token("sign", sign)

    def _skip_word(self, word: str) -> bool:
        return self._next.text.lower() == word and self._skip_token("name", self._next.text)

    def _skip_token(self, kind: str, text: str) -> bool:
        if self._next.kind == kind and self._next.text == text:
            self._take()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            raise _error(f"'{sign}' was expected, not {_shown(self._next)}", self._next)


def _direction(sign: str, attributes: dict[str, str], at: _Token) -> str:
    """The arrow that is meant once `dir` has had its say."""
    direction = attributes.get("dir", "forward")
    if direction == "none":
        raise _error("'dir=none' is a line without direction", at)
    if direction == "both":
        return "<->"
    if direction == "back":
        return {"->": "<-", "<-": "->"}.get(sign, sign)
    return sign


def _is_latent(attributes: dict[str, str]) -> bool:
    no, yes = ("no", "false", "0"), ("yes", "true", "1")
    return (
        attributes.get("observed", "yes") in no
        or attributes.get("latent", "no") in yes
        or attributes.get("unobserved", "no") in yes
    )


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place, line = 0, 1
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _error(f"{text[place : place + 12]!r} is not understood", _Token("", "", line))
        kind, word = match.lastgroup or "", match.group()
        if kind == "quoted":
            found.append(_Token("quoted", re.sub(r"\\(.)", r"\1", word[1:-1]), line))
        elif kind not in ("space", "line"):
            found.append(_Token(kind, word, line))
        line += word.count("\n")
        place = match.end()
    return [*found, _Token("end", "", line)]


def _shown(token: _Token) -> str:
    return "the end of the text" if token.kind == "end" else f"'{token.text[:40]}'"


def _error(message: str, token: _Token) -> QuestionError:
    return QuestionError(
        f"{message} (line {token.line} of the graph).",
        'Write arrows such as  "age" -> quits;  and mark what was not measured:  genes [latent].',
    )
