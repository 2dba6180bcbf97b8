"""The report as a list that can be put in order, and as a file to download."""

from __future__ import annotations

import hashlib

import streamlit as st

from workbench.report import report_html
from workbench.result import Result

from . import licence, run, state
from .errors import told
from .show import short_id
from .text import file_name, markdown_safe


def contents(results: tuple[Result, ...]) -> None:
    """Every pinned result with its sentence, to be moved or taken out."""
    for place, result in enumerate(results):
        with st.container(border=True, gap="xsmall"):
            st.markdown(
                f"**{place + 1}. {markdown_safe(result.title)}**  \n"
                f"{markdown_safe(result.summary, longest=2_000)}"
            )
            _moves(result, place, len(results))


def _moves(result: Result, place: int, many: int) -> None:
    key = short_id(result)
    with st.container(horizontal=True):
        st.button("Move up", key=f"up-{key}", icon=":material/arrow_upward:", type="tertiary",
                  disabled=place == 0, on_click=state.move_pinned, args=(place, -1))  # fmt: skip
        st.button("Move down", key=f"down-{key}", icon=":material/arrow_downward:",
                  type="tertiary", disabled=place == many - 1, on_click=state.move_pinned,
                  args=(place, 1))  # fmt: skip
        st.button("Remove", key=f"remove-{key}", icon=":material/delete:", type="tertiary",
                  on_click=state.unpin, args=(result,))  # fmt: skip


def add_everything() -> None:
    """Pins what the session has computed, where there is anything that is not pinned."""
    computed = map(licence.beside, run.everything_computed())
    found = [result for result in computed if not state.is_pinned(result)]
    if found:
        label = f"Add everything computed so far ({len(found)})"
        st.button(label, key="add-everything", icon=":material/playlist_add:",
                  on_click=state.pin, args=tuple(found))  # fmt: skip


def download(results: tuple[Result, ...], title: str) -> None:
    """The whole as one HTML file that opens without a network."""
    key = ("report", title, tuple(state.identity(result) for result in results))
    with told():
        html = run.compute(key, "Writing the report", lambda _: report_html(results, title=title))
        if html is None:
            return
        content = html.encode("utf-8")
        # the hash keeps two files of one name and size from being taken for each other
        digest = hashlib.blake2b(content, digest_size=4).hexdigest()
        st.download_button(
            "Download the report", content, f"{file_name(title)}-{digest}.html", "text/html",
            key="download-report", type="primary", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.caption(
            f"One HTML file of {len(content) / 2**20:.1f} MB with every figure in it. It opens "
            "without a network and can be sent as it is."
        )
