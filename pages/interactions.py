"""Which columns act together, and how does the prediction go with two of them?"""

from collections.abc import Iterable

import streamlit as st

import interpret  # noqa: F401 - registers the methods
from ui import controls, findings, guard, method, page, state
from ui.state import SETTING
from workbench import METHODS, methods_of

FIRST, SECOND = f"{SETTING}interactions.first", f"{SETTING}interactions.second"


def one_of(names: Iterable[str], key: str) -> str:
    """The name of the method that was chosen."""
    chosen = [*names]
    view = st.segmented_control(
        "Way of looking", chosen, default=chosen[0], required=True, key=f"{SETTING}{key}",
        format_func=lambda name: METHODS[name].title, label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    st.markdown(method.says(METHODS[view or chosen[0]]))
    return view or chosen[0]


guard.enter(__file__)
page.begin(
    "Interactions",
    "Which columns act together, so that what one of them does depends on the other; it is how the "
    "model combines its columns, not a sign that they work together in the world.",
)

model = page.need_model()
found = method.present(one_of((m.name for m in methods_of("interactions")), "together"), model)

st.subheader("Two columns", anchor=False)
if found is not None and state.choice(FIRST) is None:
    pairs = found.frame[
        found.frame["second"].ne("") & found.frame["second"].ne(found.frame["first"])
    ]
    state.choose(FIRST, pairs["first"].iloc[0])
    state.choose(SECOND, pairs["second"].iloc[0])
feature = controls.of(METHODS["interpret.two_way_dependence"], "feature")
left, right, _ = st.columns(3)
with left:
    first = controls.widget(feature, model, FIRST, label="The first column")
with right:
    second = controls.widget(feature, model, SECOND, label="The second column")
of_two = one_of(("interpret.two_way_dependence", "interpret.two_way_accumulated_effects"), "of_two")
method.present(of_two, model, inline=("target_class", "scale"), feature=first, other=second)
findings.beside(model, "interactions", (first, second))
