"""What the theme cannot say: a bar that stays in sight, and headings of a calm size."""

from __future__ import annotations

import streamlit as st

from . import theme

#: Streamlit's own header, under which the bar comes to rest.
HEADER = "3.75rem"


def apply() -> None:
    """Adds the project's few rules to the page."""
    st.html(f"<style>{_rules()}</style>")


def _rules() -> str:
    return f"""
    .stMainBlockContainer {{
        padding-top: {HEADER}; padding-bottom: 4rem; max-width: 78rem; margin: 0 auto;
    }}
    /* on a narrow screen a picture is moved sideways rather than squeezed */
    [data-testid="stElementContainer"]:has(.stPlotlyChart) {{ overflow-x: auto; }}
    [data-testid="stElementContainer"]:has(.stPlotlyChart) > * {{ min-width: 28rem; }}
    /* the wrapper is what moves within the page; the bar itself fills it and could not stick */
    div:has(> .st-key-bar) {{ position: sticky; top: {HEADER}; z-index: 90; }}
    .st-key-bar {{
        min-height: 2.6rem; row-gap: .2rem;
        padding: .45rem 0; background: {theme.background()}; border-bottom: 1px solid #8884;
    }}
    .st-key-bar p {{ font-size: .9rem; margin: 0; line-height: 1.5; }}
    .st-key-bar [data-testid="stMarkdownContainer"] {{ margin: 0; }}
    h1 {{ font-size: 1.8rem !important; padding: .4rem 0 0 !important; }}
    h3 {{ font-size: 1.3rem !important; padding: 1rem 0 .2rem !important; }}
    h4 {{ font-size: 1.1rem !important; padding: .6rem 0 0 !important; }}
    """
