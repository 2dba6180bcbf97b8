"""The grammar that DOT and dagitty text share: names, arrows in chains, groups, attributes.

A small parser of our own, bounded, that drops nothing: every token is read as something, and what
has no meaning here is refused with its line and column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.errors import QuestionError

from .graph import CausalGraph, Edge
from .graph_text import (
    MOST_LEVELS,
    Form,
    GraphText,
    misread,
    require_arrows,
    require_size,
    require_variables,
)

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\ufeff]+|//[^\n]*|\#[^\n]*|/\*.*?\*/)
      | (?P<line>\n)
      | (?P<quoted>"(?:\\.|[^"\\])*")
      | (?P<sign><->|->|<-|--|[{}\[\];,=])
      | (?P<name>-?(?:\d+\.?\d*|\.\d+)|[^\W\d][\w.]*)""",
    re.VERBOSE | re.DOTALL,
)
_ARROWS = ("->", "<-", "<->")
#: What a variable may be marked with, and the words for it.
_MARKS: Mapping[str, str] = {
    "latent": "latent", "unobserved": "latent", "exposure": "exposure", "outcome": "outcome",
    "adjusted": "adjusted", "selected": "selected",
}  # fmt: skip
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")


@dataclass(frozen=True)
class Dialect:
    """How one form differs: the words that open a graph, those that open graphs of another kind,
    short names of marks, and the attributes that only say how to draw."""

    form: Form
    opens: tuple[str, ...]
    refuses: Mapping[str, str]
    marks: Mapping[str, str]
    drawing: frozenset[str]
    needs_header: bool = False


@dataclass(frozen=True)
class Token:
    kind: str  # name, quoted, sign or end
    text: str
    line: int
    column: int

    @property
    def at(self) -> str:
        return f"line {self.line}, column {self.column}"

    @property
    def shown(self) -> str:
        return "the end of the text" if self.kind == "end" else f"'{self.text[:40]}'"


def read_arrows(text: str, dialect: Dialect) -> GraphText:
    """The graph that a text of arrows stands for.

    Raises `QuestionError`, with line and column, for what is not understood, for lines without
    direction, and for more than 200 variables or 4,000 arrows.
    """
    require_size(text)
    return _Reader(tokens(text), dialect).read()


def tokens(text: str) -> list[Token]:
    """The words of a text with their places, the last one its end."""
    found: list[Token] = []
    place, line, line_starts = 0, 1, 0
    while place < len(text):
        here = Token("", "", line, place - line_starts + 1)
        match = _TOKEN.match(text, place)
        if match is None:
            raise misread(f"{text[place : place + 12]!r} is not understood", here.at)
        kind, word = match.lastgroup or "", match.group()
        if kind == "quoted":
            plain = re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL)
            found.append(Token("quoted", plain, here.line, here.column))
        elif kind not in ("space", "line"):
            found.append(Token(kind, word, here.line, here.column))
        if "\n" in word:
            line += word.count("\n")
            line_starts = place + word.rindex("\n") + 1
        place = match.end()
    return [*found, Token("end", "", line, place - line_starts + 1)]


