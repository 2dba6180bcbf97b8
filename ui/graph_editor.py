"""The graph of a causal question: as text in any of four forms, as a table of arrows, and the set
that is adjusted for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from causal import CausalQuestion, write_dagitty, write_edge_table, write_gml
from causal.adjustment import adjustment
from causal.edge_table import (
    ADJUST_FOR_NOTHING,
    ADJUSTED,
    CAUSES,
    LATENT,
    MEASURED,
    SHARE_A_CAUSE,
    read_edge_table,
)
from causal.graph import CausalGraph
from causal.graph_text import Form, GraphText
from causal.read_graph import read_graph_text
from workbench import Dataset
from workbench.errors import AnalysisError

from . import method, state
from .errors import refuse, told
from .state import SETTING
from .text import markdown_safe

TEXT, TABLE, SET = (f"{SETTING}cause.{part}" for part in ("graph", "arrows", "set"))
LABEL = "Graph as text"
EXAMPLE = "age -> treatment; age -> outcome; treatment -> outcome"
AUTOMATIC = "Automatic"
#: What a row of the table may say, in words.
KINDS = {
    "causes": CAUSES,
    "shares an unmeasured cause with": SHARE_A_CAUSE,
    "was measured": MEASURED,
    "was not measured": LATENT,
    "is adjusted for": ADJUSTED,
    "(nothing is adjusted for)": ADJUST_FOR_NOTHING,
}
_WORDS = {kind: words for words, kind in KINDS.items()}
_WRITERS: Mapping[Form, Callable[[CausalGraph], str]] = {
    "DOT": lambda graph: graph.dot,
    "dagitty": write_dagitty,
    "GML": write_gml,
    "edge table": lambda graph: write_edge_table(graph).to_csv(index=False),
}


@dataclass(frozen=True)
class _Arrows:
    """The table as it was first drawn, so that it does not jump at every edit, and the text that
    its edits led to."""

    base: pd.DataFrame
    made: str
    key: str


def edit(data: Dataset, treatment: str | None, outcome: str | None) -> str:
    """The text of the graph, and the same as a table; what is changed in one shows in the other."""
    text: str = st.text_area(
        LABEL, key=TEXT, placeholder=EXAMPLE, height=160, persist_state="session",
        help="Arrows such as `age -> weight`, or what dagitty.net, Graphviz (DOT) or networkx "
        "(GML) wrote, or a table with the headings from, to, type. Mark what was not measured: "
        "`health [latent]`; two columns with an unmeasured common cause: `a <-> b`.",
    )  # fmt: skip
    read = _read(text, is_told=treatment is None or outcome is None)
    if read is not None:
        st.caption(markdown_safe(" ".join([read.says, *_asks_otherwise(read, treatment, outcome)])))
    place = st.expander("As a table", key="cause.arrows", on_change="rerun")
    if place.open and (read is not None or not text.strip()):
        with place:
            _table(data, read, text)
    method.on_demand("causal.discover", data)
    if read is not None:
        _downloads(read.graph, treatment, outcome)
    return text


def _read(text: str, is_told: bool) -> GraphText | None:
    """What the text says; why it says nothing is told with the question where there is one."""
    if not text.strip():
        return None
    try:
        return read_graph_text(text)
    except AnalysisError as error:
        if is_told:
            refuse(error)
        return None


def with_chosen_set(
    question: CausalQuestion, again: Callable[[CausalGraph], CausalQuestion]
) -> CausalQuestion:
    """The question, adjusting for the set a person chooses among those that are valid; asked
    `again` with the graph in which it is marked."""
    found = adjustment(question)
    if not question.graph_was_drawn or question.graph.adjusted is not None or found.used is None:
        return question
    sets = [*found.sets, *([found.optimal] if found.optimal not in (None, *found.sets) else [])]
    options = {_listed(s): s for s in sets if s is not None}
    if len(options) < 2:
        return question
    chosen = st.selectbox(
        "Adjust for", [AUTOMATIC, *options], key=SET, persist_state="session",
        help="Each of these sets gives the effect if the graph is right; they differ in how much "
        "the estimate varies and in what has to be measured well.",
    )  # fmt: skip
    best = f" Least variance: {_listed(found.optimal)}." if found.optimal is not None else ""
    st.caption(markdown_safe(f"{AUTOMATIC}: {_listed(found.used)}.{best}"))
    if chosen == AUTOMATIC:
        return question
    return again(question.graph.adjusting_for(*options[chosen]))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"


def _asks_otherwise(read: GraphText, treatment: str | None, outcome: str | None) -> list[str]:
    """Where the text marks other variables than the question asks about."""
    return [
        f"The question asks about {asked} as the {part}, the text marks {', '.join(marked)}."
        for part, asked, marked in (
            ("treatment", treatment, read.exposures),
            ("outcome", outcome, read.outcomes),
        )
        if asked is not None and marked and asked not in marked
    ]


# The table


def _table(data: Dataset, read: GraphText | None, text: str) -> None:
    arrows = st.session_state.get(TABLE)
    if arrows is None or arrows.made != text or arrows.key not in st.session_state:
        arrows = _drawn_anew(read, text)
    hidden = [] if read is None else [n for n in read.graph.nodes if n not in data.columns]
    names = [*data.columns, *hidden]
    edited = st.data_editor(
        arrows.base, key=arrows.key, num_rows="dynamic", hide_index=True,
        on_change=_edited, args=(arrows.key, "DOT" if read is None else read.form),
        alt="The arrows of the graph",
        column_config={
            "from": st.column_config.SelectboxColumn("Column", options=names, required=True),
            "type": st.column_config.SelectboxColumn(
                "What it does", options=list(KINDS), required=True, default="causes"),
            "to": st.column_config.SelectboxColumn("Other column", options=names),
        },
    )  # fmt: skip
    st.caption(
        "One row for every arrow. A variable without a column gets its name in the text; an "
        "unmeasured common cause of two columns is said here."
    )
    passed_over = len(edited) - len(_whole(edited))
    if passed_over:
        st.caption(f"{passed_over} rows are not complete and say nothing yet.")
    with told():
        _graph_of(edited)


def _drawn_anew(read: GraphText | None, text: str) -> _Arrows:
    graph = CausalGraph.of([]) if read is None else read.graph
    table = write_edge_table(graph)
    base = table.assign(type=table["type"].map(_WORDS))[["from", "type", "to"]]
    times = int(st.session_state.get(f"{TABLE}.times", 0)) + 1
    arrows = _Arrows(base, text, f"{TABLE}.{times}")
    st.session_state[f"{TABLE}.times"] = times
    st.session_state[TABLE] = arrows
    return arrows


def _edited(key: str, form: Form) -> None:
    """Writes the table's graph into the text, in the form the text has."""
    arrows: _Arrows = st.session_state[TABLE]
    try:
        graph = _graph_of(edited_table(arrows.base, st.session_state[key]))
    except AnalysisError:  # told when the page is drawn, beside the table
        return
    text = _WRITERS[form](graph) if graph.nodes else ""
    state.choose(TEXT, text)
    st.session_state[TABLE] = _Arrows(arrows.base, text, key)


