"""Which model, and how good is it on rows it has not seen?"""

import streamlit as st

from ui import findings, guard, model, page, saved, state, stopping, tuning
from ui.method import present
from ui.text import markdown_safe

guard.enter(__file__)
page.begin(
    "Model",
    "A model learns to predict the target from the features; how well it predicts rows it has not "
    "seen says how far it can be trusted, not that it has found causes.",
)

saved.upload()
table = page.need_data()
recipe = model.recipe(table)
if recipe is not None:
    model.train_button(table, recipe)
    tuning.section(table, recipe)

fitted = state.model()
if fitted is not None:
    st.subheader("How good it is", anchor=False)
    st.markdown(markdown_safe(fitted.describe()) + ".")
    if fitted.notes:
        st.caption("\n".join(f"- {markdown_safe(note)}" for note in fitted.notes))
    stopping.tell(fitted)
    present("workbench.model_quality", fitted)
    st.subheader("What would go wrong without a word", anchor=False)
    findings.tell(fitted)
    page.link("See where it is right and where wrong", "quality")
    page.link("See what it learned", "importance")
    saved.download(fitted)
