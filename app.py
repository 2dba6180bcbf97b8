"""The dashboard's navigation: `streamlit run app.py`."""

import streamlit as st

from ui import guard, warm

st.set_page_config("Whence", "ui/assets/favicon.svg", layout="wide")
navigation = st.navigation(
    [
        st.Page("pages/data.py", title="Data", icon=":material/table:", default=True),
        st.Page("pages/profile.py", title="Profile", icon=":material/bar_chart:"),
        st.Page("pages/model.py", title="Model", icon=":material/account_tree:"),
        st.Page("pages/quality.py", title="Quality", icon=":material/verified:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/balance:"),
        st.Page("pages/importance.py", title="Importance", icon=":material/leaderboard:"),
        st.Page("pages/dependence.py", title="Dependence", icon=":material/show_chart:"),
        st.Page("pages/interactions.py", title="Interactions", icon=":material/hub:"),
        st.Page("pages/prediction.py", title="Prediction", icon=":material/person_search:"),
        st.Page("pages/cause.py", title="Cause", icon=":material/arrow_split:"),
        st.Page("pages/effect.py", title="Effect", icon=":material/ads_click:"),
        st.Page("pages/robustness.py", title="Robustness", icon=":material/shield:"),
        st.Page("pages/report.py", title="Report", icon=":material/summarize:"),
    ],
    position="top",
)
guard.go_on()
try:
    navigation.run()
finally:  # a page may end early, with st.stop
    warm.soon()
