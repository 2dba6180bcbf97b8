"""How does the prediction move when one column is varied?"""

import streamlit as st

import interpret  # noqa: F401 - registers the methods
from ui import controls, guard, method, page
from ui.state import Choice
from workbench import METHODS, methods_of

guard.enter(__file__)
page.begin(
    "Dependence",
    "How the model's prediction moves on average when one column is set to other values and the "
    "rest stay as they are; this is what the model does, not what would happen if one acted.",
)

model = page.need_model()
feature = controls.of(METHODS["interpret.partial_dependence"], "feature")
left, _ = st.columns([1, 2])
with left:
    column = controls.widget(feature, model, Choice.FEATURE, bind="query-params")
for each in methods_of("dependence"):
    method.present(each.name, model, inline=("target_class", "scale", "rows"), feature=column)
