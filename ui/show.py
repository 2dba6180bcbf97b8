"""Shows one result: its sentence, its picture, its doubts; on request its table and its Python."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from workbench.figures import number
from workbench.result import CheckResult, Provenance, Result

from . import state, theme
from .errors import told
from .text import file_name, formula_safe, markdown_safe

#: Rows of a table that are drawn; the download holds all.
MOST_ROWS = 1_000
#: A drag zooms and a double click goes back; the bar keeps the picture's download.
_UNUSED = ("zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "select2d", "lasso2d", "autoScale2d")
_VERDICTS = {
    True: (":material/check_circle:", "green", "Passed"),
    False: (":material/warning:", "orange", "Not passed"),
}


#: Told of a result in whose picture something was picked, and of the points: their places there.
Picked = Callable[[Result, list[dict[str, Any]]], None]


def show(
    result: Result,
    *,
    heading: bool = False,
    kept: Result | None = None,
    picked: Picked | None = None,
) -> None:
    """One result, its sentence first. Errors of the picture are told, the rest still stands.

    `kept` is what is pinned and whose Python is shown, where that says more. With `picked` the
    points of the picture can be clicked.
    """
    key = short_id(result)
    with st.container(key=f"result-{key}"):
        if heading:
            st.subheader(markdown_safe(result.title), anchor=False)
        _summary(result)
        with told():
            _figure(result, key, picked)
        _notes(result.notes)
        below(kept or result, key)


def short_id(result: Result) -> str:
    """The same for the same result: for keys and file names."""
    text = repr(state.identity(result))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _summary(result: Result) -> None:
    if isinstance(result, CheckResult) and result.passed is not None:
        icon, colour, word = _VERDICTS[result.passed]
        st.badge(word, icon=icon, color="green" if colour == "green" else "orange")
    st.markdown(f"**{markdown_safe(result.summary, longest=2_000)}**")


def _figure(result: Result, key: str, picked: Picked | None) -> None:
    try:
        figure = result.figure()
    except NotImplementedError:  # a result may be a table alone
        return
    clicks: dict[str, Any] = {}
    if picked is not None:
        clicks = {"on_select": partial(_picked, result, key, picked), "selection_mode": "points"}
    picture = {"format": "png", "scale": 2, "filename": file_name(result.title)}
    st.plotly_chart(
        theme.on_page(figure),
        theme=None,
        key=f"figure-{key}",
        alt=result.summary,
        config={"displaylogo": False, "displayModeBar": True, "toImageButtonOptions": picture,
                "modeBarButtonsToRemove": [*_UNUSED]},
        **clicks,
    )  # fmt: skip


def _picked(result: Result, key: str, picked: Picked) -> None:
    """What was clicked in a picture, as its component keeps it."""
    points = st.session_state[f"figure-{key}"]["selection"]["points"]
    if points:
        picked(result, points)


def _notes(notes: tuple[str, ...]) -> None:
    if notes:
        st.caption("\n".join(f"- {markdown_safe(note, longest=2_000)}" for note in notes))


def below(result: Result, key: str) -> None:
    """The pin, and an expander whose body is made only while it is open."""
    _pin(result, key)
    behind = st.expander("Table, Python and provenance", key=f"behind-{key}", on_change="rerun")
    if not behind.open:
        return
    with behind:
        table, python, provenance = st.tabs(["Table", "Python", "Provenance"])
    with table:
        _table(result, key)
    with python:
        _python(result.provenance)
    with provenance:
        _provenance(result.provenance)


def _pin(result: Result, key: str) -> None:
    if state.is_pinned(result):
        st.button("Pinned to the report", key=f"pin-{key}", icon=":material/keep_off:",
                  help="Click to take it out of the report", on_click=state.unpin,
                  args=(result,))  # fmt: skip
    else:
        st.button("Pin to report", key=f"pin-{key}", icon=":material/keep:",
                  on_click=state.pin, args=(result,))  # fmt: skip


def _table(result: Result, key: str) -> None:
    frame = result.frame
    if len(frame) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS:,} of {len(frame):,} rows; the download has all.")
    st.dataframe(
        frame.head(MOST_ROWS),
        key=f"table-{key}",
        hide_index=True,
        column_config={c: st.column_config.Column(help=says) for c, says in result.columns.items()},
        alt=f"The numbers behind: {result.title}",
    )
    st.download_button(
        "Download as CSV",
        data=lambda: csv_of(frame),
        file_name=f"{file_name(result.title)}-{key}.csv",
        mime="text/csv",
        key=f"csv-{key}",
        icon=":material/download:",
        on_click="ignore",
    )


def csv_of(frame: pd.DataFrame) -> bytes:
    """The table as CSV that a spreadsheet opens in any script and runs nothing of."""
    safe = frame.copy(deep=False)
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            safe[column] = frame[column].map(formula_safe)
    safe.columns = pd.Index([formula_safe(c) for c in frame.columns])
    return safe.to_csv(index=False).encode("utf-8-sig")


def _python(made: Provenance | None) -> None:
    if made is None:
        st.caption("This result was not made by a registered method.")
        return
    st.caption("These lines make the same result outside of the dashboard.")
    st.code(made.script.text, language="python")


def _provenance(made: Provenance | None) -> None:
    if made is None:
        return
    rows: dict[str, Any] = {
        "Method": made.method,
        "Settings": ", ".join(f"{k} = {_said(v)}" for k, v in made.settings.items()) or "none",
        "Analysed": f"{made.rows:,} rows, fingerprint {made.subject}",
        "Took": f"{number(made.seconds)} s",
        "Versions": ", ".join(f"{k} {v}" for k, v in made.versions.items()),
    }
    for name, value in rows.items():
        st.markdown(f"**{name}**  \n{markdown_safe(value, longest=2_000)}")


def _said(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
