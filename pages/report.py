"""What goes into the report, and the report itself."""

import streamlit as st

from ui import guard, page, report, state

guard.enter(__file__)
page.begin(
    "Report",
    "What you pinned, in one file to send: each picture with its sentence, its doubts and the "
    "Python that makes it; it says no more than the results themselves do.",
)

results = state.pinned()
if not results:
    st.markdown("Nothing is pinned yet. **Pin to report** stands below every picture.")
    report.add_everything()
    st.stop()

title = st.text_input("Title of the report", "Report", key="report_title", persist_state="session")
report.download(results, title.strip() or "Report")
report.contents(results)
report.add_everything()