def quoted(name: str) -> str:
    """A name as both forms read it back."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass
class _Reader:
    """Walks the tokens once; `at` is the next to be read."""

    tokens: list[Token]
    dialect: Dialect
    at: int = 0
    level: int = 0
    nodes: dict[str, None] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    bidirected: dict[Edge, None] = field(default_factory=dict)
    marked: dict[str, dict[str, None]] = field(default_factory=dict)
    positions: dict[str, tuple[float, float]] = field(default_factory=dict)
    passed_over: dict[str, None] = field(default_factory=dict)
    adjusts_nothing: bool = False

    def read(self) -> GraphText:
        closing = self._header()
        while not self._sees(closing):
            self._statement()
        self._take()
        if closing and self._next.kind != "end":
            raise self._error("There is text after the graph's closing brace", self._next)
        if not self.nodes:
            raise QuestionError("The graph names no variable.", "Write arrows such as  a -> b.")
        return GraphText(
            self._graph(), self.dialect.form, self._with("exposure"), self._with("outcome"),
            self.positions, tuple(self.passed_over),
        )  # fmt: skip

    def _graph(self) -> CausalGraph:
        adjusted = self._with("adjusted")
        return CausalGraph.of(
            self.edges, self.nodes, self._with("latent"), bidirected=self.bidirected,
            adjusted=adjusted if adjusted or self.adjusts_nothing else None,
        )  # fmt: skip

    def _with(self, mark: str) -> tuple[str, ...]:
        return tuple(self.marked.get(mark, ()))

    # The grammar

    def _header(self) -> str:
        """Reads `strict digraph name {` as far as it is there; what ends the statements."""
        self._skip_word("strict")
        first = self._next
        opens_body = self._after_is("{") or self.tokens[min(self.at + 2, self._last)].text == "{"
        if first.kind == "name" and first.text.lower() in self.dialect.refuses and opens_body:
            raise self._error(self.dialect.refuses[first.text.lower()], first)
        if not any(self._skip_word(word) for word in self.dialect.opens):
            if self.dialect.needs_header:
                raise self._error(f"'{self.dialect.opens[0]} {{' was expected", first)
            return ""
        if self._next.kind in ("name", "quoted"):
            self._take()
        self._expect("{")
        return "}"

    def _statement(self) -> dict[str, None]:
        """One statement, and the variables it names."""
        if self._skip(";") or self._skip(","):
            return {}
        word = self._next
        if word.kind == "name" and word.text in ("graph", "node", "edge") and self._after_is("["):
            self._take()
            self._defaults(self._attributes(), word)
        elif word.kind in ("name", "quoted") and self._after_is("="):
            self._assignment()
        else:
            return self._chain()
        return {}

    def _chain(self) -> dict[str, None]:
        start = self._next
        left = self._operand()
        named = dict(left)
        arrows: list[tuple[dict[str, None], str, dict[str, None]]] = []
        while self._next.text in (*_ARROWS, "--") and self._next.kind == "sign":
            arrow = self._take()
            if arrow.text == "--":
                raise self._error("'--' is a line without direction", arrow)
            right = self._operand()
            arrows.append((left, arrow.text, right))
            named |= right
            left = right
        attributes = self._attributes()
        if not arrows:
            self._mark(left, attributes)
        for sources, sign, targets in arrows:
            self._connect(sources, self._direction(sign, attributes), targets, start)
        return named

    def _operand(self) -> dict[str, None]:
        if self._next.kind == "name" and self._next.text == "subgraph":
            self._take()
            if self._next.kind in ("name", "quoted"):
                self._take()
        if self._next.kind == "sign" and self._next.text == "{":
            return self._group()
        token = self._take()
        if token.kind not in ("name", "quoted"):
            raise self._error(f"A variable's name was expected, not {token.shown}", token)
        if not token.text.strip():
            raise self._error("A variable has no name", token)
        self.nodes[token.text] = None
        require_variables(len(self.nodes), token.at)
        return {token.text: None}

    def _group(self) -> dict[str, None]:
        opening = self._take()
        self.level += 1
        if self.level > MOST_LEVELS:
            raise self._error(f"Groups lie more than {MOST_LEVELS} deep", opening)
        named: dict[str, None] = {}
        while not self._skip("}"):
            named |= self._statement()
        self.level -= 1
        return named

    def _assignment(self) -> None:
        """A property of the whole graph: only one of them is more than drawing."""
        key = self._take()
        self._expect("=")
        value = self._take()
        if key.text.lower() == "adjusted":
            if value.text.lower() != "none":
                raise self._error(f"'adjusted={value.text}' is not understood", key)
            self.adjusts_nothing = True
        else:
            self._require_drawing(key)

    def _attributes(self) -> list[tuple[Token, Token | None]]:
        found: list[tuple[Token, Token | None]] = []
        while self._skip("["):
            while not self._skip("]"):
                if self._skip(",") or self._skip(";"):
                    continue
                key = self._take()
                if key.kind not in ("name", "quoted"):
                    raise self._error(f"An attribute was expected, not {key.shown}", key)
                value = self._take() if self._skip("=") else None
                if value is not None and value.kind not in ("name", "quoted"):
                    raise self._error(f"'{key.text}=' has no value", value)
                found.append((key, value))
        return found

    # What it means

    def _defaults(self, attributes: list[tuple[Token, Token | None]], word: Token) -> None:
        for key, _ in attributes:
            name = key.text.lower()
            if self._mark_of(name) or name in ("dir", "observed"):
                raise self._error(f"'{word.text} [...]' would change every {word.text} below", word)
            self._require_drawing(key)

    def _mark(self, names: dict[str, None], attributes: list[tuple[Token, Token | None]]) -> None:
        for key, value in attributes:
            name = key.text.lower()
            mark = self._mark_of(name)
            if mark or name == "observed":
                is_on = self._is_yes(key, value)
                mark = mark or "latent"
                if is_on == (name != "observed"):
                    self._add_mark(mark, names, key)
            elif name == "pos" and value is not None:
                self._place(names, value)
            else:
                self._require_drawing(key)

    def _add_mark(self, mark: str, names: dict[str, None], key: Token) -> None:
        if mark == "selected":
            raise self._error("Variables selected by design are not supported", key)
        self.marked.setdefault(mark, {}).update(names)

    def _place(self, names: dict[str, None], value: Token) -> None:
        """Where a variable was drawn; other coordinates than a pair say nothing to us."""
        parts = value.text.rstrip("!").split(",")
        try:
            x, y = (float(part) for part in parts)
        except ValueError:
            self.passed_over["pos"] = None
        else:
            self.positions.update(dict.fromkeys(names, (x, y)))

    def _direction(self, sign: str, attributes: list[tuple[Token, Token | None]]) -> str:
        """The arrow that is meant once `dir` has had its say."""
        for key, value in attributes:
            direction = value.text.lower() if value else ""
            if key.text.lower() == "pos":
                continue  # the bend of a drawn line
            if key.text.lower() != "dir":
                self._require_drawing(key)
            elif direction == "none":
                raise self._error("'dir=none' is a line without direction", key)
            elif direction == "both":
                sign = "<->"
            elif direction == "back":
                sign = {"->": "<-", "<-": "->"}.get(sign, sign)
            elif direction != "forward":
                raise self._error(f"'dir={direction[:20]}' is not understood", key)
        return sign

    def _connect(self, left: dict[str, None], sign: str, right: dict[str, None], at: Token) -> None:
        require_arrows(len(self.edges) + len(self.bidirected) + len(left) * len(right), at.at)
        for a in left:
            for b in right:
                if sign == "<->":
                    if a == b:
                        raise self._error(f"'{a}' has an arrow to itself", at)
                    self.bidirected[min(a, b), max(a, b)] = None
                else:
                    self.edges[(a, b) if sign == "->" else (b, a)] = None
        require_variables(len(self.nodes) + len(self.bidirected), at.at)

    def _mark_of(self, name: str) -> str:
        return _MARKS.get(name) or self.dialect.marks.get(name, "")

    def _is_yes(self, key: Token, value: Token | None) -> bool:
        word = value.text.lower() if value else "yes"
        if word not in (*_YES, *_NO):
            raise self._error(f"'{key.text}={word[:20]}' is not understood", key)
        return word in _YES

    def _require_drawing(self, key: Token) -> None:
        if key.text.lower() not in self.dialect.drawing:
            raise self._error(f"The attribute '{key.text[:40]}' is not understood", key)
        self.passed_over[key.text.lower()] = None

    # Tokens

    @property
    def _last(self) -> int:
        return len(self.tokens) - 1

    @property
    def _next(self) -> Token:
        return self.tokens[self.at]

    def _after_is(self, sign: str) -> bool:
        after = self.tokens[min(self.at + 1, self._last)]
        return after.kind == "sign" and after.text == sign

    def _take(self) -> Token:
        token = self._next
        self.at = min(self.at + 1, self._last)
        return token

    def _sees(self, closing: str) -> bool:
        if self._next.kind == "end":
            if closing:
                raise self._error(f"The graph ends before its '{closing}'", self._next)
            return True
        return bool(closing) and self._next.kind == "sign" and self._next.text == closing

    def _skip(self, sign: str) -> bool:
        if self._next.kind == "end" and sign in ("}", "]"):
            raise self._error(f"The graph ends before its '{sign}'", self._next)
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
            raise self._error(f"'{sign}' was expected, not {self._next.shown}", self._next)

    def _error(self, message: str, token: Token) -> QuestionError:
        return misread(message, token.at)
