"""What is in the table?"""

import streamlit as st

from ui import guard, method, page
from ui.state import Choice
from workbench import METHODS, methods_of

#: The order of the ways of looking; methods of the page that are not named come after them.
ORDER = (
    "workbench.profile", "workbench.distribution", "workbench.missingness",
    "workbench.association", "workbench.two_columns", "workbench.duplicate_rows",
)  # fmt: skip
ABOVE = ("column", "by", "first", "second", "numbers", "log_scale")

guard.enter(__file__)
page.begin(
    "Profile",
    "What the table holds: its columns, what is missing, what goes together, what is there twice; "
    "two columns that go together need not have caused one another.",
)

data = page.need_data()
fitting = [each.name for each in methods_of("profile", data)]
names = [name for name in ORDER if name in fitting]
names += [name for name in fitting if name not in names]
view = st.segmented_control(
    "Way of looking", names, default=names[0], required=True, key=Choice.PROFILED,
    bind="query-params", format_func=lambda name: METHODS[name].title,
    label_visibility="collapsed",
)  # fmt: skip
chosen = METHODS[view or names[0]]
st.markdown(method.says(chosen))
method.present(chosen.name, data, inline=ABOVE, starts_empty=False)
