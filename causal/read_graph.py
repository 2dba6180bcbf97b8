"""Reads a causal graph from whatever text it comes in: DOT, dagitty, GML or a table of edges."""

from __future__ import annotations

import re

import pandas as pd

from .dagitty import read_dagitty
from .dot import read_dot
from .edge_table import is_edge_table, read_edge_table
from .gml import read_gml
from .graph import CausalGraph
from .graph_text import GraphText, require_size

# Possessive and atomic groups: what was read as a comment is never tried as two.
_DAGITTY = re.compile(
    r"""(?>\s|\ufeff|//[^\n]*|\#[^\n]*|/\*.*?\*/)*+
        (?:dag|mag|pdag|pag)\b \s* (?:\w+\s*|"[^"]*"\s*)? \{""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_GML = re.compile(
    r"""(?>\s|\ufeff|\#[^\n]*\n|(?:creator|version|comment)\s+(?:"[^"]*"|[\d.]+))*+
        graph \s* \[ .* \b(?:node|directed)\b""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def read_graph(text: str | pd.DataFrame) -> CausalGraph:
    """The graph that a text or a table of edges stands for, in whichever of four forms it is.

    `dag { … }` is dagitty, `graph [ … ]` GML, a text with the headings from and to (or a frame) a
    table of edges, anything else DOT, with or without `digraph { … }`. Raises `QuestionError`, with
    the place, for what is not understood.
    """
    return read_graph_text(text).graph


def read_graph_text(text: str | pd.DataFrame) -> GraphText:
    """The same, with the form that was recognised and what stood beside the arrows."""
    if isinstance(text, pd.DataFrame):
        return read_edge_table(text)
    require_size(text)
    if _DAGITTY.match(text):
        return read_dagitty(text)
    if _GML.match(text):
        return read_gml(text)
    return read_edge_table(text) if is_edge_table(text) else read_dot(text)
