"""Which columns does the model rely on?"""

import streamlit as st

import interpret  # noqa: F401 - registers the methods
from ui import bridge, findings, guard, method, page
from ui.state import Choice
from workbench import METHODS, methods_of

guard.enter(__file__)
page.begin(
    "Importance",
    "How much the model relies on each column to predict; a column that matters to the model need "
    "not change the outcome in the world, and a copy of a cause may take its place.",
)

model = page.need_model()
names = [each.name for each in methods_of("importance", model)]
view = st.segmented_control(
    "Way of looking", names, default=names[0], required=True, key=Choice.VIEW, bind="query-params",
    format_func=lambda name: METHODS[name].title, label_visibility="collapsed",
)  # fmt: skip
chosen = METHODS[view or names[0]]
st.markdown(method.says(chosen))
method.present(chosen.name, model)
findings.beside(model, "importance")
bridge.section(model)
