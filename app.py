"""The dashboard's navigation: `streamlit run app.py`."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui import guard, warm

st.set_page_config("Whence", "ui/assets/favicon.svg", layout="wide")


def _page(name: str, title: str, icon: str) -> StreamlitPage:
    """A page: what a person calls it, and its file and address."""
    return st.Page(f"pages/{name}.py", title=title, icon=f":material/{icon}:",
                   default=name == "data")  # fmt: skip


navigation = st.navigation(
    {
        # flat on top: what every session needs
        "": [
            _page("data", "Data", "table"),
            _page("profile", "Profile", "bar_chart"),
            _page("model", "Model", "account_tree"),
            _page("quality", "Quality", "verified"),
            _page("compare", "Compare", "balance"),
            _page("importance", "Importance", "leaderboard"),
            _page("dependence", "Dependence", "show_chart"),
            _page("interactions", "Interactions", "hub"),
            _page("prediction", "Prediction", "person_search"),
            _page("report", "Report", "summarize"),
        ],
        "Cause & effect": [
            _page("cause", "Cause", "arrow_split"),
            _page("effect", "Effect", "ads_click"),
            _page("robustness", "Robustness", "shield"),
        ],
        "Designs": [
            _page("designs", "Which design fits?", "alt_route"),
            _page("experiment", "Experiment", "casino"),
            _page("regression_discontinuity", "Regression discontinuity", "step_over"),
            _page("difference_in_differences", "Difference in differences", "stacked_line_chart"),
            _page("synthetic_control", "Synthetic control", "blender"),
            _page("interrupted_time_series", "Interrupted time series", "timeline"),
        ],
    },
    position="top",
)
guard.go_on()
try:
    navigation.run()
finally:  # a page may end early, with st.stop
    warm.soon()
