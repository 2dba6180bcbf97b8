"""A causal graph as a table of edges: one row per arrow, as people keep it in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pandas as pd

from workbench.errors import QuestionError

from .graph import CausalGraph, Edge
from .graph_text import GraphText, misread, require_arrows, require_size, require_variables

#: The columns of the table, and what else they are called.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "from": ("from", "source", "cause"),
    "to": ("to", "target", "effect"),
    "type": ("type", "kind", "edge", "arrow"),
}
CAUSES, SHARE_A_CAUSE = "->", "<->"
MEASURED, LATENT, ADJUSTED, ADJUST_FOR_NOTHING = "measured", "latent", "adjusted", "adjust for none"
_ARROWS: Mapping[str, str] = {
    "": CAUSES, "->": CAUSES, "→": CAUSES, "directed": CAUSES, "causes": CAUSES, "cause": CAUSES,
    "<-": "<-", "←": "<-",
    "<->": SHARE_A_CAUSE, "↔": SHARE_A_CAUSE, "bidirected": SHARE_A_CAUSE,
    "confounded": SHARE_A_CAUSE,
}  # fmt: skip
_MARKS: Mapping[str, str] = {
    "": MEASURED, MEASURED: MEASURED, "observed": MEASURED,
    LATENT: LATENT, "unobserved": LATENT, "not measured": LATENT,
    ADJUSTED: ADJUSTED,
}  # fmt: skip
_HINT = (
    "A row is  from, to, type: an arrow has the type -> or <->; a variable alone leaves 'to' empty "
    "and has the type measured, latent or adjusted."
)


def read_edge_table(table: str | pd.DataFrame) -> GraphText:
    """The graph of a table with the columns `from`, `to` and, if wanted, `type`.

    As CSV text (comma, semicolon or tab) or as a frame. The type of an arrow is `->` (also where
    it is empty), `<-` or `<->`. A row with an empty `to` says something of one variable: `measured`
    (also where it is empty), `latent` or `adjusted`. Empty rows are passed over. Raises
    `QuestionError`, with the row, for anything else.
    """
    rows = _rows_of_text(table) if isinstance(table, str) else _rows_of_frame(table)
    return _read(rows)


def write_edge_table(graph: CausalGraph) -> pd.DataFrame:
    """The graph as a frame with the columns `from`, `to`, `type` (all text), which reads back as
    the same graph. Below the arrows, variables without one, latent and adjusted ones have a row
    of their own."""
    drawn = graph.drawn
    joined = {end for edge in (*drawn.edges, *graph.bidirected) for end in edge}
    adjusted = graph.adjusted or frozenset()
    rows = [("", "", ADJUST_FOR_NOTHING)] if graph.adjusted == frozenset() else []
    rows += [(a, b, CAUSES) for a, b in drawn.edges]
    rows += [(a, b, SHARE_A_CAUSE) for a, b in graph.bidirected]
    rows += [
        (n, "", LATENT if n in graph.latent else ADJUSTED if n in adjusted else MEASURED)
        for n in drawn.nodes
        if n not in joined or n in graph.latent | adjusted
    ]
    return pd.DataFrame(rows, columns=list(HEADINGS), dtype="str")


def is_edge_table(text: str) -> bool:
    """Whether a text opens with the headings of an edge table."""
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    return bool(lines) and _places(_cells(lines[0])) is not None


Row = tuple[str, str, str, str]


def _read(rows: list[Row]) -> GraphText:
    nodes: dict[str, None] = {}
    edges: dict[Edge, None] = {}
    pairs: dict[Edge, None] = {}
    marked: dict[str, dict[str, None]] = {LATENT: {}, ADJUSTED: {}, MEASURED: {}}
    adjusts_nothing = False
    for a, b, kind, at in rows:
        word = kind.strip().lower()
        if not a and not b and word in ("", ADJUST_FOR_NOTHING):
            adjusts_nothing |= word == ADJUST_FOR_NOTHING
            continue
        if not a:
            raise misread("A row has no 'from'", at, _HINT)
        if word not in (_ARROWS if b else _MARKS):
            raise misread(f"The type '{kind[:40]}' is not understood", at, _HINT)
        nodes |= dict.fromkeys((a, b) if b else (a,))
        if not b:
            marked[_MARKS[word]][a] = None
        elif _ARROWS[word] == SHARE_A_CAUSE:
            if a == b:
                raise misread(f"'{a[:40]}' has an arrow to itself", at, _HINT)
            pairs[min(a, b), max(a, b)] = None
        else:
            edges[(a, b) if _ARROWS[word] == CAUSES else (b, a)] = None
        require_variables(len(nodes) + len(pairs), at)
        require_arrows(len(edges) + len(pairs), at)
    if not nodes:
        raise QuestionError("The table of edges holds no arrow.", _HINT)
    adjusted = marked[ADJUSTED] if marked[ADJUSTED] or adjusts_nothing else None
    graph = CausalGraph.of(edges, nodes, marked[LATENT], bidirected=pairs, adjusted=adjusted)
    return GraphText(graph, "edge table")


def _rows_of_text(text: str) -> list[Row]:
    require_size(text)
    text = text.lstrip("\ufeff")
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(first))
    lines = [(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    places = _places(lines[0][1]) if lines else None
    if places is None:
        raise misread("The headings 'from' and 'to' are missing", "line 1", _HINT)
    found: list[Row] = []
    for line, cells in lines[1:]:
        beyond = [c for k, c in enumerate(cells) if k not in places.values() and c.strip()]
        if beyond:
            raise misread(f"'{beyond[0][:40]}' is not understood", f"line {line}", _HINT)
        at = [cells[k] if k < len(cells) else "" for k in places.values()]
        a, b, kind = (*at, "")[:3]
        found.append((a, b, kind, f"line {line}"))
    return found


def _rows_of_frame(table: pd.DataFrame) -> list[Row]:
    places = _places([str(column) for column in table.columns])
    if places is None or len(places) < len(table.columns):
        raise QuestionError(
            f"The columns of the table of edges are {[str(c) for c in table.columns]}.",
            "Name them from, to and, if wanted, type.",
        )
    columns = [_texts(table.iloc[:, place]) for place in places.values()]
    columns += [[""] * len(table)] * (3 - len(columns))
    numbered = zip(*columns, range(len(table)), strict=True)
    return [(a, b, kind, f"row {row}") for a, b, kind, row in numbered]


def _texts(values: pd.Series) -> list[str]:
    return ["" if pd.isna(value) else str(value) for value in values]


def _places(headings: list[str]) -> dict[str, int] | None:
    """Where each column stands; None where there is no `from` and `to`."""
    words = [heading.strip().lower() for heading in headings]
    found = {
        name: next(k for k, word in enumerate(words) if word in called)
        for name, called in HEADINGS.items()
        if any(word in called for word in words)
    }
    return found if {"from", "to"} <= set(found) else None


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], delimiter=_separator(line)), [])


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)
