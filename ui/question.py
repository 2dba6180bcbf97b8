"""The form of a causal question: by the parts columns play, or as a graph."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from causal import CausalQuestion
from workbench import Dataset
from workbench.samples import SampleQuestion

from . import graph_editor, samples, state
from .errors import told
from .state import SETTING
from .text import markdown_safe

BY_ROLES, BY_GRAPH = "By the part of each column", "As a graph"
ESTIMANDS = {
    "ATE": "Everyone (ATE)",
    "ATT": "The treated (ATT)",
    "ATC": "The untreated (ATC)",
    "ATO": "Those who could go either way (ATO)",
    "LATE": "Those whom the instrument moves (LATE)",
    "CATE": "Each kind of row by itself (CATE)",
}
SCALES = {
    "difference": "Difference",
    "ratio": "Ratio (of shares: risk ratio)",
    "odds ratio": "Odds ratio",
}
MISSING = {
    "left out": "Left out: an answer about rows like the complete ones",
    "weighted": "Stood for by complete rows like them (weighted)",
}
PARTS = {
    "confounders": ("Confounders", "Cause both the treatment and the outcome: adjusted for."),
    "instruments": ("Instruments", "Move the treatment and reach the outcome only through it."),
    "mediators": ("Mediators", "Lie between treatment and outcome: never adjusted for."),
    "modifiers": ("Modifiers", "Cause the outcome alone; the effect may differ with them."),
}


def ask(data: Dataset) -> CausalQuestion | None:
    """The form, and the question asked last. What was entered stays, also when it is refused."""
    _textbook(data)
    left, right = st.columns(2)
    with left:
        treatment = _column("Treatment", data, "What one would change: the cause in question.")
    with right:
        outcome = _column("Outcome", data, "What one hopes to change.")
    named = (data, treatment, outcome)
    given = _graph(*named) if _way() == BY_GRAPH else _parts(data)
    given |= _whom(data)
    draft: CausalQuestion | None = None
    if treatment is None or outcome is None:
        st.caption("Choose a treatment and an outcome.")
    else:
        with told():
            asked = {"treatment": treatment, "outcome": outcome, **given}
            draft = graph_editor.with_chosen_set(
                CausalQuestion(data, **asked),
                lambda graph: CausalQuestion(data, **{**asked, "graph": graph}),
            )
    return _asked(draft)


def _asked(draft: CausalQuestion | None) -> CausalQuestion | None:
    asked = state.question()
    is_new = draft is not None and (asked is None or asked.fingerprint != draft.fingerprint)
    st.button("Ask", key="ask", type="primary", icon=":material/help:", disabled=not is_new,
              on_click=state.keep_question, args=(draft,))  # fmt: skip
    if asked is not None:
        st.markdown(f"**{markdown_safe(asked.sentence)}**")
    if asked is not None and is_new:
        st.caption("The form has changed since; what is below answers the question above.")
    return asked


def _textbook(data: Dataset) -> None:
    open_now = samples.opened()
    known = None if open_now is None else open_now.question
    if known is not None:
        samples.textbook(known.answer, partial(_fill_in, data, known))


def _fill_in(data: Dataset, known: SampleQuestion) -> None:
    asked = {"confounders": known.confounders, "instruments": known.instruments}
    for part in PARTS:
        state.choose(f"{SETTING}cause.{part}", list(asked.get(part, ())))
    state.choose(f"{SETTING}cause.way", BY_ROLES)
    state.choose(f"{SETTING}cause.Treatment", known.treatment)
    state.choose(f"{SETTING}cause.Outcome", known.outcome)
    state.choose(f"{SETTING}cause.estimand", known.estimand)
    with told():
        state.keep_question(
            CausalQuestion(data, treatment=known.treatment, outcome=known.outcome,
                           estimand=known.estimand, **asked)
        )  # fmt: skip


def _way() -> str | None:
    key = f"{SETTING}cause.way"
    if key not in st.session_state:  # a default would quarrel with the textbook's button
        state.choose(key, BY_ROLES)
    return st.segmented_control(
        "How the assumptions are given", (BY_ROLES, BY_GRAPH), required=True, key=key,
        persist_state="session",
    )  # fmt: skip


def _column(label: str, data: Dataset, says: str) -> str | None:
    chosen: str | None = st.selectbox(
        label, list(data.columns), index=None, placeholder="Choose a column", help=says,
        key=f"{SETTING}cause.{label}", persist_state="session",
    )  # fmt: skip
    return chosen


def _parts(data: Dataset) -> dict[str, Any]:
    given = {"confounders": _several("confounders", data)}
    with st.expander("Other parts a column can play", key="cause.parts"):
        for part in ("instruments", "mediators", "modifiers"):
            given[part] = _several(part, data)
    return given


def _several(part: str, data: Dataset) -> list[str]:
    label, says = PARTS[part]
    chosen: list[str] = st.multiselect(
        label, list(data.columns), help=says, key=f"{SETTING}cause.{part}",
        persist_state="session", placeholder="Choose columns",
    )  # fmt: skip
    return chosen


def _graph(data: Dataset, treatment: str | None, outcome: str | None) -> dict[str, Any]:
    text = graph_editor.edit(data, treatment, outcome)
    return {"graph": text} if text.strip() else {}


def _whom(data: Dataset) -> dict[str, Any]:
    with st.expander("For whom, and which change", key="cause.whom"):
        left, middle, right = st.columns(3)
        estimand = left.selectbox(
            "Averaged over", list(ESTIMANDS), format_func=ESTIMANDS.__getitem__,
            key=f"{SETTING}cause.estimand", persist_state="session",
        )  # fmt: skip
        by = _by(left, data) if estimand == "CATE" else None
        scale = left.selectbox(
            "Compared by", list(SCALES), format_func=SCALES.__getitem__,
            key=f"{SETTING}cause.scale", persist_state="session",
            help="How the two mean outcomes are compared. Linear regression, matching and "
            "instruments answer differences only.",
        )  # fmt: skip
        start = middle.text_input("From", key=f"{SETTING}cause.from", placeholder="Automatic",
                                  persist_state="session")  # fmt: skip
        to = right.text_input("To", key=f"{SETTING}cause.to", placeholder="Automatic",
                              persist_state="session")  # fmt: skip
        st.caption("Without From and To: from the one level to the other, or one unit more. "
                   "Weights and groups are columns with these roles: see Data.")  # fmt: skip
        missing = _missing() if data.frame.isna().to_numpy().any() else "left out"
    given: dict[str, Any] = {"estimand": estimand, "scale": scale, "missing": missing}
    if by is not None:
        given["by"] = by
    if start and to:
        given["contrast"] = (_level(start), _level(to))
    return given


def _missing() -> str:
    chosen: str = st.selectbox(
        "Rows with missing values", list(MISSING), format_func=MISSING.__getitem__,
        key=f"{SETTING}cause.missing", persist_state="session",
        help="Weighted, a complete row counts for those like it that are not, by the inverse of "
        "its chance of being complete. For the ATE, ATT and ATC by adjustment.",
    )  # fmt: skip
    return chosen


def _by(place: Any, data: Dataset) -> str | None:
    chosen: str | None = place.selectbox(
        "By the groups of", list(data.columns), index=None, placeholder="Choose a column",
        key=f"{SETTING}cause.by", persist_state="session",
        help="One effect for each level, or for each quarter of a number. It must have been "
        "settled before the treatment, and chosen before looking at the effects.",
    )  # fmt: skip
    return chosen


def _level(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