def edited_table(base: pd.DataFrame, edits: Mapping[str, Any]) -> pd.DataFrame:
    """The table with the changed, added and deleted rows that its widget holds."""
    rows = base.to_dict("records")
    for place, changes in edits.get("edited_rows", {}).items():
        rows[int(place)].update(changes)
    deleted = set(edits.get("deleted_rows", ()))
    kept = [row for place, row in enumerate(rows) if place not in deleted]
    return pd.DataFrame([*kept, *edits.get("added_rows", ())], columns=base.columns)


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that are filled in, with the kinds that a table of edges has."""
    kinds = table["type"].map(KINDS)
    has_one, has_other = (table[c].notna() & (table[c] != "") for c in ("from", "to"))
    is_arrow = kinds.isin([CAUSES, SHARE_A_CAUSE])
    is_whole = has_one & kinds.notna() & (has_other == is_arrow)
    is_whole |= kinds == ADJUST_FOR_NOTHING
    return table[is_whole].assign(type=kinds[is_whole])[["from", "to", "type"]]


def _graph_of(table: pd.DataFrame) -> CausalGraph:
    rows = _whole(table)
    return read_edge_table(rows).graph if len(rows) else CausalGraph.of([])


def _downloads(graph: CausalGraph, treatment: str | None, outcome: str | None) -> None:
    files = {
        "DOT": ("graph.dot", graph.dot),
        "dagitty": ("graph.txt", write_dagitty(graph, treatment, outcome)),
        "GML": ("graph.gml", write_gml(graph, treatment, outcome)),
        "CSV": ("graph.csv", write_edge_table(graph).to_csv(index=False)),
    }
    with st.container(horizontal=True):
        for form, (name, text) in files.items():
            st.download_button(
                f"Graph as {form}", text, name, key=f"download-graph-{form}", on_click="ignore",
                icon=":material/download:", type="tertiary",
            )  # fmt: skip
