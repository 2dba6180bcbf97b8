"""Why does the model say this of this row?"""

import streamlit as st

import interpret  # noqa: F401 - registers the methods
from ui import edits, findings, guard, method, page, rows

guard.enter(__file__)
page.begin(
    "Prediction",
    "What each value of one row adds to the model's prediction for it, from the average to the "
    "prediction; it explains the model's answer, not what changing the value would bring.",
)

model = page.need_model()
row = rows.choose_row(model)
rows.show_prediction(model, row)
picture, values = st.columns([2, 1], gap="large")
with picture:
    why = method.present(
        "interpret.shap_row", model, inline=("target_class", "compared_with", "scale"), row=row
    )
with values:
    st.markdown("**The values of this row**")
    rows.show_values(model, row)
findings.beside(model, "prediction")
edits.section(model, row, model.features if why is None else tuple(why.frame["feature"]))
method.on_demand("interpret.leaf_neighbours", model, row=row)
method.on_demand("interpret.verify", model)
