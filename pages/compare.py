"""Which of several models is better, and what does choosing one of them change?"""

import streamlit as st

import interpret  # noqa: F401 - registers the methods
from ui import guard, method, page, rows, shelf, state
from ui.state import Choice
from workbench import METHODS, PredictionDifferences, methods_of

#: The order of the ways of looking; methods of the page that are not named come after them.
ORDER = (
    "workbench.compare_models", "workbench.compared_curves", "workbench.agreement",
    "workbench.prediction_differences", "interpret.difference_row",
)  # fmt: skip
ABOVE = ("reference", "curve", "first", "second", "target_class", "rows", "scale", "compared_with")
WHY = "interpret.difference_row"

guard.enter(__file__)
page.begin(
    "Compare",
    "Several models of one target, judged on the same held-out rows: which is better by more than "
    "luck, and which rows the choice changes; the better one has not thereby found causes.",
)

models = shelf.need_models()
fitting = [each.name for each in methods_of("compare", models)]
names = [name for name in ORDER if name in fitting]
names += [name for name in fitting if name not in names]
if state.choice(Choice.COMPARED) not in (None, *names):  # chosen for a target of another kind
    state.choose(Choice.COMPARED, names[0])
view = st.segmented_control(
    "Way of looking", names, default=names[0], required=True, key=Choice.COMPARED,
    bind="query-params", format_func=lambda name: METHODS[name].title,
    label_visibility="collapsed",
)  # fmt: skip
chosen = METHODS[view or names[0]]
st.markdown(method.says(chosen))
given = {}
if any(setting.name == "row" for setting in chosen.settings):
    given["row"] = rows.choose_row(models.models[0])
found = method.present(chosen.name, models, inline=ABOVE, **given)
if isinstance(found, PredictionDifferences):
    row = int(found.frame["row"].iloc[0])
    st.button(
        f"Why they differ most in row {row}", icon=":material/arrow_forward:",
        on_click=lambda: (state.choose(Choice.ROW, row), state.choose(Choice.COMPARED, WHY)),
    )  # fmt: skip
