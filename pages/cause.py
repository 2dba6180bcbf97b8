"""What would change if one acted?"""

import streamlit as st

from ui import guard, page, question, steps
from ui.state import question as asked_before

guard.enter(__file__)
page.begin(
    "Cause",
    "What would happen to an outcome if a treatment were set to another value; the answer holds "
    "only if no common cause of the two was left out, which no data can show.",
)

table = page.need_data()
done = asked_before() is not None
st.subheader(steps.heading("Question", 1, done), anchor=False)
asked = question.ask(table)
if asked is None:
    steps.announce()
    st.stop()
steps.run(asked)
