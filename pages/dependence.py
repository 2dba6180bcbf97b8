"""How does the prediction move when one column is varied?"""

import streamlit as st

import interpret  # noqa: F401 - registers the methods
from ui import controls, findings, guard, method, page
from ui.state import Choice
from workbench import METHODS, methods_of

#: The ways of looking, in their order; methods of the page that are not named come after them.
VIEWS = {
    "interpret.partial_dependence": "Average",
    "interpret.individual_conditional_expectation": "Single rows",
    "interpret.two_way_dependence": "With another column",
    "interpret.accumulated_local_effects": "Accumulated (ALE)",
    "interpret.two_way_accumulated_effects": "Two columns, accumulated",
    "interpret.dependence_overview": "All columns",
}
ABOVE = ("other", "colour_by", "show", "kind", "target_class", "scale", "rows")

guard.enter(__file__)
page.begin(
    "Dependence",
    "How the model's prediction moves on average when one column is set to other values and the "
    "rest stay as they are; this is what the model does, and by itself not what would happen if "
    "one acted.",
)

model = page.need_model()
chooser = st.container()
registered = [each.name for each in methods_of("dependence")]
names = [name for name in VIEWS if name in registered]
names += [name for name in registered if name not in VIEWS]
view = st.segmented_control(
    "Way of looking", names, default=names[0], required=True, key=Choice.CURVE,
    bind="query-params", format_func=lambda name: VIEWS.get(name, METHODS[name].title),
    label_visibility="collapsed",
)  # fmt: skip
chosen = METHODS[view or names[0]]
given = {}
if any(setting.name == "feature" for setting in chosen.settings):
    with chooser:
        left, _ = st.columns([1, 2])
    with left:
        feature = controls.of(METHODS["interpret.partial_dependence"], "feature")
        given["feature"] = controls.widget(feature, model, Choice.FEATURE, bind="query-params")
st.markdown(method.says(chosen))
method.present(chosen.name, model, inline=ABOVE, **given)
findings.beside(model, "dependence", tuple(given.values()))
