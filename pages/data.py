"""Which table? A file of the person's own or a sample, and what each column is."""

import streamlit as st

from ui import columns, data, findings, guard, neutral, page, reading, samples, state, wide
from ui.text import markdown_safe

guard.enter(__file__)
page.begin(
    "Data",
    "Open a table: one row for each thing observed, one column for each thing known about it. "
    "It stays on this machine and is never changed.",
)

reading.read_if_waiting()
table = state.dataset()
if table is None:
    data.upload()
    st.subheader("Or begin with a sample", anchor=False)
    samples.cards()
    st.stop()

with st.expander(
    "Open another table", key=f"another-{state.tables_opened()}", icon=":material/folder_open:"
):
    data.upload()
    samples.cards()

st.subheader(markdown_safe(table.name), anchor=False)
if table.notes:
    st.caption("\n".join(f"- {markdown_safe(note)}" for note in table.notes))
if reading.is_shown():
    seen, told = st.columns([3, 2], gap="medium")
    with seen:
        data.preview(table)
    with told:
        reading.understood()
else:
    data.preview(table)

st.subheader("What next", anchor=False)
target, ways = st.columns([1, 2], vertical_alignment="bottom")
with target:
    columns.choose_target(table, "data.target")
with ways.container(horizontal=True):
    page.link("Train a model", "model")
    page.link("Ask a causal question", "cause")
    samples.link_to_design()
neutral.offer(table)
wide.offer(table)

st.subheader("What would go wrong without a word", anchor=False)
findings.tell(table)

st.subheader("Columns", anchor=False)
st.markdown(
    "Kind says what a column is, role what it is for. Correct what was guessed wrongly: codes that "
    "look like numbers are a category, and what is known only afterwards should be ignored."
)
columns.edit_columns(table)
